"""`python -m agent_ui.describe FILE`: write the API's description, from which the client's types are made."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from agent_ui.app import create_app, openapi
from agent_ui.context import PanelContext
from casefile.clock import SystemClock
from casefile.db import Database
from casefile.ids import TimeOrderedIds


def description() -> str:
    """The OpenAPI description as text; needs no database."""
    clock = SystemClock()
    context = PanelContext(
        database=Database("postgresql://nobody@localhost/none"),
        clock=clock,
        ids=TimeOrderedIds(clock.now, random.Random(0)),
        secret_key="not used",  # noqa: S106
        listening=False,
    )
    return json.dumps(openapi(create_app(context)), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(description(), encoding="utf-8")
