"""What a campaign's calls take: learned as results come in, with a prior so that the first hour works too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from dialer.pacing import priors
from dialer.pacing.durations import Durations, DurationsState
from dialer.pacing.tables import Tables, build_tables

_REBUILD_SHARE = 0.05
_REBUILD_LEAST = 10
_PATIENCES_KEPT = 4


class TimingsState(TypedDict):
    """What a restart needs, ready for JSON."""

    answer: DurationsState
    release: DurationsState
    talk: DurationsState
    wrapup: DurationsState


class Timings:
    """Seconds from dial to answer, from dial to a free line without one, of talk and of wrap-up (PACING.md §4, §7)."""

    def __init__(self) -> None:
        self.answer = Durations("answer", 0.25, 256, priors.answer(0.25, 256))
        self.release = Durations("release", 0.25, 256, priors.release(0.25, 256))
        self.talk = Durations("talk", 1.0, 1800, priors.talk(1.0, 1800))
        self.wrapup = Durations("wrapup", 1.0, 600, priors.wrapup(1.0, 600))
        self._tables: dict[float, tuple[int, Tables]] = {}

    @classmethod
    def from_samples(
        cls,
        *,
        answer: Sequence[float] = (),
        release: Sequence[float] = (),
        talk: Sequence[float] = (),
        wrapup: Sequence[float] = (),
    ) -> Timings:
        """From durations in seconds; few of them move the prior little. Raises ValueError for a negative or infinite one."""
        timings = cls()
        timings.answer.learn_many(answer)
        timings.release.learn_many(release)
        timings.talk.learn_many(talk)
        timings.wrapup.learn_many(wrapup)
        return timings

    def learn_answer(self, seconds: float) -> None:
        """A person answered so long after the dial."""
        self.answer.learn(seconds)

    def learn_release(self, seconds: float) -> None:
        """The line was free again so long after the dial, and no person had answered."""
        self.release.learn(seconds)

    def learn_talk(self, seconds: float) -> None:
        """A talk took so long."""
        self.talk.learn(seconds)

    def learn_wrapup(self, seconds: float) -> None:
        """A wrap-up took so long."""
        self.wrapup.learn(seconds)

    def tables(self, patience: float) -> Tables:
        """For callers who wait `patience` seconds; built anew once a twentieth more was learned."""
        learned = sum(part.learned for part in self._parts())
        known = self._tables.get(patience)
        if known is not None and learned - known[0] < max(_REBUILD_LEAST, known[0] * _REBUILD_SHARE):
            return known[1]
        if known is None and len(self._tables) >= _PATIENCES_KEPT:
            self._tables.clear()
        built = build_tables(
            answer=self.answer, release=self.release, talk=self.talk, wrapup=self.wrapup, patience=patience
        )
        self._tables[patience] = (learned, built)
        return built

    def state(self) -> TimingsState:
        """What `resume` takes after a restart; ready for JSON."""
        return {
            "answer": self.answer.state(),
            "release": self.release.state(),
            "talk": self.talk.state(),
            "wrapup": self.wrapup.state(),
        }

    @classmethod
    def resume(cls, state: TimingsState) -> Timings:
        """As they were when `state` was called."""
        timings = cls()
        timings.answer.resume(state["answer"])
        timings.release.resume(state["release"])
        timings.talk.resume(state["talk"])
        timings.wrapup.resume(state["wrapup"])
        return timings

    def _parts(self) -> tuple[Durations, ...]:
        return self.answer, self.release, self.talk, self.wrapup
