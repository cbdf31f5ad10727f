"""Every scenario of `scenarios.toml` on a real Asterisk, with a look for what is left over after each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from callflow.events import Left, Reconciled
from dialer.asterisk.carrier import CarrierTerms
from dialer.asterisk.node.running import RunningNode
from tests.integration.dialer.asterisk_carrier.stage import QUICK, Stage, in_order, nothing_left, word_of

pytestmark = [pytest.mark.debian]

SCENARIOS = tomllib.loads((Path(__file__).parent / "scenarios.toml").read_text(encoding="utf-8"))["scenario"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_a_call(scenario: dict[str, Any], request: pytest.FixtureRequest, tmp_path: Path) -> None:
    asterisk: RunningNode = request.getfixturevalue("asterisk" if scenario.get("own_node") else "shared_asterisk")
    terms = CarrierTerms(away=scenario.get("away", 30.0), ami=QUICK)
    with nothing_left(asterisk):
        stage = Stage(asterisk, scenario["far_end"], terms, tmp_path, scenario.get("ring_seconds", 10))
        try:
            for step in scenario["steps"]:
                stage.play(step)
            assert stage.e164 == scenario.get("e164")
        finally:
            stage.close()
        told = stage.books.of(stage.attempt_id)
        # Which of us is still in the conversation is no part of a plain call's books.
        words = [word_of(event) for event in told if not isinstance(event, Left)]
        if "books" in scenario:
            assert words == scenario["books"]
        assert words[0].startswith(scenario.get("books_start", ""))
        assert words[-1].startswith(scenario.get("books_end", ""))
        for event in told:
            if isinstance(event, Reconciled):
                assert in_order(list(event.past))
        assert sum(word.startswith(("ended", "refused")) for word in words) <= 1
