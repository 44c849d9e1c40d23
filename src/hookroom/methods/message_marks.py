"""What people put on messages: reactions, stars, pins, and whether they follow a thread."""

from __future__ import annotations

from typing import Any

from hookroom.errors import Refused
from hookroom.messages import pins, reactions, threads
from hookroom.methods import finding
from hookroom.methods.params import flag, record, text
from hookroom.methods.registry import MethodCall, Methods
from hookroom.rules.model import Message
from hookroom.storage.tables import messages

methods = Methods("Marks of messages")


@methods.add("setReaction")
async def set_reaction(call: MethodCall, reaction: Any, message_id: Any, wanted: Any = None) -> None:
    """Put an emoji on a message or take it away; without ``wanted`` the other of the two."""
    emoji = text(reaction, "reaction")
    message = await messages.by_id(call.ws.db, text(message_id, "messageId"))
    if message is None:
        raise Refused("error-not-allowed", "Not allowed", method=call.method)
    should = None if wanted is None else flag(wanted, "shouldReact")
    await reactions.react(call.ws, call.user, message, emoji, should)


@methods.add("starMessage")
async def star_message(call: MethodCall, message: Any) -> bool:
    """Put one's star on a message (``{_id, starred}``) or take it away; answers whether there is one."""
    given = record(message)
    wanted = flag(given.get("starred"), "starred")
    found = await messages.by_id(call.ws.db, text(given.get("_id"), "_id"))
    if found is None:
        return False
    await pins.star(call.ws, call.user, found, wanted)
    return True


@methods.add("pinMessage")
async def pin_message(call: MethodCall, message: Any) -> Message:
    """Pin a message (``{_id}``) in its room; answers the message that says so."""
    found = await finding.message(call, record(message).get("_id"))
    return await pins.pin(call.ws, call.user, found)


@methods.add("unpinMessage")
async def unpin_message(call: MethodCall, message: Any) -> bool:
    """Unpin a message (``{_id}``)."""
    await pins.unpin(call.ws, call.user, await finding.message(call, record(message).get("_id")))
    return True


@methods.add("followMessage")
async def follow_message(call: MethodCall, named: Any) -> bool:
    """Follow the thread of a message (``{mid}``)."""
    await threads.follow(call.ws, call.user, text(record(named).get("mid"), "mid"))
    return True


@methods.add("unfollowMessage")
async def unfollow_message(call: MethodCall, named: Any) -> bool:
    """Follow the thread of a message (``{mid}``) no longer."""
    await threads.unfollow(call.ws, call.user, text(record(named).get("mid"), "mid"))
    return True
