"""The short measurement of the pacers: no figure may be below its floor by more than its own error."""

from __future__ import annotations

import pytest

from tsunagaru.cli import main


def test_the_policy_reaches_what_is_wanted_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["bench", "pacing", "--quick"])
    printed = capsys.readouterr().out
    assert code == 0, printed
    assert "| 予測 3%、N=5 |" in printed
    assert "| マルコフの世界、N=5 |" in printed
    assert "8時間の日が3%を超える割合" in printed
    assert "| 機械 |" in printed
