"""Many ids as one parameter of a statement: a JSON list, which both databases can take apart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from hookroom.storage.database import Kind

AMONG: Final[Mapping[Kind, str]] = {
    "sqlite": "IN (SELECT value FROM json_each(:ids))",
    # As an array, so that the planner knows it for a list of keys and not for a table to join.
    "postgresql": "= ANY(ARRAY(SELECT json_array_elements_text(:ids::json)))",
}
"""``<column> {AMONG[kind]}``: the column's value is one of ``:ids``."""


def id_list(ids: Collection[str]) -> str:
    """The parameter ``:ids``."""
    return msgspec.json.encode(list(ids)).decode()
