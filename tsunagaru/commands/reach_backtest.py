"""`tsunagaru reach backtest`: how well it was known in the past whom a call would reach, from a file of past attempts."""

from __future__ import annotations

import argparse
import csv
import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from casefile.calendar import OfficeCalendar
from casefile.errors import TsunagaruError
from dialer.reach.replay import MODEL, Replayed, replay
from dialer.reach.scores import Bin, Interval, brier, calibration, log_losses, over_days
from tsunagaru.arguments import Parser, a_positive_number
from tsunagaru.commands.reach_rank import tell_refused
from tsunagaru.machine import table
from tsunagaru.reach_files import Rolls, at_home, read_attempts

_TARGETS = {"right_party": "本人接触", "live": "有人応答"}
_NAMES = {
    MODEL: "モデル",
    "city": "全体の率",
    "city_hour": "全体の時間帯(回線・曜日種別ごと)",
    "person": "個人の率",
    "person_band": "個人×3時間帯",
    "last_success": "前回つながった時刻",
}
_FORMATS = (".json", ".csv")


@dataclass(frozen=True, slots=True)
class Judged:
    """One way to guess: its log loss, how much more than the model's, and its Brier score."""

    name: str
    log_loss: Interval
    behind_model: Interval
    brier: float


def configure(parser: Parser) -> None:
    parser.add_argument("--history", type=Path, required=True, metavar="ATTEMPTS.csv", help="架電の記録(docs/reach.md)")
    parser.add_argument(
        "--weeks", type=a_positive_number, default=4, metavar="週", help="記録の最後の何週で確かめるか(既定 4)"
    )
    parser.add_argument("--target", choices=sorted(_TARGETS), default="right_party", help="本人接触か、誰かの応答か")
    parser.add_argument(
        "-o", "--output", type=_a_file, metavar="FILE", help="結果も書き出すファイル(.json、または校正の表だけの .csv)"
    )


def run(args: Namespace) -> int:
    """Exit code 0: every line was taken; 1: some were refused, each with a sentence; 2: the file could not be read."""
    calendar, rolls = OfficeCalendar(), Rolls()
    history = read_attempts(args.history, rolls, calendar)
    try:
        (whom,) = at_home(history.attempts.whom)
        replayed = replay(replace(history.attempts, whom=whom), calendar, args.weeks, target=args.target)
    except ValueError as error:
        raise TsunagaruError(
            f"記録が{args.weeks}週より前から始まっていません。--weeks を小さくするか、もっと前からの記録を指定してください。"
        ) from error
    judged, bins = judge(replayed), calibration(replayed.guessed[MODEL], replayed.happened)
    print(_scores(judged, replayed, args.target), end="\n\n")
    print(_calibration(bins))
    if args.output is not None:
        _write(args.output, judged, bins, replayed, args)
    tell_refused(args.history, history.refused)
    return 1 if history.refused else 0


def judge(replayed: Replayed) -> list[Judged]:
    """Every way to guess, the model first; intervals by bootstrap over days."""
    happened, day = replayed.happened, replayed.day
    losses = {name: log_losses(chance, happened) for name, chance in replayed.guessed.items()}
    return [
        Judged(
            name,
            over_days(loss, day),
            over_days(loss - losses[MODEL], day),
            brier(replayed.guessed[name], happened),
        )
        for name, loss in losses.items()
    ]


def _scores(judged: Sequence[Judged], replayed: Replayed, target: str) -> str:
    rows: list[tuple[str, ...]] = [
        (f"{_TARGETS[target]}の見込み(架電{len(replayed):,}件)", "対数損失(95%区間)", "モデルとの差(95%区間)", "Brier")
    ]
    for each in judged:
        behind = "" if each.name == MODEL else _told(each.behind_model, "+.4f")
        rows.append((_NAMES[each.name], _told(each.log_loss, ".4f"), behind, f"{each.brier:.4f}"))
    return table(rows)


def _told(interval: Interval, how: str) -> str:
    return f"{interval.value:{how}}({interval.low:{how}}〜{interval.high:{how}})"


def _calibration(bins: Sequence[Bin]) -> str:
    rows: list[tuple[str, ...]] = [("モデルの見込み", "架電", "見込みの平均", "実際")]
    rows += [
        (f"{each.low:.0%}〜{each.high:.0%}", f"{each.calls:,}", f"{each.chance:.1%}", f"{each.happened:.1%}")
        for each in bins
    ]
    return table(rows)


def _write(path: Path, judged: Sequence[Judged], bins: Sequence[Bin], replayed: Replayed, args: Namespace) -> None:
    half = path.with_name(f"{path.name}.part")
    if path.suffix == ".json":
        found: dict[str, Any] = {
            "target": args.target,
            "weeks": args.weeks,
            "calls": len(replayed),
            "scores": [asdict(each) for each in judged],
            "calibration": [asdict(each) for each in bins],
        }
        half.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    else:
        with half.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["low", "high", "calls", "chance", "happened"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(asdict(each) for each in bins)
    half.replace(path)


def _a_file(text: str) -> Path:
    path = Path(text)
    if path.suffix not in _FORMATS:
        raise argparse.ArgumentTypeError(f"「{text}」には書けません。.json か .csv で終わる名前を指定してください。")
    return path
