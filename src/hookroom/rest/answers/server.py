"""What the server tells of itself, and everything that belongs nowhere else."""

from __future__ import annotations

from typing import Final

TABLE: Final = """
GET info -> version: text, info: object, minimumClientVersions: object
"""
