"""The real names of towns with their coordinates: package data of geolonia/japanese-addresses (CC BY 4.0)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from rehearsal.city.model import Town

SOURCE = "geolonia/japanese-addresses(CC BY 4.0。国土交通省 位置参照情報・日本郵便データをもとに作成)"
CITIES = ("新座市", "朝霞市", "志木市", "和光市", "豊島区")
_BLOCK = re.compile(r"[一二三四五六七八九十]+丁目$")


def load_towns(city: str) -> tuple[Town, ...]:
    """The town blocks of one of `CITIES`, numbered in the file's order.

    A branch is the quarter of the compass the middle of the block's area lies in, seen from the middle of the city; it
    stands in for the branch offices that only the city itself knows.
    """
    if city not in CITIES:
        raise ValueError(f"towns are known for {', '.join(CITIES)}, not for {city}")
    rows = json.loads((files("rehearsal") / "data" / "towns" / f"{city}.json").read_text(encoding="utf-8"))
    middle_lat, middle_lng = _middle(rows)
    areas: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        areas.setdefault(_area(row), []).append(row)
    middles = {area: _middle(blocks) for area, blocks in areas.items()}
    numbers = {area: number for number, area in enumerate(areas)}
    towns = []
    for number, row in enumerate(rows, start=1):
        area = _area(row)
        lat, lng = middles[area]
        towns.append(
            Town(
                code=f"{number:04d}",
                branch=_branch(lat - middle_lat, lng - middle_lng),
                area=area,
                name=row["town"],
                latitude=row["lat"],
                longitude=row["lng"],
                postal_code=f"000-{numbers[area]:04d}",
            )
        )
    return tuple(towns)


def _area(row: dict[str, Any]) -> str:
    name: str = row["town"]
    return _BLOCK.sub("", name).removeprefix("大字") or name


def _middle(rows: Sequence[dict[str, Any]]) -> tuple[float, float]:
    return sum(row["lat"] for row in rows) / len(rows), sum(row["lng"] for row in rows) / len(rows)


def _branch(north: float, east: float) -> str:
    if abs(north) > abs(east):
        return "北部地区" if north > 0 else "南部地区"
    return "東部地区" if east > 0 else "西部地区"
