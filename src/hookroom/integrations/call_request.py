"""What is kept of a request to an incoming webhook, and the call that can be made of it again.

Nothing secret is kept (``call_masking``). Bodies are kept as they came, up to a size: whoever may see the
integration may see what is sent to it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final, Protocol

from msgspec import UNSET, Struct

from hookroom.integrations.call_masking import Masking
from hookroom.integrations.recording import MASK
from hookroom.rules.chain import CHAIN
from hookroom.rules.content_encoding import unpacked
from hookroom.rules.incoming_body import Decoded, decode
from hookroom.rules.json_body import read_json
from hookroom.rules.script_requests import IncomingCall
from hookroom.storage.tables.incoming_calls import BodyKind, ReceivedCall

BODY_SIZE: Final = 64 * 1024
"""Bytes of the largest body that is kept."""
QUERY_SIZE: Final = 4 * 1024
"""Characters kept of a query."""
NAME_SIZE: Final = 128
"""Characters kept of the user in the older form of a path."""
FORM: Final = "application/x-www-form-urlencoded"

_FORMS: Final = (FORM, "multipart/form-data")


class Request(Protocol):
    """A request to a webhook, as the edge has it. Nothing of it is asked for unless it is to be kept."""

    @property
    def method(self) -> str:
        """``GET`` or ``POST``."""
        ...

    @property
    def query(self) -> bytes:
        """The query string, as it was sent."""
        ...

    @property
    def headers(self) -> dict[str, str]:
        """All headers, their names in small letters."""
        ...

    @property
    def older_user(self) -> str | None:
        """The user in the older form of the path."""
        ...


class GivenRequest(Struct, frozen=True, kw_only=True):
    """A ``Request`` that did not come over the network."""

    headers: dict[str, str]
    method: str = "POST"
    query: bytes = b""
    older_user: str | None = None


def received(
    request: Request,
    masking: Masking,
    integration_id: str,
    *,
    user: Mapping[str, str],
    body: bytes | None = None,
    decoded: Decoded | None = None,
) -> ReceivedCall:
    """``request`` as its record shows it, with the body as it came and, where it was read, what it held.

    ``user`` is whom the integration posts as (``script_requests.poster_of``), empty where that is not known.
    """
    named = request.older_user
    if named is not None:
        named = masking.value(named)[:NAME_SIZE]
    headers = request.headers
    headers.pop(CHAIN, None)
    is_get = request.method != "POST"
    kept: dict[str, Any] = {}
    if is_get:
        # What it says is in its query.
        body = b""
    elif decoded is not None:
        kept = _understood(decoded, headers.get("content-type", ""))
    elif body is not None:
        kept = {"is_unread": True, **_unread(body)}
    return ReceivedCall(
        method=request.method,
        path=f"/hooks/{integration_id}{f'/{named}' if named is not None else ''}/{MASK}",
        query=masking.query(request.query.decode("latin-1"))[:QUERY_SIZE],
        user_id=named,
        headers=masking.headers(headers),
        user=dict(user),
        size=len(decoded.body if body is None and decoded is not None else body or b""),
        **kept,
    )


def can_run_again(seen: ReceivedCall) -> bool:
    """Whether ``reread`` reads something: its body was kept whole, or it has none to be kept."""
    return seen.method != "POST" or seen.body is not None


def reread(seen: ReceivedCall, limit: int = BODY_SIZE) -> Decoded | None:
    """What the body of a recorded call holds; ``None`` where it was not kept.

    Of a GET it is what its query holds, with what is masked in it. A body that nobody had read is read now,
    unpacked up to ``limit`` bytes. Raises ``HookroomError`` where it cannot be.
    """
    if seen.method != "POST":
        return decode(FORM, seen.query.encode("latin-1", "replace"))
    if seen.body is None:
        return None
    if seen.is_unread:
        raw = base64.b64decode(seen.body) if seen.is_base64 else seen.body.encode()
        return decode(
            seen.headers.get("content-type"), unpacked(seen.headers.get("content-encoding"), raw, limit)
        )
    content = seen.body if seen.content is UNSET else seen.content
    if seen.is_json:
        content = read_json(seen.body)
    return Decoded(content, seen.body.encode("utf-8", "replace"), _kind_of(seen, content))


def replayed(integration_id: str, seen: ReceivedCall, limit: int = BODY_SIZE) -> IncomingCall | None:
    """The call that a record is of, with what is masked in it, as ``reread`` reads it."""
    decoded = reread(seen, limit)
    return called(integration_id, seen, decoded) if decoded is not None else None


def called(integration_id: str, seen: ReceivedCall, decoded: Decoded) -> IncomingCall:
    """The recorded call ``seen`` with the body ``decoded``, as a script is told of it."""
    return IncomingCall(
        integration_id=integration_id,
        token=MASK,
        path=seen.path,
        query=seen.query,
        user_id=seen.user_id,
        headers=seen.headers,
        poster=seen.user,
        content=decoded.content,
        content_raw=decoded.raw,
        is_form=decoded.kind == "form",
    )


def _kind_of(seen: ReceivedCall, content: Any) -> BodyKind:
    """What records do not say that are older than their kind."""
    if seen.kind is not None:
        return seen.kind
    if seen.is_form:
        return "form"
    return "text" if isinstance(content, str) else "json"


def _understood(decoded: Decoded, content_type: str) -> dict[str, Any]:
    raw = decoded.raw
    is_json = _is_its_text(decoded.content, content_type, raw)
    kept: dict[str, Any] = {"kind": decoded.kind, "is_json": is_json, "is_form": decoded.kind == "form"}
    if len(decoded.body) <= BODY_SIZE:
        kept["body"] = raw
        if not is_json and decoded.content != raw:
            kept["content"] = decoded.content
    return kept


def _is_its_text(content: Any, content_type: str, raw: str) -> bool:
    """Whether reading the body's text as JSON gives the content, so that one of the two is enough."""
    if content_type.partition(";")[0].strip().lower() in _FORMS:
        return False
    first = raw.removeprefix("\ufeff").lstrip()[:1]
    # A list may also be of several lines, each of them a value.
    return isinstance(content, dict) and first == "{"


def _unread(body: bytes) -> dict[str, Any]:
    if len(body) > BODY_SIZE:
        return {}
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "is_base64": True}
