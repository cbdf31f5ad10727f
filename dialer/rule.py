"""A selection rule (I15): which cases a campaign is for, as frozen conditions and as JSON.

Every condition that is set must hold; lists mean "one of these". Amounts are outstanding principal in yen within the
rule's claim group, counted over the tax codes and categories the rule names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from casefile.errors import TsunagaruError
from casefile.vocabulary import ArrearsCategory, ClaimGroup, Purpose, TaxpayerKind


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions of a selection. `claim_group` is always set: no selection crosses it (DOMAIN.md §2.6).

    Yen bounds and counts include their ends. `delinquent_days_min`: days since the oldest due date. `months_without_contact`:
    no 接触 for that many months (never counts too). `last_outcome`/`last_result`: of the newest contact record / call.
    `lot_no` with `lot_days`: in that document lot, that many days after posting, without payment or contact since.
    `promise_broken`: the newest promise was judged 不履行 or 一部履行 and none is open.
    """

    purpose: Purpose
    claim_group: ClaimGroup
    tax_codes: tuple[str, ...] = ()
    categories: tuple[ArrearsCategory, ...] = ()
    yen_min: int | None = None
    yen_max: int | None = None
    periods_min: int | None = None
    periods_max: int | None = None
    delinquent_days_min: int | None = None
    delinquent_days_max: int | None = None
    districts: tuple[str, ...] = ()
    outside_city: bool | None = None
    age_min: int | None = None
    age_max: int | None = None
    kind: TaxpayerKind | None = None
    languages: tuple[str, ...] = ()
    has_mobile: bool | None = None
    has_landline: bool | None = None
    months_without_contact: int | None = None
    last_results: tuple[str, ...] = ()
    last_outcomes: tuple[str, ...] = ()
    promise_broken: bool | None = None
    lot_no: str | None = None
    lot_days: int | None = None
    mail_returned: bool | None = None
    with_flags: tuple[str, ...] = ()
    without_flags: tuple[str, ...] = ()
    addressee_nos: tuple[str, ...] = ()
    """A hand-picked pilot list (Z1); empty: everybody the other conditions find."""

    def __post_init__(self) -> None:
        _check(self)

    def to_json(self) -> dict[str, Any]:
        """Only what is set."""
        plain: dict[str, Any] = {}
        for condition in fields(self):
            value = getattr(self, condition.name)
            if value is None or value == ():
                continue
            plain[condition.name] = list(value) if isinstance(value, tuple) else value
        return plain

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Rule:
        """Read what `to_json` wrote. Raises TsunagaruError, in Japanese, for anything it does not understand."""
        known = {condition.name for condition in fields(cls)}
        strange = sorted(set(value) - known)
        if strange:
            raise TsunagaruError(f"抽出条件「{'、'.join(strange)}」は使えません。条件の名前を確かめてください。")
        try:
            return cls(**{name: _READ.get(name, _as_is)(part) for name, part in value.items()})
        except (TypeError, ValueError) as error:
            raise TsunagaruError(
                "抽出条件を読めません。業務区分と債権区分を指定し、それぞれの値の形を確かめてください。"
            ) from error


def _as_is(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


_READ: dict[str, Any] = {
    "purpose": Purpose,
    "claim_group": ClaimGroup,
    "kind": TaxpayerKind,
    "categories": lambda parts: tuple(ArrearsCategory(part) for part in parts),
}

_RANGES = (
    ("yen_min", "yen_max", "金額"),
    ("periods_min", "periods_max", "期別数"),
    ("delinquent_days_min", "delinquent_days_max", "滞納日数"),
    ("age_min", "age_max", "年齢"),
)
_LISTS = (
    "tax_codes", "categories", "districts", "languages", "last_results", "last_outcomes", "with_flags", "without_flags",
    "addressee_nos",
)  # fmt: skip
_YES_NO = ("outside_city", "has_mobile", "has_landline", "promise_broken", "mail_returned")


def _check(rule: Rule) -> None:
    for low_name, high_name, label in _RANGES:
        low, high = getattr(rule, low_name), getattr(rule, high_name)
        for bound in (low, high):
            _whole(bound, label)
        if low is not None and high is not None and low > high:
            raise TsunagaruError(f"{label}の範囲が逆です({low}〜{high})。小さい方を先に指定してください。")
    _whole(rule.months_without_contact, "接触のない月数")
    _whole(rule.lot_days, "発送からの日数")
    for name in _LISTS:
        if not all(isinstance(part, str) for part in getattr(rule, name)) or isinstance(getattr(rule, name), str):
            raise TsunagaruError(f"抽出条件「{name}」は文字の一覧で指定してください。")
    for name in _YES_NO:
        if getattr(rule, name) not in (None, True, False):
            raise TsunagaruError(f"抽出条件「{name}」は はい/いいえ で指定してください。")
    if (rule.lot_no is None) != (rule.lot_days is None):
        raise TsunagaruError("文書の反応なしで抽出するには、発送ロットと経過日数の両方を指定してください。")
    if rule.purpose is Purpose.DUNNING and rule.claim_group is ClaimGroup.NONE:
        raise TsunagaruError("催告の抽出には債権区分を指定してください(地方税等と私債権等は同じ名簿にできません)。")
    if rule.claim_group is ClaimGroup.NONE and _asks_about_arrears(rule):
        raise TsunagaruError("債権のない業務では、税目・金額・滞納期間・約束の条件は使えません。")


def _whole(value: Any, label: str) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise TsunagaruError(f"{label}は0以上の整数で指定してください(指定された値: {value})。")


def _asks_about_arrears(rule: Rule) -> bool:
    numbers = (rule.yen_min, rule.yen_max, rule.periods_min, rule.periods_max)
    days = (rule.delinquent_days_min, rule.delinquent_days_max, rule.promise_broken)
    return bool(rule.tax_codes or rule.categories) or any(value is not None for value in (*numbers, *days))
