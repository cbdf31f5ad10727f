"""Which contact brought which yen: last qualifying touch within 30 days, each yen once (REPORTS.md §6.0).

Pure. A touch qualifies for a payment when it was for the same person and the same side of the claim wall, on the day
of the payment or up to 30 days before, and the period paid was already in arrears (due before the day of the touch).
Payments by 口座振替, 差押 and 充当 are nobody's effect. Of two touches on one day the later hour wins; a document has
no hour and comes first. Time of day of a payment is not known, so a touch on the day of payment counts.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

WINDOW_DAYS = 30


class TouchKind(Enum):
    """The channels of §6.0, in the order they are printed."""

    CALL = "架電"
    CALL_BACK = "返電"
    VOICEMAIL = "留守電伝言"
    SMS = "SMS到達"
    DOCUMENT = "文書到達"
    VISIT = "訪問"


class Unattributed(Enum):
    """Why a payment belongs to no touch."""

    EXCLUDED_METHOD = "口座振替・差押・充当(効果に含めない)"
    NOT_IN_ARREARS = "未帰属: 滞納明細にない期別(納期内納付など)"
    NO_TOUCH = "未帰属: 30日以内に接触なし"


class Touch(NamedTuple):
    """One qualifying contact. `source` is the id of its row; `order` orders touches of one day."""

    kind: TouchKind
    source: str
    addressee_no: str
    claim_group: str
    day: int
    order: float


class Payment(NamedTuple):
    """One 確報 line. `claim_group` and `due_day` are None where the period paid is in no arrears file."""

    receipt_no: str
    addressee_no: str
    claim_group: str | None
    arrears_id: int | None
    due_day: int | None
    received_day: int
    principal_yen: int
    extras_yen: int
    excluded_method: bool


@dataclass(frozen=True, slots=True)
class Attribution:
    """For each payment its last touch, or the reason there is none; and every touch it might also be laid to.

    `last` and `pairs` hold positions in the lists that were given: `pairs` are (payment, touch).
    """

    last: tuple[int | Unattributed, ...]
    pairs: tuple[tuple[int, int], ...]


def attribute(touches: Sequence[Touch], payments: Sequence[Payment]) -> Attribution:
    """Lay each payment to its last qualifying touch. The order of the lists given does not matter to who gets what."""
    by_case: dict[tuple[str, str], list[int]] = {}
    for position in sorted(range(len(touches)), key=lambda i: _in_time(touches[i])):
        touch = touches[position]
        by_case.setdefault((touch.addressee_no, touch.claim_group), []).append(position)
    last: list[int | Unattributed] = []
    pairs: list[tuple[int, int]] = []
    for number, payment in enumerate(payments):
        reason = _no_effect(payment)
        if reason is not None:
            last.append(reason)
            continue
        case = by_case.get((payment.addressee_no, payment.claim_group or ""), [])
        qualifying = _qualifying(touches, case, payment)
        pairs.extend((number, position) for position in qualifying)
        last.append(qualifying[-1] if qualifying else Unattributed.NO_TOUCH)
    return Attribution(tuple(last), tuple(pairs))


def _no_effect(payment: Payment) -> Unattributed | None:
    if payment.excluded_method:
        return Unattributed.EXCLUDED_METHOD
    if payment.arrears_id is None or payment.due_day is None or payment.received_day <= payment.due_day:
        return Unattributed.NOT_IN_ARREARS
    return None


def _qualifying(touches: Sequence[Touch], case: list[int], payment: Payment) -> list[int]:
    assert payment.due_day is not None
    first = max(payment.received_day - WINDOW_DAYS, payment.due_day + 1)
    begin = bisect_left(case, first, key=lambda i: touches[i].day)
    end = bisect_right(case, payment.received_day, key=lambda i: touches[i].day)
    return case[begin:end]


def _in_time(touch: Touch) -> tuple[int, float, str, str]:
    return touch.day, touch.order, touch.kind.value, touch.source
