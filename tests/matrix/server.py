"""Calls of what the server tells of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.matrix.world import Case, query

CALLS: Final[Mapping[str, Case]] = {
    "GET info": Case("yyyyy", lambda w: query()),
}
