"""The carrier's own book: one line for everything that was done on the network, on disk before it is done.

Append only, fsync'd, one JSON object a line: `{"at": …, "attempt_id": …, "what": "rang" | "absent", "e164": …}`. It
is what a test holds against the database after an engine was killed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """`absent`: the carrier said it never heard of this attempt, and will refuse it from now on."""

    at: datetime
    attempt_id: UUID
    what: Literal["rang", "absent"]
    e164: str | None


class CarrierLedger:
    """Opened for appending; a half-written last line of a killed carrier is cut off."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            whole = path.read_bytes()
            end = whole.rfind(b"\n") + 1
            if end < len(whole):
                with path.open("r+b") as file:
                    file.truncate(end)
        self._file: IO[str] = path.open("a", encoding="ascii")

    def write(self, line: LedgerLine) -> None:
        """On disk when this returns."""
        plain = {
            "at": line.at.isoformat(),
            "attempt_id": str(line.attempt_id),
            "what": line.what,
            "e164": line.e164,
        }
        self._file.write(json.dumps(plain, separators=(",", ":")) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def read_ledger(path: Path) -> Iterator[LedgerLine]:
    """Every whole line of a ledger, in order; nothing where there is no file yet."""
    if not path.exists():
        return
    for text in path.read_text(encoding="ascii").split("\n")[:-1]:
        plain = json.loads(text)
        yield LedgerLine(datetime.fromisoformat(plain["at"]), UUID(plain["attempt_id"]), plain["what"], plain["e164"])
