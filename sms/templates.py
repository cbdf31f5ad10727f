"""Wordings from draft to approval by a second person (Z8), and the one that is used now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Update, insert, select, update

from casefile import audit
from casefile.city import City
from casefile.errors import TsunagaruError
from casefile.ids import Ids
from casefile.vocabulary import Purpose
from sms.tables import SmsTemplate
from sms.triggers import Trigger
from sms.wording import lint

_APPROVED = """
SELECT template_id, name, trigger, purpose, body, state, drafted_by, drafted_at, approved_by, approved_at
  FROM sms_template
 WHERE municipality_id = %(city)s AND trigger = %(trigger)s AND purpose = %(purpose)s AND state = 'approved'
 ORDER BY approved_at DESC, template_id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Template:
    template_id: UUID
    name: str
    trigger: str
    purpose: str
    body: str
    state: str
    drafted_by: UUID
    drafted_at: datetime
    approved_by: UUID | None
    approved_at: datetime | None


def draft_template(
    conn: Connection,
    city: City,
    *,
    name: str,
    trigger: Trigger,
    purpose: Purpose,
    body: str,
    by: UUID,
    now: datetime,
    ids: Ids,
) -> UUID:
    """Store a draft. Raises TsunagaruError with every problem of the wording."""
    _refuse_bad_wording(body, city)
    if not name.strip():
        raise TsunagaruError("文面の名前を入力してください。")
    template_id = ids.new()
    conn.execute(
        insert(SmsTemplate).values(
            municipality_id=city.id,
            template_id=template_id,
            name=name.strip(),
            trigger=trigger.value,
            purpose=purpose.value,
            body=body,
            state="draft",
            drafted_by=by,
            drafted_at=now,
        )
    )
    _note(conn, city, "sms.template.draft", template_id, by, now, ids)
    return template_id


def approve_template(conn: Connection, city: City, template_id: UUID, *, by: UUID, now: datetime, ids: Ids) -> None:
    """Approve a draft; the earlier approved wording of its trigger and purpose is retired.

    Raises TsunagaruError: no such draft, the drafter himself approves, or the wording has problems.
    """
    template = _locked(conn, city, template_id)
    if template is None or template.state != "draft":
        raise TsunagaruError("承認できる下書きが見つかりません。一覧を読み直してください。")
    if template.drafted_by == by:
        raise TsunagaruError("起案した本人は承認できません。別の人が承認してください。")
    _refuse_bad_wording(template.body, city)
    conn.execute(
        update(SmsTemplate)
        .where(
            SmsTemplate.municipality_id == city.id,
            SmsTemplate.trigger == template.trigger,
            SmsTemplate.purpose == template.purpose,
            SmsTemplate.state == "approved",
        )
        .values(state="retired")
    )
    conn.execute(_one(city, template_id).values(state="approved", approved_by=by, approved_at=now))
    _note(conn, city, "sms.template.approve", template_id, by, now, ids)


def retire_template(conn: Connection, city: City, template_id: UUID, *, by: UUID, now: datetime, ids: Ids) -> bool:
    """Take a draft or an approved wording out of use. False when it is not in use."""
    in_use = SmsTemplate.state != "retired"
    if not conn.execute(_one(city, template_id).where(in_use).values(state="retired")).rowcount:
        return False
    _note(conn, city, "sms.template.retire", template_id, by, now, ids)
    return True


def approved_template(conn: Connection, municipality_id: int, trigger: str, purpose: str) -> Template | None:
    """The wording to send for this occasion, or None while nobody has approved one."""
    occasion = {"city": municipality_id, "trigger": trigger, "purpose": purpose}
    row = conn.exec_driver_sql(_APPROVED, occasion).first()
    return None if row is None else _template(row)


def list_templates(conn: Connection, municipality_id: int) -> list[Template]:
    """Every wording, newest first."""
    rows = conn.execute(
        select(SmsTemplate)
        .where(SmsTemplate.municipality_id == municipality_id)
        .order_by(SmsTemplate.drafted_at.desc(), SmsTemplate.template_id)
    )
    return [_template(row) for row in rows]


def _refuse_bad_wording(body: str, city: City) -> None:
    problems = lint(body, city)
    if problems:
        raise TsunagaruError("\n".join(problems))


def _locked(conn: Connection, city: City, template_id: UUID) -> Template | None:
    row = conn.execute(
        select(SmsTemplate)
        .where(SmsTemplate.municipality_id == city.id, SmsTemplate.template_id == template_id)
        .with_for_update()
    ).first()
    return None if row is None else _template(row)


def _one(city: City, template_id: UUID) -> Update:
    return update(SmsTemplate).where(SmsTemplate.municipality_id == city.id, SmsTemplate.template_id == template_id)


def _template(row: Any) -> Template:
    return Template(**{name: getattr(row, name) for name in Template.__slots__})


def _note(conn: Connection, city: City, action: str, template_id: UUID, by: UUID, now: datetime, ids: Ids) -> None:
    detail = {"template": str(template_id)}
    audit.note(conn, city.id, ids=ids, at=now, user_id=by, actor="user", action=action, detail=detail)
