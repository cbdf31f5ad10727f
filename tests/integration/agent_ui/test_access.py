"""Who may do what, asked of every route the application has."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from casefile.clock import VirtualClock
from casefile.db import Database
from casefile.founding import MunicipalityProfile, found_municipality
from casefile.ids import TimeOrderedIds
from casefile.tables import AuditEntry
from tests.integration.agent_ui.conftest import NOW, PASSWORD, Visitor

OPEN = {
    ("GET", "/api/session"),
    ("POST", "/api/session"),
    ("DELETE", "/api/session"),
    ("POST", "/api/session/password"),
}
"""Before signing in; the last asks for the present password, as signing in does."""
SOME_ID = str(UUID(int=7))
REPORT = "calls"


def routes(app: APIFlask) -> list[tuple[str, str]]:
    """Every method and address under /api, with something in each gap."""
    found = set()
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/"):
            continue
        address = re.sub(r"<uuid:[^>]+>", SOME_ID, rule.rule)
        for gap, filler in (("addressee_no", "A1"), ("form", REPORT), ("fmt", "csv"), ("what", "start")):
            address = address.replace(f"<string:{gap}>", filler)
        found |= {(method, address) for method in rule.methods or () if method in {"GET", "POST", "DELETE"}}
    return sorted(found)


def ask(person: Visitor, method: str, address: str) -> int:
    if method == "GET":
        return int(person.get(address).status_code)
    if method == "DELETE":
        return int(person.delete(address).status_code)
    return int(person.post(address, body_for(address)).status_code)


def body_for(address: str) -> dict[str, object]:
    """A body that is well formed, so that only the right decides."""
    if address.endswith(("/form", "/form/check")):
        return {"form_id": SOME_ID, "result": "03"}
    bodies: dict[str, dict[str, object]] = {
        "/api/cases/search": {"query": "しけん"},
        "/api/campaigns": {
            "name": "x",
            "mode": "preview",
            "purpose": "dunning",
            "claim_group": "compulsory",
            "rule": {},
        },
        "/api/campaigns/count": {"purpose": "dunning", "claim_group": "compulsory", "rule": {}},
        "/api/floor/stops": {"kind": "other", "reason": "試験"},
        "/api/panel/pull": {"agreed": True},
        "/api/panel/pause": {"reason": "rest"},
        "/api/panel/preview/skip": {"reason": "その他"},
        "/api/panel/dial": {"addressee_no": "A1", "phone_id": SOME_ID},
        f"/api/panel/calls/{SOME_ID}/identity": {"contact": "self", "items": []},
        f"/api/panel/calls/{SOME_ID}/members/A1/identity": {"items": []},
        f"/api/panel/calls/{SOME_ID}/caller": {"addressee_no": "A1"},
        f"/api/panel/calls/{SOME_ID}/consult": {"colleague_id": SOME_ID},
        f"/api/floor/operators/{SOME_ID}/listen": {"how": "listen"},
        f"/api/recordings/{SOME_ID}/listen": {"reason": "苦情の確認"},
        f"/api/recordings/{SOME_ID}/hold": {"kind": "complaint", "reason": "苦情の確認"},
    }
    return bodies.get(address, {})


def test_nobody_gets_anything_before_signing_in(app: APIFlask, stranger: Visitor) -> None:
    opened = [route for route in routes(app) if route not in OPEN and ask(stranger, *route) != 401]
    assert opened == []


@pytest.mark.parametrize(
    ("login", "allowed"),
    [
        ("operator", ("/api/panel", "/api/cases")),
        ("health", ("/api/panel", "/api/cases", "/api/reports")),
        ("auditor", ("/api/reports", "/api/recordings/listens")),
        ("admin", ("/api/imports", "/api/floor/stops")),
        ("collector", ("/api/panel", "/api/cases", "/api/reports")),
    ],
)
def test_a_role_reaches_only_its_own_rooms(
    app: APIFlask, visitor: Callable[[str], Visitor], login: str, allowed: tuple[str, ...]
) -> None:
    person = visitor(login)
    beyond = [
        (method, address)
        for method, address in routes(app)
        if (method, address) not in OPEN
        and address not in {"/api/openapi.json", "/api/floor/districts"}
        and not address.startswith(allowed)
        and ask(person, method, address) != 403
    ]
    assert beyond == []


def test_exports_are_a_right_of_their_own(visitor: Callable[[str], Visitor]) -> None:
    assert visitor("collector").get(f"/api/reports/{REPORT}/export/csv").status_code == 403
    answer = visitor("supervisor").get(f"/api/reports/{REPORT}/export/csv")
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")


def test_no_route_fails_of_itself(app: APIFlask, visitor: Callable[[str], Visitor]) -> None:
    """A supervisor may ask everything; whatever the answer, it is never a defect of ours."""
    person = visitor("supervisor")
    broken = [route for route in routes(app) if route not in OPEN and ask(person, *route) >= 500]
    assert [route for route in broken if "/api/panel/" not in route[1]] == []


def test_a_health_clerk_sees_no_tax_by_any_route(visitor: Callable[[str], Visitor]) -> None:
    clerk = visitor("health")
    page = clerk.get("/api/cases/A1").get_json()
    assert page["cases"] == []
    told = clerk.get("/api/cases/A1/explain").get_json()
    assert all(way["purpose_label"] == "特定健診勧奨" for way in told["ways"])


def test_an_operator_sees_no_tax_outside_a_call_and_a_collector_does(visitor: Callable[[str], Visitor]) -> None:
    assert visitor("operator").get("/api/cases/A1").get_json()["cases"] == []
    (case,) = visitor("collector").get("/api/cases/A1").get_json()["cases"]
    assert case["outstanding_yen"] == 30000


def test_a_change_without_the_token_is_refused(app: APIFlask, visitor: Callable[[str], Visitor]) -> None:
    person = visitor("supervisor")
    answer = person.client.post("/api/floor/stops", json={"kind": "other", "reason": "試験"})
    assert answer.status_code == 400
    assert "再読み込み" in answer.get_json()["message"]


def test_every_answer_carries_the_policy(visitor: Callable[[str], Visitor]) -> None:
    answer = visitor("operator").get("/api/panel")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_failures_make_the_next_try_wait(stranger: Visitor, clock: VirtualClock) -> None:
    for _ in range(6):
        assert stranger.sign_in("operator", password="wrong").status_code == 422
    assert stranger.sign_in("operator").status_code == 422
    clock.advance(timedelta(hours=1, minutes=1).total_seconds())
    assert stranger.sign_in("operator").status_code == 200


def test_signing_out_ends_it(visitor: Callable[[str], Visitor]) -> None:
    person = visitor("operator")
    assert person.delete("/api/session").status_code == 200
    assert person.get("/api/panel").status_code == 401


def test_another_municipality_is_another_world(
    app: APIFlask, database: Database, visitor: Callable[[str], Visitor], ids: TimeOrderedIds
) -> None:
    other = 119997
    profile = MunicipalityProfile(
        municipality_id=other,
        name="隣市",
        name_kana="トナリシ",
        prefecture="試験県",
        section_name="納税課",
        area_code="03",
        caller_number="+81300002222",
    )
    with database.transaction(other) as conn:
        found_municipality(conn, profile, NOW, ids)
    here = visitor_of(app, other)
    assert here.sign_in("collector", other).status_code == 422
    person = Visitor(app.test_client())
    assert person.sign_in("collector", 119998, PASSWORD).status_code == 200
    assert person.get("/api/cases/A1").status_code == 200


def visitor_of(app: APIFlask, municipality: int) -> Visitor:
    visitor = Visitor(app.test_client())
    listed = visitor.get("/api/session").get_json()["municipalities"]
    assert municipality in {one["municipality_id"] for one in listed}
    return visitor


def test_every_look_at_a_case_is_written_down(
    database: Database, municipality: int, visitor: Callable[[str], Visitor]
) -> None:
    person = visitor("collector")
    person.get("/api/cases/A1")
    person.post("/api/cases/search", {"query": "しけん"})
    with database.transaction(municipality) as conn:
        rows = conn.execute(
            select(AuditEntry.action, AuditEntry.addressee_no, AuditEntry.actor, AuditEntry.detail).order_by(
                AuditEntry.at, AuditEntry.audit_id
            )
        ).all()
    seen = [(row.action, row.addressee_no, row.actor) for row in rows]
    assert ("case.view", "A1", "collector") in seen
    assert ("case.search", None, "collector") in seen
    assert "しけん" not in str([row.detail for row in rows])
