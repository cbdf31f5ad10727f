"""A node as a file an office keeps (TOML). It holds no secret: those come from the environment or are drawn at start.

name = "node-1"
bind = "192.0.2.5"              # SIP and RTP; without it this machine alone
media_address = "192.0.2.5"     # told to the far ends; without it the same
[wording]
city = "みどり市役所"
section = "納税課"               # only if it may be spoken
[ports]
sip = 5060
ami = 5038
http = 8088
rtp_first = 10000
rtp_last = 10999
https = 8089                    # WSS for browsers; with a certificate only
[certificate]                   # PEM files of this machine (in a container: as Asterisk sees them)
chain = "/var/lib/tsunagaru/certificates/server.crt"
key = "/var/lib/tsunagaru/certificates/server.key"
[[trunk]]
name = "hikari"
host = "192.0.2.1"
port = 5060
caller_number = "0300000000"
cps = 2
lines = 8
user = "0300000000"             # only where the carrier wants a registration; its password: TRUNK_PASSWORD_HIKARI
[[opening]]
first_day = "mon"
last_day = "fri"
opens = "09:00"
closes = "17:15"
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from dialer.asterisk.node.node import Account, Certificate, Node, Opening, Ports, Trunk
from dialer.asterisk.node.prompts import Wording

AMI_SECRET = "ASTERISK_AMI_SECRET"  # noqa: S105  # the variable's name
_TRUNK_PASSWORD = "TRUNK_PASSWORD_"  # noqa: S105


def read_node(
    path: Path, environment: Mapping[str, str], home_of: Callable[[str], PurePosixPath], draw_secret: Callable[[], str]
) -> tuple[Node, Wording]:
    """The node of a file, and what it says. `home_of`: node's name → its folder as Asterisk sees it.

    Raises ValueError, in Japanese, naming the file and what is wrong in it.
    """
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
        wording = Wording(**plain.pop("wording"))
        return _node(plain, environment, home_of, draw_secret), wording
    except KeyError as missing:
        raise ValueError(f"{path.name}: {missing.args[0]} がありません。") from None
    except (TypeError, AttributeError) as error:
        raise ValueError(f"{path.name}: 項目の名前か形が正しくありません({error})。") from None
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def _node(
    plain: dict[str, Any],
    environment: Mapping[str, str],
    home_of: Callable[[str], PurePosixPath],
    draw_secret: Callable[[], str],
) -> Node:
    ports = Ports(**plain.pop("ports"))
    trunks = tuple(_trunk(trunk, environment) for trunk in plain.pop("trunk", []))
    openings = tuple(Opening(**opening) for opening in plain.pop("opening", []))
    certificate = plain.pop("certificate", None)
    recordings = plain.pop("recordings", None)
    name = str(plain.pop("name"))
    plain.setdefault("media_address", plain.get("bind", "127.0.0.1"))
    return Node(
        name=name,
        home=home_of(name),
        ports=ports,
        ami_user="engine",
        ami_secret=environment.get(AMI_SECRET) or draw_secret(),
        trunks=trunks,
        openings=openings,
        certificate=certificate and Certificate(*(PurePosixPath(certificate[part]) for part in ("chain", "key"))),
        recordings=recordings and PurePosixPath(recordings),
        **plain,
    )


def _trunk(plain: dict[str, Any], environment: Mapping[str, str]) -> Trunk:
    user = plain.pop("user", None)
    if "codecs" in plain:
        plain["codecs"] = tuple(plain["codecs"])
    return Trunk(account=_account(user, plain["name"], environment) if user else None, **plain)


def _account(user: str, trunk: str, environment: Mapping[str, str]) -> Account:
    variable = f"{_TRUNK_PASSWORD}{trunk.upper().replace('-', '_')}"
    if variable not in environment:
        raise ValueError(f"回線 {trunk} のパスワードがありません。環境変数 {variable} に入れてください。")
    return Account(user, environment[variable])
