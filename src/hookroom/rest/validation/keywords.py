"""AJV's keywords on top of the ``jsonschema`` library.

The library walks the schema and checks the plain keywords; the coercion and the wording are ours. It hands
a keyword the value to check; here it hands on a ``Place``, where the value sits, so that ``type`` can
replace it and what follows sees the replacement: the other keywords, and the next branch of a ``oneOf``
even when the branch that replaced it failed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Final

from jsonschema import Draft7Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from hookroom.rest.validation.arrangement import Types
from hookroom.rest.validation.coercion import SCALARS, UNFIT, coerce, number_text
from hookroom.rest.validation.strings import FORMATS, pattern


class Place:
    """Where a value sits: under ``key`` of ``container``."""

    __slots__ = ("container", "key")

    def __init__(self, container: Any, key: str | int) -> None:
        self.container = container
        self.key = key

    @property
    def value(self) -> Any:
        """The value that sits here now."""
        return self.container[self.key]

    def put(self, value: Any) -> None:
        """Replace it."""
        self.container[self.key] = value


Errors = Iterator[ValidationError]
Keyword = Callable[[Any, Any, Place, Mapping[str, Any]], Errors]
"""Called with the validator, the keyword's value in the schema, the place and the schema."""


def messages(error: ValidationError) -> list[str]:
    """What AJV lists for an error: first what its branches said, then what it says itself."""
    return [text for cause in error.context or () for text in messages(cause)] + [error.message]


def _type(validator: Any, types: Types, place: Place, _: Mapping[str, Any]) -> Errors:
    if types.accept(place.value):
        return
    made = coerce(place.value, types.coercible)
    if made is not UNFIT:
        place.put(made)
        return
    error = ValidationError(types.message)
    further = next(validator.descend(place, types.further), None) if types.further else None
    if further is None:
        yield error
    else:
        yield ValidationError(further.message, context=[error, *further.context])


def _pattern(_: Validator, source: str, place: Place, __: Mapping[str, Any]) -> Errors:
    if isinstance(place.value, str) and not pattern(source)(place.value):
        yield ValidationError(f'must match pattern "{source}"')


def _format(_: Validator, name: str, place: Place, __: Mapping[str, Any]) -> Errors:
    if isinstance(place.value, str) and not FORMATS[name](place.value):
        yield ValidationError(f'must match format "{name}"')


def _any_of(validator: Any, branches: list[Any], place: Place, _: Mapping[str, Any]) -> Errors:
    failures = []
    for branch in branches:
        error = next(validator.descend(place, branch), None)
        if error is None:
            return
        failures.append(error)
    yield ValidationError("must match a schema in anyOf", context=failures)


def _one_of(validator: Any, branches: list[Any], place: Place, _: Mapping[str, Any]) -> Errors:
    failures = []
    matches = 0
    for branch in branches:
        error = next(validator.descend(place, branch), None)
        if error is not None:
            failures.append(error)
            continue
        matches += 1
        if matches == 2:
            break
    if matches != 1:
        yield ValidationError("must match exactly one schema in oneOf", context=failures)


def _unique_items(_: Validator, unique: bool, place: Place, schema: Mapping[str, Any]) -> Errors:
    if not unique or not isinstance(place.value, list):
        return
    items = list(enumerate(map(_identity, place.value)))
    types: Types | None = schema.get("items", {}).get("type")
    # Which pair of several is named: AJV goes through scalars from the end, through others from the start.
    backwards = types is not None and SCALARS.issuperset(types.coercible)
    seen: dict[Hashable, int] = {}
    pair = None
    for index, identity in reversed(items) if backwards else items:
        if identity in seen:
            pair = (seen[identity], index)
            if backwards:
                break
        seen[identity] = index
    if pair is not None:
        yield ValidationError(
            f"must NOT have duplicate items (items ## {pair[0]} and {pair[1]} are identical)"
        )


def _identity(value: Any) -> Hashable:
    """The same for what JSON Schema calls equal: ``1`` and ``1.0``, not ``1`` and true."""
    if isinstance(value, dict):
        return frozenset((name, _identity(item)) for name, item in value.items())
    if isinstance(value, list):
        return tuple(map(_identity, value))
    return (bool, value) if isinstance(value, bool) else value


def _items(validator: Any, subschema: Any, place: Place, _: Mapping[str, Any]) -> Errors:
    items = place.value
    if isinstance(items, list):
        for index in range(len(items)):
            yield from validator.descend(Place(items, index), subschema)


def _properties(validator: Any, properties: Any, place: Place, _: Mapping[str, Any]) -> Errors:
    value = place.value
    if isinstance(value, dict):
        for name, subschema in properties.items():
            if name in value:
                yield from validator.descend(Place(value, name), subschema)


def _additional_properties(validator: Any, subschema: Any, place: Place, schema: Mapping[str, Any]) -> Errors:
    value = place.value
    if subschema is True or not isinstance(value, dict):
        return
    named = schema.get("properties", {})
    for name in value:
        if name not in named:
            if subschema is False:
                yield ValidationError("must NOT have additional properties")
            else:
                yield from validator.descend(Place(value, name), subschema)


_WORDING: Final[Mapping[str, Callable[[Any, Any], str]]] = {
    "maximum": lambda limit, _: f"must be <= {number_text(limit)}",
    "minimum": lambda limit, _: f"must be >= {number_text(limit)}",
    "exclusiveMaximum": lambda limit, _: f"must be < {number_text(limit)}",
    "exclusiveMinimum": lambda limit, _: f"must be > {number_text(limit)}",
    "maxLength": lambda limit, _: f"must NOT have more than {limit} characters",
    "minLength": lambda limit, _: f"must NOT have fewer than {limit} characters",
    "maxItems": lambda limit, _: f"must NOT have more than {limit} items",
    "minItems": lambda limit, _: f"must NOT have fewer than {limit} items",
    "const": lambda _, __: "must be equal to constant",
    "enum": lambda _, __: "must be equal to one of the allowed values",
    "required": lambda names, value: (
        f"must have required property '{next(name for name in names if name not in value)}'"
    ),
}


def _worded(keyword: str, wording: Callable[[Any, Any], str]) -> Keyword:
    """The library's check of a keyword, in AJV's words."""
    check = Draft7Validator.VALIDATORS[keyword]

    def checked(validator: Any, expected: Any, place: Place, schema: Mapping[str, Any]) -> Errors:
        value = place.value
        if next(check(validator, expected, value, schema), None) is not None:
            yield ValidationError(wording(expected, value))

    return checked


KEYWORDS: Final[Mapping[str, Keyword]] = {
    "type": _type,
    "pattern": _pattern,
    "format": _format,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "uniqueItems": _unique_items,
    "items": _items,
    "additionalProperties": _additional_properties,
    "properties": _properties,
    **{keyword: _worded(keyword, wording) for keyword, wording in _WORDING.items()},
}

AjvValidator: Any = extend(Draft7Validator, KEYWORDS)  # type: ignore[no-untyped-call]
"""Validates a ``Place`` by a schema that ``arrange`` made ready, and coerces the value there."""
