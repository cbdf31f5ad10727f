"""What is wrong with something a person entered: which field, and a Japanese sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from casefile.errors import TsunagaruError


@dataclass(frozen=True, slots=True)
class Problem:
    """`blocking` false is a caution: it is shown, and the entry may be saved all the same."""

    field: str
    sentence: str
    blocking: bool = True


class EntryRefused(TsunagaruError):
    """Nothing was written; `problems` says why, field by field."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("".join(problem.sentence for problem in self.problems if problem.blocking))


def refuse_if_blocking(problems: Iterable[Problem]) -> None:
    """Raise EntryRefused with all problems if one of them blocks."""
    found = tuple(problems)
    if any(problem.blocking for problem in found):
        raise EntryRefused(found)
