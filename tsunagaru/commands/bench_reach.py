"""`tsunagaru bench reach`: orders of calling on synthetic cities, held against the ideal observer (PACING.md §6).

Every cell (city, seed, order) is kept in a folder, so that a run that was broken off goes on where it stopped. `docs/reach.md` says
what cities, orders and bounds are.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from rehearsal.reach_cities.calibration import PUBLISHED, measured
from rehearsal.reach_cities.evaluation import (
    IDEAL,
    IDEAL_CHANCE,
    LOT,
    MODEL,
    ORDERS,
    Cell,
    Setting,
    calls_per_contact,
    evaluate,
    mean_of,
    ratio_to,
    share_of,
)
from rehearsal.reach_cities.generators import GENERATORS
from rehearsal.reach_cities.knowledge import losses_of, share_of_knowledge
from tsunagaru.arguments import Parser
from tsunagaru.machine import table

LONG_LIST = Setting(households=1500, weeks=4, calls_a_week=0.3)
"""As many households as the room can call in three weeks: it has a choice. Nothing is known at first."""
KNOWN_LIST = Setting(households=1000, weeks=4, calls_a_week=0.3, past_weeks=8, past_calls_a_week=1.0)
"""The same, but the list was called by lot for eight weeks before, eight times each."""
SHORT_LIST = Setting(households=800, weeks=4, calls_a_week=1.2)
"""The room gets through the list within the month: the caps decide."""
QUICK = Setting(households=1000, weeks=4, calls_a_week=0.3)
SEEDS = (11, 12, 13)
KNOWN_ORDERS = (LOT, "person_band", "last_success", MODEL, IDEAL)
SHORT_ORDERS = (LOT, "person_band", "model_chance", MODEL, IDEAL)
QUICK_ORDERS = (LOT, "person_band", MODEL, IDEAL)
AIM = {"types": 0.90}
"""Of the ideal observer's contacts by the fourth week; 0.80 on cities built otherwise than the model."""
OTHER_AIM = 0.80

_CITY = {
    "types": "類型どおり",
    "drift": "習慣が変わる",
    "rotas": "交替勤務",
    "correlated": "共働き・不在日",
    "own_hours": "類型なし",
}
_ORDER = {
    LOT: "無作為",
    "city_hour": "全体の時間帯",
    "person": "個人の応答率",
    "person_band": "個人×3時間帯",
    "last_success": "前回つながった時刻",
    "model_chance": "モデル(今の見込みだけ)",
    MODEL: "モデル+いま架ける価値",
    IDEAL_CHANCE: "理想の観察者(今の見込みだけ)",
    IDEAL: "理想の観察者",
    "clairvoyant": "真の見込みを知る者",
}


def configure(parser: Parser) -> None:
    parser.add_argument("--quick", action="store_true", help="各都市1回、4週間だけ(3分以内)")
    parser.add_argument(
        "--city", choices=sorted(GENERATORS), action="append", help="この都市だけ(何度でも指定できます)"
    )
    parser.add_argument("--afresh", action="store_true", help="保存した計算結果を使わず、最初から計算し直します")
    parser.add_argument(
        "--kept", type=Path, default=Path("test-output/bench/reach"), metavar="フォルダー", help="計算結果を置く場所"
    )


def run(args: Namespace) -> int:
    cities = args.city or list(GENERATORS)
    kept = None if args.quick or args.afresh else args.kept
    print(_calibration(cities), end="\n\n")
    if args.quick:
        cells = list(evaluate(cities, SEEDS[:1], QUICK_ORDERS, QUICK))
        print(_by_weeks(cells, cities, QUICK_ORDERS, QUICK))
        return 0
    cells = list(evaluate(cities, SEEDS, list(ORDERS), LONG_LIST, kept))
    print(_by_weeks(cells, cities, list(ORDERS), LONG_LIST), end="\n\n")
    known = list(evaluate(cities, SEEDS, KNOWN_ORDERS, KNOWN_LIST, kept))
    print(_by_weeks(known, cities, KNOWN_ORDERS, KNOWN_LIST), end="\n\n")
    short = list(evaluate(cities, SEEDS, SHORT_ORDERS, SHORT_LIST, kept))
    print(_by_weeks(short, cities, SHORT_ORDERS, SHORT_LIST), end="\n\n")
    print(_weekly(cells, cities, LONG_LIST), end="\n\n")
    print(_knowledge(cities))
    return 0 if all(_aim_reached(cells, city) for city in cities) else 1


def _of(cells: Sequence[Cell], city: str, order: str) -> list[Cell]:
    return [cell for cell in cells if cell.city == city and cell.order == order]


def _bound(cells: Sequence[Cell], city: str) -> list[Cell]:
    """The ideal observer with whichever order brings it more contacts in all: a bound must not be low for want of an order."""
    both = [_of(cells, city, IDEAL), _of(cells, city, IDEAL_CHANCE)]
    return max(both, key=lambda some: sum(sum(cell.contacts) for cell in some))


def _by_weeks(cells: Sequence[Cell], cities: Sequence[str], orders: Sequence[str], setting: Setting) -> str:
    """Calls per contact, and contacts as a share of the ideal observer's, for every four weeks."""
    spans = [(first, first + 3) for first in range(1, setting.weeks, 4)]
    about = f"{setting.households:,}世帯、世帯あたり週{setting.calls_a_week}回"
    if setting.past_weeks:
        about += f"、その前に無作為の順で{setting.past_weeks}週×{setting.past_calls_a_week:g}回"
    heading = [f"都市({about})", "順番"]
    for first, last in spans:
        heading += [f"{first}–{last}週 架電/本人接触", "無作為比(架電/接触)", "理想比(接触)"]
    rows: list[tuple[str, ...]] = [tuple(heading)]
    for city in cities:
        bound, by_lot = _bound(cells, city), _of(cells, city, LOT)
        for order in orders:
            mine = _of(cells, city, order)
            figures: list[str] = []
            for first, last in spans:
                figures += [
                    str(calls_per_contact(mine, first, last)),
                    str(ratio_to(mine, by_lot, first, last)),
                    str(share_of(mine, bound, first, last)),
                ]
            rows.append((_CITY[city], _ORDER[order], *figures))
    return table(rows)


def _weekly(cells: Sequence[Cell], cities: Sequence[str], setting: Setting) -> str:
    """Calls per contact of each week."""
    weeks = range(1, setting.weeks + 1)
    rows: list[tuple[str, ...]] = [("都市", "順番", *(f"{week}週" for week in weeks))]
    for city in cities:
        for order in ORDERS:
            mine = _of(cells, city, order)
            rows.append(
                (_CITY[city], _ORDER[order], *(f"{calls_per_contact(mine, week, week).value:.2f}" for week in weeks))
            )
    return table(rows)


def _knowledge(cities: Sequence[str]) -> str:
    """Log loss of guessing right-party contacts, and the share of what the ideal observer knows beyond the city's rate."""
    names = {
        "city": "全体の率",
        "person": "個人の率",
        "person_band": "個人×3時間帯",
        "model": "モデル",
        "ideal": "理想の観察者",
    }
    rows: list[tuple[str, ...]] = [("対数損失(理想の観察者の知識に対する割合)", *names.values())]
    for city in cities:
        losses = losses_of(city, SEEDS)
        known = share_of_knowledge(losses)
        rows.append((_CITY[city], *(f"{mean_of(losses[name])}({mean_of(known[name]).value:.0%})" for name in names)))
    return table(rows)


def _aim_reached(cells: Sequence[Cell], city: str) -> bool:
    return share_of(_of(cells, city, MODEL), _bound(cells, city), 1, 4).value >= AIM.get(city, OTHER_AIM)


def _calibration(cities: Sequence[str]) -> str:
    rows: list[tuple[str, ...]] = [
        ("都市(有人応答%)", "平日2回不応答の後 平日/土/日", "3回の後", "18/19/20時", "最初の平日 応答/本人"),
        (
            "国税庁・調査",
            *(" / ".join(f"{rate:.1f}" for rate in PUBLISHED[misses]) for misses in (2, 3)),
            "28 / 30 / 32 の比",
            "",
        ),
    ]
    for city in cities:
        found = measured(city)
        columns = (*(found.after[misses] for misses in (2, 3)), found.evening, found.first)
        rows.append((_CITY[city], *(" / ".join(f"{rate:.1f}" for rate in column) for column in columns)))
    return table(rows)
