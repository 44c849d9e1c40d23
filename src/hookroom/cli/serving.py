"""``hookroom serve``: run the server and tell a newcomer where it is."""

from __future__ import annotations

import sys

import uvloop

from hookroom import app
from hookroom.config import Config
from hookroom.rooms.first_start import NewAdmin
from hookroom.services import Services


def run(config: Config) -> None:
    """Serve until told to stop."""
    try:
        uvloop.run(app.serve(config, _greet))
    except OSError as error:
        sys.exit(f"Cannot listen on {config.host}:{config.port}: {error.strerror}.")


def _greet(services: Services, made: NewAdmin | None) -> None:
    lines = [f"Hookroom is at {services.ws.site_url}"]
    if made and made.password:
        lines.append(f"Log in as {made.username} with the one-time password {made.password}")
    # An empty line ends the greeting: whoever started the server by a program knows that it answers now.
    print(*lines, "", sep="\n", flush=True)
