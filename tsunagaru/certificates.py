"""HTTPS for an office without a certificate of its own: a small authority, and a server certificate it signs.

A browser gives no microphone to a page that came over plain HTTP, so the panel and the telephone nodes need one. The
authority is bound to the office's names (RFC 5280, 4.2.1.10): whoever steals its key can pretend to be no other site.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from casefile.errors import TsunagaruError

AUTHORITY_LASTS = timedelta(days=3650)
SERVER_LASTS = timedelta(days=820)
"""Apple's systems refuse server certificates of more than 825 days, private authorities' too (support.apple.com/103769)."""
WARN_BEFORE = timedelta(days=30)
_BACKDATED = timedelta(hours=1)  # an office's clocks differ a little


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files of an office: `authority` goes to its PCs, `chain` and `key` to the panel and the telephone nodes."""

    authority: Path
    authority_key: Path
    chain: Path
    key: Path

    @classmethod
    def in_folder(cls, folder: Path) -> Certificates:
        return cls(folder / "ca.crt", folder / "ca.key", folder / "server.crt", folder / "server.key")


def make_certificates(folder: Path, hosts: Sequence[str], now: datetime) -> Certificates:
    """A server certificate for these names and addresses, signed by the folder's authority, which is made if there is none.

    Keys are readable by their owner alone. Raises TsunagaruError for a name that is none, and where the folder's authority
    may not sign for it.
    """
    names = [_name(host) for host in dict.fromkeys(hosts)]
    files = Certificates.in_folder(folder)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority, authority_key = _authority(files, names, now)
        key = ec.generate_private_key(ec.SECP256R1())
        server = _server_certificate(names, key, authority, authority_key, now)
        _write(files.key, _pem_of(key), 0o600)
        _write(files.chain, _pem(server) + _pem(authority), 0o644)
    except OSError as error:
        raise TsunagaruError(
            f"{folder} に証明書を書けません({error.strerror})。フォルダーの持ち主と権限、ディスクの空きを確かめてください。"
        ) from error
    return files


def fingerprint(certificate: Path) -> str:
    """SHA-256 of a certificate as Windows and browsers show it, to be compared before it is trusted."""
    digest = x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(hashes.SHA256())
    return ":".join(f"{byte:02X}" for byte in digest)


def expiry(chain: Path, key: Path) -> datetime:
    """When the first certificate of a chain that goes out ends, in UTC.

    Raises TsunagaruError, with what to do, where the files cannot be used together.
    """
    try:
        certificates = x509.load_pem_x509_certificates(chain.read_bytes())
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)
    except ssl.SSLError as error:
        raise TsunagaruError(
            f"証明書 {chain} と鍵 {key} が組になっていません。同じときに作られた二つを指定してください。"
        ) from error
    except (OSError, ValueError) as error:
        raise TsunagaruError(
            f"証明書 {chain} か鍵 {key} を読めません。場所と権限、PEM形式であることを確かめてください。"
        ) from error
    return min(certificate.not_valid_after_utc for certificate in certificates)


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        pass
    try:
        labels = host.split(".")
        if not host or len(host) > 253 or not all(_is_label(label) for label in labels):
            raise ValueError
        return x509.DNSName(host.lower())
    except ValueError:
        raise TsunagaruError(
            f"「{host}」は機械の名前にもIPアドレスにもなりません。アドレス欄に打つ名前(例 tsunagaru.city.local)を指定してください。"
        ) from None


def _is_label(label: str) -> bool:
    inner = label.replace("-", "a")
    return 0 < len(label) < 64 and label.isascii() and inner.isalnum() and label[0] != "-" and label[-1] != "-"


def _authority(
    files: Certificates, names: Sequence[x509.GeneralName], now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    if not files.authority.exists():
        return _new_authority(files, names, now)
    try:
        authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
        key = serialization.load_pem_private_key(files.authority_key.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != authority.public_key():
            raise ValueError
    except (ValueError, TypeError, InvalidSignature, FileNotFoundError) as error:
        raise TsunagaruError(
            f"{files.authority} とその鍵が壊れているか、組になっていません。別のフォルダーを --out で指定して作り直してください。"
        ) from error
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    missing = [name for name in names if _subtree(name) not in permitted]
    if missing or authority.not_valid_after_utc < now + SERVER_LASTS:
        raise TsunagaruError(
            "いまの認証局はこの名前か期間の証明書に使えません。別のフォルダーを --out で指定して作り直し、"
            "新しい ca.crt を各パソコンに配り直してください。"
        )
    return authority, key


def _new_authority(
    files: Certificates, names: Sequence[x509.GeneralName], now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tsunagaru"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Tsunagaru CA {now:%Y-%m-%d}"),
        ]
    )
    authority = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(_bounds(names), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(files.authority_key, _pem_of(key), 0o600)
    _write(files.authority, _pem(authority), 0o644)
    return authority, key


def _server_certificate(
    names: Sequence[x509.GeneralName],
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tsunagaru")]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + SERVER_LASTS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _subtree(name: x509.GeneralName) -> x509.GeneralName:
    return x509.IPAddress(ip_network(f"{name.value}")) if isinstance(name, x509.IPAddress) else name


def _bounds(names: Sequence[x509.GeneralName]) -> x509.NameConstraints:
    """A kind of name nothing is said of would be free altogether; `invalid` is nobody's (RFC 2606)."""
    permitted = [_subtree(name) for name in names]
    if not any(isinstance(name, x509.DNSName) for name in names):
        permitted.append(x509.DNSName("invalid"))
    if any(isinstance(name, x509.IPAddress) for name in names):
        return x509.NameConstraints(permitted, None)
    whole = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    return x509.NameConstraints(permitted, [x509.IPAddress(network) for network in whole])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs,
        crl_sign=not signs,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and never readable by others for a moment."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    unfinished.replace(path)
