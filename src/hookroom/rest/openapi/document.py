"""The whole description, as an OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hookroom import __version__
from hookroom.rest.answers.components import components
from hookroom.rest.answers.table import answers
from hookroom.rest.openapi.requests import body, parameters
from hookroom.rest.routes import Route, Routes

_ABOUT: Final = """
The API of Rocket.Chat as Hookroom speaks it. Log in with `POST login`, then send `X-User-Id` and `X-Auth-Token`.

Scalars of bodies and queries are coerced before they are checked: `"false"` is a boolean and `1` a text. Bodies
may also be forms, and a form field `payload` that holds JSON.
""".strip()

_LOGIN: Final = ("X-Auth-Token", "X-User-Id")

_REFUSALS: Final[Mapping[int, str]] = {
    400: "Refused: `errorType` says why, where it is a code.",
    401: "No valid login came with the call.",
    403: "The caller may not call this.",
    404: "There is no such thing.",
    413: "The body is too large.",
    429: "Too many calls; `X-RateLimit-Reset` says until when.",
    501: "Left out on purpose, or what was asked of it is.",
    503: "The database or the file store cannot be reached.",
}


def document(families: Iterable[Routes]) -> dict[str, Any]:
    """The description of all routes of a server, wherever it is."""
    paths: dict[str, dict[str, Any]] = {}
    tags: dict[str, None] = {}
    for family in families:
        tags[family.family] = None
        for route in family.routes:
            operation = _operation(route, family.family)
            paths.setdefault(f"/api/v1/{_bare(route.path)}", {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hookroom", "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in tags],
        "paths": paths,
        "components": {
            "schemas": components(),
            "securitySchemes": {name: {"type": "apiKey", "in": "header", "name": name} for name in _LOGIN},
        },
    }


def _operation(route: Route, family: str) -> dict[str, Any]:
    text = (route.handler.__doc__ or "").strip()
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()} {route.path}",
        "tags": [family],
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": _responses(route),
    }
    further = text.partition("\n")[2].strip()
    if route.permissions:
        further = f"Needs the permission {' or '.join(route.permissions)}.\n\n{further}".strip()
    if further:
        operation["description"] = further
    logged_in: dict[str, list[str]] = {name: [] for name in _LOGIN}
    operation["security"] = [logged_in] if route.login == "required" else [logged_in, {}]
    wanted = body(route)
    if wanted is not None:
        operation["requestBody"] = wanted
    return operation


def _responses(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {}
    answer = answers().get((route.method, route.path))
    if answer is not None:
        found["200"] = {"description": "Done.", "content": {"application/json": {"schema": answer}}}
    if route.content is not None:
        status, media_type = route.content
        # A JSON answer that is no object has no notation of its own: it may be anything.
        shape: dict[str, Any] = {"schema": {}} if media_type == "application/json" else {}
        found[str(status)] = {"description": "Done.", "content": {media_type: shape}}
    failure = {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}
    for status, meaning in _REFUSALS.items():
        if status == 413 and route.method not in ("POST", "PUT"):
            continue
        found[str(status)] = {"description": meaning, "content": failure}
    return found


def _bare(path: str) -> str:
    """A path without what is the router's: ``{name:path}`` is ``{name}``."""
    return path.replace(":path}", "}")
