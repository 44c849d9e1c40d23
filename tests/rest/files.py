"""Files as the tests upload them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
from tests.running import Api

Parts = list[tuple[str, tuple[str | None, bytes, str] | tuple[str | None, bytes]]]


def sent(
    api: Api,
    path: str,
    content: bytes = b"hello",
    name: str = "note.txt",
    kind: str = "text/plain",
    **fields: str,
) -> httpx.Response:
    """A call with a file and fields."""
    return api.call("POST", path, files={"file": (name, content, kind)}, data=fields)


def upload(api: Api, room: Any, content: bytes = b"hello", name: str = "note.txt", **more: str) -> Any:
    """``rooms.upload`` that must succeed; answers the message."""
    response = sent(api, f"rooms.upload/{room['_id']}", content, name, **more)
    assert response.status_code == 200, response.text
    return response.json()["message"]


def media(api: Api, room: Any, content: bytes = b"hello", name: str = "note.txt", **more: str) -> Any:
    """``rooms.media`` that must succeed; answers the file."""
    response = sent(api, f"rooms.media/{room['_id']}", content, name, **more)
    assert response.status_code == 200, response.text
    return response.json()["file"]


def link(message: Any) -> str:
    """Where a message's file is."""
    path: str = message["attachments"][0]["title_link"]
    return path


@contextlib.contextmanager
def settings(admin: Api, **values: Any) -> Iterator[None]:
    """These settings, for as long as the block lasts."""
    before = {name: admin.get(f"settings/{name}")["value"] for name in values}
    for name, value in values.items():
        admin.post(f"settings/{name}", value=value)
    try:
        yield
    finally:
        for name, value in before.items():
            admin.post(f"settings/{name}", value=value)
