"""Temporary tables between a file and the case file. COPY is refused under row-level security, so it goes here first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import psycopg
from sqlalchemy import Connection, text

from casefile.intake.cells import NULL, Converter
from casefile.intake.kinds import DERIVED, FileKind, Form
from casefile.intake.reading import FileReader

_TYPES = {
    Form.KEY: "text",
    Form.TEXT: "text",
    Form.NOTE: "text",
    Form.CHOICE: "text",
    Form.PHONE: "text",
    Form.READING: "text",
    Form.DATE: "date",
    Form.YEN: "bigint",
    Form.WHOLE: "integer",
    Form.YEAR: "integer",
    Form.DEGREES: "double precision",
    Form.YES_NO: "boolean",
}
_IN_MEMORY = 4 << 20
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True, slots=True)
class Staged:
    """How many rows stand in `incoming`; those refused stand in `refused`, strange characters in `odd`."""

    rows: int
    strange: int


def prepare(conn: Connection, kind: FileKind) -> None:
    """Fresh staging tables for one file; they end with the transaction."""
    columns = ["row_no integer NOT NULL"]
    for column in kind.columns:
        columns.append(f"{column.name} {_TYPES[column.form]}{_default(Converter(column, required=False)[''])}")
        columns.extend(f"{name} text" for name in DERIVED.get(column.form, ()))
    for statement in (
        "DROP TABLE IF EXISTS pg_temp.incoming, pg_temp.refused, pg_temp.odd, pg_temp.conflicting",
        f"CREATE TEMP TABLE incoming ({', '.join(columns)}) ON COMMIT DROP",
        (
            "CREATE TEMP TABLE refused (row_no integer NOT NULL, column_name text NOT NULL, reason text NOT NULL,"
            " raw text, addressee_no text NOT NULL) ON COMMIT DROP"
        ),
        (
            "CREATE TEMP TABLE odd (row_no integer NOT NULL, column_name text NOT NULL, code_point text NOT NULL,"
            " source_bytes text NOT NULL) ON COMMIT DROP"
        ),
        (
            "CREATE TEMP TABLE conflicting (row_no integer NOT NULL, addressee_no text NOT NULL, subject text NOT NULL,"
            " in_file text NOT NULL, in_room text NOT NULL) ON COMMIT DROP"
        ),
    ):
        conn.execute(text(statement))


def stage(conn: Connection, reader: FileReader) -> Staged:
    """Stream a file into `incoming`. Memory stays flat: what is refused waits in a temporary file.

    Raises TsunagaruError where the file as a whole cannot be trusted.
    """
    names = ["row_no"]
    for name in reader.mapped:
        names.append(name)
        names.extend(DERIVED.get(reader.kind.by_name[name].form, ()))
    strange = 0
    with (
        SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="") as refused,
        SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="") as odd,
    ):
        cursor = raw_cursor(conn)
        with cursor.copy(f"COPY incoming ({', '.join(names)}) FROM STDIN") as copy:
            for block in reader.blocks():
                if block.copy:
                    copy.write(block.copy)
                for reject in block.rejects:
                    cells = (reject.column, reject.reason, reject.raw)
                    # An addressee number comes as COPY text already.
                    refused.write(f"{reject.row_no}\t{_line(cells)}\t{reject.addressee_no}\n")
                for found in block.strange:
                    odd.write(f"{found.row_no}\t{_line((found.column, found.code_point, found.source_bytes))}\n")
                strange += len(block.strange)
        reader.finish()
        _copy_file(cursor, "refused (row_no, column_name, reason, raw, addressee_no)", refused)
        _copy_file(cursor, "odd (row_no, column_name, code_point, source_bytes)", odd)
    conn.execute(text("ANALYZE incoming"))
    return Staged(reader.row_count, strange)


def fill_raws(conn: Connection, reader: FileReader) -> None:
    """Read again the lines of rows that were refused by the database's view of them, so that none is lost."""
    wanted = set(conn.execute(text("SELECT row_no FROM refused WHERE raw IS NULL ORDER BY row_no")).scalars())
    if not wanted:
        return
    conn.execute(text("DROP TABLE IF EXISTS pg_temp.reread"))
    conn.execute(text("CREATE TEMP TABLE reread (row_no integer PRIMARY KEY, raw text NOT NULL) ON COMMIT DROP"))
    with raw_cursor(conn).copy("COPY reread (row_no, raw) FROM STDIN") as copy:
        for number, raw in reader.raws(wanted):
            copy.write(f"{number}\t{_line((raw,))}\n")
    conn.execute(text("UPDATE refused r SET raw = a.raw FROM reread a WHERE a.row_no = r.row_no AND r.raw IS NULL"))


def raw_cursor(conn: Connection) -> psycopg.Cursor[Any]:
    """psycopg's own cursor inside the same transaction: only it speaks COPY."""
    connection = conn.connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    return connection.cursor()


def _copy_file(cursor: psycopg.Cursor[Any], target: str, file: IO[str]) -> None:
    file.seek(0)
    with cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for piece in _pieces(file):
            copy.write(piece)


def _pieces(file: IO[str]) -> Iterator[str]:
    while piece := file.read(1 << 20):
        yield piece


def _line(cells: tuple[str, ...]) -> str:
    return "\t".join(cell.translate(_ESCAPED) for cell in cells)


def _default(value: str | None) -> str:
    """The column's default as SQL; the values are our own, from `kinds`."""
    if value is None or value == NULL:
        return ""
    quoted = value.replace("'", "''")
    return f" DEFAULT '{quoted}'"
