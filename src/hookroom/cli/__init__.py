"""The program ``hookroom``."""

from __future__ import annotations

from hookroom.cli.commands import main

__all__ = ["main"]
