"""The ``/hooks`` endpoints as an ASGI application of their own (docs/decisions/0007).

This is the way that every call of every sender takes, so nothing stands between the HTTP server and the
endpoint: a path is split, a method looked up, an answer sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hookroom.errors import Failure, NotFound
from hookroom.hooks.endpoint import HookEdge, Reply, Work, refusal
from hookroom.hooks.incoming import IncomingHook
from hookroom.hooks.request import HookRequest, Receive, Scope, Send
from hookroom.hooks.zapier import ZapierHooks
from hookroom.services import Services

PREFIX: Final = "/hooks/"

NO_SUCH_PATH: Final = "API endpoint not found [error-not-found]"


class HookApplication:
    """Answers ``/hooks/[add|remove|sample|info/]{id}/{token}`` and ``…/{id}/{user}/{token}``.

    The second form is the older one; nobody looks at its user. A slash at the end is passed over.
    """

    def __init__(self, services: Services) -> None:
        self._edge = HookEdge(services)
        incoming, zapier = IncomingHook(services), ZapierHooks(services)
        self._incoming: Mapping[str, Work] = {"GET": incoming.get, "POST": incoming.post}
        self._others: Mapping[str, Mapping[str, Work]] = {
            "add": {"POST": zapier.add},
            "remove": {"POST": zapier.remove},
            "sample": {"GET": zapier.sample},
            "info": {"GET": zapier.info},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        method: str = scope["method"]
        status, body, more = await self._reply(method, HookRequest(scope, receive))
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *more]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    async def _reply(self, method: str, request: HookRequest) -> Reply:
        parts = request.scope["path"][len(PREFIX) :].removesuffix("/").split("/")
        works = self._incoming
        if len(parts) > 2 and parts[0] in self._others:
            works = self._others[parts.pop(0)]
        if not 2 <= len(parts) <= 3:
            return refusal(NotFound(NO_SUCH_PATH))
        work = works.get(method)
        if work is None:
            allowed = ", ".join(works)
            reply = refusal(Failure(f"Method Not Allowed: this is called with {allowed}", status=405))
            return reply[0], reply[1], ((b"allow", allowed.encode()),)
        return await self._edge.reply(work, request, parts[0], parts[-1])
