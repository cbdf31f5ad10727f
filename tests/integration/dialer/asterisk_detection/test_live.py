"""app_amd and our listener on a real Asterisk, hearing the same residents."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from callflow.events import Detected
from dialer.asterisk.detection.policy import HEARD_WITHIN_SECONDS
from dialer.asterisk.detection.scenes import Scene
from dialer.asterisk.node.configuration import channel_to
from dialer.asterisk.node.node import ANSWERED, GUARD
from dialer.asterisk.node.running import RunningNode
from tests.integration.dialer.asterisk_detection.conftest import MANY
from tests.integration.dialer.asterisk_detection.listening import listen_to_all, side_by_side
from tests.integration.dialer.asterisk_detection.residents import number_of
from tests.integration.dialer.asterisk_node.conftest import LOOPBACK
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tests.waiting import until

pytestmark = [pytest.mark.debian]

OUT = Path("test-output/detection")
LATE = 0.25
"""A machine shared with other tests."""


def test_every_line_gets_a_verdict_of_both_in_time(line: RunningNode, played: list[Scene]) -> None:
    calls = listen_to_all(line, played)
    assert all(call.amd[0] in {"HUMAN", "MACHINE", "NOTSURE"} for call in calls)
    assert all(call.ours for call in calls)
    assert max(call.amd_at for call in calls) < HEARD_WITHIN_SECONDS + LATE
    assert max(call.ours[0][1] for call in calls) < HEARD_WITHIN_SECONDS + LATE
    # A resident is never called a machine, by neither, and a recorder phone is never hung up on.
    for call in calls:
        if call.scene.is_person or call.scene.kind == "guard":
            assert Detected.MACHINE not in [said for said, _ in call.ours], call
            assert call.by_amd is not Detected.MACHINE, call
        # app_amd says machine of residents who wait or talk at length: by its word alone no call ends.
        assert call.by_amd in {Detected.PERSON, Detected.RECORDING_GUARD}, call
    faxes = [call for call in calls if call.scene.kind == "fax"]
    assert all(call.ours[0][0] is Detected.FAX for call in faxes)
    # Nothing is left behind: neither the residents' channels nor those that listened.
    until(lambda: "0 active channels" in line.console("core show channels"), fits=bool)


def test_who_is_awaited_is_a_person_once_a_greeting_ends_or_a_bell_rings(
    line: RunningNode, played: list[Scene]
) -> None:
    """With app_amd nothing but the dialplan listens on; the engine's only part is to send the call to wait."""
    node = line.node
    ami = PlainAmi((LOOPBACK, node.ports.ami), node.ami_user, node.ami_secret)
    try:
        for resident in (first_of("person", played, lasting=2.2), first_of("guard", played, lasting=6.0)):
            attempt_id = uuid4()
            # No `DETECT`: app_amd's first word is not this test's subject. The variable is set when it is sent to wait.
            ami.originate(attempt_id, channel_to("residents", number_of(resident)), ANSWERED)
            _, answered = ami.wait_for(UserEvent="Answered", AttemptId=str(attempt_id))
            ami.act("Setvar", Channel=answered["Channel"], Variable="DETECT", Value="amd")
            ami.redirect(answered["Channel"], GUARD)
            _, heard = ami.wait_for(25, UserEvent="Heard", AttemptId=str(attempt_id))
            assert heard["Status"] == "HUMAN"
            after = float(heard["Timestamp"]) - float(answered["Timestamp"])
            scene = played[resident]
            if scene.rings_from is None:
                assert scene.first_word_ends < after < scene.first_word_ends + 1.2 + LATE
            else:
                assert after > scene.rings_from
            # Nobody decides any more: who called is said two seconds later, and the call ends by itself.
            _, announcing = ami.wait_for(UserEvent="Announcing", AttemptId=str(attempt_id))
            assert 1.9 < float(announcing["Timestamp"]) - float(heard["Timestamp"]) < 2.0 + LATE
            ami.wait_for(20, Event="Hangup", Uniqueid=str(attempt_id))
    finally:
        ami.close()


def first_of(kind: str, played: list[Scene], lasting: float) -> int:
    """The first resident of this kind whose first word is over only then."""
    return next(n for n, scene in enumerate(played) if scene.kind == kind and scene.first_word_ends > lasting)


@pytest.mark.slow
@pytest.mark.parametrize("played", [MANY], indirect=True)
def test_measured_side_by_side(line: RunningNode, played: list[Scene]) -> None:
    """The figures of docs/detection.md: `make detection`."""
    calls = listen_to_all(line, played)
    told = "\n\n".join(side_by_side(calls))
    print(told)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "live.md").write_text(f"{told}\n", encoding="utf-8")
    assert all(call.amd[0] and call.ours for call in calls)
