"""Compares answers with the original's published description of the API, where that lies beside the checkout.

Every successful answer to a route that is described there must satisfy its schema. Where the description itself is
wrong, ``DEVIATIONS`` says so: a part of the answer, and why it is as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import yaml
from openapi_schema_validator import OAS30Validator

FOLDER: Final = Path(__file__).parents[2] / "shared" / "openapi"
HOW_TO_GET_IT: Final = "needs the original's published description (shared/openapi) beside the checkout"

SAMPLES: Final = 10
"""Answers of a route that one process compares: the validator is slow, and they are alike."""

DEVIATIONS: Final[Mapping[str, str]] = {
    "GET channels.getIntegrations integrations/*/channel/*": "texts, as integrations.create answers them",
    "GET groups.getIntegrations integrations/*/channel/*": "texts, as integrations.create answers them",
    "GET integrations.list integrations/*/channel/*": "texts, as integrations.create answers them",
    "POST integrations.remove integration/channel": "a list, as integrations.create answers it",
    "POST integrations.remove integration/enabled": "a boolean, as integrations.create answers it",
    "POST integrations.remove integration/scriptEnabled": "a boolean, as integrations.create answers it",
    "GET rooms.info room/usernames/*": "texts, as im.create answers them",
    "*/scriptError": "name, message and stack, where the script did not compile; else absent",
    "*/*/scriptError": "name, message and stack, where the script did not compile; else absent",
    "*/starred": "a list, as in the answers of all other routes",
    "*/*/starred": "a list, as in the answers of all other routes",
    "*/sysMes": "also a list of kinds of messages, which rooms.saveRoomSettings takes",
    "*/*/sysMes": "also a list of kinds of messages, which rooms.saveRoomSettings takes",
    "GET settings settings/*/value": "of whatever type the setting is",
    "GET settings.public settings/*/value": "of whatever type the setting is",
    "GET settings/{_id} value": "of whatever type the setting is",
    "GET users.getPreferences preferences/highlights/*": "texts, which users.setPreferences takes",
    "POST users.setPreferences user/settings/preferences/highlights/*": "texts, which the route itself takes",
    "POST users.delete deletedRooms/*": "ids, as its example shows",
    "GET subscriptions.getOne subscription": "null for who is not in the room, as the original's server answers",
    "POST findOrCreateInvite": "the link itself, as its example shows",
    "POST channels.setCustomFields channel/customFields/*": "whatever was set, not only texts",
    **{
        f"GET {family}.counters {field}": "null for who is not in the room, as the original's server answers"
        for family in ("channels", "groups", "im", "dm")
        for field in ("members", "unreads", "unreadsFrom", "msgs", "latest", "userMentions")
    },
}
"""Route and part of its answer (``*`` is anything without a slash) -> what it is, other than described."""

_compared: Counter[tuple[str, str]] = Counter()


@cache
def routes() -> Mapping[tuple[str, str], tuple[str, Any]]:
    """Method and path below ``/api/v1/`` -> file and schema of a successful answer; nothing without the files."""
    found: dict[tuple[str, str], tuple[str, Any]] = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        for path, item in _read(file.stem)["paths"].items():
            for method, operation in item.items():
                if method in ("get", "post", "put", "delete"):
                    bare = re.sub("^/?api/v1/", "", path)
                    found[method.upper(), bare] = file.stem, _schema(file.stem, operation)
    return found


def problems(method: str, path: str, answer: Any) -> Iterator[str]:
    """What in ``answer`` is not as published, without the deviations: parts of it, with the validator's words."""
    known = _known(method, path)
    if known is None:
        return
    file, schema = routes()[method, known]
    if schema is None or _compared[method, known] >= SAMPLES:
        return
    _compared[method, known] += 1
    for part, words in _errors(file, schema, answer):
        if not _deviates(f"{method} {known} {part}".strip()):
            yield f"{part}: {words}"


def check(response: httpx.Response) -> None:
    """Raises ``AssertionError`` when a successful answer is not as published."""
    path = response.request.url.path
    if response.status_code != 200 or not path.startswith("/api/v1/") or not FOLDER.is_dir():
        return
    if response.headers.get("content-type") != "application/json":
        return
    response.read()
    method = response.request.method
    found = list(problems(method, path.removeprefix("/api/v1/"), response.json()))
    assert not found, f"{method} {path} does not answer as published: {found[:5]}"


@cache
def _read(file: str) -> Any:
    return yaml.load((FOLDER / f"{file}.yaml").read_text(), Loader=yaml.CSafeLoader)


def _schema(file: str, operation: Any) -> Any:
    answers = operation.get("responses", {})
    answer = answers.get("200") or answers.get(200) or {}
    if "$ref" in answer:
        answer = _read(file)["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return answer.get("content", {}).get("application/json", {}).get("schema")


@cache
def _known(method: str, path: str) -> str | None:
    if (method, path) in routes():
        return path
    for verb, known in routes():
        pattern = re.sub(r"\\\{[^/]+?\\\}|:[a-z]+", "[^/]+", re.escape(known))
        if verb == method and pattern != re.escape(known) and re.fullmatch(pattern, path):
            return known
    return None


def _errors(file: str, schema: Any, answer: Any) -> Iterator[tuple[str, str]]:
    # What refers to a component of the file finds it in the schema itself.
    validator = OAS30Validator({**_resolvable(file, schema), "components": _read(file).get("components", {})})
    for error in validator.iter_errors(answer):
        yield (
            "/".join("*" if isinstance(one, int) else str(one) for one in error.absolute_path),
            error.message[-120:],
        )


def _resolvable(file: str, schema: Any) -> Any:
    """The schema without what refers to nowhere: some schemas are named that the description lacks."""
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str) and not _leads_somewhere(file, reference):
            return {}
        return {name: _resolvable(file, one) for name, one in schema.items()}
    return [_resolvable(file, one) for one in schema] if isinstance(schema, list) else schema


def _leads_somewhere(file: str, reference: str) -> bool:
    found: Any = _read(file)
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step) if isinstance(found, dict) else None
    return found is not None


def _deviates(place: str) -> bool:
    return any(re.fullmatch(re.escape(one).replace(r"\*", "[^/]+"), place) for one in DEVIATIONS)
