"""No change of a sealed entry stays hidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from casefile.audit import Entry, Head, Link, chain, faults

CITY = 119998
START = datetime(2026, 9, 8, 1, tzinfo=UTC)

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
_DETAILS = st.dictionaries(_TEXTS, st.one_of(_TEXTS, st.integers(), st.none()), max_size=3)
_ENTRIES = st.lists(
    st.builds(
        lambda seconds, user, actor, action, person, detail: (seconds, user, actor, action, person, detail),
        st.integers(0, 1000),
        st.none() | st.integers(1, 3).map(lambda number: UUID(int=number)),
        _TEXTS,
        _TEXTS,
        st.none() | _TEXTS,
        _DETAILS,
    ),
    min_size=1,
    max_size=6,
).map(
    lambda rows: [Entry(UUID(int=100 + n), START + timedelta(seconds=row[0]), *row[1:]) for n, row in enumerate(rows)]
)


def sealed(entries: list[Entry]) -> list[tuple[Link, Entry]]:
    return list(zip(chain(CITY, entries, None), entries, strict=True))


@settings(max_examples=40)
@given(_ENTRIES)
def test_an_untouched_chain_is_intact(entries: list[Entry]) -> None:
    assert not faults(CITY, sealed(entries))


@settings(max_examples=40)
@given(_ENTRIES, st.integers(1, 5))
def test_sealing_in_batches_gives_the_same_chain(entries: list[Entry], cut: int) -> None:
    first = chain(CITY, entries[:cut], None)
    head = Head(first[-1].seq, first[-1].chain_hash)
    assert first + chain(CITY, entries[cut:], head) == chain(CITY, entries, None)


@settings(max_examples=40)
@given(_ENTRIES, st.data())
def test_any_change_of_an_entry_is_found(entries: list[Entry], data: st.DataObject) -> None:
    stored = sealed(entries)
    index = data.draw(st.integers(0, len(stored) - 1))
    link, entry = stored[index]
    field = data.draw(st.sampled_from(["at", "user_id", "actor", "action", "addressee_no", "detail"]))
    changed: dict[str, Any] = {
        "at": entry.at + timedelta(microseconds=1),
        "user_id": UUID(int=99),
        "actor": entry.actor + "x",
        "action": entry.action + "x",
        "addressee_no": (entry.addressee_no or "") + "x",
        "detail": {**entry.detail, "added": 1},
    }
    stored[index] = (link, replace(entry, **{field: changed[field]}))
    found = faults(CITY, stored)
    assert len(found) == 1
    assert str(link.seq) in found[0]


@settings(max_examples=40)
@given(_ENTRIES, st.data())
def test_any_change_of_a_link_is_found(entries: list[Entry], data: st.DataObject) -> None:
    stored = sealed(entries)
    index = data.draw(st.integers(0, len(stored) - 1))
    link, entry = stored[index]
    digit = data.draw(st.integers(0, 63))
    other = "0" if link.chain_hash[digit] != "0" else "1"
    stored[index] = (replace(link, chain_hash=link.chain_hash[:digit] + other + link.chain_hash[digit + 1 :]), entry)
    assert faults(CITY, stored)


@settings(max_examples=40)
@given(_ENTRIES, st.data())
def test_a_removed_entry_is_found(entries: list[Entry], data: st.DataObject) -> None:
    stored = sealed(entries)
    last = Head(stored[-1][0].seq, stored[-1][0].chain_hash)
    index = data.draw(st.integers(0, len(stored) - 1))
    del stored[index]
    assert faults(CITY, stored, noted=[last]), "cutting off the end shows against a head noted elsewhere"
    if index < len(stored):
        assert faults(CITY, stored), "a hole shows by itself"


@settings(max_examples=40)
@given(_ENTRIES.filter(lambda entries: len(entries) > 1), st.data())
def test_swapped_entries_are_found(entries: list[Entry], data: st.DataObject) -> None:
    stored = sealed(entries)
    index = data.draw(st.integers(0, len(stored) - 2))
    (first_link, first), (second_link, second) = stored[index], stored[index + 1]
    stored[index], stored[index + 1] = (first_link, second), (second_link, first)
    assert faults(CITY, stored)


@settings(max_examples=40)
@given(_ENTRIES)
def test_a_chain_belongs_to_its_municipality(entries: list[Entry]) -> None:
    assert faults(CITY + 1, sealed(entries))
