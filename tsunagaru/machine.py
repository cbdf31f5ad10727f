"""The machine a figure was measured on; a figure without it says nothing."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil


def machine() -> dict[str, str]:
    """What a reader needs to judge a figure: processor, cores, memory, system, Python."""
    return {
        "processor": _processor(),
        "cores": str(_usable_cores()),
        "memory": f"{psutil.virtual_memory().total / 1024**3:.0f} GiB",
        "system": f"{_distribution()}, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def circumstances() -> dict[str, str]:
    """The day and the load average (1, 5 and 15 minutes) as a measurement begins: a busy machine measures others."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return {"date": f"{datetime.now(UTC):%Y-%m-%d}", "load average before": load}


def table(rows: list[tuple[str, ...]]) -> str:
    """Rows as a Markdown table, the first one its heading, ready for docs/benchmarks.md."""
    heading, *others = rows
    lines = [heading, tuple("---" for _ in heading), *others]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return platform.system()
