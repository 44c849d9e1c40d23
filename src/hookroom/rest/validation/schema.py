"""A schema that bodies and queries are checked by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from hookroom.errors import InvalidParams
from hookroom.rest.validation.arrangement import arrange
from hookroom.rest.validation.keywords import AjvValidator, Place, messages
from hookroom.rest.validation.strict import strict_schema


class Schema:
    """A JSON Schema (draft 7 and AJV's ``nullable``) with AJV's coercion, order and wording.

    Supported: ``type``, ``nullable``, ``also`` (see ``arrangement.Types``), ``const``, ``enum``, ``anyOf``,
    ``oneOf``, ``maximum``, ``minimum``, ``exclusiveMaximum``, ``exclusiveMinimum``, ``maxLength``,
    ``minLength``, ``pattern``, ``format``, ``maxItems``, ``minItems``, ``uniqueItems``, ``items`` (one schema),
    ``required``, ``properties``, ``additionalProperties``. Raises ``ValueError`` for anything else.
    """

    __slots__ = ("_full", "_quick", "source")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.source = schema
        """The schema as it was given, for documentation."""
        self._full = AjvValidator(arrange(schema))
        strict, formats = strict_schema(schema)
        self._quick = jsonschema_rs.Draft7Validator(strict, formats=formats, validate_formats=True)

    def check(self, value: Any) -> Any:
        """The value (decoded JSON) with its scalars coerced, the caller's own object when none needs it.

        The caller's object is never changed. Raises ``InvalidParams`` with AJV's messages: the first error
        of the schema or, for an error of ``anyOf`` and ``oneOf``, the first error of each branch before it.
        """
        try:
            if self._quick.is_valid(value):
                return value
        except (ValueError, RecursionError):
            # What the quick validator cannot read at all, half a surrogate pair for one, is for the full one.
            pass
        return self.check_fully(value)

    def check_fully(self, value: Any) -> Any:
        """``check`` without its quick way, for comparing the two."""
        try:
            root = Place({"": _copy(value)}, "")
            error = next(self._full.iter_errors(root), None)
        except RecursionError:
            raise InvalidParams(["must not be nested so deeply"]) from None
        if error is not None:
            raise InvalidParams(messages(error))
        return root.value


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value
