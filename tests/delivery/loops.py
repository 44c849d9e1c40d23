"""Rooms with webhooks that cause each other, and waiting until they have come to rest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from tests.delivery.webhooks import history
from tests.receivers import PATIENCE_S, Behaviour, Peer, Received, Receiver, reply
from tests.running import Api

SELF = {"HOOKROOM_DELIVERIES_ALLOW_SELF": "true"}
"""The environment of a server whose webhooks may call it itself."""

_OF_ONE_HOP = {"connection", "content-length", "host", "transfer-encoding", "content-encoding"}


def a_room(admin: Api) -> Any:
    """A channel with rocket.cat in it."""
    room = admin.new_channel()
    admin.post("channels.invite", roomId=room["_id"], userId="rocket.cat")
    return room


def messages(admin: Api, room: Any) -> list[Any]:
    """What people and bots wrote in a room, oldest first."""
    found = admin.get("channels.messages", roomId=room["_id"], count=100)["messages"]
    return [one for one in reversed(found) if "t" not in one]


def rest(*hooks: tuple[Api, Any], timeout_s: float = 3 * PATIENCE_S) -> list[list[Any]]:
    """The histories of these webhooks, newest first, once nothing is under way any more.

    What an attempt causes is stored before it has ended itself; so all is over when nothing was open twice and
    nothing came between. There must be something.
    """
    end = time.monotonic() + timeout_s
    before: list[list[Any]] = []
    while time.monotonic() < end:
        now = [history(api, hook, count=100) for api, hook in hooks]
        if now == before and any(now) and all(entry["finished"] for one in now for entry in one):
            return now
        before = now
        time.sleep(0.05)
    raise AssertionError(f"no rest within {timeout_s:g} s: {[len(one) for one in before]} entries")


def called(entries: list[Any]) -> list[Any]:
    """Those of them that were sent."""
    return [one for one in entries if one["step"] != "cancelled"]


def cut(entries: list[Any]) -> list[str]:
    """Why the others were not."""
    return [one["errorStack"] for one in entries if one["step"] == "cancelled"]


def says(script: str) -> dict[str, Any]:
    """Fields of a webhook with a script; ``script`` is the body of its method."""
    return {"scriptEnabled": True, "script": script}


def asking(api: Api, path: str, body: str, *, then: str = "") -> dict[str, Any]:
    """An outgoing webhook whose script calls the API as ``api``; ``body`` is JavaScript, of ``data``."""
    headers = {**api.headers, "Content-Type": "application/json"}
    return says(
        f"""class Script {{
          async prepare_outgoing_request({{ request }}) {{
            const data = request.data;
            const answer = await fetch({api.url + "/api/v1/" + path!r}, {{
              method: "POST", headers: {headers!r}, body: JSON.stringify({body}) }});
            if (!answer.ok) throw new Error(await answer.text());
            {then}
          }}
        }}"""
    )


@contextmanager
def proxy(to: str) -> Iterator[Receiver]:
    """A reverse proxy before ``to``: it passes requests on under another address, as nginx does."""

    def passed_on(request: Received) -> Behaviour:
        async def behave(peer: Peer) -> bool:
            headers = [one for one in request.header_lines if one[0].lower() not in _OF_ONE_HOP]
            async with httpx.AsyncClient(base_url=to, trust_env=False, timeout=30) as client:
                answer = await client.request(
                    request.method, request.path, headers=headers, content=request.body
                )
            kept = [one for one in answer.headers.items() if one[0] not in _OF_ONE_HOP]
            return await reply(answer.status_code, answer.content, kept)(peer)

        return behave

    with Receiver(passed_on) as receiver:
        yield receiver


def senders(found: list[Any]) -> Counter[str]:
    """How many of these messages each integration wrote."""
    return Counter(one["bot"]["i"] for one in found if one.get("bot"))
