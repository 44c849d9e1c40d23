"""Compares answers of the REST API with the description that the server gives of itself (``/api/docs``).

Every call that tests make through ``Api`` is compared: its status is one that the description names for the route,
and its body is of the schema that stands there.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs

from hookroom.rest.api import FAMILIES, all_routes
from hookroom.rest.openapi.document import document

BASE = "/api/v1/"


@cache
def description() -> dict[str, Any]:
    """The description."""
    return document(FAMILIES)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    paths = {f"{BASE}{route.path}".replace(":path}", "}") for route in all_routes()}
    return [
        (path, re.compile(re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(path))))
        for path in paths
        if "{" in path
    ]


def operation(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    """The path as the description writes it, and what ``method`` does there; ``None`` for no such route."""
    paths: dict[str, dict[str, Any]] = description()["paths"]
    known = path if path in paths else next((one for one, like in _patterns() if like.fullmatch(path)), None)
    described = paths[known].get(method.lower()) if known is not None else None
    return None if known is None or described is None else (known, described)


@cache
def _validator(method: str, path: str, status: str) -> Any:
    schema = description()["paths"][path][method]["responses"][status]["content"]["application/json"][
        "schema"
    ]
    return jsonschema_rs.Draft202012Validator({**schema, "components": description()["components"]})


def check(response: httpx.Response) -> None:
    """Raises ``AssertionError`` when the answer is not as described."""
    method, path, status = response.request.method, response.request.url.path, str(response.status_code)
    if not path.startswith(BASE):
        return
    found = operation(method, path)
    if found is None:
        return
    known, described = found
    answers = described["responses"]
    if status == "200" and status not in answers:
        return  # test_openapi.py says which routes lack a description.
    assert status in answers, f"{method} {known}: {status} is not described"
    if answers[status].get("content", {}).keys() != {"application/json"}:
        return
    response.read()
    errors = [
        f"{list(error.instance_path)}: {error.message[-300:]}"
        for error in _validator(method.lower(), known, status).iter_errors(response.json())
    ]
    assert not errors, f"{method} {known} {status} is not as described: {errors[:5]}"
