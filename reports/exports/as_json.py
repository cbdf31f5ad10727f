"""JSON for machines: typed figures, each column with the id of its formula."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from casefile.clock import jst
from reports.figures import Column, Figure, Form, Reconciliation, Row, Table


def as_json(form: Form) -> bytes:
    """UTF-8, keys in the order of the form, one line break at the end."""
    return (json.dumps(_form(form), ensure_ascii=False, indent=1) + "\n").encode()


def _form(form: Form) -> dict[str, Any]:
    header = form.header
    return {
        "form": form.name,
        "axis": form.request.axis.value,
        "title": form.title,
        "header": {
            "municipality_id": f"{form.municipality_id:06d}",
            "municipality": header.municipality,
            "section": header.section,
            "from": header.first_day.isoformat(),
            "to": header.last_day.isoformat(),
            "as_of": header.as_of.isoformat(),
            "receipts_until": None if header.receipts_until is None else header.receipts_until.isoformat(),
            "purpose": form.request.purpose.value,
            "claim_group": None if form.request.claim_group is None else form.request.claim_group.value,
            "conditions": list(header.conditions),
            "made_at": jst(header.made_at).isoformat(),
            "made_by": header.made_by,
            "edition": header.edition,
        },
        "tables": [_table(form, table) for table in form.tables],
        "heat_maps": [
            {
                "title": heat.title,
                "table": heat.table,
                "column": heat.column,
                "weight": heat.weight,
                "rows": [{"code": code, "label": label} for code, label in heat.down],
                "columns": [{"code": code, "label": label} for code, label in heat.across],
                "cells": [{"row": down, "column": across, "key": key} for (down, across), key in heat.cells.items()],
            }
            for heat in form.heat_maps
        ],
        "charts": [
            {"title": chart.title, "table": chart.table, "bars": chart.bars, "line": chart.line}
            for chart in form.charts
        ],
        "reconciliation": None if form.reconciliation is None else _reconciliation(form.reconciliation),
        "findings": list(form.findings),
        "warnings": list(form.warnings),
        "notes": list(form.notes),
    }


def _table(form: Form, table: Table) -> dict[str, Any]:
    return {
        "key": table.key,
        "title": table.title,
        "heading": table.heading,
        "columns": [_column(form, column) for column in table.columns],
        "rows": [_row(row) for row in table.rows],
    }


def _column(form: Form, column: Column) -> dict[str, Any]:
    ratio = column.ratio
    return {
        "key": column.key,
        "formula_id": f"{form.name}.{column.key}",
        "title": column.title,
        "group": column.group,
        "unit": column.unit.name.lower(),
        "unit_label": column.unit.value,
        "formula": column.formula,
        "distinct": column.distinct,
        "ratio": None
        if ratio is None
        else {"numerator": ratio.numerator, "denominator": ratio.denominator, "scale": ratio.scale},
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "key": row.key,
        "label": row.label,
        "kind": row.kind.name.lower(),
        "codes": dict(row.codes),
        "figures": {key: plain(figure) for key, figure in row.figures.items()},
    }


def plain(figure: Figure) -> int | float | None:
    """A rate has one decimal, which a float writes back exactly."""
    return float(figure) if isinstance(figure, Decimal) else figure


def _reconciliation(found: Reconciliation) -> dict[str, Any]:
    return {
        "title": found.title,
        "window": found.window,
        "lines": [
            {"label": label, "receipts": count, "principal_yen": principal, "extras_yen": extras}
            for label, count, principal, extras in found.lines
        ],
        "total": {
            "receipts": found.receipts,
            "principal_yen": found.principal_yen,
            "extras_yen": found.extras_yen,
        },
    }
