"""A shallow tree ensemble in plain numpy: gradient-boosted trees of two questions for the probability of a recorded voice.

Method: J. H. Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals of Statistics 29 (2001), with
logistic loss and one Newton step a leaf.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialer.asterisk.detection.voice import FEATURES

Table = NDArray[np.float64]
MODEL = Path(__file__).with_name("model.json")
_DEPTH = 2
_ROUNDS = 60
_RATE = 0.15
_CUTS = 24
_SMALLEST_LEAF = 20


@dataclass(frozen=True, slots=True)
class Leaf:
    value: float


@dataclass(frozen=True, slots=True)
class Question:
    """`below` where the feature is less than or equal to `at`."""

    feature: int
    at: float
    below: Tree
    above: Tree


Tree = Leaf | Question


@dataclass(frozen=True, slots=True)
class Forest:
    """`threshold`: from this probability on a voice is taken for recorded. `learned` says from what, for the documents."""

    trees: tuple[Tree, ...]
    prior: float
    threshold: float
    learned: dict[str, Any]

    def probability(self, figures: Sequence[float] | Table) -> float:
        """That the voice with this timing is recorded."""
        score = self.prior + sum(_answer(tree, figures) for tree in self.trees)
        return float(1 / (1 + np.exp(-score)))


def grow(table: Table, recorded: NDArray[np.bool_]) -> tuple[tuple[Tree, ...], float]:
    """The trees and the prior, from rows of `FEATURES` and whether each was a recorded voice. The same rows, the same trees."""
    share = float(np.mean(recorded))
    prior = float(np.log(share / (1 - share)))
    score = np.full(len(table), prior)
    trees = []
    for _ in range(_ROUNDS):
        expected = 1 / (1 + np.exp(-score))
        tree = _grow(table, recorded - expected, expected * (1 - expected), _DEPTH)
        trees.append(tree)
        score += np.array([_answer(tree, row) for row in table])
    return tuple(trees), prior


def _grow(table: Table, pull: Table, weight: Table, depth: int) -> Tree:
    best: tuple[float, int, float] | None = None
    if depth:
        whole = pull.sum() ** 2 / (weight.sum() + 1)
        for feature in range(table.shape[1]):
            column = table[:, feature]
            for at in np.unique(np.quantile(column, np.linspace(0.02, 0.98, _CUTS))):
                low = column <= at
                if min(low.sum(), (~low).sum()) < _SMALLEST_LEAF:
                    continue
                gain = sum(pull[side].sum() ** 2 / (weight[side].sum() + 1) for side in (low, ~low)) - whole
                if gain > 1e-6 and (best is None or gain > best[0]):
                    best = (float(gain), feature, float(at))
    if best is None:
        return Leaf(round(_RATE * float(pull.sum() / (weight.sum() + 1)), 6))
    _, feature, at = best
    low = table[:, feature] <= at
    below = _grow(table[low], pull[low], weight[low], depth - 1)
    above = _grow(table[~low], pull[~low], weight[~low], depth - 1)
    return Question(feature, round(at, 4), below, above)


def _answer(tree: Tree, figures: Sequence[float] | Table) -> float:
    while isinstance(tree, Question):
        tree = tree.below if figures[tree.feature] <= tree.at else tree.above
    return tree.value


def save(forest: Forest, path: Path = MODEL) -> None:
    plain = asdict(forest) | {"features": list(FEATURES)}
    path.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load(path: Path = MODEL) -> Forest:
    """Raises ValueError, in Japanese, for a model of other features than ours."""
    plain = json.loads(path.read_text(encoding="utf-8"))
    if plain["features"] != list(FEATURES):
        raise ValueError(
            f"{path.name} は別の版の特徴量で作られています。tsunagaru bench detection --learn で作り直してください。"
        )
    trees = tuple(_tree(tree) for tree in plain["trees"])
    return Forest(trees, plain["prior"], plain["threshold"], plain["learned"])


def _tree(plain: dict[str, Any]) -> Tree:
    if "value" in plain:
        return Leaf(plain["value"])
    return Question(plain["feature"], plain["at"], _tree(plain["below"]), _tree(plain["above"]))
