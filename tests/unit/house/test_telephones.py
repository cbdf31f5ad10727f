"""Node files become the telephones of an office; what is wrong in them is said in a sentence."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from uuid import UUID

import pytest

from callflow.codes import CallResult
from casefile.errors import TsunagaruError
from dialer.asterisk.carrier import NodeAddress
from dialer.asterisk.node.node import Certificate
from tsunagaru.certificates import Certificates
from tsunagaru.settings import Settings
from tsunagaru.telephones import FloorOnLine, Telephones, read_telephones, voice_nodes

SECRET = {"ASTERISK_AMI_SECRET": "sixteen-letters-or-more"}
NODE = """
name = "NAME"
[wording]
city = "みどり市役所"
[ports]
sip = 5060
ami = 5038
http = 8088
rtp_first = 10000
rtp_last = 10999
"""
TRUNK = """
[[trunk]]
name = "hikari"
host = "192.0.2.1"
port = 5060
caller_number = "0300000000"
cps = 2
lines = 8
"""


class Folder:
    """Files of an office, and the settings that name the nodes' among them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.nodes: list[Path] = []

    def node(self, name: str, *parts: str, top: str = "") -> Path:
        path = self.path / f"{name}.toml"
        path.write_text(top + NODE.replace("NAME", name) + "".join(parts), encoding="utf-8")
        self.nodes.append(path)
        return path

    def causes(self, name: str, text: str) -> None:
        folder = self.path / "causes"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")

    @property
    def settings(self) -> Settings:
        files = " ".join(str(node) for node in self.nodes)
        return Settings.from_environment({"TSUNAGARU_HOME": str(self.path), "TSUNAGARU_NODES": files})

    def read(self, **environment: str) -> Telephones:
        return read_telephones(self.settings, SECRET | environment)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def floor(municipality: int = 119998, name: str = "本庁", *, first: bool = True, only: bool = True) -> FloorOnLine:
    return FloorOnLine(municipality, UUID(int=1), name, first, only)


def trunks(addresses: list[NodeAddress]) -> dict[str, list[str]]:
    return {address.name: [trunk.name for trunk in address.trunks] for address in addresses}


def test_no_file_is_no_telephone(folder: Folder) -> None:
    telephones = folder.read()
    assert telephones.nodes == ()
    assert telephones.addresses(floor()) == []


def test_a_trunk_that_says_nothing_is_the_only_municipalitys_first_floors(folder: Folder) -> None:
    folder.node("node-1", TRUNK)
    telephones = folder.read()
    assert trunks(telephones.addresses(floor())) == {"node-1": ["hikari"]}
    assert telephones.addresses(floor(only=False)) == []
    assert telephones.addresses(floor(first=False)) == []


def test_trunks_go_to_those_they_name(folder: Folder) -> None:
    folder.node("node-1", TRUNK, 'municipality = "119998"\n', TRUNK.replace("hikari", "second").replace(".1", ".2"))
    folder.node("node-2", TRUNK, 'municipality = "011002"\nfloor = "2階"\n')
    telephones = folder.read()
    assert trunks(telephones.addresses(floor(only=False))) == {"node-1": ["hikari"]}
    assert trunks(telephones.addresses(floor())) == {"node-1": ["hikari", "second"]}
    assert trunks(telephones.addresses(floor(11002, "2階", first=False, only=False))) == {"node-2": ["hikari"]}
    assert telephones.addresses(floor(11002, only=False)) == []


def test_only_trunks_that_say_so_are_listened_to_before_the_answer(folder: Folder) -> None:
    folder.node("node-1", TRUNK, TRUNK.replace("hikari", "second").replace(".1", ".2"), "early_media = true\n")
    (address,) = folder.read().addresses(floor())
    assert [(trunk.name, trunk.early_media) for trunk in address.trunks] == [("hikari", False), ("second", True)]


def test_a_trunks_password_is_none_of_the_engines_business(folder: Folder) -> None:
    folder.node("node-1", TRUNK, 'user = "0300000000"\n')
    (address,) = folder.read().addresses(floor())
    assert address.trunks[0].account is None


def test_each_node_may_have_a_secret_and_an_address_of_its_own(folder: Folder) -> None:
    folder.node("node-1", TRUNK, top='ami_host = "asterisk"\n')
    folder.node("node-2", TRUNK, top='ami_bind = "0.0.0.0"\n')
    folder.node("node-3", TRUNK, top='ami_bind = "192.0.2.9"\n')
    found = folder.read(ASTERISK_AMI_SECRET_NODE_2="another-of-sixteen-letters").addresses(floor())
    assert [(one.ami.host, one.ami.secret) for one in found] == [
        ("asterisk", SECRET["ASTERISK_AMI_SECRET"]),
        ("127.0.0.1", "another-of-sixteen-letters"),
        ("192.0.2.9", SECRET["ASTERISK_AMI_SECRET"]),
    ]


def test_the_offices_tables_of_causes_are_beside_the_files(folder: Folder) -> None:
    folder.node("node-1", TRUNK, 'causes = "city"\n')
    folder.causes("gateway.toml", '[city]\notherwise = "02"\nrule = []\n')
    causes = folder.read().causes
    assert causes["city"].result_of(1, None) is CallResult.BUSY
    assert causes["default"].result_of(1, None) is CallResult.NOT_IN_SERVICE


def test_browsers_find_the_nodes(folder: Folder) -> None:
    secured = TRUNK + '[certificate]\nchain = "/c/server.crt"\nkey = "/c/server.key"\n'
    path = folder.node("node-1", secured, top='voice_host = "phone.example"\n')
    path.write_text(path.read_text(encoding="utf-8").replace("http =", "https = 8089\nhttp ="), encoding="utf-8")
    folder.node("node-2", TRUNK)
    (node,) = voice_nodes(folder.settings)
    assert (node.name, node.wss_url) == ("node-1", "wss://phone.example:8089/ws")


def refuse(folder: Folder, said: str, **environment: str) -> None:
    with pytest.raises(TsunagaruError, match=said):
        read_telephones(folder.settings, environment or SECRET)


def test_a_file_that_is_not_there_is_named(folder: Folder) -> None:
    folder.nodes.append(folder.path / "nowhere.toml")
    refuse(folder, r"nowhere.toml: 読めません.*確かめてください")


def test_a_secret_nobody_handed_in_is_asked_for(folder: Folder) -> None:
    folder.node("node-1", TRUNK)
    refuse(folder, "node-1.toml: AMIの合言葉がありません.*ASTERISK_AMI_SECRET_NODE_1", OTHER="x")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (f"{TRUNK}municipality = 119998\n", "node-1.toml: municipality は団体コード6桁"),
        (f'{TRUNK}municipality = "1199"\n', "node-1.toml: municipality は団体コード6桁"),
        (f'{TRUNK}causes = "nobodys"\n', "node-1.toml: 回線 hikari の切断理由の表.*nobodys がありません"),
        (f"{TRUNK}lanes = 3\n", "node-1.toml: 項目の名前か形"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(folder: Folder, part: str, said: str) -> None:
    folder.node("node-1", part)
    refuse(folder, said)


def test_two_nodes_of_one_name_are_refused(folder: Folder) -> None:
    folder.nodes += [folder.node("node-1", TRUNK)]
    refuse(folder, "ノードの名前 node-1 が二つのファイルにあります")


def test_a_table_of_causes_that_comes_twice_is_refused(folder: Folder) -> None:
    folder.node("node-1", TRUNK)
    for name in ("a.toml", "b.toml"):
        folder.causes(name, '[city]\notherwise = "02"\nrule = []\n')
    refuse(folder, "b.toml: 切断理由の表 city が別のファイルにもあります")


def test_the_files_that_are_shown_to_offices_are_nodes(folder: Folder) -> None:
    house = Path(__file__).parents[3]
    shown = (house / "docs" / "telephones.md").read_text(encoding="utf-8").partition("```toml")[2].partition("```")[0]
    (folder.path / "shown.toml").write_text(shown, encoding="utf-8")
    folder.nodes += [folder.path / "shown.toml"]
    telephones = folder.read()
    assert trunks(telephones.addresses(floor())) == {"node-1": ["hikari"]}
    assert [node.wss_url for node in voice_nodes(folder.settings)] == ["wss://phone.city.example:8089/ws"]
    made = Certificates.in_folder(Settings.from_environment({"TSUNAGARU_HOME": "/var/lib/tsunagaru"}).certificates)
    assert telephones.nodes[0].certificate == Certificate(PurePosixPath(made.chain), PurePosixPath(made.key))
    folder.nodes = [house / "docker" / "node.toml"]
    assert trunks(folder.read().addresses(floor())) == {"node-1": ["carrier"]}
