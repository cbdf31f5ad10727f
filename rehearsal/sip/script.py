"""What a telephone does with one call, as data: how long it rings, what comes of it, what is said and in what order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

ANSWERS = 200
FOREVER_SECONDS = 120.0
"""A bell that nobody stops: the network gives up long before."""


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Say:
    """Speak. `speed` 1 is brisk; `half_tones` raise or lower the voice."""

    text: str
    speed: float = 1.0
    half_tones: float = 0.0


@dataclass(frozen=True, slots=True)
class Tone:
    """A steady sound: `on` seconds of every `on` + `off`, for `seconds` in all."""

    hertz: float
    seconds: float
    on: float = 1.0
    off: float = 0.0
    dbfs: float = -12.0


@dataclass(frozen=True, slots=True)
class Press:
    """Press keys: 0–9, * and #."""

    keys: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Let the far end speak: until it has been heard and then quiet for `quiet` seconds, `at_most` seconds in all."""

    quiet: float = 0.8
    at_most: float = 10.0


@dataclass(frozen=True, slots=True)
class HangUp:
    """Ring off. Without it the phone stays on the line until the far end, or the deadline, ends the call."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Ask whoever wrote the script how the call goes on; ring off where nothing is said to that for five seconds."""


Step = Wait | Say | Tone | Press | Listen | HangUp | GoOn
_STEPS: Mapping[str, type[Step]] = {kind.__name__: kind for kind in (Wait, Say, Tone, Press, Listen, HangUp, GoOn)}


@dataclass(frozen=True, slots=True)
class Script:
    """`delay`: seconds until the bell rings. `rings`: seconds of ringing. `code`: 200 answers, another refuses with it.

    `cause` is the network's reason (Q.850) of a refusal. With `rings` at `FOREVER_SECONDS` nobody ever comes.
    """

    delay: float = 0.0
    rings: float = 2.0
    code: int = ANSWERS
    cause: int | None = None
    steps: tuple[Step, ...] = ()


def to_plain(script: Script) -> dict[str, Any]:
    """As JSON can carry it."""
    return {
        "delay": script.delay,
        "rings": script.rings,
        "code": script.code,
        "cause": script.cause,
        "steps": steps_to_plain(script.steps),
    }


def steps_to_plain(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [{"do": type(step).__name__, **asdict(step)} for step in steps]


def from_plain(plain: Mapping[str, Any]) -> Script:
    """Back from JSON. Raises ValueError or TypeError for what is no script."""
    known = {key: plain[key] for key in ("delay", "rings", "code", "cause") if key in plain}
    return Script(**known, steps=steps_from_plain(plain.get("steps", ())))


def steps_from_plain(told: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """Raises ValueError or TypeError for what no telephone does."""
    steps: list[Step] = []
    for words in told:
        kind = _STEPS.get(str(words.get("do")))
        if kind is None:
            raise ValueError(f"{words.get('do')!r} is nothing a telephone does")
        steps.append(kind(**{key: value for key, value in words.items() if key != "do"}))
    return tuple(steps)
