"""What single operators can do that not everybody can: the office says so, and call-backs are given by it (B3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from casefile.problems import EntryRefused, Problem
from casefile.tables import TaxItem
from dialer.tables import OperatorSkill

_LANGUAGE = re.compile("language:[a-z]{2}")


def change_skills(
    conn: Connection, municipality_id: int, operator_id: UUID, *, add: Sequence[str], remove: Sequence[str]
) -> list[str]:
    """Add and take away skills; gives what the operator has now, in order. An engine takes it up within seconds.

    Raises EntryRefused for what is no skill. Taking away what is not there is no error.
    """
    _demand_known(conn, municipality_id, add)
    for skill in add:
        row = {"municipality_id": municipality_id, "operator_id": operator_id, "skill": skill}
        conn.execute(insert(OperatorSkill).values(row).on_conflict_do_nothing())
    mine = (OperatorSkill.municipality_id == municipality_id, OperatorSkill.operator_id == operator_id)
    conn.execute(delete(OperatorSkill).where(*mine, OperatorSkill.skill.in_(list(remove))))
    return list(conn.scalars(select(OperatorSkill.skill).where(*mine).order_by(OperatorSkill.skill)))


def _demand_known(conn: Connection, municipality_id: int, skills: Sequence[str]) -> None:
    codes = select(TaxItem.tax_code).where(TaxItem.municipality_id == municipality_id).order_by(TaxItem.tax_code)
    taxes = {f"tax:{code}" for code in conn.scalars(codes)}
    unknown = [skill for skill in skills if skill not in taxes and _LANGUAGE.fullmatch(skill) is None]
    if unknown:
        raise EntryRefused(
            [
                Problem(
                    "skill",
                    f"「{'、'.join(unknown)}」は得意分野として登録できません。language:vi のような言語か、"
                    f"登録済みの科目({'、'.join(sorted(taxes))})を指定してください。",
                )
            ]
        )
