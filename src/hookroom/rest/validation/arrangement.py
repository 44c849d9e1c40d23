"""Schemas made ready: checked for what is not supported, their keywords in AJV's order.

AJV looks at the keywords of a schema in an order of its own, whatever their order in the source, and stops
at the first error: so the order decides which error a caller reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from hookroom.rest.validation.coercion import TYPES, is_type
from hookroom.rest.validation.strings import FORMATS, pattern

_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "any": ("const", "enum", "anyOf", "oneOf"),
    "number": ("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"),
    "string": ("maxLength", "minLength", "pattern", "format"),
    "array": ("maxItems", "minItems", "items", "uniqueItems"),
    "object": ("required", "additionalProperties", "properties"),
}
_ORDER: Final = tuple(keyword for group in _GROUPS.values() for keyword in group)
_OF_TYPE: Final = frozenset({"type", "nullable", "also"})
_KNOWN: Final = _OF_TYPE.union(_ORDER)


class Types(NamedTuple):
    """What the keywords ``type``, ``nullable`` and ``also`` of one schema say together.

    ``also`` is not AJV's: it lists types that are taken as they are besides those of ``type``. They count
    neither for coercion nor in the error, so that a schema can take more than the original does without
    changing what becomes of everything else.
    """

    coercible: tuple[str, ...]
    """The types of ``type`` and ``nullable``, in the order in which coercion tries them."""
    also: tuple[str, ...]
    message: str
    """The error for a value that is of none of them."""
    further: dict[str, Any] | None = None
    """The general keywords, which AJV checks all the same, and reports, for a wrong type inside a branch."""

    def accept(self, value: Any) -> bool:
        """Whether ``value`` is of one of the types as it stands."""
        return any(is_type(value, name) for name in self.coercible + self.also)


def types_of(schema: Mapping[str, Any]) -> Types | None:
    """The types that a schema names, or None. Raises ``ValueError`` for no or an unknown type."""
    named = schema.get("type")
    if named is None:
        if schema.keys() & _OF_TYPE:
            raise ValueError("nullable and also need a type beside them")
        return None
    names = (named,) if isinstance(named, str) else tuple(named)
    if schema.get("nullable") is True and "null" not in names:
        names += ("null",)
    also = tuple(schema.get("also", ()))
    if not names:
        raise ValueError("no types")
    if unknown := {*names, *also} - TYPES:
        raise ValueError(f"unknown types: {', '.join(sorted(unknown))}")
    # AJV's error names the null of ``nullable`` only beside a list of types.
    return Types(names, also, f"must be {named if isinstance(named, str) else ','.join(names)}")


def arrange(schema: Mapping[str, Any], *, in_branch: bool = False) -> dict[str, Any]:
    """The schema with its keywords in AJV's order and its ``type`` as ``Types``, all the way down.

    ``in_branch`` is for what is inside ``anyOf`` and ``oneOf``. Raises ``ValueError`` for a keyword, type,
    pattern or format that is not supported: a misspelt keyword must not be a check that never fails.
    """
    if unknown := schema.keys() - _KNOWN:
        raise ValueError(f"unknown keywords: {', '.join(sorted(unknown))}")
    types = types_of(schema)
    arranged = {
        keyword: _arranged(keyword, schema[keyword], in_branch) for keyword in _ORDER if keyword in schema
    }
    if types is None:
        return arranged
    lone = types.coercible[0] if len(types.coercible + types.also) == 1 else ""
    general = {keyword: value for keyword, value in arranged.items() if keyword in _GROUPS["any"]}
    if lone in ("array", "object") and not arranged.keys().isdisjoint(_GROUPS[lone]):
        # A lone "array" or "object" is checked where its own keywords are, after the general ones.
        return {**general, "type": types, **arranged}
    if in_branch and general:
        types = types._replace(further=general)
    return {"type": types, **arranged}


def _arranged(keyword: str, value: Any, in_branch: bool) -> Any:
    if keyword == "properties":
        return {name: arrange(subschema, in_branch=in_branch) for name, subschema in value.items()}
    if keyword in ("anyOf", "oneOf"):
        return [arrange(branch, in_branch=True) for branch in value]
    if keyword == "items" or (keyword == "additionalProperties" and not isinstance(value, bool)):
        return arrange(value, in_branch=in_branch)
    if keyword == "pattern":
        pattern(value)
    elif keyword == "format" and value not in FORMATS:
        raise ValueError(f"unknown format: {value}")
    return value
