"""What the measurements printed, as docs/benchmarks.md: `python -m tsunagaru.benchmark_page FOLDER`.

FOLDER holds `import.md`, `engine.md`, `asterisk.md`, `panel.md` (outputs of `tsunagaru bench`), `soak.md` (of `make soak`)
and `kill.txt` (of `make kill`); what is missing is said to be missing. `make bench` measures and writes the page.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tsunagaru.machine import table

_HEAD = """# Measured figures

Written by `make bench`; nothing here is typed by hand. A figure says nothing without its machine, and little on a busy one:
each section names its day and the load average before it began. Everything ran on the embedded PostgreSQL with its ordinary
settings, on the same cores as the measured process.
"""


@dataclass(frozen=True, slots=True)
class _Section:
    file: str
    title: str
    how: str


_SECTIONS = (
    _Section(
        "import",
        "Import",
        "`tsunagaru bench import`: an arrears file as a core system writes it (CP932, 和暦, trailer), end to end: recognise the"
        " encoding, check every cell, compare with what is stored, write under row-level security, commit. Wanted: at least"
        " 25,000 rows a second, under 500 MB. PostgreSQL's bare COPY of the same rows stands beside it.",
    ),
    _Section(
        "engine",
        "Engine",
        "`tsunagaru bench engine`: attempts a second of wall time through engine, gate and database at one-to-one dialing in"
        " virtual time; every attempt with its decision, its transitions and what follows from it. No screens, no robots.",
    ),
    _Section(
        "asterisk",
        "Real telephone calls",
        "`tsunagaru bench engine --carrier asterisk`: one Asterisk 22, sipp at the far end. First attempts a second to answered"
        " and recorded in the books, everybody answering at once, beside a bare loop of Originates on the same node right"
        " before; wanted: 60 a second and 40 % of the bare loop. Then a room of 50 robots with desk phones, five answers a"
        " second and eight seconds of talk, six of them with a page in one Chromium: from the answer, as Asterisk noted it,"
        " to the painted case (wanted: p99 300 ms) and to the resident's first sound at the operator's telephone (1 s).",
    ),
    _Section(
        "soak",
        "Soak",
        "`make soak`: twenty calls a second on a real Asterisk for an hour, a fault every five minutes: engine and Asterisk ended"
        " by `kill -9`, network cut for 10 s, AMI cut, AMI mute, the database's connections terminated. Afterwards the far end's"
        " ledger of what rang is held against the books. Wanted: no attempt lost, nobody rung twice or without a row, no line"
        " left, threads and descriptors back, memory flat: within one engine's life the median of the last quarter's samples"
        " lies at most 8 MiB above that of the second quarter.",
    ),
    _Section(
        "panel",
        "Screen pop",
        "`tsunagaru bench panel`: from the engine's commit of an answered call to the case painted in a real Chromium, with the"
        " whole room running on the same machine. Wanted: 200 ms.",
    ),
)
_KILL = """`make kill`: the engine is ended by `kill -9` at random points with calls in flight and started again; the carrier is a
process of its own, with its own book of what rang. Afterwards book and database are compared. Wanted: no number dialed twice,
no attempt lost, operators back to work within 10 s."""
_KILL_COLUMNS = (
    ("kills", "kills"),
    ("attempts", "attempts"),
    ("rang", "rang"),
    ("rang_twice", "rang twice"),
    ("lost", "lost"),
    ("back_to_work_median_s", "back to work, median s"),
    ("back_to_work_max_s", "back to work, longest s"),
)
_MISSING = "Not measured on this machine yet."


def page(folder: Path) -> str:
    """The page from what lies in `folder`."""
    parts = [_HEAD]
    machine: list[str] = []
    sections: list[str] = []
    for section in _SECTIONS:
        found = _read(folder / f"{section.file}.md")
        figures, described = _cut(found)
        machine = machine or [line for line in described if not _changes(line)]
        measured = "; ".join(line.strip("| ").replace(" | ", ": ") for line in described if _changes(line))
        body = "\n".join(figures).strip() if figures else _MISSING
        sections.append(f"## {section.title}\n\n{section.how}\n\n{body}\n" + (f"\n({measured})\n" if measured else ""))
    if machine:
        parts.append("## The machine\n\n" + "\n".join(machine) + "\n")
    parts += sections
    parts.append(f"## Kill\n\n{_KILL}\n\n{_kills(_read(folder / 'kill.txt'))}\n")
    return "\n".join(parts)


def _read(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _cut(lines: list[str]) -> tuple[list[str], list[str]]:
    """The figures, and the machine below them."""
    at = next((number for number, line in enumerate(lines) if line.startswith("| 機械 ")), len(lines))
    described = [line.replace("| 機械 |", "| machine |") for line in lines[at:] if line.startswith("|")]
    return lines[:at], described


def _changes(line: str) -> bool:
    return line.startswith(("| date ", "| load average "))


def _kills(lines: list[str]) -> str:
    rows: list[tuple[str, ...]] = []
    for line in lines:
        if "kill test" in line and "{" in line:
            found = json.loads(line[line.index("{") :])
            rows.append(tuple(str(found[name]) for name, _ in _KILL_COLUMNS))
    return table([tuple(title for _, title in _KILL_COLUMNS), *rows]) if rows else _MISSING


def main(words: Sequence[str]) -> int:
    if len(words) != 1:
        print("使い方: python -m tsunagaru.benchmark_page フォルダー", file=sys.stderr)
        return 2
    print(page(Path(words[0])), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
