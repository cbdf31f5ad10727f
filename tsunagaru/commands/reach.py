"""`tsunagaru reach rank|backtest`: whom to call at an hour, and how well that was known in the past (PACING.md §7).

Each is a file of its own beside this one, with `configure` and `run` like any sub-command.
"""

from __future__ import annotations

import importlib
from argparse import Namespace
from typing import TYPE_CHECKING, cast

from casefile.errors import TsunagaruError
from tsunagaru.arguments import Parser

if TYPE_CHECKING:
    from tsunagaru.cli import Command

TASKS: dict[str, str] = {
    "rank": "架電の記録から、指定した日時につながりやすい順に候補を並べます",
    "backtest": "架電の記録を日付順にたどり、見込みがどれだけ当たったかを確かめます",
}


def configure(parser: Parser) -> None:
    parsers = parser.add_subparsers(title="すること", metavar="すること", dest="task", required=True)
    for name, summary in TASKS.items():
        inner = parsers.add_parser(name, help=summary, description=summary)
        inner.set_defaults(task=name)
        found = _find(name)
        if found is not None:
            found.configure(inner)


def run(args: Namespace) -> int:
    task = _find(args.task)
    if task is None:
        raise TsunagaruError(f"「reach {args.task}」はこの版にはまだありません。新しい版に更新してください。")
    return task.run(args)


def _find(name: str) -> Command | None:
    module = f"tsunagaru.commands.reach_{name}"
    try:
        return cast("Command", importlib.import_module(module))
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None
