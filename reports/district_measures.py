"""The columns of 架電状況表(地区別) (REPORTS.md §6.2)."""

from __future__ import annotations

from dataclasses import replace

from reports.call_measures import (
    CALLS,
    CONTACTED_PERSONS,
    PAYMENT_COLUMNS,
    PERSON_CONTACT_RATE,
    PERSONS_CALLED,
    PROMISE_COLUMNS,
)
from reports.figures import Column, Ratio, Unit
from reports.measures import Measure, counted

_OWED, _REACHED, _PAID, _LEFT = "滞納と電話", "架電と接触", "約束と納付(30日以内)", "残り"


def _moved(columns: tuple[Measure | Column, ...], group: str) -> tuple[Measure | Column, ...]:
    """The same measures under another heading."""
    return tuple(
        replace(column, column=replace(column.column, group=group))
        if isinstance(column, Measure)
        else replace(column, group=group)
        for column in columns
    )


DISTRICT_COLUMNS: tuple[Measure | Column, ...] = (
    counted(
        "debtors",
        "滞納人数",
        Unit.PERSONS,
        "集計期間に未納の本税(料)があった宛名番号の数(期首に滞納、または期中に納期限を過ぎた)",
        _OWED,
        "debtors",
        distinct="person",
    ),
    counted(
        "debtor_households",
        "滞納世帯数",
        Unit.HOUSEHOLDS,
        "その世帯番号の数",
        _OWED,
        "debtors",
        distinct="household",
    ),
    counted(
        "owed_yen",
        "滞納額",
        Unit.YEN,
        "期首の未納本税(料)。期中に納期限を過ぎた期別は納期限の日の未納額",
        _OWED,
        "debtors",
        add="owed_yen",
    ),
    counted(
        "reachable",
        "電話判明人数",
        Unit.PERSONS,
        "滞納人数のうち、集計期間に使える番号(発信禁止・NGでないもの)が1つでもあった人",
        _OWED,
        "debtors",
        "reachable",
        distinct="person",
    ),
    Column(
        "reachable_rate", "電話判明率", Unit.PERCENT, "電話判明人数 ÷ 滞納人数", _OWED, Ratio("reachable", "debtors")
    ),
    counted(
        "mobile_owners",
        "携帯保有人数",
        Unit.PERSONS,
        "電話判明人数のうち、使える番号に携帯電話がある人",
        _OWED,
        "debtors",
        "mobile",
        distinct="person",
    ),
    Column(
        "mobile_rate",
        "携帯保有率",
        Unit.PERCENT,
        "携帯保有人数 ÷ 電話判明人数",
        _OWED,
        Ratio("mobile_owners", "reachable"),
    ),
    *_moved((CALLS, PERSONS_CALLED), _REACHED),
    Column(
        "coverage_rate",
        "架電実施率",
        Unit.PERCENT,
        "架電人数 ÷ 電話判明人数",
        _REACHED,
        Ratio("persons_called", "reachable"),
    ),
    *_moved((CONTACTED_PERSONS, PERSON_CONTACT_RATE), _REACHED),
    counted(
        "invalid_numbers",
        "無効番号数",
        Unit.NUMBERS,
        "架電結果が欠番・番号変更・FAX、または接触相手が別人であった番号の数",
        _REACHED,
        "calls",
        "invalid_number",
        distinct="phone",
    ),
    counted("returned", "返戻数", Unit.CASES, "集計期間に返戻となった文書の数", _REACHED, "returned"),
    *_moved(PROMISE_COLUMNS, _PAID),
    *_moved(PAYMENT_COLUMNS, _PAID),
    Column("paid_rate", "納付額率", Unit.PERCENT, "納付額 ÷ 滞納額", _PAID, Ratio("paid_yen", "owed_yen")),
    counted(
        "untouched",
        "未接触残人数",
        Unit.PERSONS,
        "滞納人数のうち、集計期間に架電・返電での接触がなく、収納基準日に未納が残る人",
        _LEFT,
        "debtors",
        "untouched",
        distinct="person",
    ),
    counted(
        "untouched_yen",
        "未接触残額",
        Unit.YEN,
        "その人の収納基準日の未納本税(料)",
        _LEFT,
        "debtors",
        "untouched",
        add="left_yen",
    ),
)
