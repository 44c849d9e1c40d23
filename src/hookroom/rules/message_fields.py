"""Custom fields of messages: the settings ``Message_CustomFields_Enabled`` and ``Message_CustomFields``.

The latter is a JSON Schema of an object; where the former is on, messages whose ``customFields`` it does not allow
are refused, as are fields that it does not name (``lib/server/lib/validateCustomMessageFields.ts``).

**+** While they are off, custom fields are kept as they come: the original refuses them then, with what webhooks
send (contract, section 3, "message").
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import jsonschema_rs
import msgspec

from hookroom.errors import Failure

MAX_SCHEMA: Final = 100_000
"""Characters."""


@lru_cache(maxsize=4)
def validator_of(setting: str) -> jsonschema_rs.Draft7Validator:
    """What checks custom fields by the value of ``Message_CustomFields``. Raises ``ValueError``."""
    if len(setting) > MAX_SCHEMA:
        raise ValueError("too long")
    try:
        schema = msgspec.json.decode(setting, type=dict[str, Any]) if setting.strip() else {}
    except (msgspec.DecodeError, RecursionError):
        raise ValueError("not a JSON object") from None
    if schema.get("type", "object") != "object":
        raise ValueError("not of type object")
    if _refers_elsewhere(schema):
        raise ValueError("has a $ref")
    return jsonschema_rs.Draft7Validator({**schema, "type": "object", "additionalProperties": False})


def check(enabled: bool, setting: str, fields: Mapping[str, Any] | None) -> None:
    """Raises ``Failure`` for custom fields that the server does not want."""
    if not enabled or not fields:
        return
    try:
        good = validator_of(setting).is_valid(fields)
    except ValueError:
        good = False
    if not good:
        raise Failure("Invalid custom fields")


def _refers_elsewhere(schema: object) -> bool:
    # A reference may name a file or a server, and a schema that refers to itself never ends.
    if isinstance(schema, dict):
        return "$ref" in schema or any(_refers_elsewhere(one) for one in schema.values())
    return isinstance(schema, list) and any(_refers_elsewhere(one) for one in schema)
