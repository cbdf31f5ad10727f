"""What protects every answer: CSRF token for JSON, a strict content policy, a limit on sign-ins, signed cookies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from apiflask import APIFlask
from flask import Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from agent_ui.context import PanelContext, VoiceNode

IDLE_LIMIT = timedelta(hours=10)
"""A shift with overtime, counted from the last change of the session; the idle lock of a screen is the client's."""

UPLOAD_LIMIT_BYTES = 2 * 1024 * 1024


def content_policy(nodes: Sequence[VoiceNode]) -> str:
    """Nothing but our own, and the telephone nodes' WebSockets."""
    telephones = "".join(f" {scheme}://{netloc}" for scheme, netloc, *_ in (urlsplit(node.wss_url) for node in nodes))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "media-src 'self'",
            f"connect-src 'self'{telephones}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Nobody else is told where somebody was; our own server is, since it asks a change over HTTPS where it came from.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=(), microphone=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def install(app: APIFlask, context: PanelContext) -> Limiter:
    """Configure cookies, CSRF, headers; give the limiter that sign-in uses."""
    app.config.update(
        SECRET_KEY=context.secret_key,
        SESSION_COOKIE_NAME="tsunagaru",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=context.secure_cookies,
        PERMANENT_SESSION_LIFETIME=IDLE_LIMIT,
        # A slow answer must not bring back the cookie of before an identity was confirmed.
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=UPLOAD_LIMIT_BYTES,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=context.secure_cookies,
    )
    CSRFProtect(app)
    policy = content_policy(context.voice_nodes)
    limiter = _limiter(app, context)

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if context.secure_cookies:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.path.startswith("/api"):
            response.headers["Cache-Control"] = "no-store"
        return response

    return limiter


def _limiter(app: APIFlask, context: PanelContext) -> Limiter:
    """Counts together with the other web processes; each for itself while Redis is away."""
    if context.redis is None:
        return Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=False)
    return Limiter(
        get_remote_address,
        app=app,
        storage_uri="redis://",
        storage_options={"connection_pool": context.redis},  # type: ignore[dict-item]
        key_prefix="tsunagaru",
        in_memory_fallback_enabled=True,
        headers_enabled=False,
    )


def believe_proxies(app: APIFlask, context: PanelContext) -> None:
    """A visitor's address, host and scheme are what our own proxies say; without one a visitor could claim anything."""
    if context.proxies:
        number = context.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=number, x_proto=number, x_host=number)  # type: ignore[method-assign]
