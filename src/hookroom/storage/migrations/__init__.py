"""Migrations: numbered steps under ``versions/`` that bring a database to ``storage.schema``.

Every start brings the database up to date; a database that is already current is recognised by one query,
without loading Alembic.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

HEAD: Final = "0008"
"""The newest revision; a test compares it with what Alembic finds."""


def upgrade(url: str) -> None:
    """Bring the database at ``url`` (``sqlite:///path`` or ``postgresql://…``) to ``HEAD``.

    Blocks, and loads what a running server has no use for: servers call it in a process of its own. Does
    nothing when the database is current.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    command.upgrade(config, "head")
