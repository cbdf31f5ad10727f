"""The gate: *may this person be contacted on this channel and number now, and if not, why.*"""

from casefile.gate.admission import LostFloor, admit, decide, screen
from casefile.gate.explanation import Explanation, explain
from casefile.gate.reasons import Reason, Refusal, sentence_of
from casefile.gate.request import Admission, ContactRequest, GateAnswer, Mode

__all__ = [
    "Admission",
    "ContactRequest",
    "Explanation",
    "GateAnswer",
    "LostFloor",
    "Mode",
    "Reason",
    "Refusal",
    "admit",
    "decide",
    "explain",
    "screen",
    "sentence_of",
]
