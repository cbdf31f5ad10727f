"""Lines of a file, and cells of a line: streaming, with a line number for each row and nothing dropped."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from casefile.intake.encoding import KEEP, RAW_BYTE

_CHARACTERS_AT_ONCE = 1 << 20
_LONGEST_CELL_IN_LINES = 50
_NO_CHARACTER = chr(RAW_BYTE)
_END_OF_FILE = "\x1a"  # hosts end a file with Ctrl-Z

csv.field_size_limit(1 << 30)


@dataclass(frozen=True, slots=True)
class Line:
    """One physical line without its end. `number` counts from 1."""

    number: int
    text: str


def rows_named(first: Sequence[int], total: int) -> str:
    """Which rows a sentence is about: the numbers of the first of them, and how many of `total` are not named."""
    listed = "、".join(f"{number}行目" for number in first)
    return f"{listed} ほか{total - len(first):,}行" if total > len(first) else listed


@dataclass(slots=True)
class Rows:
    """Rows that were cut into cells; the three lists run side by side. `broken` are lines whose quotes do not close."""

    numbers: list[int] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)
    raws: list[str] = field(default_factory=list)
    broken: list[Line] = field(default_factory=list)


class LineReader:
    """Blocks of physical lines of one file."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._encoding = encoding

    def blocks(self) -> Iterator[tuple[int, list[str]]]:
        """(number of the first line, lines) until the end of the file; CR, LF and CRLF all end a line."""
        number = 1
        with self._path.open(encoding=self._encoding, errors=KEEP, newline=None) as file:
            rest = ""
            while chunk := file.read(_CHARACTERS_AT_ONCE):
                # No table takes U+0000: it is kept like any other byte that is no character.
                lines = (rest + chunk.replace("\x00", _NO_CHARACTER)).split("\n")
                rest = lines.pop()
                open_row = _open_row(lines)
                if open_row:
                    rest = "\n".join([*lines[open_row:], rest])
                    del lines[open_row:]
                if lines:
                    yield number, lines
                    number += len(lines)
            if rest.strip(_END_OF_FILE):
                yield number, rest.split("\n")


def cut(first_number: int, lines: list[str], delimiter: str, width: int) -> Rows:
    """Cut lines into cells. `width` is how many there should be: it decides whether a quoted line break is real.

    Blank lines, and a lone Ctrl-Z, are no rows.
    """
    rows = Rows()
    if '"' not in "".join(lines):
        kept = [(number, line) for number, line in enumerate(lines, first_number) if line and line != _END_OF_FILE]
        rows.numbers = [number for number, _ in kept]
        rows.raws = [line for _, line in kept]
        rows.cells = [line.split(delimiter) for line in rows.raws]
        return rows
    index = 0
    while index < len(lines):
        line = lines[index]
        taken = 1
        if line and line != _END_OF_FILE:
            if line.count('"') % 2:
                taken = _lines_of_row(lines, index, delimiter, width)
            if taken:
                raw = "\n".join(lines[index : index + taken])
                rows.numbers.append(first_number + index)
                rows.raws.append(raw)
                rows.cells.append(_cells(raw, delimiter) if '"' in raw else raw.split(delimiter))
            else:
                rows.broken.append(Line(first_number + index, line))
                taken = 1
        index += taken
    return rows


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of a single line (headings, header, trailer)."""
    return _cells(line, delimiter) if '"' in line and not line.count('"') % 2 else line.split(delimiter)


def _lines_of_row(lines: list[str], start: int, delimiter: str, width: int) -> int:
    """How many lines a quoted line break joins into a row of the right width; 0 when no number does."""
    quotes = 0
    for count, line in enumerate(lines[start : start + _LONGEST_CELL_IN_LINES], 1):
        quotes += line.count('"')
        if count > 1 and quotes % 2 == 0:
            rows = _parsed("\n".join(lines[start : start + count]), delimiter)
            return count if [len(row) for row in rows] == [width] else 0
    return 0


def _open_row(lines: list[str]) -> int:
    """Where a quoted line break may run over the end of a block: those lines wait for the next one. 0: nowhere."""
    if len(lines) <= _LONGEST_CELL_IN_LINES:
        return 0
    first = len(lines) - _LONGEST_CELL_IN_LINES
    odd = [index for index, line in enumerate(lines[first:], first) if line.count('"') % 2]
    return odd[-1] if len(odd) % 2 else 0


def _cells(raw: str, delimiter: str) -> list[str]:
    return [cell for row in _parsed(raw, delimiter) for cell in row]


def _parsed(raw: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader([part + "\n" for part in raw.split("\n")], delimiter=delimiter))
