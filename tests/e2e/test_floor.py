"""The supervisor's screens: the one switch, search, why a person is not called, campaigns, reports."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import expect
from sqlalchemy import distinct, func, select

from callflow.codes import RecordingMode
from casefile import accounts
from casefile.city import load_city
from casefile.ids import TimeOrderedIds
from casefile.tables import Arrears, Attempt
from dialer.recording_terms import terms_at
from dialer.tables import Campaign
from tests.e2e.browser import sign_in, violations
from tests.e2e.conftest import Visits
from tsunagaru.practice_room import PASSWORD, PracticeRoom


def somebody_called(room: PracticeRoom) -> str:
    """The person with the longest history of calls and still in arrears."""
    with room.database.transaction(room.municipality_id) as conn:
        return str(
            conn.scalar(
                select(Attempt.addressee_no)
                .join(Arrears, Arrears.addressee_no == Attempt.addressee_no)
                .where(Arrears.outstanding_yen > 0)
                .group_by(Attempt.addressee_no)
                .order_by(func.count(distinct(Attempt.attempt_id)).desc(), Attempt.addressee_no)
                .limit(1)
            )
        )


def test_the_one_switch_is_on_every_screen_at_once(room: PracticeRoom, visits: Visits, screens: Path) -> None:
    desk = visits.page()
    sign_in(desk, "operator1")
    floor = visits.page()
    sign_in(floor, "supervisor")
    floor.get_by_role("button", name="緊急停止").click()
    floor.get_by_label("理由(全員に表示されます)").fill("避難指示の発令")
    floor.screenshot(path=screens / "floor-stop.png")
    floor.get_by_role("button", name="今すぐ停止する").click()
    for page in (floor, desk):
        expect(page.get_by_role("alert").filter(has_text="避難指示の発令")).to_be_visible()
    floor.screenshot(path=screens / "floor-stopped.png")
    desk.reload()
    expect(desk.get_by_role("alert").filter(has_text="避難指示の発令")).to_be_visible()
    floor.on("dialog", lambda dialog: dialog.accept())
    floor.get_by_role("button", name="全域の停止を解除").click()
    for page in (floor, desk):
        expect(page.get_by_role("alert").filter(has_text="避難指示の発令")).to_have_count(0)


def test_search_person_and_why_not_called(room: PracticeRoom, visits: Visits, screens: Path) -> None:
    page = visits.page(height=900)
    sign_in(page, "supervisor")
    page.goto("/cases")
    page.get_by_role("textbox").fill("さと")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="検索結果")).to_be_visible()
    page.screenshot(path=screens / "search.png")
    page.goto(f"/cases/{somebody_called(room)}")
    expect(page.get_by_role("region", name="なぜ架電されないか").locator(".summary")).to_be_visible()
    page.get_by_role("button", name="番号ごとの理由と過去の判定を見る").click()
    expect(page.get_by_role("region", name="滞納情報")).to_be_visible()
    page.screenshot(path=screens / "person.png")
    assert violations(page) == []


def test_an_operator_sees_no_tax_outside_a_call(room: PracticeRoom, visits: Visits) -> None:
    page = visits.page()
    sign_in(page, "operator1")
    page.goto("/cases")
    page.get_by_role("textbox").fill("さと")
    page.keyboard.press("Enter")
    page.locator("tr.clickable").first.click()
    expect(page.get_by_text("税や料の情報は、通話で本人確認をした後に")).to_be_visible()
    expect(page.get_by_role("region", name="滞納情報")).to_have_count(0)
    assert page.evaluate("fetch('/api/floor').then((answer) => answer.status)") == 403
    assert page.evaluate("fetch('/api/campaigns').then((answer) => answer.status)") == 403


def test_a_campaign_from_selection_to_frozen_list(room: PracticeRoom, visits: Visits, screens: Path) -> None:
    page = visits.page()
    sign_in(page, "supervisor")
    page.goto("/campaigns")
    page.get_by_label("名前").fill("現年度 少額")
    page.get_by_label("滞納額(以下)").fill("10万")
    page.get_by_label("録音").select_option("録音する(案内あり)")
    page.get_by_label("留守番電話を聞き分けて").check()
    expect(page.locator(".found b").first).not_to_have_text("0")
    page.screenshot(path=screens / "campaigns.png")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="作成して対象を確定").click()
    expect(page.get_by_role("row", name="現年度 少額")).to_contain_text("対象確定")
    assert violations(page) == []
    with room.database.transaction(room.municipality_id) as conn:
        made = conn.execute(select(Campaign).where(Campaign.name == "現年度 少額")).one()
        terms = terms_at(conn, load_city(conn, room.municipality_id), made.campaign_id, room.clock.now())
    assert (made.detection, terms.mode) == ("amd", RecordingMode.ANNOUNCED)


def test_reports_and_imports(room: PracticeRoom, visits: Visits, screens: Path) -> None:
    page = visits.page(height=1100)
    sign_in(page, "supervisor")
    page.goto("/reports")
    for number, title in enumerate(("架電状況表", "架電状況表(地区別)", "文書効果状況表"), 1):
        page.get_by_role("tab", name=title, exact=True).click()
        expect(page.locator(".printed dd").first).to_contain_text(title)
        page.screenshot(path=screens / f"report-{number}.png")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="CSV").click()
    assert downloading.value.path().stat().st_size > 100
    page.goto("/imports")
    expect(page.get_by_role("region", name="取込の一覧").get_by_role("row").nth(1)).to_be_visible()
    page.screenshot(path=screens / "imports.png")


def test_dark_room_and_sign_in(room: PracticeRoom, visits: Visits, screens: Path) -> None:
    page = visits.page(dark=True)
    page.goto("/")
    expect(page.get_by_label("ログインID")).to_be_focused()
    page.screenshot(path=screens / "sign-in-dark.png")
    assert violations(page) == []
    sign_in(page, "supervisor")
    expect(page.get_by_role("region", name="オペレーター")).to_be_visible()
    page.screenshot(path=screens / "floor-dark.png")
    assert violations(page) == []
    light = visits.page()
    light.goto("/")
    expect(light.get_by_label("ログインID")).to_be_focused()
    light.screenshot(path=screens / "sign-in.png")


def test_a_wrong_password_is_answered_by_a_sentence(room: PracticeRoom, visits: Visits) -> None:
    page = visits.page()
    page.goto("/")
    page.get_by_label("ログインID").fill("nobody")
    page.get_by_label("パスワード").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("サインインできません")


def test_an_expired_password_is_changed_at_the_door(room: PracticeRoom, visits: Visits, screens: Path) -> None:
    now = room.clock.now()
    with room.database.transaction(room.municipality_id) as conn:
        accounts.create_user(
            conn,
            room.municipality_id,
            login="rusu",
            display_name="長期不在者",
            password=PASSWORD,
            roles=["operator"],
            now=now - timedelta(days=200),
            ids=TimeOrderedIds(room.clock.now),
        )
    page = visits.page(dark=True)
    page.goto("/")
    page.get_by_label("ログインID").fill("rusu")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="パスワードの変更")).to_be_visible()
    expect(page.get_by_label("新しいパスワード", exact=True)).to_be_focused()
    page.keyboard.type("short")
    page.keyboard.press("Tab")
    page.keyboard.type("short")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="10文字以上")).to_be_visible()
    page.screenshot(path=screens / "password.png")
    assert violations(page) == []
    for label in ("新しいパスワード", "新しいパスワード(もう一度)"):
        page.get_by_label(label, exact=True).fill("Kaette-2027-kita")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="今日の実績")).to_be_visible()
    page.screenshot(path=screens / "panel-waiting-dark.png")
    assert violations(page) == []
