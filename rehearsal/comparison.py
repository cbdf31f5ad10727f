"""Results of several rehearsals side by side, as a page of Markdown: `python -m rehearsal.comparison RESULT.json…`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_FIGURES = (
    ("attempts", "架電数"),
    ("live_answers", "有人応答"),
    ("abandoned", "放棄呼"),
    ("conversations", "通話"),
    ("right_party_contacts", "本人接触"),
    ("promises", "約束件数"),
    ("promised_yen", "約束金額(円)"),
    ("promises_kept", "履行件数(判定済)"),
    ("sms_queued", "SMS移行"),
    ("sms_suppressed_by_payment", "うち納付により送らず"),
    ("sms_sent", "SMS送信"),
    ("sms_delivered", "SMS到達"),
    ("inbound_calls", "返電"),
    ("payments_yen", "納付額(円)"),
    ("occupancy", "稼働率"),
    ("talk_minutes_per_operator_hour", "通話分/席時間"),
)


def page(results: Sequence[dict[str, Any]]) -> str:
    """The whole page. Raises ValueError without any result."""
    if not results:
        raise ValueError("name at least one result file")
    plan = results[0]["plan"]
    seeds = [str(result["plan"]["seed"]) for result in results]
    lines = [
        "# Rehearsals",
        "",
        (
            f"{plan['days']} days from {plan['first_day']}, {plan['operators']} operators, pacer `{plan['pacer']}`, on the real "
            "engine, gate, intake and SMS worker in virtual time. Written by `make rehearse-all`; the same seed gives the "
            "same figures, byte for byte. No person, number or yen of it exists."
        ),
        "",
        *_table(["", *(f"seed {seed}" for seed in seeds)], _figure_rows(results)),
        "",
        "## Why the gate refused",
        "",
        *_table(["reason", *(f"seed {seed}" for seed in seeds)], _refusal_rows(results)),
        "",
        "## Invariants",
        "",
        *_table(["invariant", *(f"seed {seed}" for seed in seeds)], _invariant_rows(results)),
        "",
        "What each one means: `rehearsal/invariants.py`, `reports/invariants.py`.",
        "",
    ]
    return "\n".join(lines)


def _figure_rows(results: Sequence[dict[str, Any]]) -> list[list[str]]:
    rows = [["滞納者数", *(f"{result['city']['debtors']:,}" for result in results)]]
    return rows + [[label, *(f"{result[name]:,}" for result in results)] for name, label in _FIGURES]


def _refusal_rows(results: Sequence[dict[str, Any]]) -> list[list[str]]:
    reasons = sorted({reason for result in results for reason in result["gate_refusals"]})
    return [
        [f"`{reason}`", *(f"{result['gate_refusals'].get(reason, 0):,}" for result in results)] for reason in reasons
    ]


def _invariant_rows(results: Sequence[dict[str, Any]]) -> list[list[str]]:
    names = list(dict.fromkeys(name for result in results for name in result["invariants"]))
    words = {True: "holds", False: "**BROKEN**", None: "–"}
    return [[f"`{name}`", *(words[result["invariants"].get(name)] for result in results)] for name in names]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]


def main(paths: Sequence[str]) -> int:
    """Print the page of the named result files."""
    if not paths:
        print("結果のJSONファイルを1つ以上指定してください。", file=sys.stderr)
        return 2
    print(page([json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
