"""pg_dump, pg_restore and psql, spoken to without a password on the command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from casefile.errors import TsunagaruError
from tsunagaru.databases import database_of, url_of
from tsunagaru.postgres_account import client_programs

# pg_restore says this to every server, and servers before version 17 do not know it.
_UNKNOWN_BEFORE_17 = b"SET transaction_timeout = 0;\n"
_PREAMBLE = 64 * 1024

# libpq's words in a URL → the environment's, so that `ps` shows no password.
_VARIABLES: Mapping[str, str] = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "options": "PGOPTIONS",
}


def dump_database(url: str, snapshot: str, target: Path) -> None:
    """Write the whole database as `snapshot` sees it into a file in pg_dump's custom format.

    Rows hidden by row-level security would be missing without a word, so pg_dump is left to fail where the account is
    not allowed to see all of them. Raises TsunagaruError then, and when the disk is full.
    """
    words = ["--format=custom", "--compress=6", f"--snapshot={snapshot}", f"--file={target}"]
    _run("pg_dump", words, url, "データベースを書き出せませんでした")


def restore_database(url: str, dump: Path) -> None:
    """Read a dump into an empty database, in one transaction: all of it or nothing. Raises TsunagaruError."""
    what = "データベースに書き戻せませんでした"
    reader = _start("pg_restore", ["--no-owner", "--file=-", str(dump)], url, to=subprocess.PIPE)
    words = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    writer = _start("psql", words, url, source=subprocess.PIPE)
    with ThreadPoolExecutor(2) as threads:
        complaints = [threads.submit(_complaints, process) for process in (reader, writer)]
        assert reader.stdout is not None
        assert writer.stdin is not None
        # A writer that fails stops reading; what it has to say is in its complaints.
        with suppress(BrokenPipeError), writer.stdin:
            writer.stdin.write(reader.stdout.read(_PREAMBLE).replace(_UNKNOWN_BEFORE_17, b"", 1))
            shutil.copyfileobj(reader.stdout, writer.stdin)
            # At the end of its input psql would commit; half a dump must not look like a whole one.
            if reader.wait() != 0:
                writer.kill()
        reader.stdout.close()
        codes = reader.wait(), writer.wait()
        said = "".join(complaint.result() for complaint in reversed(complaints))
    if any(codes):
        raise _error(what, said)


def _run(program: str, words: Sequence[str], url: str, what: str) -> None:
    process = _start(program, words, url)
    said = process.communicate()[1].decode(errors="replace")
    if process.returncode != 0:
        raise _error(what, said)


def _start(
    program: str, words: Sequence[str], url: str, *, source: int = subprocess.DEVNULL, to: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    command = [str(client_programs() / program), "--no-password", *words]
    return subprocess.Popen(command, env=_environment(url), stdin=source, stdout=to, stderr=subprocess.PIPE)


def _complaints(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr is not None
    with process.stderr:
        return process.stderr.read().decode(errors="replace")


def _environment(url: str) -> dict[str, str]:
    known = conninfo_to_dict(url_of(url, database_of(url)))
    connection = {_VARIABLES[word]: str(value) for word, value in known.items() if word in _VARIABLES}
    others = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**others, **connection, "LC_ALL": "C"}


def _error(what: str, words: str) -> TsunagaruError:
    if "No space left on device" in words:
        return TsunagaruError(f"{what}。ディスクの空きが足りません。空きを作るか、別のディスクを指定してください。")
    if "row-level security" in words:
        return TsunagaruError(
            f"{what}。DATABASE_URL のユーザーには全市町村の行が見えません。"
            "スーパーユーザーか、BYPASSRLS を持つユーザーを指定してください。"
        )
    if "server version mismatch" in words:
        return TsunagaruError(
            f"{what}。データベースのサーバーがこの版より新しすぎます。この製品を新しい版に更新してください。"
        )
    # DETAIL and CONTEXT lines quote rows of persons; the first line of an error does not.
    reasons = [found[1] for line in words.splitlines() if (found := re.search(r"(?:error|ERROR|FATAL): +(.+)", line))]
    reason = reasons[0] if reasons else "理由の表示なし"
    return TsunagaruError(f"{what}({reason})。「tsunagaru doctor」でデータベースの状態を確かめてください。")
