"""Calls of messages, threads and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.matrix.world import Case, Make, Sent, World, body, query

_NOTE: Final = {"file": ("note.txt", b"note", "text/plain")}


def of_message(**fields: Any) -> Make:
    """A body with a message of the owner's."""
    return lambda w: body(messageId=w.message, **fields)


def pinned(w: World) -> Sent:
    """A message that is pinned."""
    w.owner.post("chat.pinMessage", messageId=w.message)
    return body(messageId=w.message)


def confirmed(w: World) -> Sent:
    """A file of the caller's; where they may not upload, one that is not there."""
    if w.role == "anonymous":
        return Sent(f"rooms.mediaConfirm/{w.channel}/none", {"json": {}})
    return Sent(f"rooms.mediaConfirm/{w.channel}/{w.upload}", {"json": {}})


CALLS: Final[Mapping[str, Case]] = {
    "POST chat.postMessage": Case("nyyyy", lambda w: body(roomId=w.channel, text="words")),
    "POST chat.sendMessage": Case("nyyyy", lambda w: body(message={"rid": w.channel, "msg": "words"})),
    "POST chat.update": Case("nnnyy", lambda w: body(roomId=w.channel, msgId=w.message, text="other words")),
    "POST chat.delete": Case("nnnyy", lambda w: body(roomId=w.channel, msgId=w.message)),
    "GET chat.getMessage": Case("nyyyy", lambda w: query(msgId=w.message)),
    "POST chat.react": Case("nyyyy", of_message(emoji=":smile:")),
    "POST chat.starMessage": Case("nyyyy", of_message()),
    "POST chat.unStarMessage": Case("nyyyy", of_message()),
    "POST chat.pinMessage": Case("nnnyy", of_message()),
    "POST chat.unPinMessage": Case("nnnyn", pinned),
    "GET chat.getPinnedMessages": Case("nyyyy", lambda w: query(roomId=w.channel)),
    "GET chat.getStarredMessages": Case("nyyyy", lambda w: query(roomId=w.channel)),
    "GET chat.getMentionedMessages": Case("nyyyy", lambda w: query(roomId=w.channel)),
    "GET chat.getThreadsList": Case("nyyyy", lambda w: query(rid=w.channel)),
    "GET chat.getThreadMessages": Case("nyyyy", lambda w: query(tmid=w.thread)),
    "POST chat.followMessage": Case("nyyyy", lambda w: body(mid=w.thread)),
    "POST chat.unfollowMessage": Case("nyyyy", lambda w: body(mid=w.thread)),
    "GET chat.syncThreadsList": Case(
        "nyyyy", lambda w: query(rid=w.channel, updatedSince="2026-01-01T00:00:00.000Z")
    ),
    "GET chat.syncThreadMessages": Case(
        "nyyyy", lambda w: query(tmid=w.thread, updatedSince="2026-01-01T00:00:00.000Z")
    ),
    "POST rooms.createDiscussion": Case("nyyyy", lambda w: body(prid=w.channel, t_name="a discussion")),
    "GET rooms.getDiscussions": Case("nyyyy", lambda w: query(roomId=w.channel)),
    "GET chat.getDiscussions": Case("nyyyy", lambda w: query(roomId=w.channel)),
    "GET im.messages.others": Case("nnnnn", lambda w: query(roomId=w.direct)),
    "GET dm.messages.others": Case("nnnnn", lambda w: query(roomId=w.direct)),
    "GET chat.ignoreUser": Case(
        "nnyyn", lambda w: query(rid=w.joined, userId=w.somebody.user_id, ignore="true")
    ),
    "GET chat.search": Case("nyyyy", lambda w: query(roomId=w.channel, searchText="words")),
    "GET chat.getURLPreview": Case("nyyyy", lambda w: query(roomId=w.channel, url="http://127.0.0.1:9/")),
    "GET chat.getDeletedMessages": Case(
        "nyyyy", lambda w: query(roomId=w.channel, since="2026-01-01T00:00:00.000Z")
    ),
    "GET chat.syncMessages": Case(
        "nyyyy", lambda w: query(roomId=w.channel, lastUpdate="2026-01-01T00:00:00.000Z")
    ),
    "POST rooms.upload/{rid}": Case("nyyyy", lambda w: Sent(f"rooms.upload/{w.channel}", {"files": _NOTE})),
    "POST rooms.media/{rid}": Case("nyyyy", lambda w: Sent(f"rooms.media/{w.channel}", {"files": _NOTE})),
    "POST rooms.mediaConfirm/{rid}/{fileId}": Case("nyyyy", confirmed),
}
