"""Reactions: emoji that people put on a message."""

from __future__ import annotations

from typing import Any, Final

from msgspec import structs

from hookroom.errors import Failure, Refused
from hookroom.messages.known_emoji import is_known
from hookroom.rooms.access import may_see
from hookroom.rules.emoji import NAME
from hookroom.rules.model import Message, Room, User
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages
from hookroom.workspace.events import Event
from hookroom.workspace.workspace import Workspace, retrying

MAX_REACTIONS: Final = 100
"""Most different emoji on one message."""

_METHOD: Final = "setReaction"


def emoji_code(text: str) -> str:
    """``smile`` or ``:smile:`` as ``:smile:``. Raises ``Refused`` for what cannot be an emoji's name."""
    name = text.replace(":", "")
    if not NAME.fullmatch(name):
        raise _no_emoji()
    return f":{name}:"


async def react(ws: Workspace, user: User, message: Message, emoji: str, wanted: bool | None = None) -> None:
    """Put ``emoji`` on the message or take it away; without ``wanted`` the other of the two.

    It is one that there is (``known_emoji``), or that the message has already: it may be gone since. A new
    reaction fires ``messageReacted``. Raises ``Refused`` (``error-not-allowed``, ``not-authorized``) and
    ``Failure`` for a room that one only reads.
    """
    async with ws.turns.of([message.id]):
        await _react(ws, user, message.id, emoji_code(emoji), wanted)


@retrying
async def _react(ws: Workspace, user: User, message_id: str, code: str, wanted: bool | None) -> None:
    old = await messages.by_id(ws.db, message_id)
    room = await ws.directory.room(old.room_id) if old is not None else None
    if old is None or room is None:
        raise Refused("error-not-allowed", "Not allowed", method=_METHOD)
    if not await may_see(ws, user, room):
        raise Refused("not-authorized", "Not Authorized", method=_METHOD)
    if code not in (old.reactions or {}) and not await is_known(ws, code.strip(":")):
        raise _no_emoji()
    there = user.username in _who(old, code)
    if wanted is there:
        return
    await _check_may_react(ws, user, room)
    new = _with_reaction(ws, old, code, user.username, not there)
    changes = Changes()
    messages.update(changes, old, new)
    if not there:
        event = Event(name="messageReacted", room=room, user=user, at=ws.now(), message=new, reaction=code)
        ws.observer.observe(event, changes)
    await ws.db.commit(changes)


def _no_emoji() -> Refused:
    return Refused("error-not-allowed", "Invalid emoji provided.", method=_METHOD)


def _who(message: Message, code: str) -> list[str]:
    usernames: list[str] = (message.reactions or {}).get(code, {}).get("usernames", [])
    return usernames


def _with_reaction(ws: Workspace, old: Message, code: str, username: str, wanted: bool) -> Message:
    reactions: dict[str, Any] = dict(old.reactions or {})
    usernames = [one for one in _who(old, code) if one != username] + ([username] if wanted else [])
    if not usernames:
        del reactions[code]
    elif code not in reactions and len(reactions) >= MAX_REACTIONS:
        raise Refused(
            "error-too-many-reactions", f"A message takes at most {MAX_REACTIONS} reactions", method=_METHOD
        )
    else:
        reactions[code] = {"usernames": usernames}
    return structs.replace(old, reactions=reactions or None, updated_at=ws.stamp(old.updated_at))


async def _check_may_react(ws: Workspace, user: User, room: Room) -> None:
    if user.username in (room.muted or ()):
        raise Refused("error-not-allowed", "You_have_been_muted", details={"rid": room.id})
    member = await ws.directory.subscription(room.id, user.id)
    if (
        room.read_only
        and not room.react_when_read_only
        and not ws.authority.allows("post-readonly", user, member)
        and user.username not in (room.unmuted or ())
    ):
        raise Failure("You can't send messages because the room is readonly.")
