"""The validation contract as data: what each endpoint of the integrations API answers to 2,162 inputs.

``validation.jsonl`` has two kinds of lines. ``{"base", "endpoint", "body"}`` names a body (for a GET: a
query) of an endpoint. ``{"of", "unset", "set", ...}`` is a case: that body without the fields of ``unset``
and with those of ``set``. It ends in ``error``, the list of messages, or is valid; ``becomes`` then has the
fields that the handler sees otherwise than they were sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("validation.jsonl")


@dataclass(frozen=True)
class Case:
    """One input of an endpoint and what becomes of it. Every case has objects of its own."""

    name: str
    endpoint: str
    input: dict[str, Any]
    valid: bool
    coerced: dict[str, Any] | None
    """What the handler sees; None when not valid."""
    error: str | None
    """The ``error`` of the 400 answer; None when valid."""


def cases() -> Iterator[Case]:
    """All cases, in the order of the file."""
    bases: dict[str, tuple[str, dict[str, Any]]] = {}
    with _FILE.open(encoding="utf-8") as lines:
        for number, text in enumerate(lines, 1):
            line = json.loads(text)
            if "base" in line:
                bases[line["base"]] = line["endpoint"], line["body"]
                continue
            endpoint, body = bases[line["of"]]
            unset, changed = line.get("unset", ()), line.get("set", {})
            sent = {name: value for name, value in body.items() if name not in unset} | changed
            messages = line.get("error")
            yield Case(
                name=f"line {number}: {line['of']}, unset {unset}, set {changed}",
                endpoint=endpoint,
                input=deepcopy(sent),
                valid=messages is None,
                coerced=deepcopy(sent | line.get("becomes", {})) if messages is None else None,
                error=None if messages is None else "\n ".join(messages) + " [invalid-params]",
            )
