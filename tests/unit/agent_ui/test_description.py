"""The API's description and the client's types are what the server says now."""

from __future__ import annotations

import json
from pathlib import Path

from agent_ui.describe import description

CLIENT = Path(__file__).parents[3] / "agent_ui" / "client"


def test_the_committed_description_is_current() -> None:
    committed = (CLIENT / "openapi.json").read_text(encoding="utf-8")
    assert committed == description(), (
        "run: python -m agent_ui.describe agent_ui/client/openapi.json && .ci/npm run types"
    )


def test_the_clients_types_know_every_schema_and_path() -> None:
    described = json.loads((CLIENT / "openapi.json").read_text(encoding="utf-8"))
    types = (CLIENT / "src" / "api" / "schema.ts").read_text(encoding="utf-8")
    assert not [name for name in described["components"]["schemas"] if f"        {name}: {{" not in types]
    assert not [path for path in described["paths"] if f'"{path}"' not in types]


def test_what_is_searched_for_never_travels_in_an_address() -> None:
    described = json.loads(description())
    assert "get" not in described["paths"]["/api/cases/search"]


def test_the_card_before_identity_has_no_word_of_tax() -> None:
    card = json.loads(description())["components"]["schemas"]["CallCard"]["properties"]
    taxable = ("yen", "arrears", "tax", "campaign", "purpose", "promise", "claim")
    assert not [name for name in card if any(word in name for word in taxable)]


def test_every_changing_route_is_described_and_under_api() -> None:
    described = json.loads(description())
    assert all(path.startswith("/api/") for path in described["paths"])
