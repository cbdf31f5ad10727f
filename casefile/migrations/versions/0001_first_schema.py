"""The first schema: every room's tables under row-level security by municipality.

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
    op.create_table(
        "municipality",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_kana", sa.Text(), nullable=False),
        sa.Column("prefecture", sa.Text(), nullable=False),
        sa.Column("section_name", sa.Text(), nullable=False),
        sa.Column("section_name_may_be_spoken", sa.Boolean(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("caller_number", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("municipality_id", name=op.f("pk_municipality")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_audit_entry_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "audit_id", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        "ix_audit_entry_addressee_no", "audit_entry", ["municipality_id", "addressee_no", "at"], unique=False
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["municipality_id", "at"], unique=False)
    op.create_table(
        "campaign",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("rule", postgresql.JSONB(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("hours", postgresql.JSONB(), nullable=False),
        sa.Column("caps", postgresql.JSONB(), nullable=False),
        sa.Column("follow_up", postgresql.JSONB(), nullable=False),
        sa.Column("ring_seconds", sa.SmallInteger(), nullable=False),
        sa.Column("wrapup_seconds", sa.SmallInteger(), nullable=False),
        sa.Column("timed_wrapup", sa.Boolean(), nullable=False),
        sa.Column("detection", sa.Text(), nullable=False),
        sa.Column("target_abandonment", sa.Numeric(precision=4, scale=3), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("floor_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("frozen_persons", sa.Integer(), nullable=True),
        sa.Column("frozen_yen", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("detection IN ('none', 'amd')", name=op.f("ck_campaign_detection")),
        sa.CheckConstraint("mode IN ('preview', 'progressive', 'predictive')", name=op.f("ck_campaign_mode")),
        sa.CheckConstraint(
            "state IN ('draft', 'frozen', 'running', 'paused', 'stopped', 'finished')", name=op.f("ck_campaign_state")
        ),
        sa.CheckConstraint(
            "target_abandonment > 0 AND target_abandonment <= 0.03", name=op.f("ck_campaign_target_abandonment")
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_campaign_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "campaign_id", name=op.f("pk_campaign")),
    )
    op.create_table(
        "delivery_report",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("gateway_ref", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_delivery_report_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "report_id", name=op.f("pk_delivery_report")),
        sa.UniqueConstraint(
            "municipality_id",
            "gateway",
            "gateway_ref",
            "state",
            name=op.f("uq_delivery_report_municipality_id_gateway_gateway_ref_state"),
        ),
    )
    op.create_table(
        "district",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("district_code", sa.Text(), nullable=False),
        sa.Column("branch", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_district_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "district_code", name=op.f("pk_district")),
    )
    op.create_table(
        "document_lot",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lot_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("unit_cost_yen", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_document_lot_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "lot_no", name=op.f("pk_document_lot")),
    )
    op.create_table(
        "flag_rule",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flag_code", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.CheckConstraint("effect IN ('refuse', 'staff', 'warn')", name=op.f("ck_flag_rule_effect")),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_flag_rule_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "flag_code", "channel", "purpose", name=op.f("pk_flag_rule")),
    )
    op.create_table(
        "floor",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("floor_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("engine_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("engine_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pacer_reasons", postgresql.JSONB(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_floor_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "floor_id", name=op.f("pk_floor")),
    )
    op.create_table(
        "household",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("head_addressee_no", sa.Text(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('resident', 'single', 'company')", name=op.f("ck_household_kind")),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_household_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "household_id", name=op.f("pk_household")),
    )
    op.create_table(
        "import_run",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("file_kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("encoding", sa.Text(), nullable=False),
        sa.Column("extent", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("amount_yen", sa.BigInteger(), nullable=True),
        sa.Column("inserted", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_import_run_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "import_id", name=op.f("pk_import_run")),
    )
    op.create_index("ix_import_run_file_kind", "import_run", ["municipality_id", "file_kind", "as_of"], unique=False)
    op.create_table(
        "interest_rate",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("first_percent", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("later_percent", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_interest_rate_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "rule", "valid_from", name=op.f("pk_interest_rate")),
    )
    op.create_table(
        "office_day",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('open', 'closed')", name=op.f("ck_office_day_kind")),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_office_day_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "day", name=op.f("pk_office_day")),
    )
    op.create_table(
        "reach_beliefs",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beliefs", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_reach_beliefs_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", name=op.f("pk_reach_beliefs")),
    )
    op.create_table(
        "role",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rights", postgresql.JSONB(), nullable=False),
        sa.Column("purposes", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_role_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "role_code", name=op.f("pk_role")),
    )
    op.create_table(
        "saved_selection",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("selection_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("rule", postgresql.JSONB(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_saved_selection_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "selection_id", name=op.f("pk_saved_selection")),
    )
    op.create_table(
        "sms_template",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'approved' OR (approved_by IS NOT NULL AND approved_by <> drafted_by)",
            name=op.f("ck_sms_template_approved"),
        ),
        sa.CheckConstraint("state IN ('draft', 'approved', 'retired')", name=op.f("ck_sms_template_state")),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_sms_template_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "template_id", name=op.f("pk_sms_template")),
    )
    op.create_table(
        "tax_item",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("claim_class", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("limitation_years", sa.Integer(), nullable=False),
        sa.Column("interest_rule", sa.Text(), nullable=False),
        sa.Column("interest_terms", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "(claim_group = 'compulsory') = (claim_class IN ('local_tax', 'compulsory_public')) AND claim_group IN ('compulsory', 'ordinary')",
            name=op.f("ck_tax_item_claim_group"),
        ),
        sa.CheckConstraint(
            "claim_class IN ('local_tax', 'compulsory_public', 'noncompulsory_public', 'private')",
            name=op.f("ck_tax_item_claim_class"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_tax_item_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "tax_code", name=op.f("pk_tax_item")),
        sa.UniqueConstraint(
            "municipality_id", "tax_code", "claim_group", name=op.f("uq_tax_item_municipality_id_tax_code_claim_group")
        ),
    )
    op.create_table(
        "user_account",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("session_key", sa.Text(), nullable=False),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_user_account_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "user_id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("municipality_id", "login", name=op.f("uq_user_account_municipality_id_login")),
        sa.UniqueConstraint("municipality_id", "session_key", name=op.f("uq_user_account_municipality_id_session_key")),
    )
    op.create_table(
        "audit_seal",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.Uuid(), nullable=False),
        sa.Column("chain_hash", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "audit_id"],
            ["audit_entry.municipality_id", "audit_entry.audit_id"],
            name=op.f("fk_audit_seal_municipality_id_audit_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "seq", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("municipality_id", "audit_id", name=op.f("uq_audit_seal_municipality_id_audit_id")),
    )
    op.create_table(
        "contact_stop",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stop_id", sa.Uuid(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('disaster', 'wrong_data', 'other')", name=op.f("ck_contact_stop_kind")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "district_code"],
            ["district.municipality_id", "district.district_code"],
            name=op.f("fk_contact_stop_municipality_id_district_code"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_contact_stop_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "stop_id", name=op.f("pk_contact_stop")),
    )
    op.create_index("ix_contact_stop_open", "contact_stop", ["municipality_id", "ended_at"], unique=False)
    op.create_table(
        "floor_command",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("command_no", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("floor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by_user", sa.Uuid(), nullable=True),
        sa.Column("operator_id", sa.Uuid(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality_id", "floor_id"],
            ["floor.municipality_id", "floor.floor_id"],
            name=op.f("fk_floor_command_municipality_id_floor_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "command_no", name=op.f("pk_floor_command")),
    )
    op.create_index(
        "ix_floor_command_open", "floor_command", ["municipality_id", "floor_id", "done_at", "command_no"], unique=False
    )
    op.create_table(
        "import_conflict",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("in_file", sa.Text(), nullable=False),
        sa.Column("in_room", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "import_id"],
            ["import_run.municipality_id", "import_run.import_id"],
            name=op.f("fk_import_conflict_municipality_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "import_id", "seq", name=op.f("pk_import_conflict")),
    )
    op.create_table(
        "import_reject",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "import_id"],
            ["import_run.municipality_id", "import_run.import_id"],
            name=op.f("fk_import_reject_municipality_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "import_id", "row_no", "column_name", name=op.f("pk_import_reject")),
    )
    op.create_table(
        "levy_total",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("period", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("month", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("levied_yen", sa.BigInteger(), nullable=False),
        sa.Column("received_yen", sa.BigInteger(), nullable=False),
        sa.Column("refund_due_yen", sa.BigInteger(), nullable=False),
        sa.Column("written_off_yen", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("category IN ('current', 'carried')", name=op.f("ck_levy_total_category")),
        sa.CheckConstraint("month BETWEEN 1 AND 14", name=op.f("ck_levy_total_month")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "tax_code"],
            ["tax_item.municipality_id", "tax_item.tax_code"],
            name=op.f("fk_levy_total_municipality_id_tax_code"),
        ),
        sa.PrimaryKeyConstraint(
            "municipality_id", "fiscal_year", "tax_code", "period", "category", "month", name=op.f("pk_levy_total")
        ),
    )
    op.create_table(
        "listening_in",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("supervisor_id", sa.Uuid(), nullable=False),
        sa.Column("floor_id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("how IN ('listen', 'whisper', 'barge')", name=op.f("ck_listening_in_how")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "floor_id"],
            ["floor.municipality_id", "floor.floor_id"],
            name=op.f("fk_listening_in_municipality_id_floor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "operator_id"],
            ["user_account.municipality_id", "user_account.user_id"],
            name=op.f("fk_listening_in_municipality_id_operator_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "supervisor_id"],
            ["user_account.municipality_id", "user_account.user_id"],
            name=op.f("fk_listening_in_municipality_id_supervisor_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "supervisor_id", name=op.f("pk_listening_in")),
    )
    op.create_table(
        "operator_line",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'desk') = (valid_until IS NULL)", name=op.f("ck_operator_line_a_browsers_line_ends")
        ),
        sa.CheckConstraint("kind IN ('browser', 'desk')", name=op.f("ck_operator_line_kind")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "operator_id"],
            ["user_account.municipality_id", "user_account.user_id"],
            name=op.f("fk_operator_line_municipality_id_operator_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "operator_id", "node", name=op.f("pk_operator_line")),
    )
    op.create_index("ix_operator_line_node", "operator_line", ["municipality_id", "node", "endpoint"], unique=False)
    op.create_table(
        "operator_skill",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "operator_id"],
            ["user_account.municipality_id", "user_account.user_id"],
            name=op.f("fk_operator_skill_municipality_id_operator_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "operator_id", "skill", name=op.f("pk_operator_skill")),
    )
    op.create_table(
        "pacing_day",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("live_answers", sa.Integer(), nullable=False),
        sa.Column("abandoned", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "campaign_id"],
            ["campaign.municipality_id", "campaign.campaign_id"],
            name=op.f("fk_pacing_day_municipality_id_campaign_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "campaign_id", "day", name=op.f("pk_pacing_day")),
    )
    op.create_table(
        "pull_consent",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "operator_id"],
            ["user_account.municipality_id", "user_account.user_id"],
            name=op.f("fk_pull_consent_municipality_id_operator_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "operator_id", name=op.f("pk_pull_consent")),
    )
    op.create_table(
        "recording_terms",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("mode IN ('off', 'announced', 'unannounced')", name=op.f("ck_recording_terms_mode")),
        sa.CheckConstraint("days > 0", name=op.f("ck_recording_terms_days")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "campaign_id"],
            ["campaign.municipality_id", "campaign.campaign_id"],
            name=op.f("fk_recording_terms_municipality_id_campaign_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_recording_terms_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "terms_id", name=op.f("pk_recording_terms")),
    )
    op.create_index(
        "ix_recording_terms_campaign_id",
        "recording_terms",
        ["municipality_id", "campaign_id", "valid_from"],
        unique=False,
    )
    op.create_table(
        "seat",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("floor_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("assigned_campaign_id", sa.Uuid(), nullable=True),
        sa.Column("offered_addressee_no", sa.Text(), nullable=True),
        sa.Column("offered_phone_id", sa.Uuid(), nullable=True),
        sa.Column("offered_recall_id", sa.Uuid(), nullable=True),
        sa.Column("pausing", sa.Text(), nullable=True),
        sa.Column("part", sa.Text(), nullable=True),
        sa.Column("put_off_attempt_id", sa.Uuid(), nullable=True),
        sa.Column("put_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("calls_on", sa.Date(), nullable=True),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("pulled", sa.Integer(), nullable=False),
        sa.Column("pulled_last", sa.Boolean(), nullable=False),
        sa.CheckConstraint("part IN ('called_in', 'three_way', 'left')", name=op.f("ck_seat_part")),
        sa.CheckConstraint(
            "state IN ('offline', 'ready', 'paused', 'reserved', 'talking', 'wrapup')", name=op.f("ck_seat_state")
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "floor_id"],
            ["floor.municipality_id", "floor.floor_id"],
            name=op.f("fk_seat_municipality_id_floor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "operator_id"],
            ["user_account.municipality_id", "user_account.user_id"],
            name=op.f("fk_seat_municipality_id_operator_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "operator_id", name=op.f("pk_seat")),
    )
    op.create_table(
        "seat_change",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("floor_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality_id", "floor_id"],
            ["floor.municipality_id", "floor.floor_id"],
            name=op.f("fk_seat_change_municipality_id_floor_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "change_id", name=op.f("pk_seat_change")),
    )
    op.create_index("ix_seat_change_at", "seat_change", ["municipality_id", "at"], unique=False)
    op.create_table(
        "tax_period",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("levy_year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("period", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "tax_code"],
            ["tax_item.municipality_id", "tax_item.tax_code"],
            name=op.f("fk_tax_period_municipality_id_tax_code"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "tax_code", "levy_year", "period", name=op.f("pk_tax_period")),
    )
    op.create_table(
        "taxpayer",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_kana", sa.Text(), nullable=False),
        sa.Column("kana_key", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("district_code", sa.Text(), nullable=True),
        sa.Column("outside_city", sa.Boolean(), nullable=False),
        sa.Column("delivery_name", sa.Text(), nullable=True),
        sa.Column("delivery_postal_code", sa.Text(), nullable=True),
        sa.Column("delivery_address", sa.Text(), nullable=True),
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("relation_to_head", sa.Text(), nullable=True),
        sa.Column("contact_person_name", sa.Text(), nullable=True),
        sa.Column("contact_person_post", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("whereabouts", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('person', 'company')", name=op.f("ck_taxpayer_kind")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "district_code"],
            ["district.municipality_id", "district.district_code"],
            name=op.f("fk_taxpayer_municipality_id_district_code"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "household_id"],
            ["household.municipality_id", "household.household_id"],
            name=op.f("fk_taxpayer_municipality_id_household_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "addressee_no", name=op.f("pk_taxpayer")),
    )
    op.create_index("ix_taxpayer_district_code", "taxpayer", ["municipality_id", "district_code"], unique=False)
    op.create_index("ix_taxpayer_household_id", "taxpayer", ["municipality_id", "household_id"], unique=False)
    op.create_index("ix_taxpayer_kana_key", "taxpayer", ["municipality_id", "kana_key"], unique=False)
    op.create_table(
        "unmappable_character",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("code_point", sa.Text(), nullable=False),
        sa.Column("source_bytes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "import_id"],
            ["import_run.municipality_id", "import_run.import_id"],
            name=op.f("fk_unmappable_character_municipality_id_import_id"),
        ),
        sa.PrimaryKeyConstraint(
            "municipality_id", "import_id", "row_no", "column_name", "code_point", name=op.f("pk_unmappable_character")
        ),
    )
    op.create_table(
        "user_role",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "role_code"],
            ["role.municipality_id", "role.role_code"],
            name=op.f("fk_user_role_municipality_id_role_code"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "user_id"],
            ["user_account.municipality_id", "user_account.user_id"],
            name=op.f("fk_user_role_municipality_id_user_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "user_id", "role_code", name=op.f("pk_user_role")),
    )
    op.create_table(
        "arrears",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("arrears_id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("levy_year", sa.SmallInteger(), nullable=False),
        sa.Column("assessed_year", sa.SmallInteger(), nullable=False),
        sa.Column("period", sa.SmallInteger(), nullable=False),
        sa.Column("notice_no", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("assessed_yen", sa.BigInteger(), nullable=False),
        sa.Column("unpaid_yen", sa.BigInteger(), nullable=False),
        sa.Column("provisional_paid_yen", sa.BigInteger(), nullable=False),
        sa.Column("demand_fee_yen", sa.BigInteger(), nullable=False),
        sa.Column("interest_yen", sa.BigInteger(), nullable=False),
        sa.Column("interest_base_yen", sa.BigInteger(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("demand_notice_date", sa.Date(), nullable=True),
        sa.Column("limitation_date", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column(
            "outstanding_yen",
            sa.BigInteger(),
            sa.Computed(
                "CASE WHEN closed_on IS NULL THEN GREATEST(unpaid_yen - provisional_paid_yen, 0) ELSE 0 END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("category IN ('current', 'carried')", name=op.f("ck_arrears_category")),
        sa.CheckConstraint("unpaid_yen >= 0", name=op.f("ck_arrears_unpaid_yen")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_arrears_municipality_id_addressee_no"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "tax_code", "claim_group"],
            ["tax_item.municipality_id", "tax_item.tax_code", "tax_item.claim_group"],
            name=op.f("fk_arrears_municipality_id_tax_code_claim_group"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "arrears_id", name=op.f("pk_arrears")),
        sa.UniqueConstraint(
            "municipality_id",
            "addressee_no",
            "tax_code",
            "levy_year",
            "assessed_year",
            "period",
            "notice_no",
            name=op.f("uq_arrears_municipality_id_addressee_no_tax_code_levy_year_assessed_year_period_notice_no"),
        ),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "campaign_entry",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("frozen_yen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reserved_only", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'reached', 'unreachable', 'closed')", name=op.f("ck_campaign_entry_state")
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_campaign_entry_municipality_id_addressee_no"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "campaign_id"],
            ["campaign.municipality_id", "campaign.campaign_id"],
            name=op.f("fk_campaign_entry_municipality_id_campaign_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "campaign_id", "addressee_no", name=op.f("pk_campaign_entry")),
    )
    op.create_index(
        "ix_campaign_entry_open", "campaign_entry", ["municipality_id", "campaign_id", "state", "next_at"], unique=False
    )
    op.create_table(
        "contact_hold",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exempt_id", sa.Uuid(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('claimed_paid', 'slip_reissue', 'direct_debit', 'recall', 'staff')",
            name=op.f("ck_contact_hold_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_contact_hold_municipality_id_addressee_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "hold_id", name=op.f("pk_contact_hold")),
    )
    op.create_index(
        "ix_contact_hold_addressee_no", "contact_hold", ["municipality_id", "addressee_no", "released_at"], unique=False
    )
    op.create_table(
        "document",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lot_no", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("target_yen", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_document_municipality_id_addressee_no"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "lot_no"],
            ["document_lot.municipality_id", "document_lot.lot_no"],
            name=op.f("fk_document_municipality_id_lot_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "lot_no", "document_no", name=op.f("pk_document")),
    )
    op.create_index("ix_document_addressee_no", "document", ["municipality_id", "addressee_no"], unique=False)
    op.create_table(
        "follow_up",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'taken', 'suppressed', 'done', 'cancelled')", name=op.f("ck_follow_up_state")
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_follow_up_municipality_id_addressee_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "follow_up_id", name=op.f("pk_follow_up")),
        sa.UniqueConstraint(
            "municipality_id",
            "channel",
            "addressee_no",
            "occasion",
            name=op.f("uq_follow_up_municipality_id_channel_addressee_no_occasion"),
        ),
    )
    op.create_index("ix_follow_up_due", "follow_up", ["municipality_id", "channel", "state", "due_at"], unique=False)
    op.create_table(
        "gate_decision",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("phone_id", sa.Uuid(), nullable=True),
        sa.Column("e164", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("allowed = (reasons = '[]'::jsonb)", name=op.f("ck_gate_decision_allowed")),
        sa.CheckConstraint("channel IN ('call', 'sms', 'letter')", name=op.f("ck_gate_decision_channel")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_gate_decision_municipality_id_addressee_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "decision_id", name=op.f("pk_gate_decision")),
        sa.UniqueConstraint(
            "municipality_id",
            "decision_id",
            "allowed",
            "channel",
            "addressee_no",
            "e164",
            name=op.f("uq_gate_decision_municipality_id_decision_id_allowed_channel_addressee_no_e164"),
        ),
    )
    op.create_index(
        "ix_gate_decision_addressee_no",
        "gate_decision",
        ["municipality_id", "addressee_no", "decided_at"],
        unique=False,
    )
    op.create_index("ix_gate_decision_decided_at", "gate_decision", ["municipality_id", "decided_at"], unique=False)
    op.create_table(
        "instalment_plan",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("plan_no", sa.Text(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("pledged_on", sa.Date(), nullable=False),
        sa.Column("pledged_yen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('kept', 'broken', 'completed', 'cancelled')", name=op.f("ck_instalment_plan_state")
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_instalment_plan_municipality_id_addressee_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "plan_no", name=op.f("pk_instalment_plan")),
    )
    op.create_index(
        "ix_instalment_plan_addressee_no", "instalment_plan", ["municipality_id", "addressee_no"], unique=False
    )
    op.create_table(
        "phone",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("phone_id", sa.Uuid(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("raw_digits", sa.Text(), nullable=False),
        sa.Column("e164", sa.Text(), nullable=True),
        sa.Column("line_type", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("usable_hours", postgresql.JSONB(), nullable=True),
        sa.Column("ng_reason", sa.Text(), nullable=True),
        sa.Column("ng_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("learned_by", sa.Uuid(), nullable=True),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "line_type IN ('landline', 'mobile', 'ip', 'barred', 'unknown')", name=op.f("ck_phone_line_type")
        ),
        sa.CheckConstraint("place IN ('home', 'mobile', 'work', 'contact')", name=op.f("ck_phone_place")),
        sa.CheckConstraint("source IN ('import', 'learned')", name=op.f("ck_phone_source")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_phone_municipality_id_addressee_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "phone_id", name=op.f("pk_phone")),
        sa.UniqueConstraint(
            "municipality_id",
            "addressee_no",
            "raw_digits",
            name=op.f("uq_phone_municipality_id_addressee_no_raw_digits"),
        ),
    )
    op.create_index("ix_phone_addressee_no", "phone", ["municipality_id", "addressee_no", "position"], unique=False)
    op.create_index("ix_phone_e164", "phone", ["municipality_id", "e164"], unique=False)
    op.create_table(
        "promise",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promised_yen", sa.BigInteger(), nullable=False),
        sa.Column("last_due_on", sa.Date(), nullable=False),
        sa.Column("judge_on", sa.Date(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("paid_yen", sa.BigInteger(), nullable=False),
        sa.Column("judged_as_of", sa.Date(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.Uuid(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'kept', 'late', 'partly', 'broken', 'cancelled', 'superseded')",
            name=op.f("ck_promise_state"),
        ),
        sa.CheckConstraint("last_due_on >= made_on", name=op.f("ck_promise_last_due_on")),
        sa.CheckConstraint("promised_yen > 0", name=op.f("ck_promise_promised_yen")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_promise_municipality_id_addressee_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "promise_id", name=op.f("pk_promise")),
    )
    op.create_index("ix_promise_addressee_no", "promise", ["municipality_id", "addressee_no", "made_at"], unique=False)
    op.create_index("ix_promise_judge_on", "promise", ["municipality_id", "state", "judge_on"], unique=False)
    op.create_index(
        "uq_promise_open",
        "promise",
        ["municipality_id", "addressee_no", "claim_group"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "protected_opening",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opening_id", sa.Uuid(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("allowed_by", sa.Uuid(), nullable=True),
        sa.Column("allowed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(allowed_by IS NULL) = (allowed_at IS NULL) AND (allowed_at IS NULL) = (open_until IS NULL)",
            name=op.f("ck_protected_opening_allowed"),
        ),
        sa.CheckConstraint("allowed_by <> asked_by", name=op.f("ck_protected_opening_four_eyes")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_protected_opening_municipality_id_addressee_no"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "allowed_by"],
            ["user_account.municipality_id", "user_account.user_id"],
            name=op.f("fk_protected_opening_municipality_id_allowed_by"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "asked_by"],
            ["user_account.municipality_id", "user_account.user_id"],
            name=op.f("fk_protected_opening_municipality_id_asked_by"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "opening_id", name=op.f("pk_protected_opening")),
    )
    op.create_index(
        "ix_protected_opening_addressee_no",
        "protected_opening",
        ["municipality_id", "addressee_no", "asked_at"],
        unique=False,
    )
    op.create_table(
        "recall",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("phone_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("call_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('booked', 'calling', 'done', 'missed', 'cancelled')", name=op.f("ck_recall_state")
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_recall_municipality_id_addressee_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "recall_id", name=op.f("pk_recall")),
    )
    op.create_index("ix_recall_due", "recall", ["municipality_id", "state", "call_at"], unique=False)
    op.create_table(
        "representative",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_kana", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("phone_raw", sa.Text(), nullable=True),
        sa.Column("delegation_confirmed", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_representative_municipality_id_addressee_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "addressee_no", "seq", name=op.f("pk_representative")),
    )
    op.create_table(
        "service_request",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done', 'withdrawn')", name=op.f("ck_service_request_state")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_service_request_municipality_id_addressee_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "request_id", name=op.f("pk_service_request")),
    )
    op.create_index(
        "ix_service_request_addressee_no", "service_request", ["municipality_id", "addressee_no"], unique=False
    )
    op.create_index("ix_service_request_state", "service_request", ["municipality_id", "state", "due_on"], unique=False)
    op.create_table(
        "taxpayer_flag",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("flag_code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("source IN ('import', 'learned')", name=op.f("ck_taxpayer_flag_source")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_taxpayer_flag_municipality_id_addressee_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "flag_id", name=op.f("pk_taxpayer_flag")),
    )
    op.create_index("ix_taxpayer_flag_addressee_no", "taxpayer_flag", ["municipality_id", "addressee_no"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("recall_id", sa.Uuid(), nullable=True),
        sa.Column("addressee_no", sa.Text(), nullable=True),
        sa.Column("household_id", sa.Text(), nullable=True),
        sa.Column("phone_id", sa.Uuid(), nullable=True),
        sa.Column("e164", sa.Text(), nullable=True),
        sa.Column("line_type", sa.Text(), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("gate_allowed", sa.Boolean(), nullable=True),
        sa.Column("attempt_no", sa.SmallInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("floor_id", sa.Uuid(), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("intended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("speech_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_answered", sa.Boolean(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("abandoned", sa.Boolean(), nullable=False),
        sa.Column("unknown_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrapped_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("put_off_seconds", sa.Integer(), nullable=True),
        sa.Column("operator_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_attempt_ended_at")),
        sa.CheckConstraint("channel IN ('call', 'sms')", name=op.f("ck_attempt_channel")),
        sa.CheckConstraint(
            "counted OR direction = 'inbound' OR (state = 'ended' AND result IN ('11', '12', '15'))",
            name=op.f("ck_attempt_counted"),
        ),
        sa.CheckConstraint(
            "direction = 'inbound' OR (decision_id IS NOT NULL AND gate_allowed IS TRUE AND addressee_no IS NOT NULL AND household_id IS NOT NULL AND e164 IS NOT NULL)",
            name=op.f("ck_attempt_decided"),
        ),
        sa.CheckConstraint("direction IN ('outbound', 'inbound')", name=op.f("ck_attempt_direction")),
        sa.CheckConstraint("live = (state <> 'ended')", name=op.f("ck_attempt_live")),
        sa.CheckConstraint(
            "state IN ('intended', 'handed', 'answered', 'joined', 'unknown', 'ended')", name=op.f("ck_attempt_state")
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_attempt_municipality_id_addressee_no"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "decision_id", "gate_allowed", "channel", "addressee_no", "e164"],
            [
                "gate_decision.municipality_id",
                "gate_decision.decision_id",
                "gate_decision.allowed",
                "gate_decision.channel",
                "gate_decision.addressee_no",
                "gate_decision.e164",
            ],
            name="fk_attempt_gate_decision",
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "household_id"],
            ["household.municipality_id", "household.household_id"],
            name=op.f("fk_attempt_municipality_id_household_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_attempt_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "attempt_id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("municipality_id", "decision_id", name=op.f("uq_attempt_municipality_id_decision_id")),
    )
    op.create_index(
        "ix_attempt_addressee_no", "attempt", ["municipality_id", "addressee_no", "intended_at"], unique=False
    )
    op.create_index("ix_attempt_e164", "attempt", ["municipality_id", "e164", "intended_at"], unique=False)
    op.create_index(
        "ix_attempt_household_id", "attempt", ["municipality_id", "household_id", "intended_at"], unique=False
    )
    op.create_index("ix_attempt_intended_at", "attempt", ["municipality_id", "intended_at"], unique=False)
    op.create_index(
        "uq_attempt_live_household",
        "attempt",
        ["municipality_id", "household_id"],
        unique=True,
        postgresql_where=sa.text("live AND direction = 'outbound'"),
    )
    op.create_index(
        "uq_attempt_live_phone",
        "attempt",
        ["municipality_id", "e164"],
        unique=True,
        postgresql_where=sa.text("live AND direction = 'outbound'"),
    )
    op.create_table(
        "instalment_plan_part",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("plan_no", sa.Text(), nullable=False),
        sa.Column("part_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("part_yen", sa.BigInteger(), nullable=False),
        sa.Column("paid_yen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("part_yen > 0", name=op.f("ck_instalment_plan_part_part_yen")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "plan_no"],
            ["instalment_plan.municipality_id", "instalment_plan.plan_no"],
            name=op.f("fk_instalment_plan_part_municipality_id_plan_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "plan_no", "part_no", name=op.f("pk_instalment_plan_part")),
    )
    op.create_table(
        "instalment_plan_target",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("plan_no", sa.Text(), nullable=False),
        sa.Column("arrears_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "arrears_id"],
            ["arrears.municipality_id", "arrears.arrears_id"],
            name=op.f("fk_instalment_plan_target_municipality_id_arrears_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "plan_no"],
            ["instalment_plan.municipality_id", "instalment_plan.plan_no"],
            name=op.f("fk_instalment_plan_target_municipality_id_plan_no"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "plan_no", "arrears_id", name=op.f("pk_instalment_plan_target")),
    )
    op.create_table(
        "promise_part",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("part_no", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("judge_on", sa.Date(), nullable=False),
        sa.Column("promised_yen", sa.BigInteger(), nullable=False),
        sa.Column("paid_yen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'kept', 'late', 'partly', 'broken', 'cancelled', 'superseded')",
            name=op.f("ck_promise_part_state"),
        ),
        sa.CheckConstraint("promised_yen > 0", name=op.f("ck_promise_part_promised_yen")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "promise_id"],
            ["promise.municipality_id", "promise.promise_id"],
            name=op.f("fk_promise_part_municipality_id_promise_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "promise_id", "part_no", name=op.f("pk_promise_part")),
    )
    op.create_table(
        "promise_target",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("arrears_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "arrears_id"],
            ["arrears.municipality_id", "arrears.arrears_id"],
            name=op.f("fk_promise_target_municipality_id_arrears_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "promise_id"],
            ["promise.municipality_id", "promise.promise_id"],
            name=op.f("fk_promise_target_municipality_id_promise_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "promise_id", "arrears_id", name=op.f("pk_promise_target")),
    )
    op.create_table(
        "receipt",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("receipt_no", sa.Text(), nullable=False),
        sa.Column("arrears_id", sa.BigInteger(), nullable=True),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("tax_code", sa.Text(), nullable=False),
        sa.Column("levy_year", sa.SmallInteger(), nullable=False),
        sa.Column("assessed_year", sa.SmallInteger(), nullable=False),
        sa.Column("period", sa.SmallInteger(), nullable=False),
        sa.Column("notice_no", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=True),
        sa.Column("principal_yen", sa.BigInteger(), nullable=False),
        sa.Column("interest_yen", sa.BigInteger(), nullable=False),
        sa.Column("demand_fee_yen", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.SmallInteger(), nullable=False),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("stage IN ('flash', 'final')", name=op.f("ck_receipt_stage")),
        sa.CheckConstraint("principal_yen >= 0", name=op.f("ck_receipt_principal_yen")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "arrears_id"],
            ["arrears.municipality_id", "arrears.arrears_id"],
            name=op.f("fk_receipt_municipality_id_arrears_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id"], ["municipality.municipality_id"], name=op.f("fk_receipt_municipality_id")
        ),
        sa.PrimaryKeyConstraint("municipality_id", "receipt_no", name=op.f("pk_receipt")),
    )
    op.create_index(
        "ix_receipt_addressee_no", "receipt", ["municipality_id", "addressee_no", "received_on"], unique=False
    )
    op.create_index("ix_receipt_arrears_id", "receipt", ["municipality_id", "arrears_id"], unique=False)
    op.create_table(
        "call_transition",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "attempt_id"],
            ["attempt.municipality_id", "attempt.attempt_id"],
            name=op.f("fk_call_transition_municipality_id_attempt_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "attempt_id", "seq", name=op.f("pk_call_transition")),
    )
    op.create_table(
        "contact_record",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("household_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("claim_group", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("e164", sa.Text(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("campaign_id", sa.Uuid(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("identity_items", postgresql.JSONB(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("delinquency_reason", sa.Text(), nullable=True),
        sa.Column("promise_id", sa.Uuid(), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_channel", sa.Text(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("complaint", sa.Boolean(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("correction_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_contact_record_version")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_contact_record_municipality_id_addressee_no"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "attempt_id"],
            ["attempt.municipality_id", "attempt.attempt_id"],
            name=op.f("fk_contact_record_municipality_id_attempt_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "record_id", "version", name=op.f("pk_contact_record")),
    )
    op.create_index(
        "ix_contact_record_addressee_no",
        "contact_record",
        ["municipality_id", "addressee_no", "started_at"],
        unique=False,
    )
    op.create_index("ix_contact_record_attempt_id", "contact_record", ["municipality_id", "attempt_id"], unique=False)
    op.create_index("ix_contact_record_started_at", "contact_record", ["municipality_id", "started_at"], unique=False)
    op.create_table(
        "handover_note",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("from_operator", sa.Uuid(), nullable=False),
        sa.Column("to_operator", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "attempt_id"],
            ["attempt.municipality_id", "attempt.attempt_id"],
            name=op.f("fk_handover_note_municipality_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "from_operator"],
            ["user_account.municipality_id", "user_account.user_id"],
            name=op.f("fk_handover_note_municipality_id_from_operator"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "to_operator"],
            ["user_account.municipality_id", "user_account.user_id"],
            name=op.f("fk_handover_note_municipality_id_to_operator"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "note_id", name=op.f("pk_handover_note")),
    )
    op.create_index(
        "ix_handover_note_attempt_id", "handover_note", ["municipality_id", "attempt_id", "at"], unique=False
    )
    op.create_table(
        "message",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("addressee_no", sa.Text(), nullable=False),
        sa.Column("e164", sa.Text(), nullable=True),
        sa.Column("template_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("segments", sa.SmallInteger(), nullable=True),
        sa.Column("gateway", sa.Text(), nullable=True),
        sa.Column("gateway_ref", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "attempt_id IS NOT NULL OR state IN ('accepted', 'scheduled', 'suppressed', 'cancelled')",
            name=op.f("ck_message_decided"),
        ),
        sa.CheckConstraint(
            "state IN ('accepted', 'scheduled', 'sending', 'unknown', 'sent', 'delivered', 'failed', 'suppressed', 'cancelled')",
            name=op.f("ck_message_state"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "addressee_no"],
            ["taxpayer.municipality_id", "taxpayer.addressee_no"],
            name=op.f("fk_message_municipality_id_addressee_no"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "attempt_id"],
            ["attempt.municipality_id", "attempt.attempt_id"],
            name=op.f("fk_message_municipality_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "follow_up_id"],
            ["follow_up.municipality_id", "follow_up.follow_up_id"],
            name=op.f("fk_message_municipality_id_follow_up_id"),
        ),
        sa.ForeignKeyConstraint(
            ["municipality_id", "template_id"],
            ["sms_template.municipality_id", "sms_template.template_id"],
            name=op.f("fk_message_municipality_id_template_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "message_id", name=op.f("pk_message")),
        sa.UniqueConstraint("municipality_id", "attempt_id", name=op.f("uq_message_municipality_id_attempt_id")),
        sa.UniqueConstraint("municipality_id", "follow_up_id", name=op.f("uq_message_municipality_id_follow_up_id")),
    )
    op.create_index("ix_message_addressee_no", "message", ["municipality_id", "addressee_no"], unique=False)
    op.create_index("ix_message_due", "message", ["municipality_id", "state", "due_at"], unique=False)
    op.create_index("ix_message_gateway_ref", "message", ["municipality_id", "gateway", "gateway_ref"], unique=False)
    op.create_table(
        "reach_pick",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("p_live", sa.Double(), nullable=False),
        sa.Column("p_right_party", sa.Double(), nullable=False),
        sa.Column("propensity", sa.Double(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("by_chance", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality_id", "attempt_id"],
            ["attempt.municipality_id", "attempt.attempt_id"],
            name=op.f("fk_reach_pick_municipality_id_attempt_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "attempt_id", name=op.f("pk_reach_pick")),
    )
    op.create_table(
        "recording",
        sa.Column("municipality_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.Uuid(), nullable=True),
        sa.Column("hold_lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'deleted') = (deleted_at IS NOT NULL)", name=op.f("ck_recording_deleted_at")),
        sa.CheckConstraint("hold IN ('objection', 'complaint', 'other')", name=op.f("ck_recording_hold")),
        sa.CheckConstraint("hold IS NULL OR state = 'kept'", name=op.f("ck_recording_held_is_kept")),
        sa.CheckConstraint("state IN ('kept', 'deleting', 'deleted')", name=op.f("ck_recording_state")),
        sa.ForeignKeyConstraint(
            ["municipality_id", "attempt_id"],
            ["attempt.municipality_id", "attempt.attempt_id"],
            name=op.f("fk_recording_municipality_id_attempt_id"),
        ),
        sa.PrimaryKeyConstraint("municipality_id", "recording_id", name=op.f("pk_recording")),
    )
    op.create_index("ix_recording_attempt_id", "recording", ["municipality_id", "attempt_id"], unique=False)
    op.create_index("ix_recording_keep_until", "recording", ["municipality_id", "state", "keep_until"], unique=False)
    protect_directory("municipality", "SELECT", "INSERT", "UPDATE")
    protect("audit_entry", "SELECT", "INSERT")
    protect("campaign", "SELECT", "INSERT", "UPDATE")
    protect("delivery_report", "SELECT", "INSERT")
    protect("district", "SELECT", "INSERT", "UPDATE")
    protect("document_lot", "SELECT", "INSERT", "UPDATE")
    protect("flag_rule", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("floor", "SELECT", "INSERT", "UPDATE")
    protect("household", "SELECT", "INSERT", "UPDATE")
    protect("import_run", "SELECT", "INSERT")
    protect("interest_rate", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("office_day", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("reach_beliefs", "SELECT", "INSERT", "UPDATE")
    protect("role", "SELECT", "INSERT", "UPDATE")
    protect("saved_selection", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("sms_template", "SELECT", "INSERT", "UPDATE")
    protect("tax_item", "SELECT", "INSERT", "UPDATE")
    protect("user_account", "SELECT", "INSERT", "UPDATE")
    protect("audit_seal", "SELECT", "INSERT")
    protect("contact_stop", "SELECT", "INSERT", "UPDATE")
    protect("floor_command", "SELECT", "INSERT", "UPDATE")
    protect("import_conflict", "SELECT", "INSERT")
    protect("import_reject", "SELECT", "INSERT")
    protect("levy_total", "SELECT", "INSERT", "UPDATE")
    protect("listening_in", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("operator_line", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("operator_skill", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("pacing_day", "SELECT", "INSERT", "UPDATE")
    protect("pull_consent", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("recording_terms", "SELECT", "INSERT")
    protect("seat", "SELECT", "INSERT", "UPDATE")
    protect("seat_change", "SELECT", "INSERT")
    protect("tax_period", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("taxpayer", "SELECT", "INSERT", "UPDATE")
    protect("unmappable_character", "SELECT", "INSERT")
    protect("user_role", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("arrears", "SELECT", "INSERT", "UPDATE")
    protect("campaign_entry", "SELECT", "INSERT", "UPDATE")
    protect("contact_hold", "SELECT", "INSERT", "UPDATE")
    protect("document", "SELECT", "INSERT", "UPDATE")
    protect("follow_up", "SELECT", "INSERT", "UPDATE")
    protect("gate_decision", "SELECT", "INSERT")
    protect("instalment_plan", "SELECT", "INSERT", "UPDATE")
    protect("phone", "SELECT", "INSERT", "UPDATE")
    protect("promise", "SELECT", "INSERT", "UPDATE")
    protect("protected_opening", "SELECT", "INSERT", "UPDATE")
    protect("recall", "SELECT", "INSERT", "UPDATE")
    protect("representative", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("service_request", "SELECT", "INSERT", "UPDATE")
    protect("taxpayer_flag", "SELECT", "INSERT", "UPDATE")
    protect("attempt", "SELECT", "INSERT", "UPDATE")
    protect("instalment_plan_part", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("instalment_plan_target", "SELECT", "INSERT", "UPDATE", "DELETE")
    protect("promise_part", "SELECT", "INSERT", "UPDATE")
    protect("promise_target", "SELECT", "INSERT", "UPDATE")
    protect("receipt", "SELECT", "INSERT", "UPDATE")
    protect("call_transition", "SELECT", "INSERT")
    protect("contact_record", "SELECT", "INSERT")
    protect("handover_note", "SELECT", "INSERT")
    protect("message", "SELECT", "INSERT", "UPDATE")
    protect("reach_pick", "SELECT", "INSERT", "UPDATE")
    protect("recording", "SELECT", "INSERT", "UPDATE")
