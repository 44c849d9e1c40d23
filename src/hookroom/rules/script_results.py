"""What comes back from scripts, read into values (contract, section 5).

A script may return anything. Where the original tests for truth, so does this, as JavaScript has it; where it
would fail in the middle of its work, the value says why nothing can be done.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import encode

from hookroom.errors import Failure
from hookroom.rules.json_body import MAX_DEPTH
from hookroom.rules.scalars import text_of
from hookroom.rules.script_requests import JSON

MAX_TIMEOUT_MS: Final = 60_000
"""Longest that a script may wait for the receiver of its request."""

TOO_DEEP: Final = f"what it returned is nested more than {MAX_DEPTH} levels deep"

Returned = Any | UnsetType
"""What a method returned, as JSON has it; ``UNSET`` for ``undefined``."""


class Nothing(Struct, frozen=True):
    """There is nothing to do."""


class Wrong(Struct, frozen=True):
    """Nothing can be done with what was returned; ``reason`` is for the script's owner."""

    reason: str


class Content(Struct, frozen=True, kw_only=True):
    """A message to post. ``response`` is what the caller is answered then, ``UNSET`` for the usual answer.

    ``names_user``: the script wants to post as another user, which it may not.
    """

    content: dict[str, Any]
    response: Returned = UNSET
    names_user: bool = False


class Reply(Struct, frozen=True):
    """Nothing is posted; the caller is answered ``response``."""

    response: Any


class Refusal(Struct, frozen=True):
    """The script refuses the call; ``body`` is the whole answer."""

    body: dict[str, Any]


class ToSend(Struct, frozen=True, kw_only=True):
    """A request that a script wants to be sent.

    ``document`` is what it returned, with the header that was added; ``process_outgoing_response`` is shown it.
    """

    url: str
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout_s: float | None
    document: dict[str, Any]


class Prepared(Struct, frozen=True, kw_only=True):
    """What ``prepare_outgoing_request`` asks for.

    A message to post, or why it can be none; a request to send, ``None`` when none was named, or why it
    cannot be sent.
    """

    message: dict[str, Any] | Wrong | None
    request: ToSend | Wrong | None


class Default(Struct, frozen=True):
    """The answer is handled as if there were no script."""


Incoming = Nothing | Content | Reply | Refusal | Wrong
Processed = Content | Nothing | Default | Wrong


def read_incoming(value: Returned) -> Incoming:
    """What ``process_incoming_request`` asks for.

    ``error`` comes before everything else; a ``response`` without ``content`` is answered, and nothing posted.
    """
    if not is_true(value):
        return Nothing()
    if not isinstance(value, dict):
        return Wrong(f"it returned {_kind(value)}, not an object")
    if is_too_deep(value):
        return Wrong(TOO_DEEP)
    error, content, response = value.get("error"), value.get("content"), value.get("response")
    if is_true(error):
        body = error if isinstance(error, dict) else {"error": error}
        return Refusal({**body, "success": False})
    if isinstance(content, dict):
        return Content(
            content=content,
            response=response if is_true(response) else UNSET,
            names_user=is_true(value.get("user")),
        )
    if is_true(content):
        return Wrong(f"the content that it returned is {_kind(content)}, not an object")
    if is_true(response):
        return Reply(response)
    return Wrong("it returned an object without content")


def with_separate_response(content: Mapping[str, Any], sent: object) -> dict[str, Any]:
    """``content`` with the ``separateResponse`` of the body that was ``sent``, unless it has one of its own."""
    if "separateResponse" in content:
        return dict(content)
    return {**content, "separateResponse": isinstance(sent, dict) and sent.get("separateResponse") is True}


def read_prepared(value: Returned) -> Prepared | Nothing:
    """What ``prepare_outgoing_request`` asks for. A request needs ``url`` and ``method``."""
    if not is_true(value):
        return Nothing()
    if not isinstance(value, dict):
        return Prepared(message=None, request=None)
    if is_too_deep(value):
        return Prepared(message=None, request=Wrong(TOO_DEEP))
    message = value.get("message")
    read: dict[str, Any] | Wrong | None = None
    if isinstance(message, dict):
        read = message
    elif is_true(message):
        read = Wrong(f"the message that it returned is {_kind(message)}, not an object")
    called = is_true(value.get("url")) and is_true(value.get("method"))
    return Prepared(message=read, request=read_request(value) if called else None)


def read_request(value: Mapping[str, Any]) -> ToSend | Wrong:
    """The request that ``value`` describes: ``url``, ``method``, and what may be left out.

    ``data`` is the body, as it is where it is a text and as JSON otherwise; its type is JSON, unless a text
    comes with a ``Content-Type``. ``params`` are added to the URL's query. ``auth`` is ``user:password``.
    ``timeout`` is in milliseconds, at most ``MAX_TIMEOUT_MS``. Whether URL, method and headers can be sent is
    for the HTTP client to say.
    """
    url, method, auth = value.get("url"), value.get("method"), value.get("auth")
    for name, given in (("url", url), ("method", method)):
        if not isinstance(given, str):
            return Wrong(f"{name} must be a string, not {_kind(given)}")
    if is_true(auth) and not (isinstance(auth, str) and ":" in auth):
        return Wrong("auth must be a string of the form user:password")
    try:
        headers = _headers(value.get("headers"))
        url = _with_params(str(url), value.get("params"))
        timeout_s = _timeout_s(value.get("timeout"))
    except Failure as failure:
        return Wrong(str(failure))
    data = value.get("data")
    body = b""
    if is_true(data):
        body = data.encode("utf-8", "replace") if isinstance(data, str) else encode(data)
        if not isinstance(data, str) or not _has(headers, "content-type"):
            headers = {**_without(headers, "content-type"), "Content-Type": JSON}
    document = {**value, "headers": headers}
    if is_true(auth):
        headers = {**_without(headers, "authorization"), "Authorization": _basic(str(auth))}
    return ToSend(
        url=url,
        method=str(method),
        headers=tuple(headers.items()),
        body=body,
        timeout_s=timeout_s,
        document=document,
    )


def read_processed(value: Returned) -> Processed:
    """What ``process_outgoing_response`` asks for: ``false`` is nothing, what says nothing is the default."""
    if value is False:
        return Nothing()
    content = value.get("content") if isinstance(value, dict) else None
    if not is_true(content):
        return Default()
    if not isinstance(content, dict):
        return Wrong(f"the content that it returned is {_kind(content)}, not an object")
    return Wrong(TOO_DEEP) if is_too_deep(content) else Content(content=content)


def is_true(value: Returned) -> bool:
    """Whether JavaScript takes ``value`` for true: empty objects and lists are."""
    if value is None or value is UNSET:
        return False
    return True if isinstance(value, dict | list) else bool(value)


def is_too_deep(value: object) -> bool:
    """Whether ``value`` has more levels of objects and lists than anything here reads and writes."""
    level = [value]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for one in level:
            if isinstance(one, dict):
                below += one.values()
            elif isinstance(one, list):
                below += one
        if not below:
            return False
        level = below
    return any(isinstance(one, dict | list) for one in level)


def _headers(given: object) -> dict[str, str]:
    if not is_true(given):
        return {}
    if not isinstance(given, dict):
        raise Failure(f"headers must be an object, not {_kind(given)}")
    return {name: text_of(one, f"the header {name}") for name, one in given.items() if one is not None}


def _has(headers: Mapping[str, str], name: str) -> bool:
    return any(one.lower() == name for one in headers)


def _without(headers: Mapping[str, str], name: str) -> dict[str, str]:
    return {one: value for one, value in headers.items() if one.lower() != name}


def _with_params(url: str, params: object) -> str:
    if not isinstance(params, dict) or not params:
        return url
    query = urlencode({name: text_of(value, f"the parameter {name}") for name, value in params.items()})
    address, mark, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{query}{mark}{fragment}"


def _timeout_s(timeout: object) -> float | None:
    if not is_true(timeout):
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout < 0:
        raise Failure("timeout must be a number of milliseconds")
    return min(timeout, MAX_TIMEOUT_MS) / 1000


def _basic(auth: str) -> str:
    # RFC 7617, in UTF-8.
    return "Basic " + base64.b64encode(auth.encode("utf-8", "replace")).decode()


def _kind(value: object) -> str:
    match value:
        case None | UnsetType():
            return "nothing"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"
