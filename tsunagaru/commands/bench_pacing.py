"""`tsunagaru bench pacing`: the pacers in the reference world of PACING.md §2, with the intervals of their figures.

Each cell is kept as a file, so that a measurement that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from rehearsal.reference_world import closed_form, plan, runs
from rehearsal.reference_world.measuring import measure
from rehearsal.reference_world.plan import FULL, QUICK, Length, cells, key
from rehearsal.reference_world.results import Result
from rehearsal.reference_world.wanted import shown, verdicts
from tsunagaru.arguments import Parser, a_positive_number
from tsunagaru.commands.bench_pacing_page import write_page
from tsunagaru.machine import table

_OUT = Path("test-output/pacing")


def configure(parser: Parser) -> None:
    parser.add_argument("--quick", action="store_true", help="3分以内で終わる短い測定(自分の誤差を引いた下限で判定)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="フォルダー",
        help=f"測り終えたものを置き、続きから測るフォルダー(既定 {_OUT}、--quick では残さない)",
    )
    parser.add_argument("--jobs", type=a_positive_number, default=1, metavar="数", help="並べて動かす数(既定 1)")
    parser.add_argument("--page", type=Path, metavar="ファイル", help="docs/pacing.md をここに書く")


def run(args: Namespace) -> int:
    length: Length = QUICK if args.quick else FULL
    if args.quick and args.out is None:
        with TemporaryDirectory() as folder:
            found = measure(list(cells(length)), Path(folder), args.jobs, _tell)
    else:
        found = measure(list(cells(length)), args.out or _OUT, args.jobs, _tell)
    tables = [grid(found, length), demands(found)]
    if not args.quick:
        tables += [levers(found), settings(found, length)]
    for each in tables:
        print(each, end="\n\n")
    speed = f"{1000 * runs.seconds_for_a_decision():.1f} ms"
    print(f"200 席・400 件の判断 1 回: {speed}(目標 20 ms 以下)")
    if args.page:
        write_page(args.page, tables, speed)
    return 0 if all(each.near if args.quick else each.met for each in verdicts(found)) else 1


def grid(found: Mapping[str, Result], length: Length) -> str:
    """Occupancy with its interval, abandonment in brackets, for every room and answer probability."""
    rows: list[tuple[str, ...]] = [
        ("N", "p", "1対1の理論値", "1対1", "固定倍率", "発信レベル", "予測 3%", "予測 1%", "マルコフ最適 3%"),
    ]
    for operators in length.sizes:
        for probability in length.probabilities:
            best = found.get(key("optimum", operators, probability))
            rows.append(
                (
                    str(operators),
                    f"{probability:.2f}",
                    f"{100 * closed_form.one_to_one(probability, runs.TICK):.2f}",
                    *(
                        _both(found.get(key(policy, operators, probability)))
                        for policy in ("one", "fixed", "adaptive", "hazard3", "hazard1")
                    ),
                    f"{best.occupancy[0]:.2f}" if best else "",
                )
            )
    return table(rows)


def demands(found: Mapping[str, Result]) -> str:
    """What is wanted, and whether it is reached."""
    rows: list[tuple[str, ...]] = [("求めるもの(p=.35、稼働率 %、括弧内は放棄率 %)", "測定", "目標", "判定")]
    rows += [
        (each.what, each.figure, each.demand, "○" if each.met else "△ 誤差内" if each.near else "×")
        for each in verdicts(found)
    ]
    return table(rows)


def levers(found: Mapping[str, Result]) -> str:
    """What else moves the figures, and the classes themselves."""
    named = [("own16", "番号ごとの p(sd .16)、3%"), ("own24", "同(sd .24)"), ("own34", "同(sd .34)")]
    named += [("timed", "後処理を30秒に固定、3%"), ("class3", "HazardPacer そのもの、3%")]
    rows: list[tuple[str, ...]] = [("p=.35 で", "N", "稼働率(放棄率)")]
    for policy, name in [*named, ("room1", "RoomPacer、8時間の日、1%"), ("room3", "RoomPacer、8時間の日、3%")]:
        for operators in (4, 5, 10, 20):
            result = found.get(key(policy, operators, plan.PROBABILITIES[1]))
            if result is not None:
                rows.append((name, str(operators), _both(result)))
    for operators in FULL.pulls:
        result = found.get(key("pull", operators, plan.PROBABILITIES[1]))
        if result is not None and result.pulled:
            share = sum(result.pulled) / len(result.pulled)
            rows.append((f"後処理への割込み、1%(割込み {share:.1f}%)", str(operators), _both(result)))
    return table(rows)


def settings(found: Mapping[str, Result], length: Length) -> str:
    """What the baselines were tuned to."""
    rows: list[tuple[str, ...]] = [("N", "p", "固定倍率", "発信レベル: 上限", "差 T", "強さ I", "待機だけで数える")]
    for operators in length.sizes:
        for probability in length.probabilities:
            ratio = found.get(key("fixed", operators, probability))
            level = found.get(key("adaptive", operators, probability))
            if ratio is None or level is None:
                continue
            terms = level.settings
            rows.append(
                (
                    str(operators),
                    f"{probability:.2f}",
                    f"{ratio.settings['ratio']:g}",
                    f"{terms['level_max']:g}",
                    f"{terms['target_difference']:g}",
                    f"{terms['intensity']:g}",
                    "はい" if terms["available_only"] else "いいえ",
                )
            )
    return table(rows)


def _both(result: Result | None) -> str:
    if result is None:
        return ""
    return f"{shown(result.occupied)}({result.lost.mean:.2f})"


def _tell(name: str) -> None:
    print(name, file=sys.stderr, flush=True)
