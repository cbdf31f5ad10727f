"""What a supervisor does with campaigns; the rules are the dialer's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, text

from agent_ui.campaigns.schemas import (
    CampaignForm,
    Campaigns,
    Choice,
    Counted,
    Created,
    RuleInput,
    SelectionChoices,
    TaxChoice,
)
from agent_ui.context import PanelContext
from agent_ui.floor import board
from agent_ui.identity import SignedIn, note
from agent_ui.labels import MODES
from callflow.codes import CallResult, Outcome, RecordingMode
from casefile.city import load_city
from casefile.db import wakes_others
from casefile.roles import Right
from casefile.tables import District, TaxItem
from casefile.vocabulary import ArrearsCategory, ClaimGroup, Purpose
from dialer import campaigns, commands, recording_terms, selection
from dialer.asterisk.detection.policy import Detection
from dialer.campaigns import Draft
from dialer.rule import Rule
from dialer.tables import Floor

_CHANGES: dict[str, Callable[[Connection, int, UUID, datetime], None]] = {
    "start": campaigns.start,
    "pause": campaigns.pause,
    "stop": campaigns.stop,
}
CHANGES = frozenset(_CHANGES)


def listing(context: PanelContext, person: SignedIn) -> Campaigns:
    """Campaigns, newest first."""
    person.require(Right.CAMPAIGNS)
    with context.database.transaction(person.municipality_id) as conn:
        return Campaigns(campaigns=board.campaigns(conn, context.clock.now()))


def choices(context: PanelContext, person: SignedIn) -> SelectionChoices:
    """What the selection builder offers; only purposes this person may see."""
    person.require(Right.CAMPAIGNS)
    with context.database.transaction(person.municipality_id) as conn:
        taxes = conn.execute(
            select(TaxItem.tax_code, TaxItem.name, TaxItem.claim_group).order_by(TaxItem.tax_code)
        ).all()
        towns = conn.execute(
            select(District.district_code, District.town).order_by(District.area, District.district_code)
        ).all()
    return SelectionChoices(
        purposes=[Choice(code=p.value, label=p.label) for p in Purpose if p in person.user.purposes],
        claim_groups=[Choice(code=group.value, label=group.label) for group in ClaimGroup],
        modes=[Choice(code=code, label=label) for code, label in MODES.items()],
        recordings=[Choice(code=mode.value, label=mode.label) for mode in RecordingMode],
        taxes=[TaxChoice(code=row.tax_code, label=row.name, claim_group=row.claim_group) for row in taxes],
        districts=[Choice(code=row.district_code, label=row.town) for row in towns],
        categories=[Choice(code=category.value, label=category.label) for category in ArrearsCategory],
        results=[Choice(code=result.value, label=result.label) for result in CallResult if result.handed_to_network],
        outcomes=[Choice(code=outcome.value, label=outcome.label) for outcome in Outcome],
    )


def count(context: PanelContext, person: SignedIn, form: RuleInput) -> Counted:
    """Persons and yen of a rule, before anything is frozen."""
    person.require(Right.CAMPAIGNS)
    rule = _rule(person, form)
    with context.database.transaction(person.municipality_id) as conn:
        city = load_city(conn, person.municipality_id)
        found = selection.count_and_yen(conn, city, rule, context.clock.now())
    return Counted(persons=found.persons, households=found.households, yen=found.yen, with_phone=found.with_phone)


def create(context: PanelContext, person: SignedIn, form: CampaignForm) -> Created:
    """A draft on the municipality's floor, owned by whoever made it."""
    person.require(Right.CAMPAIGNS)
    rule = _rule(person, form)
    now = context.clock.now()
    with context.database.transaction(person.municipality_id) as conn:
        city = load_city(conn, person.municipality_id)
        draft = Draft(
            name=form.name.strip(),
            rule=rule,
            owner_id=person.user.user_id,
            floor_id=_floor(conn),
            mode=form.mode,
            detection=Detection(form.detection),
            target_abandonment=form.target_abandonment,
            wrapup_seconds=form.wrapup_seconds,
            timed_wrapup=form.timed_wrapup,
            follow_up={"channel": "sms", "attempts": 3, "bands": 2, "days": 7} if form.sms_follow_up else {},
        )
        campaign_id = campaigns.create(conn, city, draft, now, context.ids)
        note(conn, context, person, "campaign.create", detail={"campaign": str(campaign_id)})
        mode = RecordingMode(form.recording)
        if mode is not RecordingMode.OFF:
            recording_terms.set_terms(
                conn, city.id, campaign_id, mode, now, context.ids, by=person.user.user_id, actor=person.user.login
            )
    return Created(campaign_id=campaign_id)


def freeze(context: PanelContext, person: SignedIn, campaign_id: UUID) -> Campaigns:
    """Fix who is in."""
    person.require(Right.CAMPAIGNS)
    now = context.clock.now()
    with context.database.transaction(person.municipality_id) as conn:
        city = load_city(conn, person.municipality_id)
        found = selection.freeze(conn, city, campaign_id, now)
        detail = {"campaign": str(campaign_id), "persons": found.persons, "yen": found.yen}
        note(conn, context, person, "campaign.freeze", detail=detail)
        return Campaigns(campaigns=board.campaigns(conn, now))


def change(context: PanelContext, person: SignedIn, campaign_id: UUID, what: str) -> Campaigns:
    """Start, pause or stop; the engine reads the campaign's state and is woken to read it now."""
    person.require(Right.CAMPAIGNS)
    now = context.clock.now()
    with context.database.transaction(person.municipality_id) as conn:
        _CHANGES[what](conn, person.municipality_id, campaign_id, now)
        note(conn, context, person, f"campaign.{what}", detail={"campaign": str(campaign_id)})
        floor_id = _floor(conn)
        if floor_id is not None:
            _wake(conn, person.municipality_id, floor_id)
        return Campaigns(campaigns=board.campaigns(conn, now))


def _rule(person: SignedIn, form: RuleInput) -> Rule:
    rule = Rule.from_json({**form.rule, "purpose": form.purpose, "claim_group": form.claim_group})
    if rule.purpose not in person.user.purposes:
        person.require(Right.SETTINGS)
    return rule


def _wake(conn: Connection, municipality_id: int, floor_id: UUID) -> None:
    """The engine reads the campaigns again, and every screen that watches the floor."""
    wakes_others(conn)
    wake = text("SELECT pg_notify(:channel, :payload)")
    conn.execute(wake, {"channel": commands.FLOOR_COMMAND, "payload": str(floor_id)})
    payload = commands.live_payload(municipality_id, floor_id, "campaign")
    conn.execute(wake, {"channel": commands.FLOOR_LIVE, "payload": payload})


def _floor(conn: Connection) -> UUID | None:
    return conn.scalar(select(Floor.floor_id).order_by(Floor.name, Floor.floor_id).limit(1))
