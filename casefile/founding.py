"""A municipality begins: its row, the default flag rules, the standard roles and the published rates of 延滞金."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select

from casefile import audit
from casefile.city import CitySettings
from casefile.errors import TsunagaruError
from casefile.flags import default_rules
from casefile.ids import Ids
from casefile.interest import published_rates
from casefile.roles import DEFAULT_ROLES
from casefile.tables import FlagRule, InterestRate, Municipality, Role


@dataclass(frozen=True, slots=True)
class MunicipalityProfile:
    """What must be known of a city to found it. `municipality_id` is the six-digit 全国地方公共団体コード.

    `caller_number` is the E.164 number calls show; `area_code` the 市外局番 that short local numbers get.
    """

    municipality_id: int
    name: str
    name_kana: str
    prefecture: str
    section_name: str
    area_code: str
    caller_number: str
    section_name_may_be_spoken: bool = False
    settings: CitySettings = field(default_factory=CitySettings)


def found_municipality(conn: Connection, profile: MunicipalityProfile, now: datetime, ids: Ids) -> None:
    """Write a municipality with its defaults. The transaction must work for this municipality.

    Raises TsunagaruError when it is there already.
    """
    number = profile.municipality_id
    found = conn.execute(select(Municipality.name).where(Municipality.municipality_id == number)).first()
    if found is not None:
        raise TsunagaruError(f"団体コード {number:06d} は {found.name} としてすでに登録されています。")
    conn.execute(
        insert(Municipality).values(
            municipality_id=number,
            name=profile.name,
            name_kana=profile.name_kana,
            prefecture=profile.prefecture,
            section_name=profile.section_name,
            section_name_may_be_spoken=profile.section_name_may_be_spoken,
            area_code=profile.area_code,
            caller_number=profile.caller_number,
            settings=profile.settings.to_json(),
        )
    )
    _write_flag_rules(conn, number)
    _write_roles(conn, number)
    _write_interest_rates(conn, number)
    audit.note(
        conn,
        number,
        ids=ids,
        at=now,
        user_id=None,
        actor="system",
        action="municipality.founded",
        detail={"name": profile.name},
    )


def _write_flag_rules(conn: Connection, municipality_id: int) -> None:
    conn.execute(
        insert(FlagRule),
        [
            {
                "municipality_id": municipality_id,
                "flag_code": flag.value,
                "channel": channel.value,
                "purpose": purpose.value,
                "effect": effect.value,
                "label": flag.label,
            }
            for flag, channel, purpose, effect in default_rules()
        ],
    )


def _write_roles(conn: Connection, municipality_id: int) -> None:
    conn.execute(
        insert(Role),
        [
            {
                "municipality_id": municipality_id,
                "role_code": role.role_code,
                "name": role.name,
                "rights": [right.value for right in role.rights],
                "purposes": [purpose.value for purpose in role.purposes],
            }
            for role in DEFAULT_ROLES
        ],
    )


def _write_interest_rates(conn: Connection, municipality_id: int) -> None:
    conn.execute(
        insert(InterestRate),
        [
            {
                "municipality_id": municipality_id,
                "rule": rule,
                "valid_from": rate.valid_from,
                "first_percent": rate.first_percent,
                "later_percent": rate.later_percent,
            }
            for rule, rates in sorted(published_rates().items())
            for rate in rates
        ],
    )
