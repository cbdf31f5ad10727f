"""Whatever is sent to the API, the answer is a sentence, and nothing of ours breaks."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from apiflask import APIFlask

from agent_ui.app import openapi
from tests.integration.agent_ui.conftest import Visitor
from tests.integration.agent_ui.test_access import OPEN, body_for, routes

SOMEBODY = str(UUID(int=9))
WORDS = ["", "\x00", "a\x00b", "\ud83d\ude00", "x" * 5000, "' OR 1=1 --", "%", "９" * 30]
NUMBERS = [-1, 0, 2**31, 2**63, 10**30, 1.5, True]
ODD: list[Any] = [*WORDS, *NUMBERS, None, [], {}, [[]], [None], {"a": "\x00"}, "2026-13-45", "9999-12-31", "0001-01-01"]
WHOLE = [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"a":' * 2000, b'{"query": "\\ud800"}', b"[" * 100_000]


def fields_of(app: APIFlask, address: str) -> list[str]:
    """The names of everything a route takes, from the application's own description."""
    spec = openapi(app)
    for path, methods in spec["paths"].items():
        pattern = path.replace("{", "\0").split("\0")
        if "post" not in methods or not _fits(pattern, address):
            continue
        content = methods["post"].get("requestBody", {}).get("content", {})
        for body in content.values():
            name = body["schema"]["$ref"].rpartition("/")[2]
            return sorted(spec["components"]["schemas"][name]["properties"])
    return []


def _fits(pattern: list[str], address: str) -> bool:
    rest = address
    for piece in pattern:
        fixed = piece.partition("}")[2] if "}" in piece else piece
        if fixed and fixed not in rest:
            return False
        rest = rest.partition(fixed)[2] if fixed else rest
    return not rest or pattern[-1].endswith("}")


def told(answer: Any, what: object) -> None:
    body = answer.get_json(silent=True)
    assert answer.status_code != 500, (what, body)
    if answer.status_code >= 400:
        assert isinstance(body, dict), (what, answer.status_code, answer.data[:80])
        assert body["message"], what
        assert "Traceback" not in body["message"]


def test_odd_values_in_every_field_get_a_sentence(app: APIFlask, visitor: Callable[[str], Visitor]) -> None:
    person = visitor("supervisor")
    posts = [address for method, address in routes(app) if method == "POST" and (method, address) not in OPEN]
    asked = 0
    for address in posts:
        fields = fields_of(app, address)
        for field, odd in itertools.product(fields, ODD):
            told(person.post(address, {**body_for(address), field: odd}), (address, field, odd))
            asked += 1
    assert asked > 500


def test_bodies_that_are_no_form_get_a_sentence(app: APIFlask, visitor: Callable[[str], Visitor]) -> None:
    person = visitor("supervisor")
    for method, address in routes(app):
        if method != "POST" or (method, address) in OPEN:
            continue
        for body in WHOLE:
            answer = person.client.post(
                address, data=body, content_type="application/json", headers={"X-CSRFToken": person.token}
            )
            told(answer, (address, body[:20]))


def test_a_huge_body_is_refused(visitor: Callable[[str], Visitor]) -> None:
    person = visitor("operator")
    answer = person.post("/api/cases/search", {"query": "x" * (3 * 1024 * 1024)})
    assert answer.status_code in {413, 422}
    assert answer.get_json()["message"]


@pytest.mark.parametrize("field", ["municipality_id", "login", "password"])
def test_signing_in_with_odd_values_gets_a_sentence(stranger: Visitor, field: str) -> None:
    for odd in ODD:
        told(stranger.post("/api/session", {"login": "operator", "password": "x", field: odd}), (field, odd))
    for body in WHOLE:
        answer = stranger.client.post(
            "/api/session", data=body, content_type="application/json", headers={"X-CSRFToken": stranger.token}
        )
        told(answer, body[:20])


@pytest.mark.parametrize("odd", ["%00", "A1%00", "../../etc", "%F0%9F%98%80", "x" * 3000, "A1%27--", "%FF"])
def test_odd_addresses_get_a_sentence(visitor: Callable[[str], Visitor], odd: str) -> None:
    person = visitor("supervisor")
    for address in (
        f"/api/cases/{odd}",
        f"/api/cases/{odd}/explain",
        f"/api/reports/{odd}",
        f"/api/campaigns/{SOMEBODY}/{odd}",
    ):
        answer = person.get(address) if "campaigns" not in address else person.post(address)
        told(answer, address)


@pytest.mark.parametrize(
    "query",
    [
        "first=2026-13-01",
        "first=0001-01-01&last=9999-12-31",
        "first=9999-12-31&last=9999-12-31",
        "first=2026-09-08&last=2026-09-01",
        "by=%00",
        "as_of=0001-01-01",
        "as_of=9999-12-31",
        "last=0001-01-01",
        "by=hour&by=day",
        "first=",
    ],
)
def test_odd_periods_of_a_report_get_a_sentence(visitor: Callable[[str], Visitor], query: str) -> None:
    person = visitor("supervisor")
    for form in ("calls", "districts", "documents"):
        told(person.get(f"/api/reports/{form}?{query}"), (form, query))
        told(person.get(f"/api/reports/{form}/export/csv?{query}"), (form, query))


def test_a_forged_cookie_is_nobody(app: APIFlask) -> None:
    client = app.test_client()
    client.set_cookie("tsunagaru", "eyJfdXNlcl9pZCI6IjExOTk5ODp4In0.x.x")
    assert client.get("/api/panel").status_code == 401
