"""返電 on real lines: a telephone calls, says by a key what it is about, and is joined to the operator's browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from callflow.tables import CallTransition
from casefile.tables import Attempt, ContactRecord
from tests.e2e.browser import sign_in, violations
from tests.e2e.telephone_office import RESIDENT_NO, RESIDENT_NUMBER, Office, engine_at_work, office_of
from tests.e2e.test_household import sit_down
from tests.e2e.test_voice import window
from tests.fixtures import MUNICIPALITY_ID
from tests.integration.dialer.asterisk_node.far_end import Caller
from tests.waiting import until


@pytest.fixture
def office(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with office_of("tsunagaru_call_back", server_url, template_database, folder) as opened:
        yield opened


@pytest.fixture
def engine(office: Office) -> Iterator[None]:
    with engine_at_work(office):
        yield


def attempts(office: Office) -> list[Any]:
    with office.database.transaction(MUNICIPALITY_ID) as conn:
        return list(conn.execute(select(Attempt).order_by(Attempt.intended_at)))


def steps_of(office: Office) -> list[str]:
    with office.database.transaction(MUNICIPALITY_ID) as conn:
        return list(conn.scalars(select(CallTransition.event).order_by(CallTransition.seq)))


def test_a_known_caller_says_by_a_key_that_it_is_paid_and_is_joined(
    browser: Browser, office: Office, engine: None, screens: Path, tmp_path: Path
) -> None:
    node = office.asterisk.node
    trunk = next(trunk for trunk in node.trunks if trunk.name == office.trunk)
    with window(browser, office) as page:
        sign_in(page, "operator")
        sit_down(page)
        page.goto("/panel")
        expect(page.locator(".seat")).to_have_attribute("data-state", "paused")
        expect(page.locator("[data-voice]")).to_have_attribute("data-voice", "connected")
        calling = Caller(
            trunk.host,
            (node.bind, node.ports.sip),
            f"<sip:09000000001@{trunk.host}>",
            tmp_path / "caller",
            "call-press",
            "2",
        )
        try:
            # The caller hears the greeting and presses a key; nobody is ready yet.
            until(lambda: "wished" in steps_of(office), 20)
            page.keyboard.press("F2")
            expect(page.locator("[data-voice]")).to_have_attribute("data-call", "true")
            expect(page.locator(".seat")).to_have_attribute("data-state", "talking")
            expect(page.get_by_role("region", name="本人確認")).to_be_visible()
            expect(page.get_by_text("用件: 納付済みの連絡")).to_be_visible()
            page.screenshot(path=screens / "call-back-on-the-line.png")
            assert violations(page) == []
            page.keyboard.press("Alt+1")
            page.keyboard.press("Alt+2")
            expect(page.get_by_role("region", name="滞納情報")).to_be_visible()
            page.locator("#outcome").focus()
            page.keyboard.type("13")
            page.keyboard.press("F4")
            expect(page.locator(".seat")).to_have_attribute("data-state", "wrapup")
            assert calling.ended_well(10)
            page.keyboard.press("F9")
            until(lambda: attempts(office)[0].wrapped_up_at, 30)
        finally:
            calling.close()
    (attempt,) = attempts(office)
    assert (attempt.direction, attempt.addressee_no, attempt.e164) == ("inbound", RESIDENT_NO, RESIDENT_NUMBER)
    assert (attempt.state, attempt.result, attempt.operator_id) == ("ended", "01", office.operator_id("operator"))
    with office.database.transaction(MUNICIPALITY_ID) as conn:
        (record,) = conn.execute(select(ContactRecord)).all()
    assert (record.direction, record.addressee_no, record.attempt_id) == ("inbound", RESIDENT_NO, attempt.attempt_id)
