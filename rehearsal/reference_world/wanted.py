"""What the policy has to reach (PACING.md §3 to §5), held against what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rehearsal.reference_world.plan import key
from rehearsal.reference_world.results import Estimate, Result

P = 0.35
AT_3 = {4: 80.5, 5: 81.5, 10: 85.0, 20: 89.0, 50: 93.5, 100: 96.0}
AT_1 = {4: 77.5, 5: 78.5, 10: 82.0, 20: 86.5, 50: 91.5}
PULL = {10: 87.5, 20: 92.0, 50: 95.5}
BESIDE_OPTIMUM = 0.5
OVER = 0.1
"""Points of abandonment above the target at which an occupancy still counts."""
DAYS_OVER = 3.0
DRIFT_WITHIN = 0.2
_DAILY = {"days": "HazardPacer 2.6% η=.1", "room3": "RoomPacer"}
DRIFT_COSTS = 1.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """One demand: a figure in percent (or points), and whether it is met; `near`: met but for its own error."""

    what: str
    figure: str
    demand: str
    met: bool
    near: bool


def verdicts(found: Mapping[str, Result]) -> Iterator[Verdict]:
    """For every demand whose cells were measured."""
    for policy, floors, target, name in (
        ("hazard3", AT_3, 3.0, "予測 3%"),
        ("hazard1", AT_1, 1.0, "予測 1%"),
        ("pull", PULL, 1.0, "後処理への割込み 1%"),
    ):
        for operators, floor in floors.items():
            result = found.get(key(policy, operators, P))
            if result is not None:
                yield _reaches(f"{name}、N={operators}", result, floor, target)
    yield from _beside_optimum(found)
    yield from _days(found)
    yield from _drift(found)


def _reaches(what: str, result: Result, floor: float, target: float) -> Verdict:
    occupied, lost = result.occupied, result.lost
    met = occupied.mean >= floor and lost.mean <= target + OVER
    near = occupied.mean + occupied.half >= floor and lost.mean - lost.half <= target + OVER
    return Verdict(what, f"{shown(occupied)}({shown(lost)})", f"{floor:g} 以上({target + OVER:g} 以下)", met, near)


def _beside_optimum(found: Mapping[str, Result]) -> Iterator[Verdict]:
    for operators in (5, 20, 100):
        result, best = found.get(key("markov", operators, P)), found.get(key("optimum", operators, P))
        if result is None or best is None:
            continue
        yield _reaches(f"マルコフの世界、N={operators}", result, round(best.occupancy[0] - BESIDE_OPTIMUM, 2), 3.0)


def _days(found: Mapping[str, Result]) -> Iterator[Verdict]:
    for policy, operators in [(policy, size) for policy in ("days", "room3") for size in (5, 10, 20)]:
        result = found.get(key(policy, operators, P))
        if result is None:
            continue
        over = [100.0 * (rate > 3.0) for rate in result.abandonment]
        share = Estimate.of(over)
        yield Verdict(
            f"8時間の日が3%を超える割合、{_DAILY[policy]}、N={operators}({len(over)}日)",
            f"{shown(share)}(平均 {shown(result.lost)})",
            f"{DAYS_OVER:g} 以下",
            share.mean <= DAYS_OVER,
            share.mean - share.half <= DAYS_OVER + 1.0,
        )


def _drift(found: Mapping[str, Result]) -> Iterator[Verdict]:
    for operators in (5, 20):
        told, known = found.get(key("drift", operators, P)), found.get(key("drift-known", operators, P))
        if told is None or known is None:
            continue
        cost = Estimate.of([a - b for a, b in zip(known.occupancy, told.occupancy, strict=True)])
        lost = told.lost
        yield Verdict(
            f"p が±40%動き、直近100件から推定、N={operators}",
            f"失う稼働率 {shown(cost)}(放棄 {shown(lost)})",
            f"{DRIFT_COSTS:g} 以下({3 - DRIFT_WITHIN:g}–{3 + DRIFT_WITHIN:g})",
            cost.mean <= DRIFT_COSTS and abs(lost.mean - 3.0) <= DRIFT_WITHIN,
            cost.mean - cost.half <= DRIFT_COSTS and abs(lost.mean - 3.0) - lost.half <= DRIFT_WITHIN,
        )


def shown(estimate: Estimate) -> str:
    """Mean and half the 95 % interval."""
    return f"{estimate.mean:.2f}±{estimate.half:.2f}"
