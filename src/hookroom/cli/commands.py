"""Commands and their flags."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import cyclopts

from hookroom import __version__
from hookroom.cli import database, integrations, scripts, upgrade_check, users
from hookroom.config import ConfigError

app = cyclopts.App(name="hookroom", help="A chat server made for integrations.", version=__version__)
app.command(database.app)
app.command(users.app)
app.command(integrations.app)
app.command(scripts.app)
app.command(upgrade_check.upgrade_check)


@app.command
def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
    database_url: str | None = None,
    test_mode: bool | None = None,
) -> None:
    """Run the server.

    Parameters
    ----------
    host:
        address to listen on (default 127.0.0.1)
    port:
        port to listen on (default 3000); 0 picks a free one
    data:
        directory of the embedded database and of files (default ./data)
    database_url:
        PostgreSQL instead of the embedded database
    test_mode:
        for automated tests: no rate limits, a known administrator
    """
    # Nothing that is made while it starts is garbage; `app.serve` turns collecting on again.
    gc.disable()
    from hookroom.cli.serving import run
    from hookroom.config import load

    run(load(host=host, port=port, data=data, database_url=database_url, test_mode=test_mode))


@app.command
def version() -> None:
    """Print the version."""
    print(__version__)


def main() -> None:
    """Run the command that the arguments name."""
    try:
        app()
    except ConfigError as error:
        sys.exit(f"The configuration is wrong:\n{error}")
