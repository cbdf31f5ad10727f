"""The arrears room of a rehearsal: founded, filled through intake, with operators, a floor, a campaign and a template."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Connection, select, update

from casefile.accounts import User, create_user
from casefile.city import City, CitySettings, load_city
from casefile.clock import Clock
from casefile.db import Database
from casefile.errors import TsunagaruError
from casefile.founding import MunicipalityProfile, found_municipality
from casefile.hours import ContactHours, Window
from casefile.ids import Ids
from casefile.intake.importing import apply_import
from casefile.intake.mapping import load_mapping
from casefile.tables import Municipality
from casefile.vocabulary import ClaimGroup, Purpose
from dialer import campaigns, pull_consent, selection
from dialer.messages import Mode
from dialer.rule import Rule
from dialer.tables import Campaign
from rehearsal.city.files import WrittenFile
from rehearsal.city.model import SyntheticCity

ROOM_HOURS = {1: (9, 20), 2: (9, 20), 3: (9, 20), 4: (9, 20), 5: (9, 20), 6: (9, 16)}
"""GIF weekday → opening and closing hour of the rehearsed room; Sundays and holidays are closed."""

FOLLOW_UP = {"channel": "sms", "attempts": 3, "bands": 2, "days": 7}


@dataclass(frozen=True, slots=True)
class Room:
    """Who works where."""

    municipality_id: int
    floor_id: UUID
    supervisor: User
    operators: tuple[User, ...]
    campaign_ids: list[UUID] = field(default_factory=list)


def hours() -> ContactHours:
    return ContactHours(
        {day: Window(time(opens), time(closes)) for day, (opens, closes) in ROOM_HOURS.items()},
        None,
        Window(time(9), time(16)),
    )


def profile_of(city: SyntheticCity) -> MunicipalityProfile:
    """The synthetic city as a municipality: its room works until 20:00 and on Saturdays."""
    return MunicipalityProfile(
        municipality_id=city.code,
        name=city.name,
        name_kana=city.kana,
        prefecture=city.prefecture,
        section_name="納税課",
        area_code=city.area_code,
        caller_number=city.caller_number,
        settings=CitySettings(contact_hours=hours(), sms_hours=hours()),
    )


def open_room(database: Database, city: SyntheticCity, operators: int, clock: Clock, ids: Ids) -> Room:
    """Seat the people of the municipality: one supervisor, and `operators` operators. Found it unless it is there."""
    now = clock.now()
    with database.transaction(city.code) as conn:
        _open_municipality(conn, city, now, ids)

        def account(login: str, name: str, role: str) -> User:
            return create_user(
                conn,
                city.code,
                login=login,
                display_name=name,
                password=f"Aa1-{secrets.token_urlsafe(18)}",
                roles=[role],
                now=now,
                ids=ids,
            )

        supervisor = account("supervisor", "監督者", "supervisor")
        seated = tuple(account(f"operator{n}", f"オペレーター{n}", "operator") for n in range(1, operators + 1))
        floor_id = ids.new()
        campaigns.open_floor(conn, city.code, floor_id, "予行フロア")
    return Room(city.code, floor_id, supervisor, seated)


def _open_municipality(conn: Connection, city: SyntheticCity, now: datetime, ids: Ids) -> None:
    """Found it; or, where its files were imported before, let it work in the hours of the rehearsed room."""
    found = conn.scalar(select(Municipality.name).where(Municipality.municipality_id == city.code))
    if found is None:
        found_municipality(conn, profile_of(city), now, ids)
        return
    settings = replace(load_city(conn, city.code).settings, contact_hours=hours(), sms_hours=hours())
    conn.execute(
        update(Municipality).where(Municipality.municipality_id == city.code).values(settings=settings.to_json())
    )


def import_all(
    database: Database, municipality_id: int, written: Sequence[WrittenFile], clock: Clock, ids: Ids
) -> None:
    """Through intake, file by file, as a clerk would. Raises TsunagaruError when one is not taken whole."""
    for file in written:
        import_one(database, municipality_id, file, clock, ids)


def import_one(database: Database, municipality_id: int, file: WrittenFile, clock: Clock, ids: Ids) -> None:
    report = apply_import(
        database, municipality_id, load_mapping(file.mapping_path), [file.path], clock, ids, confirm_drop=True
    )
    # Clerks have typed 「不明」 where a number should be: those rows are refused, as they must be, and nothing else is.
    if report.refused or any(taken.rejected and taken.kind != "phones" for taken in report.files):
        raise TsunagaruError(report.text())


def start_campaign(
    database: Database, room: Room, city: City, clock: Clock, ids: Ids, mode: Mode, yen_min: int = 1_000
) -> UUID:
    """One campaign for everybody owing `yen_min` or more in taxes and compulsory claims, from draft to running."""
    now = clock.now()
    draft = campaigns.Draft(
        name="一斉催告(予行)",
        rule=Rule(Purpose.DUNNING, ClaimGroup.COMPULSORY, yen_min=yen_min),
        owner_id=room.supervisor.user_id,
        floor_id=room.floor_id,
        mode=mode,
        follow_up=dict(FOLLOW_UP),
        target_abandonment=Decimal("0.010"),
    )
    with database.transaction(room.municipality_id) as conn:
        campaign_id = campaigns.create(conn, city, draft, now, ids)
        selection.freeze(conn, city, campaign_id, now)
        campaigns.start(conn, room.municipality_id, campaign_id, now)
    room.campaign_ids.append(campaign_id)
    return campaign_id


def dial_ahead(database: Database, room: Room, clock: Clock) -> None:
    """From now on the room's campaigns are predictive, and every second operator agrees to be called in a wrap-up."""
    with database.transaction(room.municipality_id) as conn:
        conn.execute(update(Campaign).where(Campaign.campaign_id.in_(room.campaign_ids)).values(mode="predictive"))
    agree_to_pulls(database, room, clock)


def agree_to_pulls(database: Database, room: Room, clock: Clock) -> None:
    """Every second operator agrees to be called in the middle of a wrap-up."""
    with database.transaction(room.municipality_id) as conn:
        for operator in room.operators[::2]:
            pull_consent.give(conn, room.municipality_id, operator.user_id, clock.now())


def city_of(database: Database, municipality_id: int) -> City:
    with database.transaction(municipality_id) as conn:
        return load_city(conn, municipality_id)
