"""The test call of the doctor: whom it may ring, and what its figures mean."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from casefile.errors import TsunagaruError
from dialer.asterisk.node.node import Node, Ports, Trunk
from dialer.asterisk.node.node_file import AMI_SECRET
from dialer.asterisk.node.running import home_of
from rehearsal.sip.line_check import LineChecked, Way, delay_ms
from rehearsal.sip.media import Hearing
from tsunagaru.line_check import findings_of, number_to_try, trunk_to_try
from tsunagaru.telephones import reached_node

# A number that somebody could have. Nothing in this file can dial.
POSSIBLE = "".join(("090", "-1234", "-0000"))


def never() -> NoReturn:
    raise AssertionError("nobody was to be asked")


@pytest.mark.parametrize("raw", ["090-0000-0001", "09000000001", "+81 90-0000-0001"])
def test_a_number_that_reaches_nobody_is_tried_at_once(raw: str) -> None:
    number = number_to_try(raw, really=False, again=never)
    assert (number.e164, number.national) == ("+819000000001", "09000000001")


def test_a_number_that_may_reach_somebody_needs_to_be_meant() -> None:
    with pytest.raises(TsunagaruError, match="--really"):
        number_to_try(POSSIBLE, really=False, again=never)


def test_and_to_be_typed_twice() -> None:
    assert number_to_try(POSSIBLE, really=True, again=lambda: POSSIBLE.replace("-", "")).national.startswith("090")


@pytest.mark.parametrize("other", ["", "090-0000-0001", f"{POSSIBLE[:-1]}1"])
def test_a_second_number_that_differs_ends_it(other: str) -> None:
    with pytest.raises(TsunagaruError, match="発信していません"):
        number_to_try(POSSIBLE, really=True, again=lambda: other)


@pytest.mark.parametrize("raw", ["110", "119", "118", "0990-500-000", "", "1234", "はい"])
def test_no_flag_dials_what_is_never_dialed(raw: str) -> None:
    with pytest.raises(TsunagaruError, match="発信できません"):
        number_to_try(raw, really=True, again=lambda: raw)


def _written(folder: Path, trunks: str) -> Path:
    file = folder / "node.toml"
    ports = "sip = 5060\nami = 5038\nhttp = 8088\nrtp_first = 10000\nrtp_last = 10999\n"
    file.write_text(f'name = "n"\n[wording]\ncity = "みどり市役所"\n[ports]\n{ports}{trunks}', encoding="utf-8")
    return file


def _trunk(name: str) -> str:
    return f'[[trunk]]\nname = "{name}"\nhost = "{name}.example"\nport = 5060\ncaller_number = "0300000000"\ncps = 2\nlines = 8\n'


def test_the_node_of_a_file_and_its_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _written(tmp_path, _trunk("one"))
    monkeypatch.setenv(AMI_SECRET, "a-secret-of-this-test")
    assert reached_node(file, os.environ).ami_secret == "a-secret-of-this-test"
    monkeypatch.delenv(AMI_SECRET)
    monkeypatch.setenv("ASTERISK_ROOT", str(tmp_path / "root"))
    with pytest.raises(TsunagaruError, match=AMI_SECRET):
        reached_node(file, os.environ)
    running = tmp_path / "root" / str(home_of("n")).lstrip("/") / "etc"
    running.mkdir(parents=True)
    (running / "manager.conf").write_text("[general]\nenabled = yes\n[engine]\nsecret = drawn-at-its-start-1\n")
    assert reached_node(file, os.environ).ami_secret == "drawn-at-its-start-1"


def test_which_trunk_is_meant() -> None:
    one, two = (Trunk(name, f"{name}.example", 5060, "0300000000", 2, 8) for name in ("one", "two"))

    def node(*trunks: Trunk) -> Node:
        return Node(
            "n", home_of("n"), Ports(5060, 5038, 8088, 10_000, 10_999), "engine", "a-secret-of-this-test", trunks
        )

    assert trunk_to_try(node(one), None) is one
    assert trunk_to_try(node(one, two), "two") is two
    for asked, name in ((node(), None), (node(one, two), None), (node(one), "three")):
        with pytest.raises(TsunagaruError, match="回線"):
            trunk_to_try(asked, name)


def checked(to_us: Way | None = None, from_us: Way | None = None, **told: float | str | None) -> LineChecked:
    figures = {"ringing_after": 0.5, "answered_after": 2.0, "cause": None} | told
    return LineChecked("0900", "one", to_us=to_us, from_us=from_us, **figures)  # type: ignore[arg-type]


def heard(packets: int = 300, lost: int = 0, level: float = -12.0, jitter: float = 1.0) -> Hearing:
    power = 10 ** (level / 10)
    return Hearing(
        packets=packets, lost=lost, voiced_frames=100, voiced_power_sum=100 * power, power_sum=power, jitter_ms=jitter
    )


def remedies(line: LineChecked) -> dict[str, str]:
    return {finding.subject: finding.remedy for finding in findings_of(line) if finding.remedy}


def test_a_good_line_has_nothing_to_mend() -> None:
    assert remedies(checked(Way(heard(), 300, 20.0), Way(heard(), 300, 25.0))) == {}
    assert remedies(checked(Way(heard(), 0, None))) == {}


@pytest.mark.parametrize(
    ("way", "subject"),
    [
        (Way(Hearing(), 300, None), "音声"),
        (Way(heard(packets=100, lost=5), 300, 20.0), "音声"),
        (Way(heard(level=-50), 300, 20.0), "音量"),
        (Way(heard(level=-1), 300, 20.0), "音量"),
        (Way(Hearing(packets=300), 300, 20.0), "音量"),
        (Way(heard(jitter=60), 300, 20.0), "ゆらぎ"),
        (Way(heard(), 300, 400.0), "片道の遅れ"),
    ],
)
def test_each_trouble_of_sound_is_named_with_what_to_do(way: Way, subject: str) -> None:
    assert list(remedies(checked(way))) == [f"相手 → 役所 {subject}"]
    assert list(remedies(checked(Way(heard(), 300, 20.0), way))) == [f"役所 → 相手 {subject}"]


@pytest.mark.parametrize("cause", ["1", "17", "19", "21", "34", "127", None])
def test_a_call_that_is_not_answered_says_why(cause: str | None) -> None:
    assert remedies(checked(answered_after=None, cause=cause))["応答"].endswith("。")


def test_a_trunk_that_says_nothing_is_told_by_its_address() -> None:
    line = checked(ringing_after=None, answered_after=None, cause="19", silent="192.0.2.1:5060")
    (found,) = findings_of(line)
    assert (found.mark, "192.0.2.1:5060" in found.found, "呼び出しました" in found.found) == ("要", True, False)
    assert "ファイアウォール" in found.remedy


@pytest.mark.parametrize("rang", [1.0, None])
def test_only_what_rang_is_said_to_have_rung(rang: float | None) -> None:
    found = list(findings_of(checked(ringing_after=rang, answered_after=None, cause="19")))[-1].found
    assert ("呼び出しました" in found) == (rang is not None)


def test_what_cannot_be_measured_is_not_called_good() -> None:
    marks = {finding.subject: finding.mark for finding in findings_of(checked(Way(heard(), 0, None)))}
    assert (marks["役所 → 相手"], marks["相手 → 役所 片道の遅れ"], marks["応答"]) == ("－", "－", "良")


def test_a_late_bell_is_told() -> None:
    assert "呼び出し" in remedies(checked(Way(heard(), 300, 20.0), ringing_after=9.5))


def test_the_way_of_a_burst_is_its_own() -> None:
    sent = [10.0, 11.0, 12.0, 13.0]
    assert delay_ms(sent, [10.05, 11.03, 13.04]) == pytest.approx(40)
    # An echo after the burst, and one that came before it was said, count for nothing.
    assert delay_ms([10.0], [9.9, 10.02, 10.5]) == pytest.approx(20)
    assert delay_ms(sent, []) is None
