"""``hookroom serve``: run the server and tell a newcomer where it is."""

from __future__ import annotations

import contextlib
import resource
import sys

import uvloop

from hookroom import __version__, app, logs
from hookroom.assembly import Started
from hookroom.config import Config
from hookroom.storage.database import Unavailable


def run(config: Config) -> None:
    """Serve until told to stop."""
    logs.configure(config.log_level, config.log_format)
    _allow_connections()
    try:
        uvloop.run(app.serve(config, _greet))
    except Unavailable as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"Cannot listen on {config.host}:{config.port}: {error.strerror}.")


def _allow_connections() -> None:
    """Have as many files open as the system lets us: each sender and receiver is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _greet(started: Started) -> None:
    url = started.services.ws.site_url
    lines = [f"Hookroom {__version__} is running at {url}"]
    hints = []
    if made := started.admin:
        password = f"the one-time password {made.password}" if made.password else "the password of ADMIN_PASS"
        hints.append(f"  Log in:    POST {url}/api/v1/login as {made.username} with {password}")
    if sample := started.sample:
        hook = f"{url}/hooks/{sample.id}/{sample.token}"
        hints.append(f"""  Try this:  curl -d '{{"text": "Hello from curl"}}' {hook}""")
    # One empty line at the end: a program that starts the server knows then that it answers.
    print(*lines, *hints, "", sep="\n", flush=True)
