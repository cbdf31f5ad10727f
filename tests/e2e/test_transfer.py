"""取次 and 聴取 in browsers, on a real Asterisk, with the engine that serves a room."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from casefile.tables import AuditEntry, ContactRecord
from tests.e2e.browser import sign_in, violations
from tests.e2e.telephone_office import Office, engine_at_work, office_of
from tests.e2e.test_voice import window
from tests.fixtures import MUNICIPALITY_ID
from tests.integration.dialer.asterisk_node.far_end import Caller
from tests.waiting import until


@pytest.fixture(scope="module")
def office(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with office_of("tsunagaru_transfer", server_url, template_database, folder) as opened, engine_at_work(opened):
        yield opened


@pytest.fixture
def caller(office: Office, tmp_path: Path) -> Iterator[Caller]:
    """The resident calls the office."""
    node = office.asterisk.node
    (trunk,) = node.trunks
    opened = Caller(trunk.host, (node.bind, node.ports.sip), "<sip:09000000001@127.0.0.6>", tmp_path / "caller")
    yield opened
    opened.close()


def ready(page: Page, login: str) -> None:
    sign_in(page, login)
    page.goto("/panel")
    expect(page.get_by_role("button", name="準備完了")).to_be_visible()
    page.keyboard.press("F2")
    state(page, "ready")


def state(page: Page, wanted: str) -> None:
    expect(page.locator(".seat")).to_have_attribute("data-state", wanted)


def stage(page: Page, wanted: str) -> None:
    expect(page.get_by_role("region", name="取次")).to_have_attribute("data-stage", wanted)


def leave(page: Page) -> None:
    """退席: the next test finds nobody on the floor."""
    page.get_by_role("button", name="退席").click()
    state(page, "offline")


def record(page: Page) -> None:
    """The result form by keyboard: the case is open, and nothing was promised."""
    page.locator("#outcome").focus()
    page.keyboard.type("13")
    page.keyboard.press("F9")


def channels(office: Office) -> str:
    return office.asterisk.console("core show channels concise")


def spied_with(office: Office, options: str) -> bool:
    """Whether the node has a channel that hears others in this way."""
    return f",{options}!" in office.asterisk.console("core show channels concise")


def test_a_call_goes_to_the_collector_with_its_case(
    browser: Browser, office: Office, request: pytest.FixtureRequest, screens: Path
) -> None:
    with window(browser, office) as collector, window(browser, office) as operator:
        ready(collector, "collector")
        collector.keyboard.press("F7")
        collector.keyboard.press("4")
        state(collector, "paused")
        ready(operator, "operator")
        request.getfixturevalue("caller")
        state(operator, "talking")
        operator.keyboard.press("Alt+1")
        operator.keyboard.press("Alt+2")
        expect(operator.get_by_role("region", name="滞納情報")).to_be_visible()

        operator.keyboard.press("Alt+T")
        expect(operator.get_by_role("button", name="試験 collector")).to_be_focused()
        operator.screenshot(path=screens / "transfer-choosing.png")
        operator.keyboard.press("1")
        operator.keyboard.type("分納の相談をご希望です")
        operator.keyboard.press("Enter")
        stage(operator, "ringing")
        stage(collector, "ringing")
        expect(collector.get_by_role("button", name="応答")).to_be_visible()
        expect(collector.get_by_text("分納の相談をご希望です")).to_be_visible()
        collector.screenshot(path=screens / "transfer-rings.png")
        assert violations(collector) == []

        collector.keyboard.press("F2")
        stage(operator, "consulting")
        stage(collector, "consulting")
        # The same case, without asking again: what was said, and by whom it was heard, stands beside it.
        expect(collector.get_by_role("region", name="滞納情報")).to_be_visible()
        expect(collector.get_by_text("確認した人: 試験 operator")).to_be_visible()
        operator.screenshot(path=screens / "transfer-consulting.png")
        collector.screenshot(path=screens / "transfer-consulted.png")
        assert violations(operator) == []

        operator.keyboard.press("Alt+K")
        state(operator, "wrapup")
        state(collector, "talking")
        stage(collector, "taken_over")
        expect(operator.locator("[data-voice]")).to_have_attribute("data-call", "false")
        expect(collector.locator("[data-voice]")).to_have_attribute("data-call", "true")
        record(operator)
        state(operator, "ready")
        collector.reload()
        stage(collector, "taken_over")
        expect(collector.locator("[data-voice]")).to_have_attribute("data-call", "true")
        collector.screenshot(path=screens / "transfer-taken-over.png")
        collector.keyboard.press("F4")
        state(collector, "wrapup")
        record(collector)
        state(collector, "paused")
        leave(collector)
        leave(operator)
    with office.database.transaction(MUNICIPALITY_ID) as conn:
        records = conn.execute(
            select(ContactRecord.attempt_id, ContactRecord.recorded_by, ContactRecord.identity_items)
            .where(ContactRecord.recorded_by.is_not(None))
            .order_by(ContactRecord.recorded_at)
        ).all()
        noted = set(conn.scalars(select(AuditEntry.action).where(AuditEntry.action.like("call.%"))))
    assert [row.recorded_by for row in records] == [office.operator_id("operator"), office.operator_id("collector")]
    assert len({row.attempt_id for row in records}) == 1
    assert [row.identity_items for row in records] == [["birth_date", "name"]] * 2
    assert {"call.consult", "call.hand_over", "call.identity"} <= noted


def test_a_supervisor_listens_whispers_and_barges_in(
    browser: Browser, office: Office, request: pytest.FixtureRequest, screens: Path
) -> None:
    with window(browser, office) as operator, window(browser, office) as supervisor:
        ready(operator, "operator")
        sign_in(supervisor, "supervisor")
        supervisor.goto("/floor")
        request.getfixturevalue("caller")
        state(operator, "talking")
        ways = supervisor.get_by_role("group", name="試験 operatorの通話")
        for way, options, told in (
            ("聞く", "qsES", "SVが聞いています"),
            ("ささやく", "qsESw", "SVがささやいています"),
            ("割り込む", "tsunagaru_official", "SVが割り込んでいます"),
        ):
            button = ways.get_by_role("button", name=way)
            button.focus()
            supervisor.keyboard.press("Enter")
            expect(button).to_have_attribute("aria-pressed", "true")
            expect(operator.get_by_text(told)).to_be_visible()
            until(partial(spied_with, office, options), 10)
        supervisor.screenshot(path=screens / "floor-listening.png")
        operator.screenshot(path=screens / "panel-listened-to.png")
        assert violations(supervisor) == []
        ways.get_by_role("button", name="やめる").click()
        expect(operator.get_by_text("SVが")).to_have_count(0)
        until(lambda: f"/op-{office.operator_id('supervisor').hex}" in channels(office), 10, lambda heard: not heard)
        operator.keyboard.press("F4")
        state(operator, "wrapup")
        operator.keyboard.press("Alt+1")
        operator.keyboard.press("Alt+2")
        expect(operator.get_by_role("region", name="滞納情報")).to_be_visible()
        record(operator)
        state(operator, "ready")
        leave(operator)
    with office.database.transaction(MUNICIPALITY_ID) as conn:
        noted = set(conn.scalars(select(AuditEntry.action).where(AuditEntry.action.like("call.%"))))
    assert {"call.listen", "call.whisper", "call.barge"} <= noted
