"""A node as a file an office keeps (TOML). It holds no secret: those come from the environment or are drawn at start.

name = "node-1"
bind = "192.0.2.5"              # SIP and RTP; without it this machine alone
media_address = "192.0.2.5"     # told to the far ends; without it the same
ami_host = "127.0.0.1"          # where the engine finds AMI; without it where AMI listens
voice_host = "phone.example"    # where browsers find this node, as in the certificate; only with https
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
municipality = "119998"         # 団体コード; only where there are several
early_media = true              # only where its lines are to be listened to before the answer
floor = "本庁"                   # only where the municipality has several floors and this is not for the first
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
"""Of all nodes; that of one node has its name behind: ASTERISK_AMI_SECRET_NODE_1."""
_TRUNK_PASSWORD = "TRUNK_PASSWORD_"  # noqa: S105


_AccountOf = Callable[[str, str, Mapping[str, str]], Account | None]


def read_node(
    path: Path, environment: Mapping[str, str], home_of: Callable[[str], PurePosixPath], draw_secret: Callable[[], str]
) -> tuple[Node, Wording]:
    """The node of a file, and what it says. `home_of`: node's name → its folder as Asterisk sees it.

    Raises ValueError, in Japanese, naming the file and what is wrong in it.
    """
    return _read(path, environment, home_of, draw_secret, _account)


def read_node_from_afar(
    path: Path, environment: Mapping[str, str], home_of: Callable[[str], PurePosixPath], draw_secret: Callable[[], str]
) -> Node:
    """The node of a file for those who only speak to it: the trunks' passwords are none of their business.

    Raises like `read_node`.
    """
    return _read(path, environment, home_of, draw_secret, _no_account)[0]


def ami_secret_variable(node: str) -> str:
    """The environment variable of one node's AMI secret."""
    return f"{AMI_SECRET}_{_in_a_variable(node)}"


def handed_secret(node: str, environment: Mapping[str, str]) -> str | None:
    """One node's AMI secret as the environment has it; None where it has none."""
    return environment.get(ami_secret_variable(node)) or environment.get(AMI_SECRET) or None


def _read(
    path: Path,
    environment: Mapping[str, str],
    home_of: Callable[[str], PurePosixPath],
    draw_secret: Callable[[], str],
    account_of: _AccountOf,
) -> tuple[Node, Wording]:
    try:
        plain = tomllib.loads(path.read_text(encoding="utf-8"))
        wording = Wording(**plain.pop("wording"))
        return _node(plain, environment, home_of, draw_secret, account_of), wording
    except OSError as error:
        raise ValueError(f"{path}: 読めません({error.strerror})。場所と権限を確かめてください。") from None
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
    account_of: _AccountOf,
) -> Node:
    ports = Ports(**plain.pop("ports"))
    trunks = tuple(_trunk(trunk, environment, account_of) for trunk in plain.pop("trunk", []))
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
        ami_secret=handed_secret(name, environment) or draw_secret(),
        trunks=trunks,
        openings=openings,
        certificate=certificate and Certificate(*(PurePosixPath(certificate[part]) for part in ("chain", "key"))),
        recordings=recordings and PurePosixPath(recordings),
        **plain,
    )


def _trunk(plain: dict[str, Any], environment: Mapping[str, str], account_of: _AccountOf) -> Trunk:
    user = plain.pop("user", None)
    if "municipality" in plain:
        plain["municipality"] = _municipality(plain["municipality"])
    if "codecs" in plain:
        plain["codecs"] = tuple(plain["codecs"])
    return Trunk(account=account_of(user, plain["name"], environment) if user else None, **plain)


def _municipality(code: Any) -> int:
    """A code with its check digit; as text, since some begin with zero."""
    if not isinstance(code, str) or len(code) != 6 or not (code.isascii() and code.isdigit()):
        raise ValueError('municipality は団体コード6桁を "119998" の形で書いてください。')
    return int(code)


def _account(user: str, trunk: str, environment: Mapping[str, str]) -> Account:
    variable = f"{_TRUNK_PASSWORD}{_in_a_variable(trunk)}"
    if variable not in environment:
        raise ValueError(f"回線 {trunk} のパスワードがありません。環境変数 {variable} に入れてください。")
    return Account(user, environment[variable])


def _no_account(user: str, trunk: str, environment: Mapping[str, str]) -> None:
    """Who does not register needs no password."""


def _in_a_variable(name: str) -> str:
    return name.upper().replace("-", "_")
