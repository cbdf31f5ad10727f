"""GET /healthz: for whoever watches the processes; tells nothing about persons."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from agent_ui.context import PanelContext


def blueprint(context: PanelContext) -> APIBlueprint:
    """Whether the database answers."""
    api = APIBlueprint("health", __name__, enable_openapi=False)

    @api.get("/healthz")
    def healthz() -> ResponseReturnValue:
        try:
            with context.database.transaction(None) as conn:
                conn.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return jsonify({"ok": False, "database": "unreachable"}), 503
        return jsonify({"ok": True})

    return api
