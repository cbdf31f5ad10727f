"""Keys of recordings: private ones for their owner alone, old ones kept, and sentences that say what to do."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from dialer.asterisk.recording.container import open_sealed, seal
from dialer.asterisk.recording.keys import CURRENT, KeyRing, KeyUnusable, load_public, make_keys
from tests.unit.dialer.test_recording_container import FACTS


def test_a_private_key_is_its_owners_alone(tmp_path: Path) -> None:
    key = make_keys(tmp_path / "keys")
    private = tmp_path / "keys" / f"{key.key_id}.private.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert b"PRIVATE" not in (tmp_path / "keys" / CURRENT).read_bytes()


def test_a_private_key_outlives_a_power_cut_that_its_public_one_outlives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasting: list[set[str]] = []
    monkeypatch.setattr(
        "dialer.asterisk.recording.keys.sync_folder",
        lambda folder: lasting.append({path.name for path in folder.iterdir()}),
    )
    key = make_keys(tmp_path)
    private, public = f"{key.key_id}.private.pem", f"{key.key_id}.public.pem"
    assert lasting == [{private}, {private, public}, {private, public, CURRENT}]


def test_after_a_rotation_old_recordings_are_still_heard(tmp_path: Path) -> None:
    files = []
    for _ in range(3):
        make_keys(tmp_path)
        target = io.BytesIO()
        seal([b"sound"], target, FACTS, load_public(tmp_path / CURRENT))
        files.append(target)
    keys = KeyRing(tmp_path)
    assert len(keys.known()) == 3
    assert [b"".join(open_sealed(file, keys).read()) for file in files] == [b"sound"] * 3
    assert len({file.getvalue()[9:17] for file in files}) == 3


@pytest.mark.parametrize(
    "content", [None, b"", b"-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n", b"\xff" * 99]
)
def test_an_unusable_public_key_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeyUnusable, match="tsunagaru recording-key make"):
        load_public(path)


def test_an_unusable_private_key_is_told(tmp_path: Path) -> None:
    key = make_keys(tmp_path)
    target = io.BytesIO()
    seal([b"sound"], target, FACTS, key)
    private = tmp_path / f"{key.key_id}.private.pem"
    private.write_bytes(b"no key")
    with pytest.raises(KeyUnusable, match="控えから戻してください"):
        open_sealed(target, KeyRing(tmp_path))
