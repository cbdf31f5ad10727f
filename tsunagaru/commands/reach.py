"""`tsunagaru reach rank|backtest`: whom to call at an hour, and how well that was known in the past (PACING.md §7).

Each is a file of its own beside this one, with `configure` and `run` like any sub-command.
"""

from __future__ import annotations

from argparse import Namespace

from tsunagaru.arguments import Parser
from tsunagaru.commands import reach_backtest, reach_rank

TASKS = {
    "rank": (reach_rank, "架電の記録から、指定した日時につながりやすい順に候補を並べます"),
    "backtest": (reach_backtest, "架電の記録を日付順にたどり、見込みがどれだけ当たったかを確かめます"),
}


def configure(parser: Parser) -> None:
    parsers = parser.add_subparsers(title="すること", metavar="すること", dest="task", required=True)
    for name, (task, summary) in TASKS.items():
        inner = parsers.add_parser(name, help=summary, description=summary)
        inner.set_defaults(task=name)
        task.configure(inner)


def run(args: Namespace) -> int:
    task, _ = TASKS[args.task]
    code: int = task.run(args)
    return code
