"""From a request's body to an integration and back (contract, section 2, "Fields").

Bodies have passed their schema: types are right, values may still be null, blank or nonsense. What is sent in
one form and kept in another is turned here; whether it is allowed is for ``hookroom.integrations`` to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import to_builtins
from msgspec.structs import replace

from hookroom.rules.call_limits import limits
from hookroom.rules.model import Integration, IntegrationType, User, UserRef
from hookroom.rules.retries import DEFAULT_RETRY_DELAY, default_count
from hookroom.rules.times import IsoTime
from hookroom.rules.triggers import EVENTS
from hookroom.rules.verification_settings import asked

Body = Mapping[str, Any]

INCOMING: Final[IntegrationType] = "webhook-incoming"
OUTGOING: Final[IntegrationType] = "webhook-outgoing"

DEFAULT_ENGINE: Final = "isolated-vm"
"""The name under which the original knows its script engine."""

MAX_RETRY_COUNT: Final = 2**31 - 1
MAX_CONCURRENCY: Final = 1000

_SHARED: Final = {
    "name": "name",
    "enabled": "enabled",
    "alias": "alias",
    "avatar": "avatar",
    "emoji": "emoji",
    "scriptEnabled": "script_enabled",
    "script": "script",
    "scriptTimeLimit": "script_time_limit",
    "scriptMemoryLimit": "script_memory_limit",
}
_INCOMING: Final = {**_SHARED, "overrideDestinationChannelEnabled": "override_destination"}
_OUTGOING: Final = {
    **_SHARED,
    "event": "event",
    "triggerWordAnywhere": "trigger_word_anywhere",
    "impersonateUser": "impersonate_user",
    "runOnEdits": "run_on_edits",
    "retryFailedCalls": "retry_failed_calls",
    "retryDelay": "retry_delay",
    "ordered": "ordered",
    "concurrency": "concurrency",
    "caCertificate": "ca_certificate",
    "allowSelfSigned": "allow_self_signed",
}


def has_script(integration: Integration) -> bool:
    """Whether calls of this integration go through a script of its own.

    Such an integration must never work as one without a script: where the script cannot run, for whatever
    reason, nothing is posted and nothing is called, and the caller or the history is told so.
    """
    return integration.script_enabled and bool((integration.script or "").strip())


def split(text: str) -> tuple[str, ...]:
    """The trimmed parts of a comma-separated text, blank ones included."""
    return tuple(part.strip() for part in text.split(","))


def filled(texts: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """``texts`` without the blank ones."""
    return tuple(text for text in texts if text.strip())


def trigger_words(value: str | list[str] | None) -> tuple[str, ...] | None:
    """Trigger words from a list or, as the published description has it, one comma-separated text."""
    if value is None:
        return None
    return filled(split(value)) if isinstance(value, str) else filled(value)


def target_room(body: Body) -> str | None:
    """``targetRoom``, which may be called ``targetChannel``."""
    room: str | None = body.get("targetRoom")
    return body.get("targetChannel") if room is None else room


def new_incoming(
    body: Body,
    channel: tuple[str, ...],
    user: User,
    *,
    integration_id: str,
    token: str,
    by: User,
    at: IsoTime,
) -> Integration:
    """The incoming integration that ``body`` describes, on ``channel``, posting as ``user``."""
    sent = _sent_incoming(body, None)
    return Integration(
        id=integration_id,
        type=INCOMING,
        channel=channel,
        username=user.username,
        user_id=user.id,
        token=token,
        script_engine=_engine(body, None),
        skip_transpile=_skip_transpile(body),
        template=body.get("template") or None,
        created_at=at,
        created_by=_who(by),
        updated_at=at,
        **{**sent, "override_destination": bool(sent.get("override_destination"))},
    )


def new_outgoing(
    body: Body,
    channel: tuple[str, ...],
    user: User,
    *,
    integration_id: str,
    token: str,
    by: User,
    at: IsoTime,
) -> Integration:
    """The outgoing integration that ``body`` describes; ``token`` is used when it brings none."""
    brought: str | None = body.get("token")
    return with_retries(
        Integration(
            id=integration_id,
            type=OUTGOING,
            channel=channel,
            username=user.username,
            user_id=user.id,
            token=token if brought is None else brought,
            script_engine=_engine(body, None),
            skip_transpile=_skip_transpile(body),
            created_at=at,
            created_by=_who(by),
            updated_at=at,
            **_sent_outgoing(body),
        )
    )


def changed_incoming(
    old: Integration, body: Body, channel: tuple[str, ...], user: User | None, *, by: User, at: IsoTime
) -> Integration:
    """``old`` with what ``body`` sends; ``user`` is whom it posts as from now on, if that was sent.

    The token stays. ``skipTranspile`` not sent means false, any other field not sent stays.
    """
    poster = {"username": user.username, "user_id": user.id} if user is not None else {}
    return replace(
        old,
        channel=channel,
        script_engine=_engine(body, old),
        skip_transpile=_skip_transpile(body),
        updated_at=at,
        updated_by=_who(by),
        disabled_reason=None if body.get("enabled", old.enabled) else old.disabled_reason,
        **_sent_incoming(body, old),
        **poster,
    )


def changed_outgoing(
    old: Integration, body: Body, channel: tuple[str, ...], user: User, *, by: User, at: IsoTime
) -> Integration:
    """``old`` with what ``body`` sends. Without a script, or with it switched off, its compiled form goes."""
    sent = _sent_outgoing(body)
    if not (body.get("scriptEnabled") and (body.get("script") or "").strip()):
        sent["script_compiled"] = None
    new = replace(
        old,
        channel=channel,
        username=user.username,
        user_id=user.id,
        token=body.get("token", old.token),
        script_engine=_engine(body, old),
        skip_transpile=_skip_transpile(body),
        updated_at=at,
        updated_by=_who(by),
        disabled_reason=None if body.get("enabled", old.enabled) else old.disabled_reason,
        **sent,
    )
    return with_retries(new)


def with_retries(integration: Integration) -> Integration:
    """With retries on, their number and schedule are named: a positive number, 4 in powers of ten otherwise."""
    if not integration.retry_failed_calls:
        return integration
    count = integration.retry_count or 0
    delay = (integration.retry_delay or "").strip().lower() or DEFAULT_RETRY_DELAY
    return replace(integration, retry_count=count if count > 0 else default_count(delay), retry_delay=delay)


def shown(integration: Integration) -> dict[str, Any]:
    """The integration as answers carry it: as stored, and ``avatarUrl`` beside ``avatar``."""
    document: dict[str, Any] = to_builtins(integration)
    if integration.avatar is not None:
        document["avatarUrl"] = integration.avatar
    return document


def _sent(body: Body, names: Mapping[str, str]) -> dict[str, Any]:
    return {field: body[name] for name, field in names.items() if name in body}


def _sent_incoming(body: Body, old: Integration | None) -> dict[str, Any]:
    sent = {**_sent(body, _INCOMING), **limits(body, old)}
    if "verification" in body:
        sent["verification"] = asked(body["verification"]).verification
    return sent


def _sent_outgoing(body: Body) -> dict[str, Any]:
    sent = _sent(body, _OUTGOING)
    sent["urls"] = filled(body["urls"])
    if "targetRoom" in body or "targetChannel" in body:
        sent["target_room"] = target_room(body)
    if "signing" in body:
        sent["signing"] = body["signing"] or None
    if "retryCount" in body:
        count = body["retryCount"]
        sent["retry_count"] = None if count is None else int(max(-1, min(count, MAX_RETRY_COUNT)))
    if "triggerWords" in body and EVENTS[body["event"]].trigger_words:
        sent["trigger_words"] = trigger_words(body["triggerWords"])
    return sent


def _engine(body: Body, old: Integration | None) -> str:
    sent: str | None = body.get("scriptEngine")
    if sent is not None:
        return sent
    return (old.script_engine if old is not None else None) or DEFAULT_ENGINE


def _skip_transpile(body: Body) -> bool:
    return body.get("skipTranspile") is True


def _who(user: User) -> UserRef:
    return UserRef(id=user.id, username=user.username)
