"""An operator's browser on a real Asterisk: it answers by itself, is muted, held, reloaded and cut off."""

from __future__ import annotations

import re
import wave
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from casefile.clock import SystemClock
from dialer.asterisk.lines import endpoint_of, give_desk_phone, take_desk_phone
from dialer.asterisk.node.configuration import channel_to
from dialer.asterisk.node.node import ANSWERED, JOIN
from dialer.asterisk.node.running import new_secret
from dialer.tables import ShiftLine
from tests.e2e.browser import sign_in, violations
from tests.e2e.telephone_office import Office, office_of
from tests.fixtures import MUNICIPALITY_ID
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.waiting import until
from tsunagaru.trial.cable import Line

RESIDENT = "09000000001"


@pytest.fixture(scope="module")
def office(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with office_of("tsunagaru_voice", server_url, template_database, folder) as opened:
        yield opened


@pytest.fixture
def ami(office: Office) -> Iterator[PlainAmi]:
    opened = office.ami()
    yield opened
    opened.act("Hangup", Channel="/.*/")
    opened.close()


@contextmanager
def window(browser: Browser, office: Office, *, dark: bool = False, script: str = "") -> Iterator[Page]:
    """A browser of an office's PC; what its scripts complain of fails the test."""
    context = browser.new_context(
        viewport={"width": 1366, "height": 768},
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        base_url=office.url,
        ignore_https_errors=True,
    )
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    page.set_default_timeout(30_000)
    if script:
        page.add_init_script(script)
    try:
        yield page
    finally:
        context.close()
    assert complaints == []


def sit_down(page: Page, office: Office, login: str = "operator") -> None:
    """At the desk, with the line up: what the engine would write after 着席 is written by the test."""
    sign_in(page, login)
    office.seat(login, "paused")
    page.goto("/panel")
    expect(page.locator("[data-voice]")).to_have_attribute("data-voice", "connected")


def called(office: Office, ami: PlainAmi, variable: str = "") -> tuple[UUID, str]:
    """A resident who has answered: attempt and channel."""
    attempt = uuid4()
    ami.originate(attempt, channel_to(office.trunk, RESIDENT), ANSWERED, variable=variable)
    ami.wait_for(UserEvent="Answered", AttemptId=str(attempt))
    _, channel = ami.wait_for(Event="Newchannel", Uniqueid=str(attempt))
    return attempt, channel["Channel"]


def joined(office: Office, ami: PlainAmi, variable: str = "", login: str = "operator") -> tuple[UUID, str]:
    """The same, joined to the operator's browser."""
    attempt, channel = called(office, ami, variable)
    ami.redirect(channel, JOIN, endpoint_of(office.operator_id(login)))
    ami.wait_for(UserEvent="Joined", AttemptId=str(attempt))
    return attempt, channel


@dataclass(frozen=True)
class Sound:
    """RTP packets of a channel that is up."""

    received: int
    sent: int


def sound_of(office: Office) -> dict[str, Sound]:
    """By the beginning of the channel's name: the trunk's (the resident), `op` (the operator)."""
    told = office.asterisk.console("pjsip show channelstats").replace("K", "000")
    counts = re.findall(r" (city|op)-\S+ +[0-9:]{8} \S+ +(\d+) +\d+ +\d+ +[0-9.]+ +(\d+) ", told)
    return {name: Sound(int(received), int(sent)) for name, received, sent in counts}


def heard_both_ways(office: Office, packets: int = 50) -> bool:
    sounds = sound_of(office)
    return set(sounds) == {office.trunk, "op"} and all(
        min(sound.received, sound.sent) > packets for sound in sounds.values()
    )


def loudness(recording: Path) -> list[int]:
    """The loudest sample of each tenth of a second."""
    with wave.open(str(recording)) as sound:
        step = sound.getframerate() // 10
        samples = array("h", sound.readframes(sound.getnframes()))
    return [max(map(abs, samples[at : at + step])) for at in range(0, len(samples) - step, step)]


def longest_silence(beeps: list[bool]) -> int:
    """In tenths of a second."""
    return max(len(run) for run in "".join("x" if beep else "." for beep in beeps).split("x"))


def test_a_resident_is_joined_to_the_browser_that_answers_by_itself(
    browser: Browser, office: Office, ami: PlainAmi, screens: Path
) -> None:
    with window(browser, office) as page:
        sit_down(page, office)
        attempt, channel = called(office, ami)
        ami.redirect(channel, JOIN, endpoint_of(office.operator_id("operator")))
        ami.wait_for(UserEvent="Joined", AttemptId=str(attempt))
        expect(page.locator("[data-voice]")).to_have_attribute("data-call", "true")
        until(lambda: heard_both_ways(office), 10)
        page.screenshot(path=screens / "voice-call.png")
        assert violations(page) == []
        ami.act("Hangup", Channel=channel)
        expect(page.locator("[data-voice]")).to_have_attribute("data-call", "false")
        expect(page.locator("[data-voice]")).to_have_attribute("data-voice", "connected")


def test_mute_is_silence_keys_arrive_and_hold_keeps_the_resident_company(
    browser: Browser, office: Office, ami: PlainAmi
) -> None:
    with window(browser, office) as page:
        sit_down(page, office)
        attempt, channel = joined(office, ami, variable="RECORD=yes")
        bar = page.locator("[data-voice]")
        expect(bar).to_have_attribute("data-call", "true")
        page.wait_for_timeout(2_000)
        page.keyboard.press("F3")
        expect(page.get_by_role("button", name="ミュート中")).to_be_visible()
        page.wait_for_timeout(3_000)
        page.keyboard.press("F3")
        page.keyboard.press("F10")
        expect(page.get_by_role("button", name="保留中")).to_be_visible()
        held = sound_of(office)
        until(lambda: sound_of(office)[office.trunk].sent, 5, lambda sent: sent > held[office.trunk].sent + 80)
        # What the resident hears is the node's; the operator hears nothing meanwhile.
        assert sound_of(office)["op"].sent < held["op"].sent + 20
        page.keyboard.press("F10")
        expect(page.get_by_role("button", name="保留中")).to_have_count(0)
        # Keys come last: this far end says them again too, and the node would be busy with its own echo.
        page.get_by_role("button", name="番号").click()
        page.keyboard.press("5")
        page.keyboard.press("#")
        ami.wait_for(Event="DTMFEnd", Digit="5", Direction="Received")
        ami.wait_for(Event="DTMFEnd", Digit="#", Direction="Received")
        page.keyboard.press("Escape")
        ami.act("Hangup", Channel=channel)
        ami.wait_for(Event="Hangup", Uniqueid=str(attempt))
        recording = office.asterisk.folder / "recordings" / f"{attempt}.wav"
        until(lambda: recording.stat().st_size > 80_000)
        # The browser's microphone beeps once a second, and the far end says it again.
        beeps = [loud > 5_000 for loud in loudness(recording)]
        assert sum(beeps[:20]) >= 2
        assert longest_silence(beeps) >= 25


def test_a_page_loaded_anew_in_a_call_takes_the_resident_again(browser: Browser, office: Office, ami: PlainAmi) -> None:
    with window(browser, office) as page:
        sit_down(page, office)
        attempt, channel = joined(office, ami)
        expect(page.locator("[data-voice]")).to_have_attribute("data-call", "true")
        page.reload()
        ami.wait_for(UserEvent="OperatorGone", AttemptId=str(attempt))
        expect(page.locator("[data-voice]")).to_have_attribute("data-call", "true")
        assert not [
            event for _, event in ami.events if event["Event"] == "Hangup" and event["Uniqueid"] == str(attempt)
        ]
        until(lambda: heard_both_ways(office), 10)
        ami.act("Hangup", Channel=channel)


def test_ready_waits_for_the_line_and_a_cut_one_becomes_a_pause(browser: Browser, office: Office) -> None:
    with window(browser, office) as page:
        office.seat("second", "offline")
        sign_in(page, "second")
        page.goto("/panel")
        expect(page.locator(".seat")).to_have_attribute("data-state", "offline")
        page.keyboard.press("F2")
        until(lambda: office.commands("second"), 10, lambda given: given == ["sign_in", "ready"])
        expect(page.locator("[data-voice]")).to_have_attribute("data-voice", "connected")
        office.seat("second", "ready")
        page.reload()
        expect(page.locator("[data-voice]")).to_have_attribute("data-voice", "connected")
        office.cable.become(Line.CUT)
        try:
            expect(page.locator("[data-voice]")).to_have_attribute("data-voice", "reconnecting")
            expect(page.get_by_text("音声 再接続中")).to_be_visible()
            until(lambda: office.commands("second"), 15, lambda given: given == ["sign_in", "ready", "pause"])
        finally:
            office.cable.become(Line.WHOLE)
        expect(page.locator("[data-voice]")).to_have_attribute("data-voice", "connected")


def test_the_line_ends_with_the_shift(browser: Browser, office: Office) -> None:
    operator_id = office.operator_id("second")
    with window(browser, office) as page:
        sit_down(page, office, "second")
        assert endpoint_of(operator_id) in office.asterisk.console("pjsip show contacts")
        page.get_by_role("button", name="サインアウト").click()
        expect(page.get_by_label("ログインID")).to_be_visible()
        with office.database.transaction(MUNICIPALITY_ID) as conn:
            secrets = conn.scalars(select(ShiftLine.secret).where(ShiftLine.operator_id == operator_id)).all()
        assert secrets == [""]
        until(
            lambda: office.asterisk.console(f"pjsip show endpoint {endpoint_of(operator_id)}"),
            10,
            lambda said: "Unable to find" in said,
        )


def test_the_window_opened_last_speaks(browser: Browser, office: Office) -> None:
    with window(browser, office) as page:
        sit_down(page, office)
        other = page.context.new_page()
        other.goto("/panel")
        expect(other.locator("[data-voice]")).to_have_attribute("data-voice", "connected")
        expect(page.locator("[data-voice]")).to_have_attribute("data-voice", "elsewhere")
        expect(page.get_by_role("alert")).to_contain_text("別の画面で操作パネルが開かれました")


def test_a_desk_phone_needs_no_microphone(browser: Browser, office: Office) -> None:
    operator_id = office.operator_id("desk")
    node = office.asterisk.node.name
    with office.database.transaction(MUNICIPALITY_ID) as conn:
        given = give_desk_phone(conn, MUNICIPALITY_ID, operator_id, node, SystemClock().now(), new_secret)
    try:
        with window(browser, office, script=refused("NotFoundError")) as page:
            sign_in(page, "desk")
            office.seat("desk", "paused")
            page.goto("/panel")
            expect(page.locator("[data-voice]")).to_have_attribute("data-voice", "desk")
            expect(page.get_by_role("alert")).to_have_count(0)
        until(lambda: given.line.endpoint in office.asterisk.console("pjsip show endpoints"), 10)
    finally:
        with office.database.transaction(MUNICIPALITY_ID) as conn:
            assert take_desk_phone(conn, operator_id)


def refused(error: str) -> str:
    """A browser that gives no microphone."""
    return f"navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '{error}'));"


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (refused("NotAllowedError"), "マイクの使用が許可されていません"),
        (refused("NotFoundError"), "マイクが見つかりません"),
        (refused("NotReadableError"), "ほかのプログラムが使っています"),
        (
            "Object.defineProperty(window, 'isSecureContext', { value: false });",
            "https:// で始まるアドレスで開き直して",
        ),
    ],
)
def test_a_browser_that_refuses_says_what_to_do(browser: Browser, office: Office, script: str, told: str) -> None:
    with window(browser, office, script=script) as page:
        sign_in(page, "operator")
        page.goto("/devices")
        expect(page.get_by_role("alert")).to_contain_text(told)
        office.seat("operator", "paused")
        page.goto("/panel")
        expect(page.locator("[data-voice]")).to_have_attribute("data-voice", "no-microphone")
        expect(page.get_by_role("alert")).to_contain_text(told)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_devices_are_chosen_seen_and_heard(browser: Browser, office: Office, screens: Path, dark: bool) -> None:
    with window(browser, office, dark=dark) as page:
        sign_in(page, "operator")
        page.goto("/devices")
        microphone = page.get_by_label("使うマイク")
        expect(microphone.locator("option")).not_to_have_count(1)
        wanted = microphone.locator("option").last.get_attribute("value")
        microphone.select_option(wanted)
        page.reload()
        expect(page.get_by_label("使うマイク")).to_have_value(str(wanted))
        meter = page.get_by_role("meter")
        until(lambda: int(meter.get_attribute("aria-valuenow") or 0), 10, lambda level: level > 30)
        page.get_by_role("button", name="試験音を鳴らす").click()
        expect(page.get_by_text("短い音が聞こえれば使えます。")).to_be_visible()
        page.get_by_role("button", name="3秒録音して聞く").click()
        expect(page.locator(".echo")).to_have_attribute("data-echo", "recording")
        expect(page.locator(".echo")).to_have_attribute("data-echo", "done")
        expect(page.get_by_label("使うマイク")).to_have_value(str(wanted))
        page.screenshot(path=screens / f"devices{'-dark' if dark else ''}.png")
        assert violations(page) == []
