"""Why a call was not answered, in words of ours: a table per trunk, as data (`causes.toml`), and what an ear can add.

What sounds before the answer (early media: a busy tone, an announcement) can say more than a cause does: whatever listens on
a line tells the carrier a `Verdict`, and the table says what that sound means on its trunk.
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
from dialer.asterisk.detection.early import Early

_OUR_TABLES = Path(__file__).with_name("causes.toml")
_OURS_TO_SAY = frozenset({CallResult.ANSWERED, CallResult.ABANDONED, CallResult.STOPPED_BY_RULE})
"""Results that no network can give."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was heard on a line. `detected`: None before the answer, when nobody can be there yet. `early`: what sounds before
    the answer; later it counts for nothing."""

    attempt_id: UUID
    detected: Detected | None
    early: Early = Early.UNKNOWN


class Ear(Protocol):
    """Whatever listens on calls beside Asterisk: tells each verdict once, from any thread. A later one stands."""

    def listen(self, tell: Callable[[Verdict], None]) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class CauseRule:
    """A call that ends by one of these causes, or of these statuses, and where `heard` names sounds, with one of those before
    its end. A rule of sounds alone holds whatever the cause."""

    q850: frozenset[int]
    sip: frozenset[int]
    heard: frozenset[Early]
    result: CallResult

    @property
    def by_sound_alone(self) -> bool:
        return not (self.q850 or self.sip)

    def holds(self, q850: int | None, sip: int | None, heard: Early) -> bool:
        if self.heard and heard not in self.heard:
            return False
        return self.by_sound_alone or q850 in self.q850 or sip in self.sip


@dataclass(frozen=True, slots=True)
class CauseTable:
    """One trunk's way to say why."""

    rules: tuple[CauseRule, ...]
    otherwise: CallResult

    def result_of(self, q850: int | None, sip: int | None, heard: Early = Early.UNKNOWN) -> CallResult:
        """架電結果 of a call that was not answered: by its Q.850 cause and its SIP status, either may be missing, and by what
        was heard on the line meanwhile.

        A rule earlier in the table stands before a later one, whatever it names.
        """
        return next((rule.result for rule in self.rules if rule.holds(q850, sip, heard)), self.otherwise)

    def result_of_sound(self, heard: Early) -> CallResult | None:
        """架電結果 of a call that our own side ended, by what was heard: its causes are ours. None: that says nothing."""
        return next((rule.result for rule in self.rules if rule.by_sound_alone and heard in rule.heard), None)


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
        rules = tuple(_rule(where, rule) for rule in plain["rule"])
        return CauseTable(rules, _result(where, plain["otherwise"]))
    except KeyError as missing:
        raise ValueError(f"{where}: {missing.args[0]} がありません。") from None
    except TypeError:
        raise ValueError(
            f"{where}: 表の形が正しくありません。[[{where.split()[-1]}.rule]] の形で書いてください。"
        ) from None


def _rule(where: str, plain: Any) -> CauseRule:
    rule = CauseRule(
        _numbers(where, plain, "q850"),
        _numbers(where, plain, "sip"),
        _sounds(where, plain),
        _result(where, plain["result"]),
    )
    if rule.by_sound_alone and not rule.heard:
        raise ValueError(f"{where}: q850、sip、heard のどれもない行があります。どれか一つは書いてください。")
    return rule


def _sounds(where: str, rule: Mapping[str, Any]) -> frozenset[Early]:
    names = rule.get("heard", [])
    known = {early.value: early for early in Early if early is not Early.UNKNOWN}
    if not isinstance(names, list) or not all(isinstance(name, str) and name in known for name in names):
        raise ValueError(f"{where}: heard は次の名前の一覧にしてください: {', '.join(sorted(known))}")
    return frozenset(known[name] for name in names)


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
