"""Whether a campaign listens for machines, and what Asterisk's own detector is worth to us.

Whoever is uncertain goes to a person: taking a resident for a machine is an abandoned call (PACING.md §1), and a machine
joined to an operator costs seconds. Sources: TELEPHONY.md §6, DOMAIN.md §2.9 (防犯通話録音装置).
"""

from __future__ import annotations

from enum import StrEnum

HEARD_WITHIN_SECONDS = 1.5
"""A first verdict is there by then after the answer (contract of `dialer.carrier`); without one it is a person."""
FALSE_MACHINES_AT_MOST = 0.003
"""House limit: of all persons who answer, this part may be taken for a machine."""


class Detection(StrEnum):
    """A campaign's policy. The value is what is stored."""

    NONE = "none"
    """Every answer goes to an operator."""
    AMD = "amd"
    """The node listens first."""


class Detector(StrEnum):
    """Who listens, where a campaign wants it. The value is what the dialplan reads in the channel variable DETECT."""

    APP_AMD = "amd"
    """Asterisk's app_amd, inside the node. What its words mean to us is said in the dialplan alone (context answered)."""
    LISTENER = "listen"
    """Ours (`listener`), which gets the audio over AudioSocket (`audiosocket`)."""


DEFAULT_DETECTOR = Detector.LISTENER
"""By the figures of docs/detection.md."""
