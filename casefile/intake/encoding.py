"""Which encoding a file is in, and how a byte that is no character is kept until somebody looks at it.

Python's cp932 gives the user-defined area F040–F9FC the private-use code points Windows gives it (U+E000–U+E757), so
encoding the text again yields the same bytes. A byte that decodes to nothing becomes U+10FE00 + byte: sixteen
planes up, where no font and no gaiji table of a city has anything.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from casefile.errors import TsunagaruError

KEEP = "tsunagaru.keep"
RAW_BYTE = 0x10FE00
LABELS = {
    "utf-8-sig": "UTF-8(BOM付き)",
    "utf-8": "UTF-8",
    "cp932": "CP932(シフトJIS)",
    "utf-16": "UTF-16(BOM付き)",
    "utf-16-le": "UTF-16LE",
    "utf-16-be": "UTF-16BE",
}
STRANGE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f〓\ufffd\ue000-\uf8ff\U000f0000-\U000fffff\U00100000-\U0010ffff]"
)
"""Private-use, control and replacement characters, raw bytes, and 〓, with which core systems mark a lost one."""

_BLOCK = 1 << 20
_SAMPLE = 1 << 16


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file's encoding as Python names it, its SHA-256 in hex, and its size in bytes."""

    encoding: str
    sha256: str
    size: int

    @property
    def label(self) -> str:
        return LABELS[self.encoding]


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    undecodable = error.object[error.start : error.end]
    return "".join(chr(RAW_BYTE + byte) for byte in undecodable), error.end


codecs.register_error(KEEP, _keep_bytes)


def recognise(path: Path, declared: str | None) -> Recognised:
    """Read the file once: its SHA-256 and its encoding. A BOM outweighs `declared`, which outweighs what it looks like.

    Raises TsunagaruError when the file cannot be read.
    """
    digest = hashlib.sha256()
    strict = codecs.getincrementaldecoder("utf-8")()
    head = b""
    doubtful: bytes | None = None
    size = 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                head = head or block[:_SAMPLE]
                digest.update(block)
                size += len(block)
                if doubtful is None:
                    try:
                        strict.decode(block)
                    except UnicodeDecodeError as error:
                        start = max(0, min(error.start, len(block)) - 1)
                        doubtful = block[start : start + _SAMPLE]
    except OSError as error:
        raise TsunagaruError(
            f"{path} を読めません({error.strerror})。場所と権限を確かめて、もう一度実行してください。"
        ) from error
    encoding = _by_mark(head) or declared or _utf16_without_mark(head) or _utf8_or_cp932(doubtful)
    return Recognised(encoding, digest.hexdigest(), size)


def source_bytes(character: str, encoding: str) -> str:
    """The bytes a strange character stood for in the file, in hex."""
    code = ord(character)
    if RAW_BYTE <= code <= RAW_BYTE + 0xFF:
        return f"{code - RAW_BYTE:02X}"
    name = {"utf-8-sig": "utf-8", "utf-16": "utf-16-be"}.get(encoding, encoding)
    return character.encode(name, errors="surrogatepass" if name != "cp932" else "backslashreplace").hex().upper()


def _by_mark(head: bytes) -> str | None:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return None


def _utf16_without_mark(head: bytes) -> str | None:
    """Digits, commas and line ends of UTF-16 have a zero byte on one side; the other encodings have none."""
    head = head[: len(head) // 2 * 2]
    pairs = len(head) // 2
    upper_first, upper_last = head[0::2].count(0), head[1::2].count(0)
    if pairs and upper_last > pairs // 20 and upper_first * 10 < upper_last:
        return "utf-16-le"
    if pairs and upper_first > pairs // 20 and upper_last * 10 < upper_first:
        return "utf-16-be"
    return None


def _utf8_or_cp932(doubtful: bytes | None) -> str:
    """UTF-8 unless it is broken somewhere and CP932 makes more sense of that place."""
    if doubtful is None:
        return "utf-8"
    return "cp932" if _mistakes(doubtful, "cp932") < _mistakes(doubtful, "utf-8") else "utf-8"


def _mistakes(sample: bytes, encoding: str) -> int:
    text = sample.decode(encoding, errors=KEEP)
    # CP932 gives the bytes 80, A0 and FD to FF, which stand for nothing, code points of their own.
    return sum(1 for sign in text if ord(sign) >= RAW_BYTE or sign == "\x80" or 0xF8F0 <= ord(sign) <= 0xF8F3)
