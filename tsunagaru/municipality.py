"""Which municipality a command works for: the one that was named, or the only one there is."""

from __future__ import annotations

import argparse

from sqlalchemy import Connection, select

from casefile.errors import TsunagaruError
from casefile.tables import Municipality


def a_municipality(text: str) -> int:
    """An argument such as 112305 (全国地方公共団体コード with its check digit)."""
    if len(text) != 6 or not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"「{text}」は団体コードではありません。6桁の数字で指定してください。")
    return int(text)


def known_municipalities(conn: Connection) -> dict[int, str]:
    """Code → name of every municipality; readable in a transaction for nobody."""
    query = select(Municipality.municipality_id, Municipality.name).order_by(Municipality.municipality_id)
    return {row.municipality_id: row.name for row in conn.execute(query)}


def the_municipality(known: dict[int, str], wanted: int | None) -> int:
    """The one that was named, or the only one. Raises TsunagaruError otherwise."""
    listed = "、".join(f"{number:06d}({name})" for number, name in known.items())
    if wanted is not None and wanted in known:
        return wanted
    if not known:
        raise TsunagaruError(
            "自治体がまだ登録されていません。対応表に [municipality] を書いて取り込むか、tsunagaru demo を実行してください。"
        )
    if wanted is not None:
        raise TsunagaruError(f"団体コード {wanted:06d} の自治体は登録されていません。次から選んでください: {listed}。")
    if len(known) > 1:
        raise TsunagaruError(f"自治体が複数あります。--municipality で次のどれかを指定してください: {listed}。")
    return next(iter(known))
