"""The keys that wrap each recording's own key. A node holds a public one; the private ones stay in an office's folder.

A folder of keys holds for every key `ID.private.pem` (readable by its owner alone) and `ID.public.pem`, and as
`current.public.pem` a copy of the newest public one, which nodes are given. Old private keys stay for as long as
recordings wrapped by them do. Neither the database nor a backup ever holds a private key.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from casefile.errors import TsunagaruError
from dialer.asterisk.recording.files import sync_folder

CURRENT = "current.public.pem"
KEY_ID_BYTES = 8
FILE_KEY_BYTES = 32
EPHEMERAL_BYTES = 32
WRAPPED_BYTES = FILE_KEY_BYTES + 16
_PRIVATE = ".private.pem"
_PUBLIC = ".public.pem"
_PURPOSE = b"tsunagaru recording 1"
_NONCE = bytes(12)


class KeyUnusable(TsunagaruError):
    """A key file is missing, closed to us, or no key."""


class WrongKey(Exception):
    """This private key did not wrap that file's key, or the header was changed."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a node wraps with. `key_id`: 16 hexadecimal digits, from the key itself."""

    key_id: str
    key: X25519PublicKey

    def wrap(self, file_key: bytes, about: bytes) -> tuple[bytes, bytes]:
        """Wrap a file's key: (ephemeral public key, wrapped key). `about` is bound to it and must be shown again.

        X25519, HKDF-SHA-256 over the shared secret, salted with both public keys: the construction of the X25519
        recipient of age (age-encryption.org/v1), with AES-256-GCM for the key itself. The wrapping key is used once, so
        its nonce may be zero.
        """
        ephemeral = X25519PrivateKey.generate()
        public = ephemeral.public_key().public_bytes_raw()
        wrapping = _wrapping_key(ephemeral.exchange(self.key), public, self.key.public_bytes_raw())
        return public, AESGCM(wrapping).encrypt(_NONCE, file_key, about)


class KeyRing:
    """The private keys of an office, by id; each is read when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def unwrap(self, key_id: str, ephemeral: bytes, wrapped: bytes, about: bytes) -> bytes:
        """The file's key. Raises KeyUnusable when the private key is not here, WrongKey when it opens nothing."""
        private = self._private(key_id)
        try:
            shared = private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
            wrapping = _wrapping_key(shared, ephemeral, private.public_key().public_bytes_raw())
            return AESGCM(wrapping).decrypt(_NONCE, wrapped, about)
        except (InvalidTag, ValueError):
            raise WrongKey from None

    def known(self) -> Sequence[str]:
        """The ids of the private keys that are here, sorted."""
        return sorted(path.name.removesuffix(_PRIVATE) for path in self._folder.glob(f"*{_PRIVATE}"))

    def _private(self, key_id: str) -> X25519PrivateKey:
        path = self._folder / f"{key_id}{_PRIVATE}"
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except OSError as error:
            raise KeyUnusable(
                f"録音の秘密鍵 {path} を読めません({error.strerror})。"
                "鍵の控えをこの場所に戻すか、TSUNAGARU_RECORDING_KEY で鍵のフォルダーを指定してください。"
            ) from error
        except ValueError:
            raise KeyUnusable(f"{path} は録音の秘密鍵ではありません。鍵の控えから戻してください。") from None
        if not isinstance(key, X25519PrivateKey) or _id_of(key.public_key()) != key_id:
            raise KeyUnusable(f"{path} の中身は別の鍵です。鍵の控えから戻してください。")
        return key


def make_keys(folder: Path) -> PublicKey:
    """Make a pair of keys in `folder` and let it be the current one; pairs made before stay.

    Raises OSError where the folder can not be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = X25519PrivateKey.generate()
    public = PublicKey(_id_of(private.public_key()), private.public_key())
    _write(
        folder / f"{public.key_id}{_PRIVATE}",
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        0o600,
    )
    shown = public.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _write(folder / f"{public.key_id}{_PUBLIC}", shown, 0o644)
    _write(folder / CURRENT, shown, 0o644)
    return public


def load_public(path: Path) -> PublicKey:
    """Read a public key, as a node does. Raises KeyUnusable with what to do."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise KeyUnusable(
            f"録音の公開鍵 {path} を読めません({error.strerror})。"
            "tsunagaru recording-key make で作った公開鍵をこの場所に置いてください。"
        ) from error
    except ValueError:
        raise KeyUnusable(
            f"{path} は録音の公開鍵ではありません。tsunagaru recording-key make で作ってください。"
        ) from None
    if not isinstance(key, X25519PublicKey):
        raise KeyUnusable(f"{path} は別の種類の鍵です。tsunagaru recording-key make で作ってください。")
    return PublicKey(_id_of(key), key)


def _id_of(key: X25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[: 2 * KEY_ID_BYTES]


def _wrapping_key(shared: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    return HKDF(SHA256(), FILE_KEY_BYTES, salt=ephemeral + recipient, info=_PURPOSE).derive(shared)


def _write(path: Path, content: bytes, mode: int) -> None:
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    # A public key is given to nodes at once; after a power cut its private one must still be there.
    sync_folder(path.parent)
