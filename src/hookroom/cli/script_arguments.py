"""What scripts in files are called with: bodies from files, as the server would hand them over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hookroom import __version__
from hookroom.cli.local_scripts import in_file, incoming
from hookroom.errors import HookroomError
from hookroom.integrations.script_samples.incoming import JSON, PLAIN
from hookroom.integrations.script_samples.outgoing import sample_data
from hookroom.integrations.try_out.draft import SAMPLE_URL
from hookroom.integrations.try_out.fetches import GivenAnswer, given_answer
from hookroom.integrations.upgrade_check.requests import CheckRequest
from hookroom.rules.json_body import NotJson, read_json
from hookroom.rules.outgoing_payload import payload
from hookroom.rules.script_requests import outgoing_request, prepare_argument, process_argument
from hookroom.scripting.model import Argument

_WHOLE = frozenset({"request", "response", "rawContent"})


def incoming_of(body: bytes | None, headers: Mapping[str, str], query: str) -> Argument:
    """The argument of ``process_incoming_request``. Raises ``HookroomError`` for a body that cannot be read."""
    if body is None:
        return incoming(PLAIN.body, {"content-type": JSON, **headers}, query)
    return _whole(body) or incoming(body, headers, query)


def prepare_of(body: bytes | None) -> Argument:
    """The argument of ``prepare_outgoing_request``. Raises ``HookroomError`` for what is no event."""
    return (_whole(body) if body is not None else None) or prepare_argument(_request(body))


def process_of(body: bytes | None, status: int, headers: Mapping[str, str], answer: bytes) -> Argument:
    """The argument of ``process_outgoing_response``. Raises ``HookroomError`` for what is no event."""
    whole = _whole(body) if body is not None else None
    if whole is not None and "response" in whole:
        return whole
    request = whole["request"] if whole is not None else _request(body)
    if "content-type" not in headers and answer.lstrip()[:1] in (b"{", b"["):
        headers = {**headers, "content-type": JSON}
    return process_argument(request, status, dict(headers), answer.decode("utf-8", "replace"))


def check_request(name: str, body: bytes, headers: Mapping[str, str], *, outgoing: bool) -> CheckRequest:
    """A request for the upgrade check. Raises ``HookroomError``."""
    if outgoing:
        request = prepare_of(body)["request"]
        return CheckRequest(name=name, recorded=True, outgoing=dict(request))
    return CheckRequest(name=name, recorded=True, incoming=dict(incoming_of(body, headers, "")))


def given_fetches(body: bytes) -> list[GivenAnswer]:
    """Answers to the script's own requests. Raises ``HookroomError``."""
    given = _json(body)
    if not isinstance(given, list) or not all(isinstance(one, dict) and "url" in one for one in given):
        raise HookroomError("Answers to requests of the script must be a list of objects with a url.")
    return [given_answer(one) for one in given]


def _request(body: bytes | None) -> dict[str, Any]:
    integration = in_file(Path("draft"), "", outgoing=True)
    data = payload(integration, sample_data(integration))
    if body is not None:
        given = _json(body)
        if not isinstance(given, dict):
            raise HookroomError("What the event of an outgoing webhook says must be a JSON object.")
        data |= given
    return outgoing_request(SAMPLE_URL, data, {"User-Agent": f"Hookroom/{__version__}"})


def _whole(body: bytes) -> dict[str, Any] | None:
    """``body`` where it is the whole argument."""
    try:
        document = read_json(body)
    except NotJson:
        return None
    if (
        isinstance(document, dict)
        and isinstance(document.get("request"), dict)
        and _WHOLE.issuperset(document)
    ):
        return document
    return None


def _json(body: bytes) -> Any:
    try:
        return read_json(body)
    except NotJson as error:
        raise HookroomError(f"{error}.") from None
