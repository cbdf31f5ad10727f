"""POST /api/panel/line: who is given which line, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import insert, select

from agent_ui.app import create_app
from agent_ui.context import PanelContext, VoiceNode
from casefile.tables import UserAccount
from dialer.asterisk.lines import SHIFT, endpoint_of, give_desk_phone
from dialer.tables import Floor, FloorCommand, ShiftLine
from tests.integration.agent_ui.conftest import NOW, Visitor

NODES = (VoiceNode("node-1", "wss://tel-1.city.local:8089/ws"), VoiceNode("node-2", "wss://tel-2.city.local:8089/ws"))


@pytest.fixture
def speaking(context: PanelContext) -> PanelContext:
    return replace(context, voice_nodes=NODES)


@pytest.fixture
def app(speaking: PanelContext) -> APIFlask:
    return create_app(speaking)


def operator_id(context: PanelContext, municipality: int) -> UUID:
    with context.database.transaction(municipality) as conn:
        return conn.scalars(select(UserAccount.user_id).where(UserAccount.login == "operator")).one()


def test_the_browser_is_given_one_account_on_every_node_and_keeps_it_through_a_reload(
    speaking: PanelContext, municipality: int, visitor: Callable[[str], Visitor]
) -> None:
    person = visitor("operator")
    first = person.post("/api/panel/line").get_json()
    assert first["kind"] == "browser"
    assert [(line["node"], line["wss_url"]) for line in first["lines"]] == [(node.name, node.wss_url) for node in NODES]
    assert {line["user"] for line in first["lines"]} == {endpoint_of(operator_id(speaking, municipality))}
    assert len({line["secret"] for line in first["lines"]}) == 2
    assert first["valid_until"] == (NOW + SHIFT).isoformat().replace("+00:00", "Z")
    assert person.post("/api/panel/line").get_json() == first


def test_signing_out_ends_the_secrets(
    speaking: PanelContext, municipality: int, visitor: Callable[[str], Visitor]
) -> None:
    person = visitor("operator")
    person.post("/api/panel/line")
    assert person.delete("/api/session").status_code == 200
    with speaking.database.transaction(municipality) as conn:
        assert set(conn.scalars(select(ShiftLine.secret))) == {""}


def test_leaving_the_seat_ends_the_secrets(
    speaking: PanelContext, municipality: int, visitor: Callable[[str], Visitor]
) -> None:
    with speaking.database.transaction(municipality) as conn:
        conn.execute(
            insert(Floor).values(municipality_id=municipality, floor_id=UUID(int=1), name="本庁", epoch=1, figures={})
        )
    person = visitor("operator")
    before = person.post("/api/panel/line").get_json()
    assert person.post("/api/panel/sign-out").status_code == 200
    with speaking.database.transaction(municipality) as conn:
        assert set(conn.scalars(select(ShiftLine.secret))) == {""}
    after = person.post("/api/panel/line").get_json()
    assert not {line["secret"] for line in before["lines"]} & {line["secret"] for line in after["lines"]}


def test_a_lost_line_becomes_a_pause(
    speaking: PanelContext, municipality: int, visitor: Callable[[str], Visitor]
) -> None:
    with speaking.database.transaction(municipality) as conn:
        conn.execute(
            insert(Floor).values(municipality_id=municipality, floor_id=UUID(int=1), name="本庁", epoch=1, figures={})
        )
    assert visitor("operator").post("/api/panel/line/lost").status_code == 200
    with speaking.database.transaction(municipality) as conn:
        given = conn.execute(select(FloorCommand.kind, FloorCommand.detail)).one()
    assert (given.kind, given.detail) == ("pause", {"reason": "接続切れ"})


def test_a_desk_phone_is_told_and_its_secret_is_not(
    speaking: PanelContext, municipality: int, visitor: Callable[[str], Visitor]
) -> None:
    with speaking.database.transaction(municipality) as conn:
        give_desk_phone(conn, municipality, operator_id(speaking, municipality), "node-1", NOW, lambda: "x" * 32)
    told = visitor("operator").post("/api/panel/line")
    assert told.get_json() == {"kind": "desk", "lines": [], "valid_until": None}
    assert "x" * 32 not in told.text


def test_without_a_telephone_node_there_is_no_line(context: PanelContext) -> None:
    person = Visitor(create_app(context).test_client())
    person.sign_in("operator")
    assert person.post("/api/panel/line").get_json()["kind"] == "none"


@pytest.mark.parametrize("path", ["/api/panel/line", "/api/panel/line/lost"])
def test_a_line_needs_the_right_a_session_and_the_token(
    visitor: Callable[[str], Visitor], stranger: Visitor, path: str
) -> None:
    assert visitor("auditor").post(path).status_code == 403
    assert stranger.post(path).status_code == 401
    assert visitor("operator").client.post(path, json={}).status_code == 400


def test_the_page_may_speak_to_the_nodes_and_to_nobody_else(stranger: Visitor) -> None:
    headers = stranger.get("/api/session").headers
    policy = headers["Content-Security-Policy"]
    connect = next(part for part in policy.split("; ") if part.startswith("connect-src"))
    assert connect == "connect-src 'self' wss://tel-1.city.local:8089 wss://tel-2.city.local:8089"
    assert "microphone=(self)" in headers["Permissions-Policy"]


def test_over_https_a_change_is_taken_from_our_own_pages_alone(speaking: PanelContext) -> None:
    client = create_app(replace(speaking, secure_cookies=True)).test_client()
    home = "https://panel.city.local/"
    token = client.get(f"{home}api/session").get_json()["csrf_token"]
    body = {"municipality_id": None, "login": "operator", "password": "Shiken-2026-shitsu"}
    for came_from, status in ((None, 400), ("https://elsewhere.example/", 400), (home, 200)):
        headers = {"X-CSRFToken": token} | ({"Referer": came_from} if came_from else {})
        assert client.post(f"{home}api/session", json=body, headers=headers).status_code == status
    # Our pages must therefore say where they came from.
    assert client.get(f"{home}api/session").headers["Referrer-Policy"] == "same-origin"
