"""Servers with their limits on, whose callers say where they call from as a proxy would."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.running import Api, Server, running

NAME, PASSWORD = "admin", "Correct-horse-1"
ENVIRONMENT = {
    "ADMIN_USERNAME": NAME,
    "ADMIN_PASS": PASSWORD,
    "ADMIN_EMAIL": "admin@example.com",
    "HOOKROOM_TRUSTED_PROXIES": "127.0.0.0/8",
}


@contextlib.contextmanager
def limited(data: Path, *flags: str, **environment: str) -> Iterator[tuple[Server, Api]]:
    """A server not in test mode that believes ``X-Forwarded-For`` of this machine, and its administrator.

    ``environment`` names settings without ``HOOKROOM_``.
    """
    more = {f"HOOKROOM_{name.upper()}": value for name, value in environment.items()}
    with running(data, *flags, test_mode=False, environment={**ENVIRONMENT, **more}) as server:
        yield server, Api.login(server.url, NAME, PASSWORD)


def of(address: str) -> dict[str, str]:
    """The header of a call that a proxy passes on from ``address``."""
    return {"X-Forwarded-For": address}
