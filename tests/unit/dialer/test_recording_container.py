"""A sealed recording: any length, any split, any part; a changed byte, a lost end and a wrong key are noticed."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.asterisk.recording import container
from dialer.asterisk.recording.container import (
    Facts,
    RecordingDamaged,
    SealedRecording,
    open_sealed,
    read_label,
    seal,
)
from dialer.asterisk.recording.keys import CURRENT, KeyRing, KeyUnusable, PublicKey, load_public, make_keys

CHUNK = 64
FACTS = Facts(
    UUID(int=1),
    UUID(int=2),
    "node-1",
    datetime(2026, 9, 8, 1, 0, tzinfo=UTC),
    datetime(2026, 9, 8, 1, 2, tzinfo=UTC),
    120_000,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("keys")
    make_keys(made)
    return made


@pytest.fixture(scope="module")
def public(folder: Path) -> PublicKey:
    return load_public(folder / CURRENT)


@pytest.fixture(scope="module")
def keys(folder: Path) -> KeyRing:
    return KeyRing(folder)


@pytest.fixture(autouse=True, scope="module")
def _small_chunks() -> object:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(container, "CHUNK", CHUNK)
        yield None


def sealed(sound: bytes, public: PublicKey, cuts: Sequence[int] = ()) -> bytes:
    """`sound` handed over in pieces that end at these places."""
    places = [0, *sorted(min(cut, len(sound)) for cut in cuts), len(sound)]
    target = io.BytesIO()
    seal((sound[first:after] for first, after in pairwise(places)), target, FACTS, public)
    return target.getvalue()


def heard(file: bytes, keys: KeyRing) -> bytes:
    return b"".join(open_sealed(io.BytesIO(file), keys).read())


SOUNDS = st.one_of(
    st.binary(max_size=5 * CHUNK),
    st.integers(0, 5).map(lambda chunks: bytes(range(CHUNK)) * chunks),
)


@given(sound=SOUNDS, cuts=st.lists(st.integers(0, 5 * CHUNK), max_size=8))
def test_what_was_sealed_is_heard_however_it_came(
    sound: bytes, cuts: list[int], public: PublicKey, keys: KeyRing
) -> None:
    file = sealed(sound, public, cuts)
    opened = open_sealed(io.BytesIO(file), keys)
    assert opened.length == len(sound)
    assert b"".join(opened.read()) == sound
    assert opened.facts == FACTS
    assert read_label(io.BytesIO(file)).key_id == public.key_id


@given(sound=SOUNDS, first=st.integers(0, 5 * CHUNK), size=st.integers(0, 5 * CHUNK))
def test_any_part_is_heard_by_itself(sound: bytes, first: int, size: int, public: PublicKey, keys: KeyRing) -> None:
    opened = open_sealed(io.BytesIO(sealed(sound, public)), keys)
    assert b"".join(opened.read(first, first + size)) == sound[first : first + size]


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7])
def test_every_changed_byte_is_noticed(length: int, public: PublicKey, keys: KeyRing) -> None:
    file = sealed(bytes(length), public)
    for place in range(len(file)):
        for change in (0x01, 0x80):
            changed = file[:place] + bytes([file[place] ^ change]) + file[place + 1 :]
            # A changed key id names a key nobody has.
            with pytest.raises((RecordingDamaged, KeyUnusable)):
                heard(changed, keys)


@pytest.mark.parametrize("length", [0, 1, CHUNK, 2 * CHUNK, 2 * CHUNK + 7])
def test_every_lost_end_is_noticed_on_opening(length: int, public: PublicKey, keys: KeyRing) -> None:
    file = sealed(bytes(length), public)
    for left in range(len(file)):
        with pytest.raises(RecordingDamaged):
            open_sealed(io.BytesIO(file[:left]), keys)


@given(sound=SOUNDS, added=st.binary(min_size=1, max_size=3 * CHUNK))
def test_whatever_is_added_is_noticed(sound: bytes, added: bytes, public: PublicKey, keys: KeyRing) -> None:
    with pytest.raises(RecordingDamaged):
        heard(sealed(sound, public) + added, keys)


def test_chunks_can_not_change_places(public: PublicKey, keys: KeyRing) -> None:
    file = sealed(bytes(range(CHUNK)) * 3, public)
    front = len(file) - 3 * (CHUNK + 16)
    one, two, three = (file[front + n * (CHUNK + 16) :][: CHUNK + 16] for n in range(3))
    for order in ((two, one, three), (one, three, two), (one, one, three), (one, three)):
        with pytest.raises(RecordingDamaged):
            heard(file[:front] + b"".join(order), keys)


def test_another_recordings_chunks_do_not_fit(public: PublicKey, keys: KeyRing) -> None:
    mine, other = sealed(b"a" * CHUNK, public), sealed(b"b" * CHUNK, public)
    with pytest.raises(RecordingDamaged):
        heard(mine[: -(CHUNK + 16)] + other[-(CHUNK + 16) :], keys)


def test_another_offices_key_opens_nothing(public: PublicKey, tmp_path: Path) -> None:
    other = make_keys(tmp_path)
    file = sealed(b"sound", public)
    with pytest.raises(KeyUnusable, match=r"秘密鍵 .* を読めません"):
        heard(file, KeyRing(tmp_path))
    # Even under the name of the right one.
    (tmp_path / f"{other.key_id}.private.pem").rename(tmp_path / f"{public.key_id}.private.pem")
    with pytest.raises(KeyUnusable, match="別の鍵"):
        heard(file, KeyRing(tmp_path))
    with pytest.raises(RecordingDamaged):
        SealedRecording(io.BytesIO(file), bytes(32))


def test_the_same_sound_is_never_sealed_alike(public: PublicKey) -> None:
    assert len({sealed(b"sound" * 20, public) for _ in range(8)}) == 8
    assert b"soundsound" not in sealed(b"sound" * 20, public)


@given(junk=st.binary(max_size=200))
def test_what_is_no_recording_is_said_to_be_none(junk: bytes) -> None:
    for text in (
        junk,
        container.MAGIC + junk,
        container.MAGIC + b"\1" + bytes(8) + len(junk).to_bytes(2, "big") + junk,
    ):
        with pytest.raises(RecordingDamaged):
            read_label(io.BytesIO(text))


@pytest.mark.parametrize(
    ("fact", "forged"),
    [
        ("began", "2026-09-08T01:00:00"),
        ("began", "0001-01-01T00:00:00+23:59"),
        ("milliseconds", 2**31),
        ("milliseconds", -1),
        ("node", "node\0"),
        ("node", "\ud800"),
        ("more", 1),
    ],
)
def test_facts_the_books_could_not_hold_are_none(public: PublicKey, fact: str, forged: object) -> None:
    told = json.dumps(json.loads(FACTS.to_bytes()) | {fact: forged}, sort_keys=True, separators=(",", ":")).encode()
    front = container.MAGIC + b"\1" + bytes.fromhex(public.key_id) + len(told).to_bytes(2, "big") + told
    with pytest.raises(RecordingDamaged):
        read_label(io.BytesIO(front))


def test_the_layout_is_the_one_written_down(public: PublicKey) -> None:
    file = sealed(b"sound", public)
    assert file[:9] == b"TSUNAREC\x01"
    assert file[9:17].hex() == public.key_id
    told = int.from_bytes(file[17:19], "big")
    assert file[19 : 19 + told] == FACTS.to_bytes()
    assert len(file) == 19 + told + 32 + 48 + len(b"sound") + 16
