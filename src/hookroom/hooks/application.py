"""The ``/hooks`` endpoints as an ASGI application of their own (docs/decisions/0007).

This is the way that every call of every sender takes, so nothing stands between the HTTP server and the
endpoint: a path is split, a method looked up, an answer sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Final

from hookroom.errors import Failure, NotFound
from hookroom.hooks.endpoint import HookEdge, Reply, Work, refusal, send_empty, send_reply
from hookroom.hooks.incoming import IncomingHook
from hookroom.hooks.request import HookRequest, Receive, Scope, Send
from hookroom.hooks.verified import VerifiedCalls
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
        verified = VerifiedCalls(services)
        incoming, zapier = IncomingHook(services, verified), ZapierHooks(services, verified)
        self._incoming: Mapping[str, Work] = {
            "GET": incoming.get,
            "HEAD": incoming.head,
            "POST": incoming.post,
        }
        self._others: Mapping[str, Mapping[str, Work]] = {
            "add": {"POST": zapier.add},
            "remove": {"POST": zapier.remove},
            "sample": {"GET": zapier.sample},
            "info": {"GET": zapier.info},
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one call."""
        parts = scope["path"][len(PREFIX) :].removesuffix("/").split("/")
        works = self._incoming
        if len(parts) > 2 and parts[0] in self._others:
            works = self._others[parts.pop(0)]
        if not 2 <= len(parts) <= 3:
            return send_reply(send, refusal(NotFound(NO_SUCH_PATH)))
        work = works.get(scope["method"])
        if work is None:
            allowed = ", ".join((*works, "OPTIONS"))
            if scope["method"] == "OPTIONS":
                return send_empty(send, ((b"allow", allowed.encode()),))
            named = ", ".join(method for method in works if method != "HEAD")
            return send_reply(send, _not_allowed(named, allowed))
        # What only asks whether there is a webhook is no call of it.
        recorded = works is self._incoming and scope["method"] != "HEAD"
        request = HookRequest(scope, receive)
        return self._edge.answer(work, request, send, parts[0], parts[-1], recorded=recorded)


def _not_allowed(named: str, allowed: str) -> Reply:
    status, body, _ = refusal(Failure(f"Method Not Allowed: this is called with {named}", status=405))
    return status, body, ((b"allow", allowed.encode()),)
