"""How gunicorn serves the panel: one worker with threads, since Socket.IO keeps its clients in one process.

More of them are started beside it, each with an address of its own (docs/more-web-servers.md).
"""

from __future__ import annotations

from tsunagaru.logs import formatter
from tsunagaru.settings import Settings

_settings = Settings.from_environment()

bind = f"{_settings.host}:{_settings.port}"
certfile = str(_settings.https.chain) if _settings.https else None
keyfile = str(_settings.https.key) if _settings.https else None
worker_class = "gthread"
workers = 1
# Each open panel holds one thread for its live connection.
threads = 300
graceful_timeout = 5
control_socket_disable = True
# A line for every request would tell who looked at whom; what matters is in the audit entries.
accesslog = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": lambda: formatter(_settings.log_format, "web")}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
    "root": {"level": "INFO", "handlers": ["stderr"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
}
