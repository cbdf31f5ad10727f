"""One line per event on stderr, as JSON for machines or in colour for people; persons stay out of it.

A value about a person may only stand under a key that begins with `personal_`. Such values are replaced before they
are written: what is needed to find the case again are its ids, and those may be logged.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

PERSONAL = "personal_"
_HIDDEN = "(伏せ字)"
_QUOTED_ROW = re.compile(
    r"(?:DETAIL:|CONTEXT:|\[parameters:).*?(?=\n\[SQL:|\n\(Background on this error|\n\nThe above exception|\n\nDuring handling|\Z)",
    re.DOTALL,
)
"""To the end of what is said of the error: a row quoted there may hold a memo of several lines."""


def configure_logs(log_format: str, process: str) -> None:
    """Send structlog's and the standard library's events to stderr. `log_format` is `json` or `console`."""
    structlog.configure(
        processors=[
            *_common(process),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(log_format, process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


def formatter(log_format: str, process: str) -> logging.Formatter:
    """How one event becomes one line, for whoever sets up handlers of their own (gunicorn does)."""
    renderer: structlog.typing.Processor = (
        # A traceback with local variables would show persons.
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        if log_format == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        # What the standard library's events say besides their text (`extra`) is said too, and hidden like everything.
        foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *_common(process)],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide_rows,
            renderer,
        ],
    )


def _common(process: str) -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_process(process),
        hide_personal,
    ]


def hide_personal(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep the marked key, so that one sees that something was there, and drop its value."""
    for key in event:
        if key.startswith(PERSONAL):
            event[key] = _HIDDEN
    return event


def hide_rows(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out of a traceback what the database quotes from rows, and the parameters of statements."""
    for key in ("exception", "event"):
        if isinstance(event.get(key), str):
            event[key] = _QUOTED_ROW.sub(_HIDDEN, event[key])
    return event


def _name_process(process: str) -> structlog.typing.Processor:
    def add(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.setdefault("process", process)
        return event

    return add
