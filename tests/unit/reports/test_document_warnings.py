"""Many overlapping lots are told without burying the figures."""

from __future__ import annotations

from reports.forms.documents import _most_of


def test_a_few_pairs_are_all_told_above() -> None:
    assert _most_of(["甲", "乙"]) == ["甲", "乙"]


def test_of_many_pairs_the_first_five_and_how_many_more() -> None:
    told = _most_of([f"組{number}" for number in range(12)])
    assert told[:5] == [f"組{number}" for number in range(5)]
    assert told[5:] == ["ほかに7組のロットが同じ人に届いている。末尾の注に示す。"]
