"""Calls each resident once and notes what app_amd and our listener, on the same line, say of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import numpy as np

from callflow.events import Detected
from dialer.asterisk.ami import AmiAddress
from dialer.asterisk.causes import Verdict
from dialer.asterisk.detection.ear import NodeEar
from dialer.asterisk.detection.forest import load
from dialer.asterisk.detection.judging import Share
from dialer.asterisk.detection.listener import Listener
from dialer.asterisk.detection.policy import Detector
from dialer.asterisk.detection.scenes import Scene
from dialer.asterisk.node.configuration import channel_to
from dialer.asterisk.node.node import ANSWERED
from dialer.asterisk.node.running import RunningNode
from dialer.asterisk.past import HEARD
from tests.integration.dialer.asterisk_detection.residents import number_of
from tests.integration.dialer.asterisk_node.plain_ami import PlainAmi
from tsunagaru.machine import table

_BETWEEN_CALLS = 0.2
_AT_ONCE = 25
_ANNOUNCED_WITHIN = 20.0


@dataclass(slots=True)
class Call:
    """One call. `amd`: app_amd's status and cause, `by_amd`: what the dialplan makes of it; times are seconds from the answer."""

    scene: Scene
    attempt_id: UUID
    amd: tuple[str, str] = ("", "")
    amd_at: float = 0.0
    by_amd: Detected | None = None
    ours: list[tuple[Detected, float]] = field(default_factory=list)


def listen_to_all(running: RunningNode, played: Sequence[Scene]) -> list[Call]:
    """Every resident is called; nobody decides anything, so each hears who called after two seconds."""
    node = running.node
    heard: list[tuple[float, UUID, Detected]] = []
    forest = load()
    ear = NodeEar(
        node.name,
        AmiAddress("127.0.0.1", node.ports.ami, node.ami_user, node.ami_secret),
        lambda: Listener(forest),
        marked=Detector.APP_AMD,
    )

    def hear(said: Verdict) -> None:
        if said.detected is not None:
            heard.append((time.time(), said.attempt_id, said.detected))

    ear.listen(hear)
    ami = PlainAmi(("127.0.0.1", node.ports.ami), node.ami_user, node.ami_secret)
    try:
        assert ear.wait_connected(10)
        calls = []
        for first in range(0, len(played), _AT_ONCE):
            batch = [
                _call(ami, resident, played[resident]) for resident in range(first, min(first + _AT_ONCE, len(played)))
            ]
            for call in batch:
                _note(ami, call, heard)
            calls += batch
        return calls
    finally:
        ami.close()
        ear.close()


def _call(ami: PlainAmi, resident: int, scene: Scene) -> Call:
    attempt_id = uuid4()
    ami.originate(attempt_id, channel_to("residents", number_of(resident)), ANSWERED, variable="DETECT=amd")
    time.sleep(_BETWEEN_CALLS)  # as many calls a second as a room of this size places
    return Call(scene, attempt_id)


def _note(ami: PlainAmi, call: Call, heard: Sequence[tuple[float, UUID, Detected]]) -> None:
    """Wait until Asterisk has said who called and rung off; our listener hears the resident all the while."""
    attempt = str(call.attempt_id)
    ami.wait_for(_ANNOUNCED_WITHIN, Event="Hangup", Uniqueid=attempt)
    answered = _when(ami.wait_for(UserEvent="Answered", AttemptId=attempt)[1])
    said = ami.wait_for(UserEvent="Heard", AttemptId=attempt)[1]
    call.amd, call.amd_at = (said["Amd"], said["Cause"]), _when(said) - answered
    call.by_amd = HEARD[said["Status"]]
    call.ours = [(what, at - answered) for at, attempt_id, what in heard if attempt_id == call.attempt_id]


def _when(event: dict[str, str]) -> float:
    """Asterisk's own time of an event; its clock is this machine's."""
    return float(event["Timestamp"])


def side_by_side(calls: Sequence[Call]) -> list[str]:
    """Two tables: what each detector said of whom, and when."""
    said = Counter((call.scene.kind, "app_amd", f"{call.amd[0]} {call.amd[1].partition('-')[0]}") for call in calls)
    said += Counter((call.scene.kind, "ours", " → ".join(str(what) for what, _ in call.ours)) for call in calls)
    people = sum(call.scene.is_person for call in calls)
    false_amd = sum(call.scene.is_person and call.amd[0] == "MACHINE" for call in calls)
    false_ours = sum(call.scene.is_person and call.ours[-1][0] is not Detected.PERSON for call in calls)
    machines = [call for call in calls if not call.scene.is_person]
    when = {
        "app_amd": [call.amd_at for call in calls],
        "ours, first turn": [call.ours[0][1] for call in calls],
    }
    return [
        table(
            [
                ("really", "detector", "said", "calls"),
                *((kind, who, what, str(count)) for (kind, who, what), count in sorted(said.items())),
            ]
        ),
        table(
            [
                ("", "app_amd", "ours"),
                ("calls with a verdict", f"{len(calls)} of {len(calls)}", f"{len(calls)} of {len(calls)}"),
                (
                    "people said to be a machine, or still awaited",
                    str(Share(false_amd, people)),
                    str(Share(false_ours, people)),
                ),
                (
                    "others not given to an operator at once",
                    str(Share(sum(call.amd[0] == "MACHINE" for call in machines), len(machines))),
                    str(Share(sum(call.ours[0][0] is not Detected.PERSON for call in machines), len(machines))),
                ),
            ]
        ),
        table(
            [
                ("seconds from answer to verdict", "median", "95 %", "longest"),
                *((who, *(f"{at:.2f}" for at in np.percentile(times, [50, 95, 100]))) for who, times in when.items()),
            ]
        ),
    ]
