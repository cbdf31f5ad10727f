"""How well the reach model foresaw calls beside simple guesses, and what its order was worth: made tables of 架電推奨時間帯表.

Log loss: mean of −ln(the chance that was given to what came), here in thousandths of a nat; less is better. The simple guesses
see every call of the period and of the 90 days before it in the order of time, and are asked before they are told
(`dialer.reach.guesses`). The weekly proof weighs the random share by its propensities (`dialer.reach.proof`, PACING.md §6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from callflow.codes import CallResult
from casefile.calendar import OfficeCalendar
from dialer.reach.attempts import LANDLINE, MOBILE, Attempts, Candidates
from dialer.reach.guesses import CityHour, Guess, LastSuccess, PersonRate
from dialer.reach.proof import LoggedPicks, Proof, prove
from dialer.reach.replay import hours_of
from dialer.reach.scores import log_losses, over_days
from dialer.reach.slots import Floats, Ints, Moments
from reports.facts import LINES, FactSet, Marks
from reports.figures import Column, Figure, Row, RowKind, Table, Unit
from reports.reach_facts import PickFact

BEFORE_DAYS = 90
"""So long before the period the simple guesses begin to learn."""
FEWEST_CALLS = 100
"""Fewer calls than these say nothing about how well anything was foreseen."""
_HOUR_MINUTES = 60
_LEAST = 1e-4
_LOSS = "対数損失"
_PROOF = "無作為の枠との比較"
_GUESSES = {
    "city_hour": "市全体の時間帯(回線・曜日区分ごと)の率",
    "person": "個人の率",
    "last_success": "前回つながった時刻",
}

SCORE_COLUMNS = (
    Column("scored", "架電数", Unit.CALLS, "見込みつき架電", _LOSS),
    Column("log_loss", "対数損失", Unit.THOUSANDTHS, "-ln(起きたことに与えていた見込み)の平均。小さいほどよい", _LOSS),
    Column("log_loss_low", "95%区間の下", Unit.THOUSANDTHS, "日ごとの再抽出(ブートストラップ)による", _LOSS),
    Column("log_loss_high", "95%区間の上", Unit.THOUSANDTHS, "日ごとの再抽出(ブートストラップ)による", _LOSS),
)
PROOF_COLUMNS = (
    Column("picks", "選んだ架電", Unit.CALLS, "見込みの順か無作為の枠で選んだ架電", _PROOF),
    Column("drawn", "うち無作為", Unit.CALLS, "順によらず候補から等しい確率で選んだ架電", _PROOF),
    Column("ordered_rate", "順による本人接触率", Unit.PERCENT, "いつも順の先頭を選んだ場合(逆確率重み)", _PROOF),
    Column("random_rate", "無作為の本人接触率", Unit.PERCENT, "いつも無作為に選んだ場合(逆確率重み)", _PROOF),
    Column("lift", "倍率", Unit.TIMES, "順による率 ÷ 無作為の率。まだ分からないときは「－」", _PROOF),
    Column("lift_low", "95%区間の下", Unit.TIMES, "デルタ法による", _PROOF),
    Column("lift_high", "95%区間の上", Unit.TIMES, "デルタ法による", _PROOF),
)


def scores_table(past: FactSet, picks: Mapping[str, PickFact], calendar: OfficeCalendar) -> Table | None:
    """Log loss of 本人接触 by whoever guessed. `past`: the calls of the period and before, in order of time.

    None while too few calls were foreseen.
    """
    calls = _only(past, past.marks["call"])
    foreseen = np.array([attempt_id in picks for attempt_id in calls.ids], dtype=np.bool_)
    if int(foreseen.sum()) < FEWEST_CALLS:
        return None
    reached, day = calls.marks["right_party"], calls.numbers["day"][foreseen]
    came = reached[foreseen]
    people = int(calls.numbers["person"].max()) + 1
    guesses: dict[str, Guess] = {
        "city_hour": CityHour(),
        "person": PersonRate(people),
        "last_success": LastSuccess(people),
    }
    attempts = _attempts(calls, calendar)
    model = np.array([picks[one].p_right_party for one in calls.ids if one in picks])
    rows = [_score_row("score:model", "このシステムの見込み", model, came, day)]
    for name, guess in guesses.items():
        chance = _guessed(guess, attempts, reached)[foreseen]
        rows.append(_score_row(f"score:{name}", _GUESSES[name], chance, came, day))
    flat = np.full(len(came), float(came.mean()))
    total = _score_row("score:total", "参考: 期間の率で一律に見込む", flat, came, day, RowKind.TOTAL)
    return Table("score", "見込みの確かさ(本人接触)", "見込み方", SCORE_COLUMNS, (*rows, total))


def _only(facts: FactSet, which: Marks) -> FactSet:
    return FactSet(
        facts.table,
        [one for one, is_in in zip(facts.ids, which, strict=True) if is_in],
        {name: numbers[which] for name, numbers in facts.numbers.items()},
        {name: marks[which] for name, marks in facts.marks.items()},
    )


def _attempts(calls: FactSet, calendar: OfficeCalendar) -> Attempts:
    """The calls as the guesses take them: who, on which kind of line, when, and whether anybody answered."""
    numbers = calls.numbers
    when = Moments.on(numbers["day"], numbers["hour"] * _HOUR_MINUTES, calendar)
    line = np.where(numbers["line"] == LINES.index("mobile"), MOBILE, LANDLINE)
    whom = Candidates.of(numbers["person"], numbers["household"], numbers["phone"], line)
    result = np.where(calls.marks["live"], int(CallResult.ANSWERED), int(CallResult.NO_ANSWER))
    return Attempts.of(when, whom, result, calls.marks["right_party"])


def _guessed(guess: Guess, attempts: Attempts, reached: Marks) -> Floats:
    """Hour by hour: asked of all calls of the hour, then told what they brought."""
    chances = np.empty(len(attempts))
    for begin, end in hours_of(attempts):
        part = attempts[begin:end]
        chances[begin:end] = np.clip(guess.guess(part), _LEAST, 1 - _LEAST)
        guess.learn(part, reached[begin:end].astype(np.float64))
    return chances


def _score_row(key: str, label: str, chance: Floats, came: Marks, day: Ints, kind: RowKind = RowKind.DETAIL) -> Row:
    found = over_days(log_losses(chance, came) * 1000, day)
    figures: dict[str, Figure] = {
        "scored": len(came),
        "log_loss": _one_decimal(found.value),
        "log_loss_low": _one_decimal(found.low),
        "log_loss_high": _one_decimal(found.high),
    }
    return Row(key, label, figures, kind)


# -- the weekly proof -----------------------------------------------------------------------------------------------


def proofs(calls: FactSet, picks: Mapping[str, PickFact]) -> tuple[Table, str]:
    """Week by week (Monday first) and over the whole period, with the period's verdict in a sentence."""
    weeks: dict[date, list[tuple[bool, PickFact]]] = {}
    reached = calls.marks["right_party"]
    for number in np.flatnonzero(calls.marks["foreseen"]).tolist():
        day = date.fromordinal(int(calls.numbers["day"][number]))
        monday = day - timedelta(days=day.weekday())
        weeks.setdefault(monday, []).append((bool(reached[number]), picks[calls.ids[number]]))
    rows = [
        _proof_row(f"week:{monday.isoformat()}", f"{monday.month}月{monday.day}日からの週", _proof(found), monday)
        for monday, found in sorted(weeks.items())
    ]
    whole = _proof([one for found in weeks.values() for one in found])
    total = _proof_row("week:total", "計", whole, None)
    return Table("week", "並べ方の効き目(無作為の枠との比較)", "週", PROOF_COLUMNS, (*rows, total)), whole.sentence


def _proof(found: Sequence[tuple[bool, PickFact]]) -> Proof:
    return prove(LoggedPicks.of([(reached, pick.propensity, pick.eligible, pick.is_top) for reached, pick in found]))


def _proof_row(key: str, label: str, proof: Proof, monday: date | None) -> Row:
    figures: dict[str, Figure] = {
        "picks": proof.picks,
        "drawn": round(proof.drawn_share * proof.picks),
        "ordered_rate": _one_decimal(proof.ordered * 100) if proof.picks else None,
        "random_rate": _one_decimal(proof.random * 100) if proof.picks else None,
        "lift": _one_decimal(proof.lift) if proof.known else None,
        "lift_low": _one_decimal(proof.low) if proof.known else None,
        "lift_high": _one_decimal(proof.high) if proof.known else None,
    }
    codes = {"週の始まり": monday.isoformat()} if monday else {}
    return Row(key, label, figures, RowKind.TOTAL if monday is None else RowKind.DETAIL, codes)


def _one_decimal(value: float) -> Decimal:
    return Decimal(round(value * 10)).scaleb(-1)
