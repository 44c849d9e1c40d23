"""Calls of links that let people into a room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.matrix.world import Case, Sent, World, body, query


def link(w: World) -> Any:
    """A link of the owner's into the channel."""
    return w.owner.post("findOrCreateInvite", rid=w.channel, days=1, maxUses=10)


CALLS: Final[Mapping[str, Case]] = {
    "POST findOrCreateInvite": Case("nnnyn", lambda w: body(rid=w.channel, days=1, maxUses=10)),
    "GET listInvites": Case("nnnny", lambda w: query()),
    "DELETE removeInvite/{_id}": Case("nnnyy", lambda w: Sent(f"removeInvite/{link(w)['_id']}")),
    "POST useInviteToken": Case("nyyyy", lambda w: body(token=link(w)["_id"])),
    "POST validateInviteToken": Case("yyyyy", lambda w: body(token=link(w)["_id"])),
}
