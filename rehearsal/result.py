"""What a rehearsal says at its end: one JSON object, the same bytes for the same seed; and files for those who want more."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import Any

from casefile import audit
from casefile.db import Database
from rehearsal import figures
from rehearsal.evidence import read_evidence
from rehearsal.forms import form_invariants
from rehearsal.invariants import judge_all
from rehearsal.memory import seldom_collected
from rehearsal.runner import Rehearsal


def result_of(rehearsal: Rehearsal, database: Database) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The object to print, and the figures by day (ISO date → column → value)."""
    with seldom_collected():
        return _result_of(rehearsal, database)


def _result_of(rehearsal: Rehearsal, database: Database) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    plan = rehearsal.plan
    municipality_id = rehearsal.truth.code
    forms = form_invariants(database, rehearsal.city, plan.first_day, plan.days)
    with database.transaction(municipality_id) as conn:
        days = figures.by_day(conn, municipality_id, rehearsal.paid_by_day)
        whole = figures.totals(days)
        suppressed = figures.sms_suppressed(conn, municipality_id)
        broken = len(audit.verify(conn, municipality_id).faults)
        evidence = read_evidence(conn, municipality_id, rehearsal.told(), broken, forms)
        result: dict[str, Any] = {
            "city": {
                "name": rehearsal.truth.name,
                "households": len(rehearsal.truth.households),
                "debtors": len(rehearsal.truth.debts),
                "arrears_rows": rehearsal.truth.debt_rows(),
            },
            "plan": {
                "days": plan.days,
                "operators": plan.operators,
                "seed": plan.seed,
                "first_day": plan.first_day.isoformat(),
                "pacer": plan.pacer,
            },
            "attempts": whole.attempts,
            "live_answers": whole.live_answers,
            "abandoned": whole.abandoned,
            "conversations": whole.conversations,
            "right_party_contacts": whole.right_party_contacts,
            "promises": whole.promises,
            "promised_yen": whole.promised_yen,
            "promises_kept": figures.promises_kept(conn, municipality_id),
            "sms_queued": figures.sms_queued(conn, municipality_id),
            "sms_suppressed": sum(suppressed.values()),
            "sms_suppressed_by_payment": figures.sms_suppressed_by_payment(conn, municipality_id),
            "sms_sent": whole.sms_sent,
            "sms_delivered": whole.sms_delivered,
            "inbound_calls": whole.inbound_calls,
            "payments_yen": whole.payments_yen,
            "occupancy": figures.occupancy(whole),
            "talk_minutes_per_operator_hour": figures.talk_minutes_per_operator_hour(whole),
            "gate_refusals": figures.gate_refusals(conn, municipality_id),
            "invariants": judge_all(evidence),
        }
    return result, {day.isoformat(): asdict(found) for day, found in days.items()}


def as_json(result: dict[str, Any]) -> str:
    """One object, keys in the order given, nothing of the run's own time or place in it."""
    return json.dumps(result, ensure_ascii=False, indent=2)


def as_csv(days: dict[str, dict[str, Any]]) -> str:
    """Figures by day; columns as in `figures.Day`, yen and seconds whole."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    columns = list(asdict(figures.Day()))
    writer.writerow(["day", *columns])
    for day, found in days.items():
        writer.writerow([day, *(found[column] for column in columns)])
    return out.getvalue()
