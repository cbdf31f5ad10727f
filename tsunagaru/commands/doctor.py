"""`tsunagaru doctor`: what is wrong, and what to do."""

from __future__ import annotations

from argparse import Namespace
from contextlib import ExitStack

from casefile.clock import SystemClock
from tsunagaru.arguments import Parser
from tsunagaru.database import database_for_a_while
from tsunagaru.doctor import examine
from tsunagaru.settings import Settings


def configure(parser: Parser) -> None:
    """It looks at everything."""


def run(args: Namespace) -> int:
    settings = Settings.from_environment()
    wrong = 0
    with ExitStack() as stack:
        for finding in examine(settings, lambda: stack.enter_context(database_for_a_while(settings)), SystemClock()):
            print(f"{'良' if finding.well else '要'}  {finding.subject}: {finding.found}", flush=True)
            if not finding.well:
                wrong += 1
                print(f"    → {finding.remedy}")
    print("すべて良好です。" if not wrong else f"直すところが {wrong} 件あります。")
    return 1 if wrong else 0
