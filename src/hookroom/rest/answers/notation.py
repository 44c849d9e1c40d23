"""The notation of the tables: lines such as ``GET channels.list -> channels: Room[], page``.

A field is required unless its name ends in ``?``. A type is ``text``, ``int``, ``number``, ``flag``, ``time``,
``object``, ``any``, the name of a component, or several with ``|`` between them; ``[]`` behind one makes a list
of it. ``page`` stands for ``count``, ``offset`` and ``total``. ``->`` with nothing behind it: ``success`` alone;
``-> any``: whatever there is, as it is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_PLAIN: Final[Mapping[str, Schema]] = {
    "text": {"type": "string"},
    "int": {"type": "integer"},
    "number": {"type": "number"},
    "flag": {"type": "boolean"},
    "time": {"type": "string", "format": "date-time"},
    "object": {"type": "object"},
    "null": {"type": "null"},
    "any": {},
}
_PAGE: Final = ("count: int", "offset: int", "total: int")


def lines(table: str) -> Iterator[tuple[str, str, str]]:
    """Method, path and answer of every route in ``table``; a line that begins with spaces goes on."""
    for line in table.strip().replace("\n        ", " ").splitlines():
        calls, arrow, answer = line.partition("->")
        if not arrow:
            raise ValueError(f"no answer: {line}")
        method, *paths = calls.split()
        for path in paths:
            yield method, path, answer.strip()


def answer_schema(answer: str) -> Schema:
    """The JSON Schema of a whole answer, with ``success``."""
    if answer == "any":
        return {"type": "object", "properties": {"success": {"const": True}}, "required": ["success"]}
    return object_schema(f"success: flag, {answer}" if answer else "success: flag")


def object_schema(fields: str) -> Schema:
    """The JSON Schema of an object with exactly these fields; ``…`` as the last one lets others through."""
    properties: dict[str, Schema] = {}
    required = []
    open_ = fields.endswith("…")
    for field in _fields(fields.removesuffix("…")):
        name, _, type_ = field.partition(":")
        bare = name.strip()
        if not bare.endswith("?"):
            required.append(bare)
        properties[bare.removesuffix("?")] = type_schema(type_.strip())
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": open_}
    return {**schema, "required": required} if required else schema


def type_schema(type_: str) -> Schema:
    """The JSON Schema of a type."""
    if "|" in type_:
        return {"anyOf": [type_schema(one.strip()) for one in type_.split("|")]}
    if type_.endswith("[]"):
        return {"type": "array", "items": type_schema(type_.removesuffix("[]"))}
    plain = _PLAIN.get(type_)
    if plain is not None:
        return plain
    if not type_[:1].isupper():
        raise ValueError(f"no such type: {type_!r}")
    return {"$ref": f"#/components/schemas/{type_}"}


def _fields(fields: str) -> Iterator[str]:
    for field in fields.split(","):
        if field.strip() == "page":
            yield from _PAGE
        elif field.strip():
            yield field
