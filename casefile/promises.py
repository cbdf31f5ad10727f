"""納付約束: made on the phone, in one or two parts, about named periods; one open promise to a case at a time.

An operator grants nothing: more parts, or a date beyond the end of next month, is 分納相談 and goes to the staff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import Connection, update

from casefile.calendar import OfficeCalendar
from casefile.city import City
from casefile.clock import jst_date
from casefile.ids import Ids
from casefile.judgement import JudgedPromise, judge, judge_promises
from casefile.problems import EntryRefused, Problem, refuse_if_blocking
from casefile.tables import Promise, PromisePart
from casefile.vocabulary import ClaimGroup, PromiseState

__all__ = [
    "JudgedPromise",
    "MadePromise",
    "PartDraft",
    "PromiseCase",
    "PromiseDraft",
    "PromiseFacts",
    "PromiseLimits",
    "cancel_promise",
    "check_promise",
    "judge",
    "judge_promises",
    "make_promise",
    "read_promise_case",
]


@dataclass(frozen=True, slots=True)
class PartDraft:
    """One dated part as the operator entered it."""

    due_on: date
    promised_yen: int


@dataclass(frozen=True, slots=True)
class PromiseDraft:
    """A promise as entered. `targets` None: every period of the case that is still unpaid.

    `promised_yen` is the total the resident named; None takes the sum of the parts.
    """

    parts: tuple[PartDraft, ...]
    targets: tuple[int, ...] | None = None
    promised_yen: int | None = None
    method: str | None = None

    @property
    def total_yen(self) -> int:
        return sum(part.promised_yen for part in self.parts)


@dataclass(frozen=True, slots=True)
class PromiseLimits:
    """How far an operator may go: number of parts, and the end of which month counted from this one."""

    parts: int = 2
    months_ahead: int = 1

    @classmethod
    def of(cls, city: City) -> PromiseLimits:
        """What this city allows its operators."""
        return cls(city.settings.promise_parts, city.settings.promise_months_ahead)


@dataclass(frozen=True, slots=True)
class PromiseFacts:
    """What a draft is checked against. `outstanding` is yen still unpaid by arrears_id, of this case alone."""

    made_on: date
    outstanding: Mapping[int, int]
    calendar: OfficeCalendar
    limits: PromiseLimits = PromiseLimits()


@dataclass(frozen=True, slots=True)
class MadePromise:
    """A stored promise; `superseded` is the open one it took the place of."""

    promise_id: UUID
    promised_yen: int
    judge_on: date
    superseded: UUID | None
    cautions: tuple[Problem, ...]


def check_promise(draft: PromiseDraft, facts: PromiseFacts) -> list[Problem]:
    """What is wrong with a draft, and what deserves a second look (pure)."""
    if not draft.parts:
        return [Problem("promise.parts", "約束の期日と金額を入力してください。")]
    return [*_part_problems(draft, facts), *_amount_problems(draft, facts), *_target_problems(draft, facts)]


def _part_problems(draft: PromiseDraft, facts: PromiseFacts) -> list[Problem]:
    problems = []
    if len(draft.parts) > facts.limits.parts:
        sentence = (
            f"電話で受けられる分割は{facts.limits.parts}回までです。"
            "それより多い分割は、交渉結果を「分納相談→職員」にして職員へ引き継いでください。"
        )
        problems.append(Problem("promise.parts", sentence))
    last_day = _end_of_month(facts.made_on, facts.limits.months_ahead)
    for number, part in enumerate(draft.parts, start=1):
        field = f"promise.parts.{number}"
        if part.promised_yen <= 0:
            problems.append(Problem(f"{field}.yen", f"{number}回目の金額は1円以上にしてください。"))
        if part.due_on < facts.made_on:
            problems.append(
                Problem(f"{field}.due_on", f"{number}回目の期日が過ぎています。今日以降の日にしてください。")
            )
        elif part.due_on > last_day:
            sentence = (
                f"{number}回目の期日は{_day(last_day)}までにしてください。"
                "それより先になるときは、交渉結果を「分納相談→職員」にして職員へ引き継いでください。"
            )
            problems.append(Problem(f"{field}.due_on", sentence))
        elif not facts.calendar.is_open(part.due_on):
            sentence = (
                f"{number}回目の期日{_day(part.due_on)}は閉庁日です。"
                "金融機関や窓口で納める方には、その前の開庁日を案内してください。"
            )
            problems.append(Problem(f"{field}.due_on", sentence, blocking=False))
    dues = [part.due_on for part in draft.parts]
    if any(later <= earlier for earlier, later in pairwise(dues)):
        problems.append(Problem("promise.parts", "分割の期日は早い順に、別々の日にしてください。"))
    return problems


def _amount_problems(draft: PromiseDraft, facts: PromiseFacts) -> list[Problem]:
    problems = []
    if draft.promised_yen is not None and draft.promised_yen != draft.total_yen:
        sentence = f"分割の合計{draft.total_yen:,}円が約束金額{draft.promised_yen:,}円と合いません。"
        problems.append(Problem("promise.yen", sentence + "どちらかを直してください。"))
    owed = sum(facts.outstanding.get(target, 0) for target in _targets(draft, facts))
    if owed and draft.total_yen > owed:
        sentence = f"約束金額{draft.total_yen:,}円が、対象期別の未納額{owed:,}円(延滞金を除く)を超えています。"
        problems.append(Problem("promise.yen", sentence + "間違いがないか確かめてください。", blocking=False))
    return problems


def _target_problems(draft: PromiseDraft, facts: PromiseFacts) -> list[Problem]:
    targets = _targets(draft, facts)
    if not targets:
        sentence = "未納の期別がありません。収納状況を確かめ、納付済みなら「納付済(行き違い)」にしてください。"
        return [Problem("promise.targets", sentence)]
    foreign = [target for target in targets if not facts.outstanding.get(target)]
    if foreign:
        sentence = "対象の期別に、納付済みのものかこの案件にないものがあります。画面を読み直して選び直してください。"
        return [Problem("promise.targets", sentence)]
    return []


def _targets(draft: PromiseDraft, facts: PromiseFacts) -> tuple[int, ...]:
    chosen = facts.outstanding if draft.targets is None else draft.targets
    return tuple(sorted(set(chosen)))


@dataclass(frozen=True, slots=True)
class PromiseCase:
    """A case as a promise finds it: yen still unpaid by arrears_id, and the promise that is open, if one is."""

    addressee_no: str
    claim_group: ClaimGroup
    outstanding: Mapping[int, int]
    open_promise: UUID | None


_CASE = """
SELECT (SELECT jsonb_agg(jsonb_build_array(a.arrears_id, a.outstanding_yen) ORDER BY a.arrears_id) FROM arrears a
         WHERE a.municipality_id = %(city)s AND a.addressee_no = %(person)s AND a.claim_group = %(group)s
           AND a.outstanding_yen > 0),
       (SELECT m.promise_id FROM promise m
         WHERE m.municipality_id = %(city)s AND m.addressee_no = %(person)s AND m.claim_group = %(group)s
           AND m.state = 'open')
"""


def read_promise_case(
    conn: Connection, municipality_id: int, addressee_no: str, claim_group: ClaimGroup
) -> PromiseCase:
    """The case as the gate sees it now."""
    asked = {"city": municipality_id, "person": addressee_no, "group": claim_group.value}
    outstanding, open_promise = conn.exec_driver_sql(_CASE, asked).one()
    return PromiseCase(addressee_no, claim_group, dict(outstanding or ()), open_promise)


def make_promise(
    conn: Connection,
    city: City,
    *,
    case: PromiseCase,
    draft: PromiseDraft,
    now: datetime,
    ids: Ids,
    promise_id: UUID | None = None,
    record_id: UUID | None = None,
    attempt_id: UUID | None = None,
    registered_by: UUID | None = None,
) -> MadePromise:
    """Store a promise; an open one of the same case is superseded (更改). Raises EntryRefused with what is wrong."""
    facts = PromiseFacts(jst_date(now), case.outstanding, city.calendar, PromiseLimits.of(city))
    problems = check_promise(draft, facts)
    refuse_if_blocking(problems)
    superseded = None if case.open_promise is None else _supersede(conn, city.id, case.open_promise)
    promise_id = promise_id or ids.new()
    judge_days = [judge_day(city, part.due_on) for part in draft.parts]
    conn.exec_driver_sql(
        _STORE,
        {
            "city": city.id,
            "promise": promise_id,
            "person": case.addressee_no,
            "group": case.claim_group.value,
            "made_on": facts.made_on,
            "made_at": now,
            "promised_yen": draft.total_yen,
            "last_due_on": draft.parts[-1].due_on,
            "judge_on": judge_days[-1],
            "method": draft.method,
            "record": record_id,
            "attempt": attempt_id,
            "by": registered_by,
            "due_days": [part.due_on for part in draft.parts],
            "judge_days": judge_days,
            "part_yen": [part.promised_yen for part in draft.parts],
            "targets": list(_targets(draft, facts)),
        },
    )
    return MadePromise(promise_id, draft.total_yen, judge_days[-1], superseded, tuple(problems))


# The promise with its parts and targets; the keys between them are checked when all of it is there.
_STORE = """
WITH made AS (
    INSERT INTO promise (municipality_id, promise_id, addressee_no, claim_group, made_on, made_at, promised_yen,
                         last_due_on, judge_on, method, state, paid_yen, record_id, attempt_id, source, registered_by)
    VALUES (%(city)s, %(promise)s, %(person)s, %(group)s, %(made_on)s, %(made_at)s, %(promised_yen)s,
            %(last_due_on)s, %(judge_on)s, %(method)s, 'open', 0, %(record)s, %(attempt)s, 'room', %(by)s)
), parts AS (
    INSERT INTO promise_part (municipality_id, promise_id, part_no, due_on, judge_on, promised_yen, paid_yen, state)
    SELECT %(city)s, %(promise)s, part_no, due_on, judge_on, yen, 0, 'open'
      FROM unnest(%(due_days)s::date[], %(judge_days)s::date[], %(part_yen)s::bigint[])
           WITH ORDINALITY AS p (due_on, judge_on, yen, part_no)
)
INSERT INTO promise_target (municipality_id, promise_id, arrears_id)
SELECT %(city)s, %(promise)s, arrears_id FROM unnest(%(targets)s::bigint[]) AS t (arrears_id)
"""


def cancel_promise(conn: Connection, municipality_id: int, promise_id: UUID) -> None:
    """Take an open promise back (取消); it leaves every denominator. Raises EntryRefused when it is not open.

    Say why in the contact record of the talk in which it was taken back.
    """
    changed = conn.execute(
        update(Promise)
        .where(
            Promise.municipality_id == municipality_id,
            Promise.promise_id == promise_id,
            Promise.state == PromiseState.OPEN,
        )
        .values(state=PromiseState.CANCELLED.value)
    )
    if changed.rowcount == 0:
        sentence = "この約束はすでに判定・取消・更改されています。画面を読み直してください。"
        raise EntryRefused([Problem("promise", sentence)])
    _close_parts(conn, municipality_id, promise_id, PromiseState.CANCELLED)


def judge_day(city: City, due_on: date) -> date:
    """履行判定日: the due date, then L (lateness) and g (booking lag) 開庁日 (REPORTS.md §6.0)."""
    settings = city.settings
    return city.calendar.add_open_days(due_on, settings.promise_lateness_open_days + settings.booking_lag_open_days)


_SUPERSEDE = """
WITH older AS (
    UPDATE promise SET state = 'superseded'
     WHERE municipality_id = %(city)s AND promise_id = %(promise)s AND state = 'open' RETURNING promise_id
), parts AS (
    UPDATE promise_part p SET state = 'superseded' FROM older
     WHERE p.municipality_id = %(city)s AND p.promise_id = older.promise_id AND p.state = 'open'
)
SELECT promise_id FROM older
"""


def _supersede(conn: Connection, municipality_id: int, promise_id: UUID) -> UUID | None:
    """The older promise and its open parts; None if it was judged in the meantime."""
    older: UUID | None = conn.exec_driver_sql(_SUPERSEDE, {"city": municipality_id, "promise": promise_id}).scalar()
    return older


def _close_parts(conn: Connection, municipality_id: int, promise_id: UUID, state: PromiseState) -> None:
    conn.execute(
        update(PromisePart)
        .where(
            PromisePart.municipality_id == municipality_id,
            PromisePart.promise_id == promise_id,
            PromisePart.state == PromiseState.OPEN,
        )
        .values(state=state.value)
    )


def _end_of_month(day: date, months_ahead: int) -> date:
    months = day.year * 12 + day.month - 1 + months_ahead + 1
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


def _day(day: date) -> str:
    return f"{day.month}月{day.day}日({'月火水木金土日'[day.weekday()]})"
