"""The hazard policy of PACING.md §4: dial while one more dial's chance of being lost stays within the budget."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dialer.pacing.arithmetic import (
    Floats,
    Ints,
    answer_chances,
    dials_within,
    operators_left,
    rows_of,
)
from dialer.pacing.interface import AgentView, CallView, Decision, FloorView
from dialer.pacing.tables import Tables
from dialer.pacing.threshold import LOG_THETA, after_answer, after_dials, after_loss, after_restart, threshold_at
from dialer.pacing.timings import Timings

_SHOWN_HORIZON = 14
"""The column of 30 s, of which the reason speaks."""


class _Seen(NamedTuple):
    """A floor in numbers; one row for each operator, dial and claim, one column for each horizon."""

    ready: int
    waiting: int
    ringing: int
    frees: Floats
    answers: Floats
    claims: Floats


class HazardPacer:
    """Predictive dialing for one campaign; `decide` once a second, `answered` and `abandoned` feed the budget.

    `target_abandonment`: share of live answers (0 to .03); `patience`: seconds a live answer may wait; `eta`: how strongly
    one abandonment tightens the threshold, .02 for a rule over 30 days, .1 for a daily one.
    """

    def __init__(
        self, target_abandonment: float = 0.01, patience: float = 2.0, timings: Timings | None = None, eta: float = 0.02
    ) -> None:
        if not 0.0 < target_abandonment < 1.0:
            raise ValueError("target_abandonment: a share of live answers between 0 and 1")
        if patience < 0.0 or eta < 0.0:
            raise ValueError("patience and eta: not negative")
        self.target = target_abandonment
        self.patience = patience
        self.timings = timings if timings is not None else Timings()
        self.eta = eta
        self._threshold = threshold_at(target_abandonment, patience)

    @property
    def theta(self) -> float:
        """The loss probability at which no dial is added any more."""
        return math.exp(self._threshold[LOG_THETA])

    def answered(self) -> None:
        """A person answered."""
        after_answer(self._threshold, self.target, self.eta)

    def abandoned(self) -> None:
        """A person answered and was lost."""
        after_loss(self._threshold, self.eta)

    def resume(self, live_answers: int, abandoned: int) -> None:
        """Go on after a restart with the day's counts so far: what was saved or owed then still is."""
        after_restart(self._threshold, self.target, self.eta, live_answers, abandoned)

    def decide(self, floor: FloorView) -> Decision:
        """How many of the candidates to launch now; it never gives a dial up."""
        tables = self.timings.tables(self.patience)
        seen = _look(floor, tables)
        candidates = np.asarray(floor.candidate_probabilities, dtype=np.float64)
        left = operators_left(seen.ready - seen.waiting, seen.frees, np.concatenate([seen.claims, seen.answers]))
        theta = self.theta
        dial, hazard, answers, losses = dials_within(left, candidates, tables.answered[0], tables.weights, theta)
        after_dials(self._threshold, self.target, self.eta, answers, losses)
        return Decision(dial, (), _reason(seen, dial, len(candidates), hazard, theta))


def _look(floor: FloorView, tables: Tables) -> _Seen:
    ready = sum(agent.state == "ready" for agent in floor.agents)
    ringing = [call for call in floor.calls if call.state == "ringing"]
    waiting = len(floor.calls) - len(ringing)
    claims = np.asarray(floor.claims, dtype=np.float64).reshape(-1, 1)
    return _Seen(
        ready,
        waiting,
        len(ringing),
        _frees(floor.agents, floor.now, tables),
        _answers(ringing, floor.now, tables),
        (claims <= floor.now + tables.horizons.reshape(1, -1)).astype(np.float64),
    )


def _frees(agents: Sequence[AgentView], now: float, tables: Tables) -> Floats:
    """q_i(s) of the busy operators."""
    talking = [agent for agent in agents if agent.state == "talking"]
    writing = [agent for agent in agents if agent.state == "wrapup"]
    talk_first = _firsts(talking, tables, 0)
    wrapup_first = _firsts(writing, tables, tables.talk_rows)
    rows = np.concatenate(
        [
            rows_of(_ages([a.since for a in talking], now), tables.talk_step, talk_first, tables.talk_rows),
            rows_of(_ages([a.since for a in writing], now), tables.wrapup_step, wrapup_first, tables.wrapup_rows),
        ]
    )
    found: Floats = tables.free[rows]
    return found


def _firsts(agents: Sequence[AgentView], tables: Tables, phase: int) -> Ints:
    return np.array([tables.block(agent.pull_after) + phase for agent in agents], dtype=np.int64)


def _ages(since: Sequence[float], now: float) -> Floats:
    return now - np.array(since, dtype=np.float64)


def _answers(ringing: Sequence[CallView], now: float, tables: Tables) -> Floats:
    """a_j(s) of the dials in flight."""
    ages = _ages([call.dialed_at for call in ringing], now)
    rows = rows_of(ages, tables.ring_step, np.zeros(len(ringing), dtype=np.int64), len(tables.unanswered))
    chance = np.array([call.answer_probability for call in ringing], dtype=np.float64)
    return answer_chances(chance, tables.answered[rows], tables.unanswered[rows], tables.held[rows])


def _reason(seen: _Seen, dial: int, candidates: int, hazard: float, theta: float) -> str:
    """One line for a supervisor: who is free, what rings, what is expected, what is allowed."""
    floor = f"待機 {seen.ready} 席、呼出 {seen.ringing} 件" + (f"、応答待ち {seen.waiting} 件" if seen.waiting else "")
    free = seen.frees[:, _SHOWN_HORIZON].sum() if len(seen.frees) else 0.0
    answers = seen.answers[:, _SHOWN_HORIZON].sum() if len(seen.answers) else 0.0
    expected = f"30秒の見込み: 空く席 {free:.1f}、応答 {answers:.1f} 件"
    if not candidates:
        return f"予測: {floor}。{expected}。発信できる番号がないため待つ"
    risk = f"次の1件が待たせる見込み {hazard:.1%}(許容 {theta:.1%})"
    return f"予測: {floor}。{expected}。{risk}のため" + (f" {dial} 件を発信" if dial else "発信を控える")
