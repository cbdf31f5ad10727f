"""May a rehearsal use a database that stays? Only one that holds nobody but the invented city, not yet called."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, func, select

from casefile.clock import JST
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.tables import Attempt, ImportRun, Municipality

_ELSEWHERE = "TSUNAGARU_HOME に空のフォルダーを指定して、別の場所で実行してください。"


def refuse_a_database_in_use(database: Database, municipality_id: int, opens_at: datetime) -> None:
    """Raises TsunagaruError where another municipality lives here, where the invented one has been called already, or
    where its files were imported later than `opens_at`, the moment the rehearsed room opens."""
    with database.transaction(None) as conn:
        others = conn.scalars(
            select(Municipality.name)
            .where(Municipality.municipality_id != municipality_id)
            .order_by(Municipality.municipality_id)
        ).all()
    if others:
        raise TsunagaruError(
            f"このデータベースには{'、'.join(others)}が登録されています。本番のデータベースで予行はできません。{_ELSEWHERE}"
        )
    with database.transaction(municipality_id) as conn:
        called = conn.scalar(select(exists().where(Attempt.municipality_id == municipality_id)))
        latest = conn.scalar(select(func.max(ImportRun.applied_at)).where(ImportRun.municipality_id == municipality_id))
    if called:
        raise TsunagaruError(f"このデータベースではもう架電しています。予行は一度だけです。{_ELSEWHERE}")
    if latest is not None and latest > opens_at:
        opening = opens_at.astimezone(JST)
        raise TsunagaruError(
            f"取込の日時({latest.astimezone(JST):%Y-%m-%d %H:%M})が、予行の部屋が開く{opening:%Y-%m-%d %H:%M}より後です。"
            f"{_ELSEWHERE}そのとき取込は TSUNAGARU_CLOCK={opening:%Y-%m-%dT}17:00 を付けて実行してください。"
        )
