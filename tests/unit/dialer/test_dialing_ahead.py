"""A campaign that dials ahead: what its pacer sees of the floor, and what the floor does with its decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callflow.states import CallState
from dialer.engine import Engine, EngineTerms
from dialer.floor_view import ExpectedCallers, Onlooker
from dialer.messages import CallRow, CampaignsRunning, CampaignTerms, Explained, PastTimings, PullsAgreed, SeatRow
from dialer.pacing import Decision, FloorView, Timings
from dialer.pull import PullTally
from tests.unit.dialer.stage import CAMPAIGN, START, Stage, attempt, candidate, operator


class Wants:
    """A pacer that dials as many as it is told to and remembers what it saw."""

    def __init__(self, dial: int = 0) -> None:
        self.dial = dial
        self.seen: list[FloorView] = []
        self.live = self.lost = 0

    def decide(self, floor: FloorView) -> Decision:
        self.seen.append(floor)
        return Decision(self.dial, (), f"{self.dial} 件")

    def answered(self) -> None:
        self.live += 1

    def abandoned(self) -> None:
        self.lost += 1


class Room(Stage):
    """A stage whose pacers are `pacers`, one made for each day and change of terms."""

    def begin(self, dial: int = 0, **terms: object) -> None:
        self.mode = "predictive"
        self.pacers: list[Wants] = []
        self.given: list[tuple[CampaignTerms, Timings]] = []

        def pacer_for(asked: CampaignTerms, timings: Timings) -> Wants:
            self.given.append((asked, timings))
            self.pacers.append(Wants(dial))
            return self.pacers[-1]

        self.engine = Engine(EngineTerms("+81312345678", pacer_for=pacer_for))
        self.open(**terms)

    @property
    def view(self) -> FloorView:
        return self.pacers[-1].seen[-1]

    def sit(self, *names: str) -> None:
        for name in names:
            self.do(name, "sign_in")
            self.do(name, "ready")

    def talk(self, number: int, name: str) -> None:
        for verb in ("answered", "person"):
            self.do(str(number), verb)
        self.do(str(number), "joined", name)


def room(dial: int = 0, **terms: object) -> Room:
    made = Room()
    made.begin(dial, **terms)
    return made


def test_more_may_ring_than_operators_are_free() -> None:
    stage = room(dial=3)
    stage.sit("A")
    stage.do("tick", "")
    assert stage.take() == ["dial 1", "dial 2", "dial 3"]


def test_the_room_is_paced_every_second_while_everybody_talks() -> None:
    stage = room(dial=1)
    stage.sit("A")
    stage.do("tick", "")
    stage.talk(1, "A")
    stage.take()
    assert stage.engine.next_wakeup(stage.now) == START + timedelta(seconds=1)
    stage.at(1)
    stage.do("tick", "")
    assert stage.take() == ["dial 2"]
    assert [agent.state for agent in stage.view.agents] == ["talking"]


def test_nobody_dials_ahead_for_an_empty_room() -> None:
    stage = room(dial=1)
    stage.sit("A")
    stage.do("A", "pause", "lunch")
    stage.do("tick", "")
    assert stage.take() == []
    assert not stage.pacers[-1].seen


def test_whoever_is_about_to_leave_is_not_counted_on() -> None:
    stage = room(dial=0)
    stage.sit("A", "B")
    stage.pacers[-1].dial = 2
    stage.do("tick", "")
    stage.pacers[-1].dial = 0
    stage.talk(1, "A")
    stage.do("A", "pause", "lunch")
    stage.do("tick", "")
    assert [agent.state for agent in stage.view.agents] == ["ready"]


def test_who_wants_to_leave_waits_for_calls_dialed_before_and_for_none_since() -> None:
    stage = room(dial=2)
    stage.sit("A", "B")
    stage.do("tick", "")
    stage.do("B", "pause", "lunch")
    assert stage.seat("B") == "ready", "two ring, and may both be answered"
    stage.at(5)
    stage.do("tick", "")
    assert len(stage.take()) == 4, "the room goes on dialing"
    stage.at(20)
    stage.do("1", "ended", "03")
    assert stage.seat("B") == "paused", "one of the two is over: A is enough for the other"


def test_calls_that_ring_and_people_who_wait_are_seen_with_their_times() -> None:
    stage = room(dial=2)
    stage.sit("A")
    stage.do("tick", "")
    stage.pacers[-1].dial = 0
    stage.talk(1, "A")
    stage.at(6)
    stage.do("2", "answered")
    stage.do("2", "person")
    stage.at(7)
    stage.do("tick", "")
    (waiting,) = stage.view.calls
    assert (waiting.state, waiting.answered_at) == ("waiting", START.timestamp() + 6)
    assert waiting.dialed_at == START.timestamp()


def test_what_was_asked_for_a_moment_ago_counts_for_the_next_campaign() -> None:
    stage = room(dial=2)
    other = CampaignTerms(candidate(1).phone_id, "predictive", 25, 60, 0.01)
    assert len(stage.given) == 1
    stage.handle(both_run(stage, other))
    stage.sit("A", "B", "C")
    stage.do("tick", "")
    seen = [len(pacer.seen[-1].calls) for pacer in stage.pacers if pacer.seen]
    assert sorted(seen) in ([0], [0, 2])


def both_run(stage: Room, other: CampaignTerms) -> CampaignsRunning:
    return CampaignsRunning(stage.now, (stage.given[0][0], other))


def test_a_booked_call_is_claimed_and_waits_for_the_expected_answers_only() -> None:
    stage = room(dial=0)
    stage.sit("A", "B")
    stage.pacers[-1].dial = 4
    stage.do("tick", "")
    stage.pacers[-1].dial = 0
    stage.take()
    stage.do("recall", "19")
    stage.at(1)
    stage.do("tick", "")
    # Four ring at .3: 1.2 answers are expected, so both operators stay for them, and the booked call is claimed.
    assert list(stage.view.claims) == [stage.now.timestamp()]
    for number in (1, 2):
        stage.do(str(number), "ended", "03")
    stage.at(2)
    stage.do("tick", "")
    assert sorted(stage.seat(name) for name in "AB") == ["ready", "reserved"], "two ring at .3: one is enough"


def test_consent_and_timed_wrapups_are_told_to_the_pacer() -> None:
    stage = room(dial=0, timed_wrapup=True)
    today = PullTally(START.date(), calls=20)
    rows = [
        SeatRow(operator("A"), "wrapup", START, attempt_id=attempt(1), campaign_id=CAMPAIGN, pulls=today),
        SeatRow(operator("B"), "wrapup", START, attempt_id=attempt(2), campaign_id=CAMPAIGN),
        SeatRow(operator("C"), "talking", START, attempt_id=attempt(3), put_off=attempt(4), pulls=today),
    ]
    calls = [
        CallRow(attempt(number), candidate(900 + number), START, True, 5, state, operator(name))
        for number, name, state in (
            (1, "A", CallState.WRAPUP),
            (2, "B", CallState.WRAPUP),
            (3, "C", CallState.TALKING),
            (4, "C", CallState.WRAPUP),
        )
    ]
    stage.restore(rows, calls)
    stage.handle(PullsAgreed(stage.now, frozenset({operator("A"), operator("C")})))
    stage.do("tick", "")
    assert [agent.pull_after for agent in stage.view.agents] == [10.0, 60.0, None]


def test_callers_are_expected_as_they_came_of_late() -> None:
    callers = ExpectedCallers()
    for minute in range(0, 15, 1):
        for second in (0, 20, 40):
            callers.came(START + timedelta(minutes=minute, seconds=second))
    now = START + timedelta(minutes=14, seconds=50)
    assert callers.expected(now) == [now + timedelta(seconds=20)]
    assert callers.expected(now + timedelta(minutes=30)) == []


def test_a_new_day_has_a_new_budget_and_the_old_experience() -> None:
    stage = room(dial=0, live_answers_today=3, abandoned_today=1, past=PastTimings(talk=(100.0, 140.0)))
    stage.sit("A")
    stage.do("tick", "")
    stage.at(16 * 3600)
    stage.do("tick", "")
    first, second = stage.given
    assert (first[0].live_answers_today, first[0].abandoned_today) == (3, 1)
    assert (second[0].live_answers_today, second[0].abandoned_today) == (0, 0)
    assert first[1] is second[1]
    assert first[1].talk.learned == 2


def test_a_changed_target_is_paced_anew_and_the_stock_is_kept() -> None:
    stage = room(dial=1)
    stage.sit("A")
    stage.do("tick", "")
    terms = replace(stage.given[0][0], target_abandonment=0.03)
    stage.handle(CampaignsRunning(stage.now, (terms,)))
    assert [each[0].target_abandonment for each in stage.given] == [0.01, 0.03]
    stage.at(1)
    stage.do("tick", "")
    assert "dial 2" in stage.take()


def test_the_reason_is_told_by_campaign_and_only_when_it_changes() -> None:
    stage = room(dial=1)
    stage.sit("A")
    for second in (0, 1, 2):
        stage.at(second)
        stage.do("tick", "")
    told = [command for command in stage.everything if isinstance(command, Explained)]
    assert told == [Explained(CAMPAIGN, "1 件")]


def test_who_answers_and_is_lost_is_counted() -> None:
    stage = room(dial=2)
    stage.sit("A")
    stage.do("tick", "")
    stage.pacers[-1].dial = 0
    stage.talk(1, "A")
    stage.do("2", "answered")
    stage.do("2", "person")
    stage.at(2.1)
    stage.do("tick", "")
    assert (stage.pacers[-1].live, stage.pacers[-1].lost) == (2, 1)


def test_chances_are_at_the_level_at_which_the_list_answers_today() -> None:
    stage = room(dial=0)
    running = stage.engine.running
    for number in range(150):
        running.came(CAMPAIGN, 0.18, answered=number % 3 == 0)
    campaign = running.get(CAMPAIGN)
    assert campaign is not None
    seen = Onlooker(START, [], [], ()).view(campaign.terms, [candidate(1, answer_probability=0.18)], campaign.level)
    assert seen.candidate_probabilities[0] == pytest.approx(1 / 3, abs=0.04)
    running.begin_day(START + timedelta(days=1))
    assert campaign.level.shift == 0.0


def test_durations_of_calls_are_learned() -> None:
    stage = room(dial=2)
    stage.sit("A")
    stage.do("tick", "")
    stage.pacers[-1].dial = 0
    stage.at(8)
    stage.talk(1, "A")
    stage.at(24)
    stage.do("2", "ended", "03")
    stage.at(90)
    stage.do("1", "ended")
    stage.at(110)
    stage.do("A", "wrapup_done")
    timings = stage.given[0][1]
    learned = [part.learned for part in (timings.answer, timings.release, timings.talk, timings.wrapup)]
    assert learned == [1, 1, 1, 1]
