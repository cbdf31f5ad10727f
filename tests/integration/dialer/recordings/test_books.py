"""Terms, books, retention and the list of what is missing, on real rows and real files."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from callflow.codes import RecordingMode
from casefile.clock import at_jst, jst_date
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.tables import AuditEntry, ContactRecord
from dialer import recordings
from dialer.asterisk.recording.container import Label, open_sealed, read_label, seal
from dialer.asterisk.recording.keys import CURRENT, KeyRing, load_public
from dialer.recording_check import Finding, check_kept
from dialer.recording_shelf import RecordingsStuck
from dialer.recording_terms import set_terms, terms_of_attempt
from dialer.recordings import HoldKind, Kept, RecordingState
from reports.missing_recordings import Reason, missing_recordings
from tests.integration.dialer.recordings.office import DAY, NOW, OPERATOR, Office
from tests.people import People

ALL = frozenset({"dunning"})


@pytest.fixture
def office(database: Database, municipality: int, tmp_path: Path) -> Office:
    return Office(database, municipality, tmp_path)


def terms(office: Office, campaign: UUID | None, mode: RecordingMode, days: int | None = None) -> None:
    with office.transaction() as conn:
        set_terms(conn, office.municipality_id, campaign, mode, office.clock.now(), office.ids, days=days)


def kept(office: Office, recording_id: UUID) -> Kept:
    with office.transaction() as conn:
        found = recordings.one(conn, office.municipality_id, recording_id)
    assert found is not None
    return found


def label_of(path: Path) -> Label:
    with path.open("rb") as file:
        return read_label(file)


def check(office: Office) -> list[Finding]:
    return list(check_kept(office.database, office.city, office.store, KeyRing(office.keys)))


def audited(office: Office, action: str) -> list[dict[str, Any]]:
    with office.transaction() as conn:
        return list(
            conn.scalars(select(AuditEntry.detail).where(AuditEntry.action == action).order_by(AuditEntry.audit_id))
        )


def missing(office: Office) -> dict[UUID, Reason]:
    with office.transaction() as conn:
        found = missing_recordings(conn, office.city, DAY, office.clock.now(), ALL, office.store)
    return {one.attempt_id: one.reason for one in found.missing}


def test_a_call_is_under_the_terms_of_its_campaign_when_it_was_intended(office: Office) -> None:
    told, silent, none = office.campaign("案内あり"), office.campaign("案内なし"), office.campaign("録音なし")

    def mode_of(attempt: UUID) -> RecordingMode | None:
        with office.transaction() as conn:
            found = terms_of_attempt(conn, office.city, attempt)
        return found.mode if found else None

    before = office.talk(told)[1]
    terms(office, told, RecordingMode.ANNOUNCED)
    terms(office, silent, RecordingMode.UNANNOUNCED)
    office.clock.advance(1)
    calls = {campaign: office.talk(campaign)[1] for campaign in (told, silent, none, None)}
    assert mode_of(before) is RecordingMode.OFF
    assert mode_of(calls[told]) is RecordingMode.ANNOUNCED
    assert mode_of(calls[silent]) is RecordingMode.UNANNOUNCED
    assert mode_of(calls[none]) is RecordingMode.OFF
    assert mode_of(calls[None]) is RecordingMode.OFF
    assert mode_of(uuid4()) is None
    terms(office, None, RecordingMode.UNANNOUNCED)
    terms(office, told, RecordingMode.OFF)
    office.clock.advance(1)
    assert mode_of(office.talk()[1]) is RecordingMode.UNANNOUNCED
    assert mode_of(office.talk(told)[1]) is RecordingMode.OFF
    # What was dialed before stays under what it was dialed under.
    assert mode_of(calls[told]) is RecordingMode.ANNOUNCED
    assert [detail["mode"] for detail in audited(office, "recording.terms")] == [
        "announced",
        "unannounced",
        "unannounced",
        "off",
    ]


def test_terms_nobody_can_keep_are_refused(office: Office) -> None:
    with pytest.raises(TsunagaruError, match="保存日数"):
        terms(office, None, RecordingMode.ANNOUNCED, days=0)
    with pytest.raises(TsunagaruError, match="キャンペーンはありません"):
        terms(office, uuid4(), RecordingMode.ANNOUNCED)


def test_what_arrives_is_entered_once_and_shelved(office: Office) -> None:
    campaign = office.campaign()
    terms(office, campaign, RecordingMode.ANNOUNCED, days=30)
    office.clock.advance(1)
    person, attempt = office.talk(campaign)
    recording = office.record(attempt, b"heard" * 999)
    assert office.take_in().entered == 1
    row = kept(office, recording)
    assert (row.attempt_id, row.addressee_no, row.state) == (attempt, person, RecordingState.KEPT)
    assert row.keep_until == jst_date(row.began_at) + timedelta(days=30)
    assert list(office.store.arrived()) == []
    with office.store.open(recording, row.began_at) as file:
        assert b"".join(open_sealed(file, KeyRing(office.keys)).read()) == b"heard" * 999
    # Killed after the row and before the move: it lies in `incoming/` again, and is not entered twice.
    shelved = next((office.folder / "store" / "2026").rglob("*.tsr"))
    shelved.rename(office.store.incoming / shelved.name)
    assert office.store.holds(recording, row.began_at)
    office.clock.advance(99)
    office.take_in()
    assert kept(office, recording) == row
    assert list(office.store.arrived()) == []


def test_what_belongs_to_no_call_stays_and_is_named(office: Office) -> None:
    stranger = office.record(uuid4())
    (office.store.incoming / f"{uuid4()}.tsr").write_bytes(b"no recording")
    renamed = office.store.incoming / f"{uuid4()}.tsr"
    (office.store.incoming / f"{office.record(office.talk()[1])}.tsr").rename(renamed)
    found = office.take_in()
    assert found.entered == 0
    assert len(found.strange) == 3
    assert {f"{stranger}.tsr", renamed.name} < set(found.strange)
    assert len(list(office.store.arrived())) == 3


def test_a_deleted_recording_that_a_node_brings_once_more_goes_again(office: Office) -> None:
    recording = office.record(office.talk()[1])
    brought = office.store.incoming / f"{recording}.tsr"
    once_more = brought.read_bytes()
    office.take_in()
    office.clock.advance(86_400 * 200)
    assert office.delete_expired() == 1
    # The node's agent was killed between handing on and removing, and is back after all that time.
    brought.write_bytes(once_more)
    assert office.take_in().strange == ()
    assert kept(office, recording).state is RecordingState.DELETED
    assert not list((office.folder / "store").rglob("*.tsr"))


def test_no_other_recording_takes_the_place_of_one_by_its_id(office: Office) -> None:
    attempt = office.talk()[1]
    recording = office.record(attempt, b"heard" * 999)
    office.take_in()
    forged = office.record(attempt, b"other" * 999)
    path = office.store.incoming / f"{forged}.tsr"
    facts = replace(label_of(path).facts, recording_id=recording)
    path.unlink()
    with (office.store.incoming / f"{recording}.tsr").open("wb") as file:
        seal([b"other" * 999], file, facts, load_public(office.keys / CURRENT))
    assert office.take_in().strange == (f"{recording}.tsr",)
    row = kept(office, recording)
    with office.store.open(recording, row.began_at) as file:
        assert b"".join(open_sealed(file, KeyRing(office.keys)).read()) == b"heard" * 999


def test_a_file_that_gives_trouble_keeps_no_other_waiting(office: Office) -> None:
    first, second = (office.record(office.talk()[1]) for _ in range(2))
    path = office.store.incoming / f"{first}.tsr"
    sealed = path.read_bytes()
    path.unlink()
    path.mkdir()
    with pytest.raises(RecordingsStuck, match=f"録音1件を受け入れできません\\({first}.tsr"):
        office.take_in()
    assert kept(office, second).state is RecordingState.KEPT
    path.rmdir()
    path.write_bytes(sealed)
    assert office.take_in().entered == 1
    # The same of those whose time is over.
    shelved = next((office.folder / "store").rglob(f"{first}.tsr"))
    another = shelved.with_name("another")
    another.hardlink_to(shelved)
    office.clock.advance(86_400 * 200)
    with pytest.raises(RecordingsStuck, match=f"録音1件を削除できません\\({first}"):
        office.delete_expired()
    assert (kept(office, first).state, kept(office, second).state) == (RecordingState.DELETING, RecordingState.DELETED)
    another.unlink()
    assert office.delete_expired() == 1


def test_a_recording_that_can_not_be_read_is_a_finding_and_the_others_are_checked(office: Office) -> None:
    first, second = (office.record(office.talk()[1]) for _ in range(2))
    office.take_in()
    path = next((office.folder / "store").rglob(f"{first}.tsr"))
    path.unlink()
    path.symlink_to("/dev/null")
    found = {one.recording_id: one.problem for one in check(office)}
    assert found[second] is None
    assert "読み出せません" in (found[first] or "")


def test_after_its_time_a_recording_is_deleted_and_that_it_was_is_kept(office: Office) -> None:
    attempt = office.talk()[1]
    recording = office.record(attempt)
    office.take_in()
    last_day = kept(office, recording).keep_until
    assert last_day == DAY + timedelta(days=180)
    office.clock.move_to(at_jst(last_day, 23, 59))
    assert office.delete_expired() == 0
    office.clock.move_to(at_jst(last_day + timedelta(days=1)))
    assert office.delete_expired() == 1
    gone = kept(office, recording)
    assert (gone.state, gone.deleted_at) == (RecordingState.DELETED, office.clock.now())
    assert not list((office.folder / "store").rglob("*.tsr"))
    assert audited(office, "recording.delete") == [{"recording": str(recording)}]
    assert office.delete_expired() == 0


def test_a_deletion_that_was_killed_is_finished(office: Office) -> None:
    recording = office.record(office.talk()[1])
    office.take_in()
    office.clock.advance(86_400 * 200)
    with office.transaction() as conn:
        assert len(recordings.due_for_deletion(conn, office.municipality_id, office.clock.now())) == 1
    # Killed here: marked, not removed.
    assert kept(office, recording).state is RecordingState.DELETING
    assert office.delete_expired() == 1
    assert kept(office, recording).state is RecordingState.DELETED


def test_a_held_recording_outlives_its_time_until_it_is_lifted(office: Office) -> None:
    recording = office.record(office.talk()[1])
    office.take_in()
    with office.transaction() as conn:
        assert recordings.hold(
            conn,
            office.municipality_id,
            recording,
            HoldKind.OTHER,
            "調査中",
            office.clock.now(),
            office.ids,
            by=OPERATOR,
            actor="op",
        )
    office.clock.advance(86_400 * 400)
    assert office.delete_expired() == 0
    assert kept(office, recording).hold is HoldKind.OTHER
    with office.transaction() as conn:
        now = office.clock.now()
        assert recordings.lift(conn, office.municipality_id, recording, now, office.ids, by=OPERATOR, actor="op")
        assert not recordings.lift(conn, office.municipality_id, recording, now, office.ids, by=OPERATOR, actor="op")
    assert office.delete_expired() == 1
    with office.transaction() as conn:
        assert not recordings.hold(
            conn, office.municipality_id, recording, HoldKind.OTHER, "x", now, office.ids, by=OPERATOR, actor="op"
        )
    assert [len(audited(office, f"recording.{what}")) for what in ("hold", "lift")] == [1, 1]


def test_the_recording_of_a_complaint_is_held_by_itself(office: Office) -> None:
    person, attempt = office.talk()
    recording = office.record(attempt)
    office.take_in()
    with office.transaction() as conn:
        conn.execute(
            insert(ContactRecord).values(
                municipality_id=office.municipality_id,
                record_id=uuid4(),
                version=1,
                addressee_no=person,
                household_id=f"S-{person}",
                purpose="dunning",
                claim_group="compulsory",
                direction="outbound",
                started_at=NOW,
                attempt_id=attempt,
                identity_items=[],
                remarks="",
                complaint=True,
                recorded_at=NOW,
            )
        )
    office.clock.advance(86_400 * 200)
    assert office.delete_expired() == 0
    assert kept(office, recording).hold is HoldKind.COMPLAINT
    with office.transaction() as conn:
        recordings.lift(
            conn, office.municipality_id, recording, office.clock.now(), office.ids, by=OPERATOR, actor="op"
        )
    # Once a person has lifted it, it is not held again for the same complaint.
    assert office.delete_expired() == 1


def test_an_objection_keeps_every_recording_of_the_person_while_it_stands(office: Office) -> None:
    person, attempt = office.talk()
    other = office.record(office.talk()[1])
    recording = office.record(attempt)
    office.take_in()
    ends = DAY + timedelta(days=220)
    with office.transaction() as conn:
        People(conn, office.municipality_id, DAY).flag(person, "objection", valid_to=ends)
    office.clock.move_to(at_jst(DAY + timedelta(days=210)))
    assert office.delete_expired() == 1
    assert kept(office, other).state is RecordingState.DELETED
    assert kept(office, recording).state is RecordingState.KEPT
    office.clock.move_to(at_jst(ends + timedelta(days=1)))
    assert office.delete_expired() == 1


def test_a_due_recording_that_is_missing_is_told_with_its_reason(office: Office) -> None:
    campaign = office.campaign()
    unrecorded = office.talk(campaign)[1]
    terms(office, campaign, RecordingMode.ANNOUNCED)
    office.clock.advance(1)
    there, lost, silent, short, broken, gone = (
        office.talk(campaign)[1],
        office.talk(campaign)[1],
        office.talk(campaign)[1],
        office.talk(campaign, seconds=0.5)[1],
        office.talk(campaign, cause="reconciled")[1],
        office.talk(campaign)[1],
    )
    office.record(there)
    office.record(silent, b"", 0)
    removed = office.record(gone)
    office.take_in()
    next((office.folder / "store").rglob(f"{removed}.tsr")).unlink()
    office.clock.advance(3600)
    late = office.talk(campaign)[1]
    assert missing(office) == {
        lost: Reason.UNKNOWN,
        silent: Reason.SILENT,
        short: Reason.TOO_SHORT,
        broken: Reason.INTERRUPTED,
        gone: Reason.FILE_GONE,
        late: Reason.ON_THE_WAY,
    }
    assert unrecorded not in missing(office)
    with office.transaction() as conn:
        counted = missing_recordings(conn, office.city, DAY, office.clock.now(), ALL, office.store)
        none = missing_recordings(conn, office.city, DAY, office.clock.now(), frozenset(), office.store)
    assert (counted.due, none.due) == (7, 0)
    # What was deleted in its time was there.
    office.clock.advance(86_400 * 200)
    office.delete_expired()
    assert there not in missing(office)
