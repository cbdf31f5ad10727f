"""The words of the list of imports."""

from __future__ import annotations

from agent_ui.imports.service import kind_label
from casefile.intake.kinds import KINDS


def test_a_kind_of_file_is_called_what_the_import_calls_it() -> None:
    assert {code: kind_label(code) for code in KINDS} == {code: kind.label for code, kind in KINDS.items()}
    assert kind_label("totals") == "月次集計"
    # Imported by an edition that knew another kind: its code is better than no list.
    assert kind_label("once_known") == "once_known"
