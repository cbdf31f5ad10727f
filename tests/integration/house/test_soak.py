"""Twenty calls a second, a fault a minute: the first three minutes of what `make soak` does for an hour.

SOAK_MINUTES makes it longer or shorter.
"""

from __future__ import annotations

import os

import pytest

from dialer.asterisk.node.running import default_root, why_not
from tsunagaru.trial.soak import SoakPlan, soak

pytestmark = [pytest.mark.debian]


def test_no_call_is_lost_from_the_books_and_nobody_is_rung_twice(database_url: str) -> None:
    hindrance = why_not(default_root())
    if hindrance:
        pytest.skip(f"no Asterisk here: {hindrance}")
    minutes = float(os.environ.get("SOAK_MINUTES", "3"))
    report = soak(database_url, SoakPlan.read(minutes * 60, 60), print)
    print(report)
    assert report.failures() == []
    assert len(report.faults) == round(minutes)
