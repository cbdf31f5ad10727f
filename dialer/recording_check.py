"""Whether every recording that should be here is here, can be opened, and is what the books say it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from casefile.city import City
from casefile.db import Database
from casefile.errors import TsunagaruError
from dialer import recordings
from dialer.asterisk.recording.container import open_sealed
from dialer.asterisk.recording.keys import KeyRing
from dialer.asterisk.recording.store import Store, digest_and_size
from dialer.recordings import Kept, RecordingState
from dialer.tables import Recording


@dataclass(frozen=True, slots=True)
class Finding:
    """One recording; `problem` None: it can be heard to its end."""

    recording_id: UUID
    problem: str | None


def check_kept(database: Database, city: City, store: Store, keys: KeyRing) -> Iterator[Finding]:
    """Open and read every kept recording of a city, oldest first. Nothing of the sound leaves this function."""
    with database.transaction(city.id) as conn:
        kept = conn.scalars(
            select(Recording.recording_id)
            .where(Recording.municipality_id == city.id, Recording.state == RecordingState.KEPT.value)
            .order_by(Recording.began_at, Recording.recording_id)
        ).all()
    for recording_id in kept:
        with database.transaction(city.id) as conn:
            recording = recordings.one(conn, city.id, recording_id)
        # Deleted meanwhile.
        if recording is not None and recording.state is RecordingState.KEPT:
            yield Finding(recording_id, _problem(recording, store, keys))


def _problem(recording: Kept, store: Store, keys: KeyRing) -> str | None:
    try:
        with store.open(recording.recording_id, recording.began_at) as file:
            if digest_and_size(file) != (recording.sha256, recording.size_bytes):
                return "保存した後に変わっています。バックアップから戻してください。"
            for _ in open_sealed(file, keys).read():
                pass
    except FileNotFoundError:
        return "ファイルがありません。バックアップから戻してください。"
    except OSError as error:
        return f"読み出せません({error.strerror})。保管場所の権限とディスクを調べてください。"
    except TsunagaruError as error:
        return str(error)
    return None
