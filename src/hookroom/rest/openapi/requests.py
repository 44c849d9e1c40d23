"""Bodies and queries of routes as OpenAPI describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hookroom.rest.routes import Route

_BRANCHES: Final = ("anyOf", "oneOf")


def plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema in AJV's dialect as JSON Schema 2020-12: ``nullable`` and ``also`` are types there.

    That scalars are coerced first (contract, section 1, "Validation is AJV's") no schema can say.
    """
    made: dict[str, Any] = {}
    types = schema.get("type")
    if types is not None:
        named = [types] if isinstance(types, str) else list(types)
        named += [one for one in schema.get("also", ()) if one not in named]
        if schema.get("nullable") and "null" not in named:
            named.append("null")
        made["type"] = named[0] if len(named) == 1 else named
    for keyword, value in schema.items():
        if keyword in ("type", "also", "nullable"):
            continue
        if keyword == "properties":
            made[keyword] = {name: plain(one) for name, one in value.items()}
        elif keyword in _BRANCHES:
            made[keyword] = [plain(one) for one in value]
        elif keyword in ("items", "additionalProperties") and isinstance(value, Mapping):
            made[keyword] = plain(value)
        else:
            made[keyword] = value
    if "enum" in made and schema.get("nullable") and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    return made


def parameters(route: Route) -> list[dict[str, Any]]:
    """The parameters in the path and in the query."""
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in path_names(route.path)
    ]
    if route.query is None:
        return found
    properties, required = _of_query(plain(route.query.source))
    return found + [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in properties.items()
    ]


def body(route: Route) -> dict[str, Any] | None:
    """The body of a request, or ``None`` where the route reads none."""
    if route.method not in ("POST", "PUT"):
        return None
    if route.streams and route.body is not None:
        fields: dict[str, Any] = {route.file_field: {"type": "string", "format": "binary"}}
        schema = {"type": "object", "properties": fields, "required": [route.file_field]}
        return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    if route.body is None:
        return {"content": {"application/json": {"schema": {"type": "object"}}}}
    return {"required": True, "content": {"application/json": {"schema": plain(route.body.source)}}}


def path_names(path: str) -> list[str]:
    """The variable parts of a path."""
    return [part.partition("}")[0].partition(":")[0] for part in path.split("{")[1:]]


def _of_query(schema: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Its fields, and which of them every branch wants."""
    properties = dict(schema.get("properties", {}))
    required = set(schema.get("required", ()))
    for keyword in _BRANCHES:
        branches = [_of_query(one) for one in schema.get(keyword, ())]
        if branches:
            for further, _ in branches:
                properties = {**further, **properties}
            required |= set.intersection(*(wanted for _, wanted in branches))
    return properties, required
