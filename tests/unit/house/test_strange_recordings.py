"""A recording nobody knows is told of once, and never one that is another municipality's."""

from __future__ import annotations

from tsunagaru.recordings import Strangers

EVERYBODY = (131016, 131024)


def test_a_file_is_strange_once_everybody_was_asked_and_is_told_of_once() -> None:
    strangers = Strangers()
    assert strangers.new_ones(131016, ["b", "a"], EVERYBODY) == []
    assert strangers.new_ones(131024, ["b", "a"], EVERYBODY) == ["a", "b"]
    assert strangers.new_ones(131016, ["b", "a"], EVERYBODY) == []
    assert strangers.new_ones(131024, ["b", "a"], EVERYBODY) == []


def test_what_another_took_in_is_not_strange_and_what_comes_again_is_told_of_again() -> None:
    strangers = Strangers()
    assert strangers.new_ones(131016, ["a"], EVERYBODY) == []
    assert strangers.new_ones(131024, [], EVERYBODY) == []
    assert strangers.new_ones(131016, [], EVERYBODY) == []
    assert strangers.new_ones(131016, ["a"], EVERYBODY) == []
    assert strangers.new_ones(131024, ["a"], EVERYBODY) == ["a"]
