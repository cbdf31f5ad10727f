"""What the tests of the case file share."""

from __future__ import annotations

from pathlib import Path

import pytest

from casefile.db import Database
from tests.intake_city import IntakeCity


@pytest.fixture
def intake(database: Database, municipality: int, tmp_path: Path) -> IntakeCity:
    """A founded municipality, and a folder for the files of its core system."""
    return IntakeCity(database, municipality, tmp_path)
