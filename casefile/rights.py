"""The standard roles of an arrears room and the rights each one holds; a city may change the rows afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from casefile.vocabulary import Purpose

STAFF_CASES = "contact.staff"
"""May contact, by hand, persons whom a flag leaves to staff (徴税吏員; DOMAIN.md §2.5)."""
APPROVE_TEMPLATE = "sms.approve"
DRAFT_TEMPLATE = "sms.draft"


@dataclass(frozen=True, slots=True)
class StandardRole:
    """A role as founded. `purposes` are the 業務区分 it may see; an administrator of the system sees none."""

    code: str
    name: str
    rights: tuple[str, ...]
    purposes: tuple[str, ...]


_TAX = (Purpose.DUNNING.value, Purpose.DIRECT_DEBIT.value, Purpose.SURVEY.value)
_ROOM = ("call", "case.view", "case.tax", "case.search")
_SUPERVISION = (
    "floor.view",
    "floor.command",
    "stop",
    "campaign",
    "report",
    "record.correct",
    "import",
    DRAFT_TEMPLATE,
    APPROVE_TEMPLATE,
)

STANDARD_ROLES = (
    # Outsourced operators only urge voluntary payment (総税企第55号): nothing that is public power.
    StandardRole("operator", "オペレーター", _ROOM, _TAX),
    StandardRole(
        "collector", "徴税吏員", (*_ROOM, STAFF_CASES, "case.protected", "record.correct", DRAFT_TEMPLATE), _TAX
    ),
    StandardRole("supervisor", "管理者(スーパーバイザー)", (*_ROOM, *_SUPERVISION), _TAX),
    StandardRole("tax_officer", "納税課職員", (*_ROOM, *_SUPERVISION, STAFF_CASES, "case.protected", "export"), _TAX),
    StandardRole("admin", "システム管理者", ("admin", "import", "stop"), ()),
    StandardRole("auditor", "監査担当", ("audit", "report"), _TAX),
    StandardRole(
        "health_clerk", "健診担当", ("call", "case.view", "case.search", "report"), (Purpose.HEALTH_CHECK.value,)
    ),
)
