"""`tsunagaru reach rank`: candidates by who is likely to be reached at a moment, from a file of past attempts."""

from __future__ import annotations

import argparse
import csv
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from casefile.calendar import OfficeCalendar
from casefile.clock import JST
from dialer.reach import ReachModel
from tsunagaru.arguments import Parser
from tsunagaru.reach_files import CandidateFile, Refused, Rolls, at_home, read_attempts, read_candidates

_SHOWN = 20


def configure(parser: Parser) -> None:
    parser.add_argument("--history", type=Path, required=True, metavar="ATTEMPTS.csv", help="架電の記録(docs/reach.md)")
    parser.add_argument("--candidates", type=Path, required=True, metavar="CANDIDATES.csv", help="これから架電する候補")
    parser.add_argument(
        "--at", type=_a_moment, required=True, metavar="日時", help="架電する日時(例 2026-10-05T18:00、日本時間)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="RANKED.csv", help="つながりやすい順に書き出すファイル"
    )


def run(args: Namespace) -> int:
    """Exit code 0: every line was taken; 1: some were refused, each with a sentence; 2: a file could not be read."""
    calendar, rolls = OfficeCalendar(), Rolls()
    history = read_attempts(args.history, rolls, calendar)
    listed = read_candidates(args.candidates, rolls)
    past, candidates = at_home(history.attempts.whom, listed.candidates)
    model = ReachModel(calendar)
    model.fit(replace(history.attempts, whom=past), args.at)
    live, right = model.chances(candidates, args.at)
    _write(args.output, listed, live, right)
    print(
        f"{len(listed.lines):,}人分の候補を並べて {args.output} に書きました(記録 {len(history.attempts):,}件、"
        f"使わなかった行 {len(history.refused) + len(listed.refused):,})。"
    )
    tell_refused(args.history, history.refused)
    tell_refused(args.candidates, listed.refused)
    return 1 if history.refused or listed.refused else 0


def _write(path: Path, listed: CandidateFile, live: np.ndarray, right: np.ndarray) -> None:
    """Best first; equals in the order of the file. A file half written is never seen under its name."""
    live, right = live.round(6), right.round(6)
    order = np.lexsort((np.arange(len(live)), -live, -right))
    half = path.with_name(f"{path.name}.part")
    with half.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*listed.header, "p_live", "p_right_party"])
        for place in order.tolist():
            writer.writerow([*listed.lines[place], f"{live[place]:.6f}", f"{right[place]:.6f}"])
    half.replace(path)


def tell_refused(path: Path, refused: Sequence[Refused]) -> None:
    """Every refused line with its sentence; nothing of its content but what is wrong."""
    for each in refused[:_SHOWN]:
        print(f"{path.name} {each.line}行目: {each.reason}", file=sys.stderr)
    if len(refused) > _SHOWN:
        beside = path.with_name(f"{path.name}.refused.csv")
        with beside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["line", "reason"])
            writer.writerows((each.line, each.reason) for each in refused)
        print(f"{path.name} ほか{len(refused) - _SHOWN:,}行。すべて {beside} に書きました。", file=sys.stderr)


def _a_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"「{text}」は日時ではありません。2026-10-05T18:00 の形で指定してください。"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=JST)
