"""A command line that explains itself, and what is wrong with it, in Japanese."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import date
from typing import NoReturn

USER_ERROR = 2

# What argparse says in English → what to do about it. Quoted signs come from the person and are shown as they are.
_SENTENCES: Sequence[tuple[str, str]] = (
    (r"the following arguments are required: (?P<a>.+)", "{a} を指定してください。"),
    (r"one of the arguments (?P<a>.+) is required", "{a} のどれか一つを指定してください。"),
    (r"unrecognized arguments: (?P<a>.+)", "「{a}」という指定はありません。-h で使い方を確かめてください。"),
    (
        r"argument (?P<a>.+?): invalid choice: '?(?P<b>.*?)'? \(choose from (?P<c>.+)\)",
        "{a} に「{b}」は使えません。{c} から選んでください。",
    ),
    (
        r"argument (?P<a>.+?): invalid int value: '(?P<b>.*)'",
        "{a} の「{b}」は整数ではありません。整数を指定してください。",
    ),
    (
        r"argument (?P<a>.+?): invalid float value: '(?P<b>.*)'",
        "{a} の「{b}」は数ではありません。数を指定してください。",
    ),
    (r"argument (?P<a>.+?): expected (?:one|at least one|\d+) arguments?", "{a} の後に値を指定してください。"),
    (
        r"argument (?P<a>.+?): not allowed with argument (?P<b>.+)",
        "{a} と {b} は一緒に使えません。どちらか一つにしてください。",
    ),
    (
        r"ambiguous option: (?P<a>\S+) could match (?P<b>.+)",
        "{a} だけでは {b} のどれか決まりません。最後まで書いてください。",
    ),
    (r"argument (?P<a>.+?): (?P<b>.+。)", "{a}: {b}"),
)


class Parser(argparse.ArgumentParser):
    """argparse's parser with Japanese headings, and errors as one sentence and exit code 2."""

    def __init__(self, **options: object) -> None:
        super().__init__(add_help=False, allow_abbrev=False, **options)  # type: ignore[arg-type]  # argparse's own words
        self._positionals.title = "引数"
        self._optionals.title = "オプション"
        self.add_argument("-h", "--help", action="help", help="この説明を表示して終わります")

    def format_usage(self) -> str:
        return super().format_usage().replace("usage:", "使い方:", 1)

    def format_help(self) -> str:
        return super().format_help().replace("usage:", "使い方:", 1)

    def error(self, message: str) -> NoReturn:
        self.exit(USER_ERROR, f"エラー: {japanese(message)}\n")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        if message:
            sys.stderr.write(message)
        sys.exit(status)


def japanese(message: str) -> str:
    """argparse's complaint as a sentence that says what to do."""
    for pattern, sentence in _SENTENCES:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            return sentence.format(**found.groupdict())
    return f"指定が正しくありません({message})。-h で使い方を確かめてください。"


def a_date(text: str) -> date:
    """An argument such as 2026-04-01."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"「{text}」は日付ではありません。2026-04-01 の形で指定してください。"
        ) from None


def a_positive_number(text: str) -> int:
    """A whole number of at least one."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"「{text}」は使えません。1以上の整数を指定してください。")
    return int(text)


def a_positive_factor(text: str) -> float:
    """A number above zero, such as the speed of the demo's time."""
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise argparse.ArgumentTypeError(f"「{text}」は使えません。0より大きい数を指定してください。")
    return factor
