"""Write the first revision from the tables of every room (`make schema`), until the first release freezes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import render_python_code
from alembic.operations.ops import CreateIndexOp, CreateTableOp, UpgradeOps
from sqlalchemy import Table

import casefile.migrations
import casefile.tables
from callflow import tables as callflow_tables
from casefile.db import Base
from dialer import tables as dialer_tables
from sms import tables as sms_tables

REGISTERED = (casefile.tables, callflow_tables, dialer_tables, sms_tables)

INSERT_ONLY = frozenset(
    {
        "audit_entry",
        "audit_seal",
        "handover_note",
        "call_transition",
        "contact_record",
        "delivery_report",
        "gate_decision",
        "import_conflict",
        "import_reject",
        "import_run",
        "recording_terms",
        "seat_change",
        "unmappable_character",
    }
)
DELETABLE = frozenset(
    {
        "flag_rule",
        "instalment_plan_part",
        "instalment_plan_target",
        "interest_rate",
        "listening_in",
        "office_day",
        "operator_line",
        "operator_skill",
        "pull_consent",
        "representative",
        "saved_selection",
        "tax_period",
        "user_role",
    }
)
"""Configuration and details that a file or an administrator replaces whole; nothing of what happened is among them."""

_HEAD = '''"""The first schema: every room's tables under row-level security by municipality.

Written by `make schema`; edit the tables, not this file.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from casefile.migrations.security import protect, protect_directory

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
'''


def rights(table: Table) -> tuple[str, ...]:
    """What the application's role may do with a table."""
    if table.name in INSERT_ONLY:
        return ("SELECT", "INSERT")
    return ("SELECT", "INSERT", "UPDATE", *(("DELETE",) if table.name in DELETABLE else ()))


def first_revision() -> str:
    """The text of the first revision."""
    tables = Base.metadata.sorted_tables
    operations: list[CreateTableOp | CreateIndexOp] = []
    for table in tables:
        operations.append(CreateTableOp.from_table(table))
        operations.extend(CreateIndexOp.from_index(index) for index in sorted(table.indexes, key=lambda i: str(i.name)))
    body = render_python_code(UpgradeOps(operations)).replace("(astext_type=Text())", "()")
    body = "\n".join(
        line for line in body.splitlines() if "commands auto generated" not in line and "end Alembic" not in line
    )
    guards = []
    for table in tables:
        protection = "protect_directory" if table.name == "municipality" else "protect"
        quoted = ", ".join(f'"{word}"' for word in (table.name, *rights(table)))
        guards.append(f"    {protection}({quoted})")
    return _HEAD + f"    {body.strip()}\n" + "\n".join(guards) + "\n"


def main() -> None:
    target = Path(casefile.migrations.__file__).parent / "versions" / "0001_first_schema.py"
    target.write_text(first_revision(), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(target)], check=True)


if __name__ == "__main__":
    main()
