"""Selection rules: what they are as JSON, and what is refused with which sentence."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from casefile.clock import at_jst
from casefile.errors import TsunagaruError
from casefile.vocabulary import ArrearsCategory, ClaimGroup, Purpose, TaxpayerKind
from dialer.rule import Rule
from dialer.rule_sql import found_by

_FULL = Rule(
    Purpose.DUNNING,
    ClaimGroup.COMPULSORY,
    tax_codes=("01", "02"),
    categories=(ArrearsCategory.CARRIED,),
    yen_min=10_000,
    yen_max=1_000_000,
    periods_min=2,
    periods_max=12,
    delinquent_days_min=30,
    delinquent_days_max=720,
    districts=("D1",),
    outside_city=False,
    age_min=20,
    age_max=64,
    kind=TaxpayerKind.PERSON,
    languages=("ja",),
    has_mobile=True,
    has_landline=False,
    months_without_contact=6,
    last_results=("03",),
    last_outcomes=("refused",),
    promise_broken=True,
    lot_no="L-1",
    lot_days=14,
    mail_returned=False,
    with_flags=("large",),
    without_flags=("no_call",),
)


def test_a_rule_survives_json() -> None:
    assert Rule.from_json(_FULL.to_json()) == _FULL
    assert Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY).to_json() == {
        "purpose": "dunning",
        "claim_group": "compulsory",
    }


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"yen_min": 500, "yen_max": 100}, "金額の範囲が逆です"),
        ({"age_min": -1}, "年齢は0以上の整数で指定してください"),
        ({"periods_min": "3"}, "期別数は0以上の整数で指定してください"),
        ({"lot_no": "L-1"}, "発送ロットと経過日数の両方"),
        ({"claim_group": "none"}, "催告の抽出には債権区分を指定してください"),
        ({"purpose": "survey", "claim_group": "none", "yen_min": 1}, "債権のない業務では"),
        ({"shoe_size": 27}, "抽出条件「shoe_size」は使えません"),
        ({"kind": "dragon"}, "抽出条件を読めません"),
        ({"districts": "D1"}, "抽出条件「districts」は文字の一覧"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    plain = {"purpose": "dunning", "claim_group": "compulsory"} | changes
    with pytest.raises(TsunagaruError, match=sentence):
        Rule.from_json(plain)


def test_a_rule_without_its_claim_group_is_refused() -> None:
    with pytest.raises(TsunagaruError, match="債権区分"):
        Rule.from_json({"purpose": "dunning"})


def test_values_are_bound_and_never_part_of_the_statement() -> None:
    evil = "'; DROP TABLE arrears; --"
    rule = Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY, tax_codes=(evil,), districts=(evil,), lot_no=evil, lot_days=1)
    found = found_by(rule, 119998, at_jst(date(2026, 10, 5)))
    assert evil not in found.sql
    assert found.values["tax_codes"] == [evil]


def test_the_last_of_february_and_short_months() -> None:
    born = found_by(
        Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY, age_min=19, months_without_contact=6),
        119998,
        at_jst(date(2028, 2, 29)),
    ).values
    assert born["born_until"] == date(2009, 2, 28)
    august = found_by(
        Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY, months_without_contact=6), 119998, at_jst(date(2026, 8, 31))
    ).values
    assert august["silent_since"] == at_jst(date(2026, 2, 28))
