"""Synthesised Japanese speech for telephones: Open JTalk, each sentence spoken once and then kept.

The voice is this machine's own, or that of the root folder `.ci/asterisk-root` built (entering it needs root). Where there
is none, a sequence of tones as long as the sentence stands in for it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from rehearsal.sip.script import Say
from rehearsal.sip.sound import silence, tone

_DICTIONARY = "var/lib/mecab/dic/open-jtalk/naist-jdic"
_VOICE = "usr/share/hts-voice/nitech-jp-atr503-m001/nitech_jp_atr503_m001.htsvoice"
# open_jtalk reads the sentence from its standard input and wants a file to write (a root folder has no /dev/stdout); sox
# makes of it what a line carries.
_SPEAK = (
    "folder=$(mktemp -d) && trap 'rm -rf \"$folder\"' EXIT"
    ' && open_jtalk -x "/$1" -m "/$2" -r "$3" -fm "$4" -ow "$folder/said"'
    ' && sox -t wav "$folder/said" -r 8000 -c 1 -e mu-law -t raw - norm -9 pad 0 0.05'
)
_SPOKEN_WITHIN = 20.0
_SECONDS_A_SIGN = 0.14


class Voice:
    """`speak` may be called from any thread. `root` is Asterisk's root folder, where there is one; `kept` the cache."""

    def __init__(self, kept: Path, root: Path | None = None) -> None:
        self._kept = kept
        self._command = _own_voice() or _voice_in(root)
        self._turn = threading.Lock()

    @property
    def is_real(self) -> bool:
        """Whether there is a voice; otherwise tones stand in for it."""
        return self._command is not None

    def speak(self, say: Say) -> bytes:
        """The sentence as μ-law."""
        if self._command is None:
            return babble(say.text)
        # A sentence may hold a name: its file bears none.
        about = f"{say.text}\0{say.speed:.2f}\0{say.half_tones:.1f}\0{_SPEAK}"
        file = self._kept / f"{hashlib.sha256(about.encode()).hexdigest()[:24]}.ul"
        # One sentence at a time: a machine that also carries calls has no more to spare.
        with self._turn:
            if not file.is_file() and not self._synthesise(say, file, self._command):
                # Not kept: a machine too busy for this one has time for it another day.
                return babble(say.text)
            return file.read_bytes()

    def _synthesise(self, say: Say, file: Path, command: Sequence[str]) -> bool:
        self._kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Below whatever carries calls: a sentence may wait, a packet of sound may not.
        words = [
            "nice",
            "-n",
            "15",
            *command,
            _SPEAK,
            "speak",
            _DICTIONARY,
            _VOICE,
            f"{1.15 * say.speed:.2f}",
            f"{say.half_tones:.1f}",
        ]
        try:
            spoken = subprocess.run(
                words,
                input=f"{say.text}\n".encode(),
                capture_output=True,
                timeout=_SPOKEN_WITHIN,
                check=True,
                cwd="/",
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
            ).stdout
        except (OSError, subprocess.SubprocessError):
            spoken = b""
        if spoken:
            unfinished = file.with_suffix(f".{os.getpid()}")
            unfinished.write_bytes(spoken)
            unfinished.replace(file)
        return bool(spoken)


def babble(text: str) -> bytes:
    """Tones of a sentence's length, broken like words; what has no sound to it is silence."""
    said = b""
    for position, sign in enumerate(text):
        pause = sign in "、。…・ ()(無言)"
        said += silence(_SECONDS_A_SIGN) if pause else tone((220, 300, 260, 340)[position % 4], _SECONDS_A_SIGN, -18)
    return said


def _own_voice() -> Sequence[str] | None:
    there = shutil.which("open_jtalk") and shutil.which("sox")
    return ("sh", "-c") if there and _is_whole(Path("/")) else None


def _voice_in(root: Path | None) -> Sequence[str] | None:
    if root is None or os.geteuid() != 0 or not (root / "usr/bin/open_jtalk").exists() or not _is_whole(root):
        return None
    return ("chroot", str(root), "sh", "-c")


def _is_whole(root: Path) -> bool:
    return (root / _DICTIONARY).is_dir() and (root / _VOICE).is_file()
