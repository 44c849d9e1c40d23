"""The machine and the process that a server runs in, as the original describes them."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any, Final

STARTED_AT_MS: Final = time.time_ns() // 1_000_000
"""When this process began, in epoch milliseconds."""


def operating_system() -> dict[str, Any]:
    """Times in seconds, memory in bytes."""
    page = os.sysconf("SC_PAGE_SIZE")
    return {
        "type": platform.system(),
        "platform": platform.system().lower(),
        "arch": platform.machine(),
        "release": platform.release(),
        "uptime": _uptime(),
        "loadavg": [round(one, 2) for one in os.getloadavg()],
        "totalmem": os.sysconf("SC_PHYS_PAGES") * page,
        "freemem": _free() or os.sysconf("SC_PHYS_PAGES") * page,
        "cpus": os.cpu_count() or 1,
    }


def process(now: int) -> dict[str, Any]:
    """``now`` in epoch milliseconds; ``uptime`` in seconds."""
    return {"pid": os.getpid(), "uptime": (now - STARTED_AT_MS) // 1000}


def _uptime() -> float:
    """Of the machine, as far as it tells; else of its clock."""
    try:
        return float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return time.monotonic()


def _free() -> int | None:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None
