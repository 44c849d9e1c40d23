"""Calls as real senders make them, byte for byte: each is one message that says something, or a 400 that does."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest
from tests.hooks.hooks import Hook
from tests.hooks.sender_bodies import EMPTY, SAID, SERVICES, TEXTS, Sent


def exchange(hook: Hook, sent: Sent) -> tuple[int, dict[str, str], Any]:
    """Write it to a socket, as no client would correct it; answers status, headers and body."""
    url = httpx.URL(hook.admin.url)
    target = hook.path if sent.query is None else f"{hook.path}?{sent.query}"
    lines = [
        f"{'POST' if sent.query is None else 'GET'} {target} HTTP/1.1",
        "Host: chat.example",
        "Connection: close",
        *sent.headers,
        *((f"Content-Length: {len(sent.body)}",) if sent.query is None else ()),
    ]
    with socket.create_connection((url.host, url.port or 80), timeout=20) as sender:
        sender.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + sent.body)
        answer = b""
        while piece := sender.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return int(first.split()[1]), headers, json.loads(body)


@pytest.mark.parametrize("sent", [*TEXTS, *SERVICES], ids=lambda sent: sent.sender.replace(" ", "-"))
def test_each_is_shown_or_refused(hook: Hook, sent: Sent) -> None:
    status, headers, answer = exchange(hook, sent)
    assert headers["content-type"] == "application/json"
    messages = hook.messages()
    if sent.refused is not None:
        assert (status, messages) == (sent.status, []), answer
        assert sent.refused in answer["error"]
        assert answer["success"] is False
        assert headers.get("accept-encoding") == ("gzip, deflate, br, zstd" if status == 415 else None)
        return
    assert (status, answer) == (200, {"success": True})
    assert len(messages) == 1
    assert sent.shown
    assert messages[0]["msg"].startswith(sent.shown)
    if sent.shown == SAID:
        assert messages[0]["msg"] == SAID


@pytest.mark.parametrize("sent", EMPTY, ids=lambda sent: sent.sender.replace(" ", "-"))
def test_nothing_posts_nothing(hook: Hook, sent: Sent) -> None:
    status, _, answer = exchange(hook, sent)
    assert (status, answer, hook.messages()) == (200, {"success": True}, [])


def test_the_table_is_not_small() -> None:
    assert (
        len({sent.sender for sent in (*TEXTS, *SERVICES, *EMPTY)}) == len([*TEXTS, *SERVICES, *EMPTY]) >= 60
    )


def test_scripts_are_given_xml_and_lists(hook: Hook) -> None:
    hook.update(
        scriptEnabled=True,
        skipTranspile=True,
        script="""class Script { process_incoming_request({ request }) {
            return { content: { text: `${typeof request.content}: ${request.content_raw.length}` } } } }""",
    )
    for name, shown in (("soap", "string: 71"), ("ndjson", "object: 16"), ("gzip", "object: 39")):
        sent = next(one for one in (*TEXTS, *SERVICES) if one.sender == name)
        assert exchange(hook, sent)[0] == 200
        assert hook.messages()[0]["msg"] == shown
