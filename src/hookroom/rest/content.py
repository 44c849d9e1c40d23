"""Answers that are no JSON: pictures, and the way to them."""

from __future__ import annotations

from typing import Final

import falcon.asgi

from hookroom.rest.call import Content

GUARDS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
"""A browser that opens the answer itself neither guesses its type nor runs or loads anything in it."""


def put_content(response: falcon.asgi.Response, content: Content) -> None:
    """Answer with ``content``."""
    response.status = content.status
    response.content_type = content.type
    for name, value in {**GUARDS, **content.headers}.items():
        response.set_header(name, value)
    if content.length is not None:
        response.content_length = content.length
    if isinstance(content.data, bytes):
        response.data = content.data
    else:
        response.stream = content.data


def names_tag(header: str | None, tag: str) -> bool:
    """Whether ``header`` (``If-None-Match``) says that the caller has what ``tag`` stands for."""
    listed = [one.strip().removeprefix("W/") for one in (header or "").split(",")]
    return tag in listed or "*" in listed
