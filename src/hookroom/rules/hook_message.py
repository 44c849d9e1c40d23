"""From a payload to the message to post (contract, section 3, "message" and "destinations").

Used for calls of incoming webhooks, for answers to outgoing ones, for what scripts return, and for
``chat.postMessage``, which has no integration and thus no defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from hookroom.errors import Failure, HookFailure, Refused
from hookroom.rules.attachments import read_attachments, shows_nothing
from hookroom.rules.blank_text import is_blank
from hookroom.rules.links import INVALID_LINK, is_picture
from hookroom.rules.model import BotMark, Integration
from hookroom.rules.scalars import flag_of, text_of
from hookroom.rules.slack.payload import translated

OVERRIDE_REFUSED: Final = "overriding destination channel is disabled for this integration"


class Defaults(Struct, frozen=True, kw_only=True):
    """What a message gets where its payload says nothing; ``bot`` is the mark of the integration.

    ``slack``: the payload may be one that is made for Slack, as those of integrations may.
    """

    alias: str | None = None
    avatar: str | None = None
    emoji: str | None = None
    bot: BotMark | None = None
    slack: bool = False


NO_DEFAULTS: Final = Defaults()


class MessageDraft(Struct, frozen=True, kw_only=True):
    """A message before it has a room, an author and an id. At most one of avatar and emoji is set.

    ``warnings`` say what of the payload was ignored.
    """

    text: str
    alias: str | None
    avatar: str | None
    emoji: str | None
    attachments: tuple[dict[str, Any], ...]
    parse_urls: bool
    groupable: bool
    thread_id: str | None
    custom_fields: dict[str, Any] | None
    bot: BotMark | None
    warnings: tuple[str, ...]


class Destination(Struct, frozen=True):
    """Where to post: ``#`` a room, ``@`` a person, or without kind a room, then a person by id."""

    kind: Literal["#", "@", ""]
    value: str


def defaults_of(integration: Integration) -> Defaults:
    """What ``integration`` adds to its messages; an avatar that no message may carry is left out."""
    avatar = (integration.avatar or "").strip()
    return Defaults(
        alias=integration.alias or None,
        avatar=avatar if is_picture(avatar) else None,
        emoji=integration.emoji or None,
        bot=BotMark(integration_id=integration.id),
        slack=True,
    )


def draft(payload: Mapping[str, Any], defaults: Defaults = NO_DEFAULTS) -> MessageDraft:
    """The message that ``payload`` asks for.

    The first name of a pair that is not blank wins; the body beats the defaults, a picture beats an emoji.
    Links are parsed unless there are attachments; messages do not group unless asked to. Raises ``Failure``
    (400) for values of the wrong type and for links that are refused, naming the field.
    """
    ignored: tuple[str, ...] = ()
    if defaults.slack:
        payload, ignored = translated(payload)
    given = payload.get("attachments")
    attachments, warnings = read_attachments(given) if given else ((), ())
    avatar = _first(payload, "icon_url", "avatar")
    emoji = None
    if avatar is not None:
        avatar = avatar.strip()
        if not is_picture(avatar):
            raise Failure(f"{INVALID_LINK} (avatar)")
    else:
        emoji = _first(payload, "icon_emoji", "emoji")
        if emoji is None:
            avatar = defaults.avatar
            emoji = None if avatar else defaults.emoji
    custom_fields = payload.get("customFields")
    if custom_fields and not isinstance(custom_fields, dict):
        raise Failure("customFields must be an object")
    return MessageDraft(
        text=(_first(payload, "text", "msg") or "").strip(),
        alias=_first(payload, "username", "alias") or defaults.alias,
        avatar=avatar,
        emoji=emoji,
        attachments=attachments,
        parse_urls=flag_of(payload.get("parseUrls"), "parseUrls", default=not attachments),
        groupable=flag_of(payload.get("groupable"), "groupable", default=False),
        thread_id=text_of(payload.get("tmid"), "tmid") or None,
        custom_fields=custom_fields or None,
        bot=defaults.bot,
        warnings=(*ignored, *warnings) if ignored else warnings,
    )


def is_empty(message: MessageDraft) -> bool:
    """Whether there is nothing to post: no text, and no attachment that a reader would see."""
    return is_blank(message.text) and all(shows_nothing(one) for one in message.attachments)


def named_destinations(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """The destinations that ``payload`` names in ``channel``, else in ``roomId``: each once, in order.

    A text or a list of texts; blank ones count as not given. Raises ``Refused`` (``invalid-channel``) for
    anything else.
    """
    return _names(payload.get("channel")) or _names(payload.get("roomId"))


def destinations(payload: Mapping[str, Any], integration: Integration | None = None) -> tuple[str, ...]:
    """Where to post: what ``payload`` names, else the integration's channels; at least one, each once.

    Raises ``HookFailure`` when the payload names one and the integration does not allow it, ``Refused``
    (``invalid-channel``) when there is none.
    """
    names = named_destinations(payload)
    if integration is not None:
        if not names:
            names = _names(list(integration.channel))
        elif not integration.override_destination:
            raise HookFailure(OVERRIDE_REFUSED)
    if not names:
        raise Refused("invalid-channel")
    return names


def parse_destination(text: str) -> Destination:
    """Read ``#name-or-id``, ``@name-or-id`` or a bare one. Raises ``Refused`` (``invalid-channel``)."""
    text = text.strip()
    kind: Literal["#", "@", ""] = "#" if text[:1] == "#" else "@" if text[:1] == "@" else ""
    value = text[len(kind) :].strip()
    if not value:
        raise Refused("invalid-channel")
    return Destination(kind, value)


def _first(payload: Mapping[str, Any], name: str, other: str) -> str | None:
    for key in (name, other):
        value = payload.get(key)
        if value is not None:
            text = text_of(value, key)
            if not is_blank(text):
                return text
    return None


def _names(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    names: dict[str, None] = {}
    for item in value if isinstance(value, list) else (value,):
        if item is None:
            continue
        if isinstance(item, bool) or not isinstance(item, str | int):
            raise Refused("invalid-channel")
        if name := str(item).strip():
            names[name] = None
    return tuple(names)
