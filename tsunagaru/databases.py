"""Databases on a server, named by URL: the same words for the embedded server and for an outside one."""

from __future__ import annotations

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from casefile.errors import TsunagaruError

OLDEST_SERVER = 15


def url_of(server_url: str, database: str) -> str:
    """The URL of another database on the same server, with the same account."""
    url = _read(server_url)
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise _unusable_url()
    return url.set(drivername="postgresql", database=database).render_as_string(hide_password=False)


def database_of(url: str) -> str:
    """The name of the database a URL points to."""
    return _read(url).database or "postgres"


def create_database(server_url: str, name: str, template: str | None = None) -> str:
    """Make a database, a copy of `template` if one is named, and give its URL."""
    command = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        # A few megabytes of files are copied sooner than they are logged block by block.
        command += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
    with connect(server_url, autocommit=True) as connection:
        try:
            connection.execute(command)
        except psycopg.errors.InsufficientPrivilege as error:
            raise TsunagaruError(
                f"DATABASE_URL のユーザーにはデータベース「{name}」を作る権限がありません。"
                "CREATEDB を持つユーザーを指定するか、管理者に権限を付けてもらってください。"
            ) from error
    return url_of(server_url, name)


def ensure_database(server_url: str, name: str) -> str:
    """The URL of a database that is made unless it is there."""
    with connect(server_url) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    return url_of(server_url, name) if found else create_database(server_url, name)


def drop_database(server_url: str, name: str) -> None:
    """Remove a database with all that is in it, ending whatever is connected to it; a missing one is no error."""
    with connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def connect(url: str, *, autocommit: bool = False) -> psycopg.Connection[tuple[object, ...]]:
    """Connect with the URL's own account. Raises TsunagaruError when nobody answers or the server is too old."""
    try:
        connection = psycopg.connect(url_of(url, database_of(url)), autocommit=autocommit, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise TsunagaruError(
            f"データベースに接続できません({_reason(error)})。"
            "サーバーが動いているか、DATABASE_URL のホスト・ユーザー・パスワード・データベース名が正しいかを確かめてください。"
        ) from error
    version = connection.info.server_version // 10000
    if version < OLDEST_SERVER:
        connection.close()
        raise TsunagaruError(
            f"PostgreSQL {version} は古すぎます。PostgreSQL {OLDEST_SERVER} 以上のサーバーを DATABASE_URL に指定してください。"
        )
    return connection


def _reason(error: psycopg.OperationalError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _read(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        raise _unusable_url() from error


def _unusable_url() -> TsunagaruError:
    return TsunagaruError(
        "DATABASE_URL の形が正しくありません。postgresql://ユーザー:パスワード@ホスト:5432/データベース名 の形で指定してください。"
        "使えるのはPostgreSQL 15以上だけです。"
    )
