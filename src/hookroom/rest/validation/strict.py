"""The same schema without coercion, in plain JSON Schema, for a validator that only says yes or no.

A value that needs no coercion is the common case on a hot route. It is recognised by a compiled validator
that knows nothing of AJV: ``strict_schema`` holds only for values that AJV takes and leaves as they are.

That is plain to see without ``anyOf`` and ``oneOf``: where every type fits, nothing is coerced. With them
it is not: a branch that fails, or one that comes after the valid one, may coerce what another branch takes
as it stands. So such a schema holds only together with ``_inert``: nothing in the value is a scalar that
any ``type`` of the schema, in whichever branch, would coerce.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hookroom.rest.validation.arrangement import types_of
from hookroom.rest.validation.coercion import SCALARS
from hookroom.rest.validation.strings import FORMATS, pattern

_BRANCHES = ("anyOf", "oneOf")


def strict_schema(schema: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Callable[[str], bool]]]:
    """A draft 7 schema, and the tests of the formats in it: patterns are formats too.

    The tests are the same functions that the full check calls, so the two cannot read a pattern differently.
    """
    formats: dict[str, Callable[[str], bool]] = {}
    strict = _strict(schema, formats)
    return ({"allOf": [strict, _inert(schema)]} if _has_branches(schema) else strict), formats


def _strict(schema: Mapping[str, Any], formats: dict[str, Callable[[str], bool]]) -> dict[str, Any]:
    strict: dict[str, Any] = {}
    tests = []
    for keyword, value in schema.items():
        if keyword == "pattern":
            tests.append({"format": f"pattern {value}"})
            formats[f"pattern {value}"] = pattern(value)
        elif keyword == "format":
            tests.append({"format": value})
            formats[value] = FORMATS[value]
        elif keyword == "properties":
            strict[keyword] = {name: _strict(subschema, formats) for name, subschema in value.items()}
        elif keyword in _BRANCHES:
            strict[keyword] = [_strict(branch, formats) for branch in value]
        elif keyword == "items" or (keyword == "additionalProperties" and not isinstance(value, bool)):
            strict[keyword] = _strict(value, formats)
        elif keyword not in ("type", "nullable", "also"):
            strict[keyword] = value
    if types := types_of(schema):
        strict["type"] = sorted({*types.coercible, *types.also})
    if tests:
        strict["allOf"] = tests
    return strict


def _has_branches(schema: Mapping[str, Any]) -> bool:
    return any(keyword in schema for keyword in _BRANCHES) or any(map(_has_branches, _inside(schema)))


def _inside(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    inside = list(schema.get("properties", {}).values())
    inside += [
        schema[name] for name in ("items", "additionalProperties") if isinstance(schema.get(name), dict)
    ]
    return inside


def _inert(schema: Mapping[str, Any]) -> dict[str, Any]:
    inert: dict[str, Any] = {}
    types = types_of(schema)
    if types and not SCALARS.isdisjoint(types.coercible):
        # Lists and objects are never coerced; a scalar is not when it is of one of the types already.
        inert["type"] = sorted({*types.coercible, *types.also, "array", "object"})
    if "properties" in schema:
        inert["properties"] = {name: _inert(subschema) for name, subschema in schema["properties"].items()}
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), Mapping):
            inert[keyword] = _inert(schema[keyword])
    if branches := [branch for keyword in _BRANCHES for branch in schema.get(keyword, ())]:
        inert["allOf"] = [_inert(branch) for branch in branches]
    return inert
