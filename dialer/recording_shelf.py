"""What arrived is entered and put on its shelf; what nobody may keep any longer is deleted, and that it was is written down.

Row and file change in an order that a kill can not spoil: a row before its file is moved, a mark before a file is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from casefile.city import City
from casefile.clock import Clock
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.ids import Ids
from dialer import recordings
from dialer.asterisk.recording.container import Label, RecordingDamaged, read_label
from dialer.asterisk.recording.files import remove_for_good
from dialer.asterisk.recording.store import Store, digest_and_size
from dialer.recording_terms import terms_of_attempt
from dialer.recordings import Entered


class RecordingsStuck(TsunagaruError):
    """Files that could not be taken in or removed; all others were. They are tried again."""

    def __init__(self, doing: str, stuck: Sequence[tuple[str, OSError]]) -> None:
        name, error = stuck[0]
        super().__init__(
            f"録音{len(stuck)}件を{doing}できません({name}: {error.strerror or type(error).__name__})。"
            "保管場所の権限とディスクを調べてください。ほかの録音は済ませ、残りは繰り返し試します。"
        )


@dataclass(frozen=True, slots=True)
class TakenIn:
    """`strange`: files in `incoming/` that belong to no call of any municipality here; they stay where they are."""

    entered: int
    strange: tuple[str, ...]


def take_in(database: Database, cities: Sequence[City], store: Store, clock: Clock) -> TakenIn:
    """Enter every recording that arrived and shelve it. May be repeated at any time.

    Raises RecordingsStuck for those whose files give trouble, after all others were taken in.
    """
    entered, strange = 0, []
    stuck: list[tuple[str, OSError]] = []
    for path in store.arrived():
        try:
            if _take_in_one(database, cities, store, clock, path):
                entered += 1
            else:
                strange.append(path.name)
        except OSError as error:
            stuck.append((path.name, error))
    if stuck:
        raise RecordingsStuck("受け入れ", stuck)
    return TakenIn(entered, tuple(strange))


def delete_expired(database: Database, city: City, store: Store, clock: Clock, ids: Ids) -> int:
    """Delete what is past its time and held by nothing; returns how many files went. Recordings of complaints are held first.

    Raises RecordingsStuck for those whose files can not be removed, after all others were.
    """
    with database.transaction(city.id) as conn:
        recordings.hold_complaints(conn, city.id, clock.now(), ids)
        expired = recordings.due_for_deletion(conn, city.id, clock.now())
    stuck: list[tuple[str, OSError]] = []
    for recording in expired:
        try:
            store.remove(recording.recording_id, recording.began_at)
        except OSError as error:
            stuck.append((str(recording.recording_id), error))
            continue
        with database.transaction(city.id) as conn:
            recordings.deleted(conn, city.id, recording.recording_id, clock.now(), ids)
    if stuck:
        raise RecordingsStuck("削除", stuck)
    return len(expired)


def _take_in_one(database: Database, cities: Sequence[City], store: Store, clock: Clock, path: Path) -> bool:
    with path.open("rb") as file:
        try:
            label = read_label(file)
        except RecordingDamaged:
            return False
        city = _whose(database, cities, label)
        if city is None or path.stem != str(label.facts.recording_id):
            return False
        sha256, size = digest_and_size(file)
    with database.transaction(city.id) as conn:
        found = recordings.enter(conn, city, label, sha256, size, clock.now())
    match found:
        case Entered.KEPT:
            store.shelve(path, label.facts.recording_id, label.facts.began_at)
        case Entered.DELETED:
            remove_for_good(path)
    return found is not Entered.STRANGE


def _whose(database: Database, cities: Sequence[City], label: Label) -> City | None:
    for city in cities:
        with database.transaction(city.id) as conn:
            if terms_of_attempt(conn, city, label.facts.attempt_id) is not None:
                return city
    return None
