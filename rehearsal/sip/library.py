"""The one place that imports pyVoIP: it needs `audioop`, which warns of its own end on every import."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import pyVoIP.VoIP  # noqa: F401  # first: pyVoIP.SIP and it import each other
    from pyVoIP.RTP import PayloadType, RTPClient
    from pyVoIP.SIP import SIPClient, SIPMessage
    from pyVoIP.VoIP.VoIP import CallState, VoIPCall, VoIPPhone

__all__ = ["CallState", "PayloadType", "RTPClient", "SIPClient", "SIPMessage", "VoIPCall", "VoIPPhone"]
