"""The page about several rehearsals tells every figure, and shouts about a broken invariant."""

from __future__ import annotations

import pytest

from rehearsal.comparison import page


def _result(seed: int, holds: bool) -> dict[str, object]:
    names = (
        "attempts", "live_answers", "abandoned", "conversations", "right_party_contacts", "promises", "promised_yen",
        "promises_kept", "sms_queued", "sms_suppressed_by_payment", "sms_sent", "sms_delivered", "inbound_calls",
        "payments_yen", "occupancy", "talk_minutes_per_operator_hour",
    )  # fmt: skip
    return dict.fromkeys(names, 1234) | {
        "plan": {"days": 2, "operators": 1, "seed": seed, "first_day": "2026-10-05", "pacer": "progressive"},
        "city": {"debtors": 99},
        "gate_refusals": {"number_gap": seed},
        "invariants": {"nothing_is_left_hanging": holds},
    }


def test_the_page_has_a_column_for_each_seed() -> None:
    told = page([_result(1, holds=True), _result(2, holds=False)])
    assert "| 架電数 | 1,234 | 1,234 |" in told
    assert "| `number_gap` | 1 | 2 |" in told
    assert "| `nothing_is_left_hanging` | holds | **BROKEN** |" in told


def test_a_page_about_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        page([])
