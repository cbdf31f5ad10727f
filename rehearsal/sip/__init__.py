"""Telephones of our own over real SIP: the residents' phones, operators without a head, the line check.

pyVoIP speaks SIP and RTP here, mended where it was measured to break. No resident is ever dialed with it.
"""
