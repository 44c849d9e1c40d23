"""All methods that there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hookroom.methods.registry import Method, Methods, by_name

FAMILIES: Final[tuple[Methods, ...]] = ()
"""The families, each a file of its own."""

METHODS: Final[Mapping[str, Method]] = by_name(FAMILIES)
"""Every method by its name."""
