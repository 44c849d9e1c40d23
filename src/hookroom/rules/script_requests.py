"""What scripts are called with (contract, section 5): the ``argument`` of each of their methods.

Everything here is ready for JSON. What the guest's runtime adds is not in here: ``request.body``, which is
``request.content`` itself, ``toString`` of that where ``rawContent`` is set beside the request, and
``response.content``, which serves as object and as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from msgspec import Struct

from hookroom.rules.model import User

JSON: Final = "application/json"


class IncomingCall(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A call of an incoming webhook, as its script is told of it.

    ``path`` and ``query`` are as they were sent, still percent-encoded. ``token`` and ``user_id`` (of the older
    form of the path) are those of the path. Names of ``headers`` are in small letters. ``is_form`` says that
    ``content`` was read from the fields of a form.
    """

    integration_id: str
    token: str
    path: str
    content: Any
    content_raw: str
    headers: Mapping[str, str]
    poster: Mapping[str, str]
    query: str = ""
    user_id: str | None = None
    is_form: bool = False


def poster_of(user: User) -> Mapping[str, str]:
    """Whom the integration posts as, in the form in which scripts see users."""
    return {"_id": user.id, "name": user.name or "", "username": user.username}


def incoming_argument(call: IncomingCall) -> dict[str, Any]:
    """The argument of ``process_incoming_request``."""
    search = f"?{call.query}" if call.query else ""
    params = {"integrationId": call.integration_id, "token": call.token}
    if call.user_id is not None:
        params["userId"] = call.user_id
    argument: dict[str, Any] = {
        "request": {
            "url": {
                "hash": "",
                "search": search,
                "query": dict(parse_qsl(call.query, keep_blank_values=True)),
                "pathname": call.path,
                "path": call.path + search,
            },
            "url_raw": call.path + search,
            "url_params": params,
            "content": call.content,
            "content_raw": call.content_raw,
            "headers": call.headers,
            "user": call.poster,
        }
    }
    if call.is_form:
        argument["rawContent"] = True
    return argument


def outgoing_request(url: str, data: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """The request that is made where no script changes it."""
    return {
        "params": {},
        "method": "POST",
        "url": url,
        "data": data,
        "auth": None,
        "headers": dict(headers),
    }


def prepare_argument(request: Mapping[str, Any]) -> dict[str, Any]:
    """The argument of ``prepare_outgoing_request``; ``request`` is that of ``outgoing_request``."""
    return {"request": request}


def process_argument(
    request: Mapping[str, Any], status: int, headers: Mapping[str, str], text: str
) -> dict[str, Any]:
    """The argument of ``process_outgoing_response``.

    ``request`` is what ``prepare_outgoing_request`` returned, with all that the script put there. ``text`` is
    the answer's body.
    """
    return {
        "request": request,
        "response": {"error": None, "status_code": status, "content_raw": text, "headers": headers},
    }
