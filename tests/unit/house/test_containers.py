"""The containers of docker/: what they are told exists, and what two files say both is said alike.

That they start is shown by starting them; this needs no container engine.
"""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from dialer.asterisk.node.node_file import AMI_SECRET
from tsunagaru import settings
from tsunagaru.arguments import Parser
from tsunagaru.cli import COMMANDS
from tsunagaru.processes import PROCESSES

PROJECT = Path(__file__).parents[3]
DOCKER = PROJECT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NODE = tomllib.loads((DOCKER / "node.toml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "tsunagaru"}


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_runs_what_there_is(name: str) -> None:
    words = OURS[name]["command"]
    match words:
        case ["tsunagaru", command, *rest]:
            _understood(command, rest)
        case [python, "-m", "tsunagaru.processes", process]:
            assert python == "/opt/tsunagaru/current/bin/python"
            assert process in PROCESSES
        case [python, "-m", module, *_]:
            assert python == "/opt/tsunagaru/current/bin/python"
            assert find_spec(module) is not None
        case _:
            assert words == ["sleep", "infinity"]


def _understood(command: str, rest: list[str]) -> None:
    """The parser ends us by an exception where it does not know a word."""
    module = __import__(f"tsunagaru.commands.{COMMANDS[command].module}", fromlist=["configure"])
    parser = Parser(prog=f"tsunagaru {command}")
    module.configure(parser)
    parser.parse_args(rest)


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_is_told_what_somebody_reads(name: str) -> None:
    read = set(re.findall(r"[A-Z]+_[A-Z_]+", settings.Settings.from_environment.__doc__ or "")) | {AMI_SECRET}
    read |= {f"TRUNK_PASSWORD_{trunk['name'].upper()}" for trunk in NODE["trunk"]}
    assert set(OURS[name].get("environment", {})) <= read


def test_every_file_that_is_mounted_is_here() -> None:
    mounted = {
        mount.split(":")[0]
        for service in SERVICES.values()
        for mount in service.get("volumes", [])
        if isinstance(mount, str) and mount.startswith(".")
    }
    assert mounted == {"./node.toml"}
    for file in mounted:
        assert (DOCKER / file).is_file()


def test_a_missing_key_is_said_to_be_missing() -> None:
    """Without this an engine makes a folder of that name, and the key has no place any more."""
    (key,) = [mount for mount in SERVICES["recording-agent"]["volumes"] if isinstance(mount, dict)]
    assert key["bind"] == {"create_host_path": False}
    assert key["target"] in SERVICES["recording-agent"]["command"]


def test_the_node_s_file_and_its_containers_agree() -> None:
    ports = NODE["ports"]
    rtp = f"{ports['rtp_first']}-{ports['rtp_last']}"
    published = SERVICES["node-network"]["ports"]
    assert {f"{ports['sip']}:{ports['sip']}/udp", f"{rtp}:{rtp}/udp"} <= set(published)
    assert not any(str(ports[closed]) in port for port in published for closed in ("ami", "http"))
    assert f"recordings:{NODE['recordings']}" in SERVICES["asterisk"]["volumes"]
    assert COMPOSE["volumes"]["recordings"]["driver_opts"]["type"] == "tmpfs"
    agent = SERVICES["recording-agent"]["command"]
    assert agent[agent.index("--node") + 1] == NODE["name"]
    assert agent[agent.index("--from") + 1] == NODE["recordings"]
    expose = re.search(r"^EXPOSE (.*)$", _read("docker/asterisk.Dockerfile"), re.MULTILINE)
    assert expose is not None
    assert set(expose[1].split()) == {port.partition(":")[2] for port in published}


def test_who_shares_the_node_s_network_outlives_asterisk() -> None:
    sharing = {name for name, service in SERVICES.items() if "network_mode" in service}
    assert sharing == {"asterisk", "telephone-engine"}
    assert {SERVICES[name]["network_mode"] for name in sharing} == {"service:node-network"}


def test_a_key_that_is_made_in_a_container_has_a_place() -> None:
    """A volume takes over the owner of the folder it is laid on."""
    folder = SERVICES["web"]["environment"][settings.RECORDING_KEY]
    assert f"recording-keys:{folder}" in SERVICES["web"]["volumes"]
    assert re.search(
        rf"install -d -o tsunagaru -g tsunagaru -m 700 {folder}$", _read("docker/Dockerfile"), re.MULTILINE
    )


def test_debian_packages_are_those_of_the_other_ways_to_install() -> None:
    listed = {line.split()[0] for line in _read("packages.debian").splitlines() if line and not line.startswith("#")}
    assert _installed("docker/Dockerfile") - {"make"} == {
        package for package in listed if package.startswith(("fonts-", "libpango", "libharfbuzz"))
    }
    include = re.search(r"--include=(\S+)", _read(".ci/asterisk-root"))
    assert include is not None
    # In a container Asterisk waits for the disk (docs/telephones.md).
    assert _installed("docker/asterisk.Dockerfile") == set(include[1].split(",")) - {"libeatmydata1"}


def _installed(dockerfile: str) -> set[str]:
    lines = re.findall(r"apt-get install -y --no-install-recommends([^&]*)&&", _read(dockerfile))
    return {package for line in lines for package in line.replace("\\", " ").split()}


def _read(path: str) -> str:
    return (PROJECT / path).read_text(encoding="utf-8")
