"""pg_dump and pg_restore, spoken to without a password on the command line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from casefile.errors import TsunagaruError
from tsunagaru.databases import database_of, url_of
from tsunagaru.postgres_account import client_programs

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
    words = ["--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={database_of(url)}", str(dump)]
    _run("pg_restore", words, url, "データベースに書き戻せませんでした")


def _run(program: str, words: Sequence[str], url: str, what: str) -> None:
    done = subprocess.run(
        [str(client_programs() / program), "--no-password", *words],
        env=_environment(url),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise _error(what, done.stderr)


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
    reason = next((line.partition("error: ")[2] for line in words.splitlines() if "error: " in line), "理由の表示なし")
    return TsunagaruError(f"{what}({reason})。「tsunagaru doctor」でデータベースの状態を確かめてください。")
