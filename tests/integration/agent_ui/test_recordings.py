"""Recordings over HTTP: who may hear what, in parts, with a reason that auditors see; nothing plain on any disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from apiflask import APIFlask

from agent_ui.app import create_app
from agent_ui.context import PanelContext, RecordingShelf
from callflow.codes import RecordingMode
from casefile import ledger
from casefile.accounts import create_user
from casefile.city import load_city
from casefile.clock import VirtualClock
from casefile.db import Database
from dialer import recording_shelf
from dialer.asterisk.recording.container import Facts, seal
from dialer.asterisk.recording.keys import CURRENT, KeyRing, load_public, make_keys
from dialer.asterisk.recording.store import Store
from dialer.recording_terms import set_terms
from tests.integration.agent_ui.conftest import DAY, NOW, PASSWORD, Visitor
from tests.integration.agent_ui.on_the_line import put_on_the_line
from tests.people import People, mobile

SOUND = bytes(range(256)) * 1000
MARK = b"\x00\x01\x02\x03\x04\x05\x06\x07\x08"


@pytest.fixture
def shelf(tmp_path: Path) -> RecordingShelf:
    make_keys(tmp_path / "keys")
    return RecordingShelf(Store(tmp_path / "store"), KeyRing(tmp_path / "keys"))


@pytest.fixture
def app(context: PanelContext, shelf: RecordingShelf) -> APIFlask:
    return create_app(replace(context, recordings=shelf))


@pytest.fixture
def recording(
    database: Database,
    municipality: int,
    shelf: RecordingShelf,
    tmp_path: Path,
    context: PanelContext,
    clock: VirtualClock,
) -> UUID:
    """The recording of a call to A1, taken in."""
    with database.transaction(municipality) as conn:
        city = load_city(conn, municipality)
        begun = NOW - timedelta(hours=1)
        set_terms(conn, municipality, None, RecordingMode.ANNOUNCED, begun, context.ids, days=30)
    attempt, _ = put_on_the_line(database, municipality, "A1", mobile(1))
    with database.transaction(municipality) as conn:
        ledger.end(conn, attempt, NOW, result="01", cause="16")
    found = uuid4()
    facts = Facts(found, attempt, "node-1", NOW - timedelta(seconds=90), NOW, 90_000)
    shelf.store.incoming.mkdir(parents=True)
    with (shelf.store.incoming / f"{found}.tsr").open("wb") as file:
        seal([SOUND], file, facts, load_public(tmp_path / "keys" / CURRENT))
    assert recording_shelf.take_in(database, [city], shelf.store, clock).entered == 1
    return found


Come = Callable[[str], Visitor]


def heard(person: Visitor, recording: UUID, wanted: str | None = None) -> Any:
    listening = person.post(f"/api/recordings/{recording}/listen", {"reason": "苦情の確認"})
    assert listening.status_code == 200, listening.get_json()
    headers = {"Range": wanted} if wanted else {}
    return person.client.get(listening.get_json()["url"], headers=headers)


def test_a_supervisor_hears_it_and_an_auditor_sees_that(visitor: Come, recording: UUID) -> None:
    supervisor, auditor = visitor("supervisor"), visitor("auditor")
    [listed] = supervisor.get("/api/recordings/person/A1").get_json()["recordings"]
    assert (listed["recording_id"], listed["seconds"], listed["state"]) == (str(recording), 90.0, "kept")
    assert (listed["operator"], listed["listens"]) == ("試験 operator", 0)
    answer = heard(supervisor, recording)
    assert (answer.status_code, answer.mimetype, answer.data) == (200, "audio/wav", SOUND)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Accept-Ranges"] == "bytes"
    [listen] = auditor.get("/api/recordings/listens").get_json()["listens"]
    assert (listen["who"], listen["reason"]) == ("試験 supervisor", "苦情の確認")
    assert (listen["addressee_no"], listen["recording_id"]) == ("A1", str(recording))
    assert supervisor.get("/api/recordings/person/A1").get_json()["recordings"][0]["listens"] == 1
    assert auditor.get(f"/api/recordings/listens?before={listen['at'].replace('+', '%2B')}").get_json()["listens"] == []


def test_nobody_else_hears_or_sees_anything(visitor: Come, recording: UUID) -> None:
    for login in ("operator", "collector", "admin", "auditor", "health"):
        other = visitor(login)
        assert other.get("/api/recordings/person/A1").status_code == 403
        assert other.post(f"/api/recordings/{recording}/listen", {"reason": "x"}).status_code == 403
        assert other.get(f"/api/recordings/{recording}/sound?listen={uuid4()}").status_code == 403
        assert other.post(f"/api/recordings/{recording}/hold", {"kind": "other", "reason": "x"}).status_code == 403
        assert other.delete(f"/api/recordings/{recording}/hold").status_code == 403


def test_who_sees_listens_and_missing_ones(visitor: Come, recording: UUID, stranger: Visitor) -> None:
    assert visitor("supervisor").get("/api/recordings/listens").status_code == 403
    assert visitor("operator").get("/api/recordings/missing").status_code == 403
    assert visitor("supervisor").get("/api/recordings/missing").get_json() == {
        "day": str(DAY),
        "due": 1,
        "missing": [],
    }
    assert stranger.get(f"/api/recordings/{recording}/sound?listen={uuid4()}").status_code == 401


def test_without_a_reason_nothing_is_heard(visitor: Come, recording: UUID) -> None:
    supervisor = visitor("supervisor")
    for nothing in ("", "  ", "\u3000\n"):
        assert supervisor.post(f"/api/recordings/{recording}/listen", {"reason": nothing}).status_code == 422
        assert (
            supervisor.post(f"/api/recordings/{recording}/hold", {"kind": "other", "reason": nothing}).status_code
            == 422
        )
    assert supervisor.get(f"/api/recordings/{recording}/sound").status_code == 422
    assert supervisor.get(f"/api/recordings/{recording}/sound?listen={uuid4()}").status_code == 403


def test_a_listen_is_ones_own_for_one_recording_and_for_two_hours(
    visitor: Come, recording: UUID, clock: VirtualClock, context: PanelContext, database: Database, municipality: int
) -> None:
    supervisor = visitor("supervisor")
    url = supervisor.post(f"/api/recordings/{recording}/listen", {"reason": "確認"}).get_json()["url"]
    assert supervisor.get(url).status_code == 200
    with database.transaction(municipality) as conn:
        create_user(
            conn,
            municipality,
            login="second",
            display_name="別",
            password=PASSWORD,
            roles=["supervisor"],
            now=NOW,
            ids=context.ids,
        )
    assert visitor("second").get(url).status_code == 403
    clock.advance(7_201)
    assert supervisor.get(url).status_code == 403


def test_a_part_is_heard_by_itself(visitor: Come, recording: UUID) -> None:
    answer = heard(visitor("supervisor"), recording, "bytes=65530-131080")
    assert (answer.status_code, answer.data) == (206, SOUND[65_530:131_081])
    assert answer.headers["Content-Range"] == f"bytes 65530-131080/{len(SOUND)}"


def test_no_plain_sound_lies_anywhere_while_it_is_heard(visitor: Come, recording: UUID, tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    answer = heard(visitor("supervisor"), recording)
    assert MARK in answer.data
    answer.close()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or MARK not in path.read_bytes()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1


def test_a_changed_file_and_a_lost_key_are_told(visitor: Come, recording: UUID, tmp_path: Path) -> None:
    supervisor = visitor("supervisor")
    private = next((tmp_path / "keys").glob("*.private.pem"))
    private.rename(tmp_path / "away")
    answer = heard(supervisor, recording)
    assert answer.status_code == 409
    assert "秘密鍵" in answer.get_json()["message"]
    (tmp_path / "away").rename(private)
    path = next((tmp_path / "store").rglob("*.tsr"))
    path.write_bytes(path.read_bytes()[:-1])
    assert "途中で切れています" in heard(supervisor, recording).get_json()["message"]
    path.unlink()
    assert heard(supervisor, recording).status_code == 404


def test_a_hold_is_set_and_lifted_on_the_screen(visitor: Come, recording: UUID) -> None:
    supervisor = visitor("supervisor")
    held = supervisor.post(f"/api/recordings/{recording}/hold", {"kind": "objection", "reason": "審査請求"})
    [view] = held.get_json()["recordings"]
    assert (view["hold"], view["hold_label"], view["hold_reason"]) == ("objection", "不服申立て", "審査請求")
    [lifted] = supervisor.delete(f"/api/recordings/{recording}/hold").get_json()["recordings"]
    assert lifted["hold"] is None
    assert supervisor.delete(f"/api/recordings/{recording}/hold").status_code == 409


def test_a_protected_persons_recording_needs_four_eyes(
    visitor: Come, recording: UUID, database: Database, municipality: int, context: PanelContext
) -> None:
    with database.transaction(municipality) as conn:
        People(conn, municipality, DAY).flag("A1", "dv_support")
    supervisor = visitor("supervisor")
    for answer in (
        supervisor.get("/api/recordings/person/A1"),
        supervisor.post(f"/api/recordings/{recording}/listen", {"reason": "確認"}),
    ):
        assert answer.status_code == 403
        assert "支援措置" in answer.get_json()["message"]


def test_a_deleted_one_is_listed_as_such_and_not_heard(
    visitor: Come,
    recording: UUID,
    database: Database,
    municipality: int,
    context: PanelContext,
    shelf: RecordingShelf,
    clock: VirtualClock,
) -> None:
    with database.transaction(municipality) as conn:
        city = load_city(conn, municipality)
    clock.advance(86_400 * 31)
    assert recording_shelf.delete_expired(database, city, shelf.store, clock, context.ids) == 1
    supervisor = visitor("supervisor")
    assert supervisor.get("/api/recordings/person/A1").get_json()["recordings"][0]["state"] == "deleted"
    answer = supervisor.post(f"/api/recordings/{recording}/listen", {"reason": "確認"})
    assert answer.status_code == 409
    assert "削除" in answer.get_json()["message"]
