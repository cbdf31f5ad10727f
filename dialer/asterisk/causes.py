"""Why a call was not answered, in words of ours: a table per trunk, as data (`causes.toml`), and what an ear can add.

Spoken announcements in early media (out of reach, not in use, suspended) say more than a cause does: whatever listens
on a line tells the carrier a `Verdict`, and its result stands before the table's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from callflow.codes import CallResult
from callflow.events import Detected

_OUR_TABLES = Path(__file__).with_name("causes.toml")
_OURS_TO_SAY = frozenset({CallResult.ANSWERED, CallResult.ABANDONED, CallResult.STOPPED_BY_RULE})
"""Results that no network can give."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was heard on a line. `result`: what it means for a call nobody answers, where that is known; it counts before the
    answer only. `detected`: None before the answer, when nobody can be there yet."""

    attempt_id: UUID
    detected: Detected | None
    result: CallResult | None = None


class Ear(Protocol):
    """Whatever listens on calls beside Asterisk: tells each verdict once, from any thread."""

    def listen(self, tell: Callable[[Verdict], None]) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class CauseRule:
    q850: frozenset[int]
    sip: frozenset[int]
    result: CallResult


@dataclass(frozen=True, slots=True)
class CauseTable:
    """One trunk's way to say why."""

    rules: tuple[CauseRule, ...]
    otherwise: CallResult

    def result_of(self, q850: int | None, sip: int | None) -> CallResult:
        """架電結果 of a call that was not answered: by its Q.850 cause and its SIP status, either may be missing.

        A rule earlier in the table stands before a later one, whichever of the two it names.
        """
        return next((rule.result for rule in self.rules if q850 in rule.q850 or sip in rule.sip), self.otherwise)


def read_cause_tables(path: Path) -> dict[str, CauseTable]:
    """The tables of a file by name. Raises ValueError, in Japanese, naming the table and what is wrong in it."""
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name}: 書き方が正しくありません({error})。") from None
    return {name: _table(f"{path.name} の {name}", table) for name, table in plain.items()}


@cache
def our_cause_tables() -> Mapping[str, CauseTable]:
    """The tables that come with the program; `default` among them."""
    return read_cause_tables(_OUR_TABLES)


def _table(where: str, plain: Any) -> CauseTable:
    try:
        rules = tuple(
            CauseRule(_numbers(where, rule, "q850"), _numbers(where, rule, "sip"), _result(where, rule["result"]))
            for rule in plain["rule"]
        )
        return CauseTable(rules, _result(where, plain["otherwise"]))
    except KeyError as missing:
        raise ValueError(f"{where}: {missing.args[0]} がありません。") from None
    except TypeError:
        raise ValueError(
            f"{where}: 表の形が正しくありません。[[{where.split()[-1]}.rule]] の形で書いてください。"
        ) from None


def _numbers(where: str, rule: Mapping[str, Any], kind: str) -> frozenset[int]:
    numbers = rule.get(kind, [])
    if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
        raise ValueError(f"{where}: {kind} は番号の一覧にしてください。")
    return frozenset(numbers)


def _result(where: str, code: Any) -> CallResult:
    try:
        result = CallResult(code)
    except ValueError:
        raise ValueError(f"{where}: 架電結果 {code!r} はありません。") from None
    if result in _OURS_TO_SAY:
        raise ValueError(f"{where}: 架電結果 {code} は回線の応答からは決まりません。")
    return result
