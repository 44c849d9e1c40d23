"""Which outgoing integrations an event fires (contract, section 4, "When one fires").

Integrations are kept in an index by occasion and key: ``occasions`` and ``integration_keys`` give those of one,
``occasion`` and ``event_keys`` those that an event may match. Whatever is found under one of them matches the
room, so that matching costs the same with ten integrations or a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from hookroom.rules.model import BotMark, Integration, Message, Room

MAX_CHAIN_DEPTH: Final = 5
"""Most times that a message posted by an outgoing integration may fire another one, in a row."""

ANYWHERE: Final = "*"
"""The key of events that have no channel."""

EDIT: Final = "sendMessage of an edit"
"""The occasion of ``sendMessage`` when a message was edited: only those with ``runOnEdits`` are found for it."""


class EventRule(Struct, frozen=True):
    """What an integration of this event is matched by; ``target_room`` is needed to post its answer."""

    needs_channel: bool = False
    trigger_words: bool = False
    target_room: bool = False


EVENTS: Final[Mapping[str, EventRule]] = {
    "sendMessage": EventRule(needs_channel=True, trigger_words=True),
    "fileUploaded": EventRule(needs_channel=True),
    "roomJoined": EventRule(needs_channel=True),
    "roomLeft": EventRule(needs_channel=True),
    "roomArchived": EventRule(),
    "roomCreated": EventRule(),
    "userCreated": EventRule(target_room=True),
    "messageEdited": EventRule(needs_channel=True),
    "messageDeleted": EventRule(needs_channel=True),
    "messageReacted": EventRule(needs_channel=True),
    "roomUnarchived": EventRule(),
    "userDeactivated": EventRule(),
}

_POSTED: Final = frozenset({"sendMessage", "fileUploaded", "messageEdited"})


class Match(Struct, frozen=True):
    """An integration fires; ``word`` is the trigger word that it fires for, if it has any."""

    word: str | None = None


_EVERY: Final = Match()


def occasions(integration: Integration) -> tuple[str, ...]:
    """What an outgoing integration is kept under: its event, and edits where it runs on them."""
    event = integration.event or ""
    return (event, EDIT) if event == "sendMessage" and integration.run_on_edits else (event,)


def occasion(event: str, message: Message | None = None) -> str | None:
    """What integrations for ``event`` are kept under; ``None`` where none can fire."""
    if event != "sendMessage" or message is None:
        return event
    if message.type is not None:
        return None
    return event if message.edited_at is None else EDIT


def integration_keys(integration: Integration) -> tuple[str, ...]:
    """The keys under which an outgoing integration is found for its event; none for an unknown event."""
    rule = EVENTS.get(integration.event or "")
    if rule is None:
        return ()
    if not rule.needs_channel:
        return (ANYWHERE,)
    return tuple(dict.fromkeys(integration.channel)) or ("all_public_channels",)


def room_keys(room: Room, author: str | None = None) -> tuple[str, ...]:
    """The keys that an event in ``room`` matches.

    ``author`` is the user name of the message's author: an integration on ``@name`` hears what is written
    to that person, not by them. One on ``@id`` hears both.
    """
    if room.type == "d":
        ids = [f"@{user_id}" for user_id in room.user_ids or ()]
        names = [f"@{name}" for name in room.usernames or () if name != author]
        return tuple(dict.fromkeys(["all_direct_messages", *ids, *names]))
    everywhere = "all_public_channels" if room.type == "c" else "all_private_groups"
    if room.name is None or room.name == room.id:
        return (everywhere, f"#{room.id}")
    return (everywhere, f"#{room.id}", f"#{room.name}")


def event_keys(event: str, room: Room | None, author: str | None = None) -> tuple[str, ...]:
    """The keys that ``event`` matches; ``room`` and ``author`` as in ``room_keys``.

    None for an event that needs a room and has none, and for direct rooms that are created. Raises
    ``KeyError`` for an unknown event.
    """
    if EVENTS[event].needs_channel:
        return room_keys(room, author) if room is not None else ()
    if event == "roomCreated" and room is not None and room.type == "d":
        return ()
    return (ANYWHERE,)


def words_of(integration: Integration) -> tuple[str, ...]:
    """The trigger words of an integration, in its own order; blank ones do not count.

    None where its event has no trigger words, whatever is stored.
    """
    rule = EVENTS.get(integration.event or "")
    if rule is None or not rule.trigger_words:
        return ()
    return tuple(word for word in integration.trigger_words or () if word.strip())


def trigger_word(integration: Integration, text: str) -> Match | None:
    """Whether ``text`` has one of the integration's trigger words, and which is the first that it has.

    It starts with one, or has it anywhere with ``triggerWordAnywhere``; case counts, word boundaries do not.
    Without any word (blank ones do not count) every text matches.
    """
    words = [word for word in integration.trigger_words or () if word.strip()]
    if not words:
        return _EVERY
    for word in words:
        if word in text if integration.trigger_word_anywhere else text.startswith(word):
            return Match(word)
    return None


def may_fire(integration: Integration, event: str, message: Message | None = None, depth: int = 0) -> bool:
    """Whether ``integration``, found by a key of ``event``, may fire; trigger words are asked separately.

    ``depth`` counts the outgoing integrations that led to this event, 0 for what people and incoming
    webhooks do. Never fires when switched off, for another event, beyond ``MAX_CHAIN_DEPTH``, on a message
    that it posted itself (reactions to one and its deletion are someone else's doing, and do fire), with
    ``sendMessage`` on system messages and, without ``runOnEdits``, on edited ones.
    """
    if integration.is_incoming or not integration.enabled or integration.event != event:
        return False
    if depth >= MAX_CHAIN_DEPTH:
        return False
    if message is None:
        return True
    mark = message.bot
    if event in _POSTED and isinstance(mark, BotMark) and mark.integration_id == integration.id:
        return False
    if event != "sendMessage":
        return True
    return message.type is None and (message.edited_at is None or bool(integration.run_on_edits))


def match(
    integration: Integration, event: str, message: Message | None = None, depth: int = 0
) -> Match | None:
    """Whether ``integration``, found by a key of ``event``, fires: ``may_fire`` and then ``trigger_word``."""
    if not may_fire(integration, event, message, depth):
        return None
    if message is not None and EVENTS[event].trigger_words:
        return trigger_word(integration, message.text)
    return _EVERY
