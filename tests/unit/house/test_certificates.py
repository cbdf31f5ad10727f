"""The office's own authority and its server certificate: what they are good for, and what they are not."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from casefile.clock import VirtualClock
from casefile.errors import TsunagaruError
from dialer.asterisk.node.node_file import read_node_from_afar
from dialer.asterisk.node.running import home_of, new_secret
from tsunagaru.certificates import AUTHORITY_LASTS, SERVER_LASTS, Certificates, expiry, fingerprint, make_certificates
from tsunagaru.doctor import certificate
from tsunagaru.settings import Settings
from tsunagaru.telephone_check import files_of_node
from tsunagaru.telephones import node_folder

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def trusted(made: Certificates, host: str, at: datetime = NOW) -> bool:
    """Whether a PC that was given the authority takes the server for this host."""
    server = x509.load_pem_x509_certificates(made.chain.read_bytes())[0]
    store = Store([x509.load_pem_x509_certificate(made.authority.read_bytes())])
    try:
        PolicyBuilder().store(store).time(at).build_server_verifier(x509.DNSName(host)).verify(server, [])
    except VerificationError:
        return False
    return True


def test_a_pc_with_the_authority_takes_the_server_for_its_names_alone(tmp_path: Path) -> None:
    made = make_certificates(tmp_path, ["tsunagaru.city.local", "tel.city.local"], NOW)
    assert trusted(made, "tsunagaru.city.local")
    assert trusted(made, "tel.city.local")
    assert not trusted(made, "other.city.local")
    assert not trusted(made, "tsunagaru.city.local", NOW + SERVER_LASTS + timedelta(days=1))


def test_keys_are_their_owners_and_certificates_everybodys(tmp_path: Path) -> None:
    made = make_certificates(tmp_path / "new", ["tsunagaru.city.local"], NOW)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (made.key, made.authority_key)}
    assert modes == {"server.key": 0o600, "ca.key": 0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_made_again_the_pcs_need_nothing_new(tmp_path: Path) -> None:
    first = make_certificates(tmp_path, ["tsunagaru.city.local"], NOW)
    before = (fingerprint(first.authority), first.chain.read_bytes())
    again = make_certificates(tmp_path, ["tsunagaru.city.local"], NOW + timedelta(days=800))
    assert fingerprint(again.authority) == before[0]
    assert again.chain.read_bytes() != before[1]
    assert trusted(again, "tsunagaru.city.local", NOW + timedelta(days=1000))


def test_an_authority_signs_for_no_name_it_was_not_made_for(tmp_path: Path) -> None:
    make_certificates(tmp_path, ["tsunagaru.city.local"], NOW)
    with pytest.raises(TsunagaruError, match="--out"):
        make_certificates(tmp_path, ["tsunagaru.city.local", "bank.example"], NOW)
    with pytest.raises(TsunagaruError, match="--out"):
        make_certificates(tmp_path, ["tsunagaru.city.local"], NOW + AUTHORITY_LASTS)


@pytest.mark.parametrize("hosts", [["192.0.2.5"], ["tsunagaru.city.local"], ["2001:db8::5", "192.0.2.5"]])
def test_the_authority_is_bound_in_every_kind_of_name(tmp_path: Path, hosts: list[str]) -> None:
    made = make_certificates(tmp_path, hosts, NOW)
    authority = x509.load_pem_x509_certificate(made.authority.read_bytes())
    bounds = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert bounds.critical
    said = [*(bounds.value.permitted_subtrees or []), *(bounds.value.excluded_subtrees or [])]
    assert {type(name) for name in said} == {x509.DNSName, x509.IPAddress}


@pytest.mark.parametrize("host", ["", "https://x", "a b", "-x.local", "市役所", "x" * 64, "10.0.0.0/8"])
def test_what_is_no_name_is_refused_in_a_sentence(tmp_path: Path, host: str) -> None:
    with pytest.raises(TsunagaruError, match="アドレス欄"):
        make_certificates(tmp_path, [host], NOW)


def test_files_that_do_not_belong_together_are_told(tmp_path: Path) -> None:
    one = make_certificates(tmp_path / "one", ["a.local"], NOW)
    other = make_certificates(tmp_path / "other", ["a.local"], NOW)
    with pytest.raises(TsunagaruError, match="組になっていません"):
        expiry(one.chain, other.key)
    with pytest.raises(TsunagaruError, match="読めません"):
        expiry(tmp_path / "none.crt", one.key)


def settings_with(made: Certificates | None, tmp_path: Path, voice: str = "") -> Settings:
    files = {"TSUNAGARU_CERTIFICATE": str(made.chain), "TSUNAGARU_KEY": str(made.key)} if made else {}
    return Settings.from_environment({"TSUNAGARU_HOME": str(tmp_path), "TSUNAGARU_VOICE": voice, **files})


@pytest.mark.parametrize(
    ("days", "found"),
    [(1, None), (789, None), (791, "あと29日"), (821, "切れています")],
)
def test_the_doctor_says_so_thirty_days_before_the_end(tmp_path: Path, days: int, found: str | None) -> None:
    settings = settings_with(make_certificates(tmp_path, ["a.local"], NOW), tmp_path)
    finding = certificate(settings, VirtualClock(NOW + timedelta(days=days)))
    assert finding.well == (found is None)
    assert found is None or found in finding.found


def test_a_voice_without_https_is_no_voice(tmp_path: Path) -> None:
    assert certificate(settings_with(None, tmp_path), VirtualClock(NOW)).mark == "－"
    speaking = settings_with(None, tmp_path, "node-1=wss://tel.city.local:8089/ws")
    assert "certificate make" in certificate(speaking, VirtualClock(NOW)).remedy


NODE = """
name = "node-1"
voice_host = "tel.city.local"
[wording]
city = "みどり市役所"
[ports]
sip = 5060
ami = 5038
http = 8088
https = 8089
rtp_first = 10000
rtp_last = 10999
[certificate]
chain = "FOLDER/server.crt"
key = "FOLDER/server.key"
"""


def test_a_node_that_browsers_find_needs_https_and_what_was_made_is_found(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text(NODE.replace("FOLDER", str(tmp_path / "certificates")), encoding="utf-8")
    settings = replace(settings_with(None, tmp_path), nodes=(file,))
    missing = certificate(settings, VirtualClock(NOW))
    assert missing.mark == "要"
    assert "TSUNAGARU_CERTIFICATE" in missing.remedy
    made = make_certificates(settings.certificates, ["tel.city.local"], NOW)
    found = certificate(settings, VirtualClock(NOW))
    assert found.mark == "良"
    assert str(made.chain) in found.found
    assert certificate(settings, VirtualClock(NOW + SERVER_LASTS)).mark == "要"


def test_a_nodes_files_that_are_not_here_are_not_called_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISK_ROOT", str(tmp_path / "root"))
    file = tmp_path / "node.toml"
    file.write_text(NODE.replace("FOLDER", str(tmp_path)), encoding="utf-8")
    node = read_node_from_afar(file, {}, home_of, new_secret)

    def marks() -> list[str]:
        return [finding.mark for finding in files_of_node(node, VirtualClock(NOW))]

    assert marks() == ["－", "－"]
    (node_folder(node) / "etc").mkdir(parents=True)
    assert marks() == ["要", "要"]
    make_certificates(tmp_path, ["tel.city.local"], NOW)
    assert marks() == ["良", "要"]


def test_half_a_certificate_and_a_broken_address_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TsunagaruError, match="両方"):
        Settings.from_environment({"TSUNAGARU_HOME": str(tmp_path), "TSUNAGARU_KEY": "x"})
    for told in ("node-1", "node-1=http://x/ws", "wss://x/ws"):
        with pytest.raises(TsunagaruError, match="TSUNAGARU_VOICE"):
            Settings.from_environment({"TSUNAGARU_HOME": str(tmp_path), "TSUNAGARU_VOICE": told})
