"""The application factory: one place that puts the features of the web room together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from flask import Response, abort, send_from_directory

from agent_ui import errors, identity, live, security
from agent_ui.campaigns import http as campaigns
from agent_ui.cases import http as cases
from agent_ui.context import PanelContext
from agent_ui.floor import http as floor
from agent_ui.health import http as health
from agent_ui.imports import http as imports
from agent_ui.notifier import Notifier
from agent_ui.panel import http as panel
from agent_ui.presence import Presence
from agent_ui.recordings import http as recordings
from agent_ui.reports import http as reports
from agent_ui.signin import http as signin
from agent_ui.web_processes import NoOthers, WebProcesses

CLIENT = Path(__file__).parent / "static" / "app"


def create_app(context: PanelContext) -> APIFlask:
    """The web application. In `app.extensions`: its Socket.IO server, "notifier" and "presence".

    The notifier listens from the first request or connection on; `context.listening` false keeps it silent.
    """
    app = APIFlask(__name__, title="Tsunagaru", version="1", spec_path=None, docs_path=None, static_url_path="/static")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    errors.install(app)
    limiter = security.install(app, context)
    identity.install(app, context)
    presence = Presence(context, _others(context))
    socket = live.install(app, context, presence)
    security.believe_proxies(app, context)
    app.register_blueprint(signin.blueprint(context, limiter))
    app.register_blueprint(panel.blueprint(context, presence))
    app.register_blueprint(cases.blueprint(context))
    app.register_blueprint(floor.blueprint(context))
    app.register_blueprint(campaigns.blueprint(context))
    app.register_blueprint(reports.blueprint(context))
    app.register_blueprint(imports.blueprint(context))
    app.register_blueprint(recordings.blueprint(context))
    app.register_blueprint(health.blueprint(context))
    _describe(app, context)
    _serve_client(app)
    notifier = Notifier(context, socket, presence)
    app.extensions["notifier"] = notifier
    app.extensions["presence"] = presence
    if context.listening:
        notifier.start()
        presence.start()
    return app


def _others(context: PanelContext) -> WebProcesses:
    if context.redis is None:
        return NoOthers()
    # Only here: Redis is slow to load, and most offices have none.
    from agent_ui.others_by_redis import OthersByRedis

    return OthersByRedis(context.redis, context.screen_grace_seconds)


def _describe(app: APIFlask, context: PanelContext) -> None:
    """The description of the API, for signed-in people only unless the context opens it."""

    @app.get("/api/openapi.json")
    @app.doc(hide=True)
    def description() -> Response:
        if not context.open_documents:
            identity.signed_in()
        return app.response_class(json.dumps(openapi(app), ensure_ascii=False), mimetype="application/json")


def openapi(app: APIFlask) -> dict[str, Any]:
    """The OpenAPI description, each schema once under its own name, in an order that never changes."""
    # APIFlask names a nested schema "Outer.Inner" once for every outer one; a client wants each just once.
    spec: dict[str, Any] = json.loads(json.dumps(app.spec, sort_keys=True))
    schemas = spec["components"]["schemas"]
    text = json.dumps(spec)
    for name in sorted(schemas, key=len, reverse=True):
        if "." in name:
            text = text.replace(f"#/components/schemas/{name}", f"#/components/schemas/{name.rpartition('.')[2]}")
    flat: dict[str, Any] = json.loads(text)
    flat["components"]["schemas"] = {
        name.rpartition(".")[2]: schema for name, schema in sorted(flat["components"]["schemas"].items())
    }
    flat.pop("servers", None)
    return flat


def _serve_client(app: APIFlask) -> None:
    """The built client; every address outside the API that names no file is one of its screens."""

    @app.get("/", defaults={"path": ""})
    @app.get("/<path:path>")
    @app.doc(hide=True)
    def client(path: str) -> Response:
        if path.startswith("api/"):
            abort(404)
        if not (CLIENT / "index.html").is_file():
            return app.response_class(_NOT_BUILT, mimetype="text/html", status=503)
        if path and (CLIENT / path).is_file():
            answer = send_from_directory(CLIENT, path)
            # Built files carry the hash of their content in their names.
            answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if "assets/" in path else "no-cache"
            return answer
        answer = send_from_directory(CLIENT, "index.html")
        answer.headers["Cache-Control"] = "no-cache"
        return answer


_NOT_BUILT = (
    "<!doctype html><html lang=ja><meta charset=utf-8><title>Tsunagaru</title>"
    "<p>画面がまだ組み立てられていません。<code>make client</code> を実行してください。</p></html>"
)
