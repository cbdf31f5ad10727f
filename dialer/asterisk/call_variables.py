"""What is done on a call's line, as variables of the node's dialplan (`node/templates/extensions.conf.jinja`). Pure."""

from __future__ import annotations

from callflow.codes import RecordingMode
from dialer.asterisk.detection.policy import Detector

_RECORDING = {
    RecordingMode.OFF: {},
    RecordingMode.UNANNOUNCED: {"RECORD": "yes"},
    RecordingMode.ANNOUNCED: {"RECORD": "yes", "RECORD_TOLD": "yes"},
}


def recording_variables(mode: RecordingMode) -> dict[str, str]:
    """To be set on the resident's channel before an operator is joined."""
    return dict(_RECORDING[mode])


def detection_variables(detector: Detector | None, *, listen: bool) -> dict[str, str]:
    """To be set when the call is placed; nothing where nobody is to listen, or can."""
    return {"DETECT": detector.value} if listen and detector is not None else {}
