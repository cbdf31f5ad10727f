"""A node's files say what its data say, and nothing that is handed in can add a line to them."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from dialer.asterisk.node.configuration import channel_to, rendered, write_configuration
from dialer.asterisk.node.node import (
    AFTER_HOURS,
    ANNOUNCE,
    ANSWERED,
    EARLY_EVENT,
    EVENTS,
    JOIN,
    QUEUE,
    Account,
    Certificate,
    Node,
    Opening,
    OperatorLine,
    Ports,
    Trunk,
)

AMI_SECRET = "only-for-this-test-0001"
LINE_SECRET = "only-for-this-test-0002"
PASSWORD = "only!for#this,test"
TRUNK = Trunk("city", "192.0.2.10", 5060, "0300000000", cps=2.5, lines=8)
NODE = Node(
    name="node-1",
    home=PurePosixPath("/srv/nodes/node-1"),
    ports=Ports(sip=5060, ami=5038, http=8088, rtp_first=10000, rtp_last=10999),
    ami_user="engine",
    ami_secret=AMI_SECRET,
    trunks=(TRUNK,),
    operators=(OperatorLine("op-1", LINE_SECRET), OperatorLine("desk-1", LINE_SECRET, webrtc=False)),
)


def section(text: str, name: str, nth: int = 0) -> dict[str, str]:
    """The nth section of this name, its settings by name."""
    bodies = re.findall(rf"^\[{re.escape(name)}\]\n((?:[^\[\n].*\n|\n)*)", text, re.MULTILINE)
    pairs = (line.split("=", 1) for line in bodies[nth].splitlines() if "=" in line and not line.startswith(";"))
    return {key.strip(): value.strip(" >") for key, value in pairs}


def test_a_trunk_is_an_endpoint_that_shows_its_number_and_knows_its_peer() -> None:
    text = rendered(NODE)["pjsip.conf"]
    assert section(text, "city", 0)["from_user"] == "0300000000"
    assert section(text, "city", 0)["direct_media"] == "no"
    assert section(text, "city", 1)["contact"] == "sip:192.0.2.10:5060"
    assert section(text, "city-peer")["match"] == "192.0.2.10"


def test_no_telephone_can_send_a_call_elsewhere_and_a_trunk_is_known_by_its_address_alone() -> None:
    files = rendered(NODE)
    trunk, line = section(files["pjsip.conf"], "city"), section(files["pjsip-operators.conf"], "op-1")
    assert (trunk["identify_by"], line["identify_by"]) == ("ip", "username")
    for endpoint in (trunk, line):
        assert endpoint["allow_transfer"] == "no"
    for text in (files["pjsip.conf"], files["pjsip-operators.conf"]):
        assert "set_var = FORWARD_CONTEXT=tsunagaru-nobody" in text
    assert "res_pjsip_refer" not in files["modules.conf"]
    options = re.findall(r"Dial\([^,]+,[^,]+,([a-zA-Z]+)", files["extensions.conf"] + files["extensions-transfer.conf"])
    assert [option for option in options if "i" not in option.partition("U")[0].partition("b")[0]] == []
    assert len(options) == 2


def test_whoever_presses_keys_all_the_time_waits_no_longer_than_others() -> None:
    text = rendered(NODE)["extensions.conf"]
    queue, after_hours = (text.split(f"[{context}]")[1].split("\n[")[0] for context in (QUEUE, AFTER_HOURS))
    for key in "123":
        assert f"exten => {key},1,GotoIf($[${{EPOCH}} >= ${{GIVE_UP}}]?nobody,1)" in queue
    assert "TIMEOUT(absolute)=90" in after_hours


def test_a_trunk_that_takes_no_calls_lets_nobody_in() -> None:
    text = rendered(replace(NODE, trunks=(replace(TRUNK, inbound=False),)))["pjsip.conf"]
    assert "city-peer" not in text
    assert section(text, "city")["context"] == "tsunagaru-nobody"


def test_a_trunk_with_an_account_registers() -> None:
    text = rendered(replace(NODE, trunks=(replace(TRUNK, account=Account("0300000000", PASSWORD)),)))["pjsip.conf"]
    assert section(text, "city-account")["password"] == PASSWORD
    assert section(text, "city-registration")["client_uri"] == "sip:0300000000@192.0.2.10"


def test_browsers_get_webrtc_and_desk_phones_plain_sip() -> None:
    text = rendered(NODE)["pjsip-operators.conf"]
    assert section(text, "op-1")["webrtc"] == "yes"
    assert "webrtc" not in section(text, "desk-1")
    assert section(text, "op-1", 1)["password"] == LINE_SECRET


def test_ami_and_plain_http_stay_on_loopback_and_ami_can_not_change_the_node() -> None:
    files = rendered(replace(NODE, bind="192.0.2.1", media_address="192.0.2.1"))
    assert section(files["manager.conf"], "general")["bindaddr"] == "127.0.0.1"
    assert section(files["http.conf"], "general")["bindaddr"] == "127.0.0.1"
    assert "tlsenable" not in files["http.conf"]
    assert set(section(files["manager.conf"], "engine")["write"].split(",")) == {"call", "originate", "reporting"}


def test_only_the_events_that_are_used_leave_asterisk() -> None:
    assert let_out(NODE) == EVENTS
    early = replace(
        NODE, trunks=(*NODE.trunks, replace(NODE.trunks[0], name="early", host="192.0.2.77", early_media=True))
    )
    assert let_out(early) == (*EVENTS, EARLY_EVENT)


def let_out(node: Node) -> tuple[str, ...]:
    text = rendered(node)["manager.conf"]
    return tuple(re.findall(r"^eventfilter\(action\(include\),name\((\w+)\)\) =", text, re.MULTILINE))


def test_wss_needs_port_and_certificate_together() -> None:
    certificate = Certificate(PurePosixPath("/srv/tls/chain.pem"), PurePosixPath("/srv/tls/key.pem"))
    with pytest.raises(ValueError, match="証明書"):
        replace(NODE, certificate=certificate)
    whole = replace(NODE, certificate=certificate, ports=replace(NODE.ports, https=8089))
    assert section(rendered(whole)["http.conf"], "general")["tlscertfile"] == "/srv/tls/chain.pem"


def test_no_call_detail_back_end_and_nothing_loads_by_itself() -> None:
    files = rendered(NODE)
    assert section(files["modules.conf"], "modules")["autoload"] == "no"
    assert "cdr_" not in files["modules.conf"]
    assert section(files["cdr.conf"], "general")["enable"] == "no"
    for module in (
        "chan_pjsip",
        "app_amd",
        "app_mixmonitor",
        "app_confbridge",
        "res_srtp",
        "res_pjsip_transport_websocket",
    ):
        assert f"{module}.so" in files["modules.conf"]


def test_an_answered_call_that_nobody_redirects_hears_who_called() -> None:
    text = rendered(NODE)["extensions.conf"]
    answered = text.split(f"[{ANSWERED}]")[1].split("\n\n")[0]
    assert "+ 2000]" in answered
    assert answered.rstrip().endswith(f"Goto({ANNOUNCE},s,1)")
    announce = text.split(f"[{ANNOUNCE}]")[1].split("\n[")[0]
    assert announce.index("who-called") < announce.index("Hangup")


def test_every_context_ends_by_itself_or_goes_where_one_does() -> None:
    text = rendered(NODE)["extensions.conf"]
    for body in text.split("\n[")[3:]:
        last = body.split("\n\n")[0].rstrip().splitlines()[-1]
        assert re.search(r"Hangup\(|Goto\(|Return\(", last), body


def test_opening_hours_are_asked_only_where_they_are_given() -> None:
    assert "GotoIfTime" not in rendered(NODE)["extensions.conf"]
    text = rendered(replace(NODE, openings=(Opening("mon", "fri", "09:00", "17:15"),)))["extensions.conf"]
    assert "GotoIfTime(09:00-17:14,mon-fri,*,*,Asia/Tokyo?open)" in text


def test_files_with_secrets_are_their_owners_alone(tmp_path: Path) -> None:
    configuration = write_configuration(tmp_path, NODE)
    assert configuration == tmp_path / "etc" / "asterisk.conf"
    for file in (tmp_path / "etc").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    write_configuration(tmp_path, replace(NODE, ami_secret="another-secret-0003"))
    assert AMI_SECRET not in (tmp_path / "etc" / "manager.conf").read_text()


def test_no_secret_is_ever_printed() -> None:
    told = repr(replace(NODE, trunks=(replace(TRUNK, account=Account("0300000000", PASSWORD)),)))
    assert not [secret for secret in (AMI_SECRET, LINE_SECRET, PASSWORD) if secret in told]


@pytest.mark.parametrize("end", ["\n", "\r\nsecret=x", "]", ";", ",x", "\u2028", " "])
def test_no_name_number_or_secret_can_add_a_line(end: str) -> None:
    for make in (
        lambda: replace(TRUNK, name=f"a{end}"),
        lambda: replace(TRUNK, host=f"a{end}"),
        lambda: replace(TRUNK, caller_number=f"0300000000{end}"),
        lambda: OperatorLine(f"a{end}", LINE_SECRET),
        lambda: OperatorLine("a", f"{LINE_SECRET}{end}"),
        lambda: replace(NODE, ami_secret=f"{AMI_SECRET}{end}"),
        lambda: replace(NODE, home=PurePosixPath(f"/srv/{end}x")),
    ):
        with pytest.raises(ValueError, match="使えない"):
            make()


def test_a_password_can_not_become_a_comment_or_a_line() -> None:
    for bad in ("a;b", "a\nb", "a b", "a\\"):
        with pytest.raises(ValueError, match="パスワード"):
            Account("user", bad)


def test_names_are_told_apart() -> None:
    with pytest.raises(ValueError, match="同じ名前"):
        replace(NODE, operators=(OperatorLine("city", LINE_SECRET),))
    with pytest.raises(ValueError, match="相手先が同じ"):
        replace(NODE, trunks=(TRUNK, replace(TRUNK, name="other")))


def test_a_number_to_dial_is_digits() -> None:
    assert channel_to("city", "09000000000") == "PJSIP/09000000000@city"
    for bad in ("", "+", "0900 0000000", "090&Local/x@y", "０９０"):
        with pytest.raises(ValueError, match="数字だけ"):
            channel_to("city", bad)


def test_the_join_context_is_no_place_for_a_call_that_was_given_up() -> None:
    body = rendered(NODE)["extensions.conf"].split(f"[{JOIN}]")[1]
    assert "ANNOUNCED" in body.splitlines()[1]
