"""Every file of a node's configuration, from the templates beside this file and one `Node`. Nothing is edited by hand."""

from __future__ import annotations

import os
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dialer.asterisk.node import node as vocabulary
from dialer.asterisk.node.node import Node, OperatorLine

_TEMPLATES = Path(__file__).parent / "templates"
_ENDING = ".conf.jinja"
_OPERATORS = "pjsip-operators.conf"
FOLDERS = ("etc", "data", "keys/keys", vocabulary.MEMORY_FOLDER, "log", vocabulary.RECORDINGS, "run", "sounds", "spool")
"""What lies in a node's folder: all that Asterisk writes, so that nothing of it lands elsewhere."""


def write_configuration(folder: Path, node: Node) -> Path:
    """Write the node's files below `folder` (which Asterisk sees as `node.home`); returns etc/asterisk.conf.

    Files hold secrets: they are readable by their owner alone from their first byte on, and that is whoever owns `etc`.
    Whatever was there is replaced.
    """
    for name in FOLDERS:
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in rendered(node).items():
        _write(folder / "etc" / name, text)
    return folder / "etc" / "asterisk.conf"


def write_operators(folder: Path, node: Node) -> None:
    """Write the operators' lines alone; `reload_operators` of the running node takes them over without ending a call."""
    name = f"{_OPERATORS.removesuffix('.conf')}{_ENDING}"
    _write(folder / "etc" / _OPERATORS, _environment().get_template(name).render(node=node, names=vocabulary))


def rendered(node: Node) -> dict[str, str]:
    """File name → text of everything in etc."""
    environment = _environment()
    return {
        template.removesuffix(".jinja"): environment.get_template(template).render(node=node, names=vocabulary)
        for template in sorted(environment.list_templates())
        if template.endswith(_ENDING)
    }


def channel_to(trunk: str, number: str) -> str:
    """The channel to originate: this number over this trunk, digits only."""
    if not (number.removeprefix("+").isascii() and number.removeprefix("+").isdigit()):
        raise ValueError("発信する番号は数字だけです。")
    return f"PJSIP/{number}@{trunk}"


def channel_of(line: OperatorLine) -> str:
    """The channel to originate to bring an operator's line up."""
    return f"PJSIP/{line.name}"


def _environment() -> Environment:
    return Environment(  # noqa: S701  # no HTML; `Node` lets no value through that could end a line
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        # Root may write for an Asterisk that runs already, as whoever owns the folder.
        owner = path.parent.stat()
        if owner.st_uid != os.geteuid():
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        file.write(text)
    unfinished.replace(path)
