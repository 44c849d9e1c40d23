"""Trying an integration out: what it would post, call and answer. Nothing is posted, called or written.

Calls and events take their usual way, in a workspace that keeps nothing (``workspace``) and with scripts
in instances that are thrown away (``host``); what comes of them is gathered on the way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, Final

from msgspec import to_builtins
from msgspec.structs import replace

from hookroom.errors import Failure, HookFailure, HookroomError, Refused
from hookroom.integrations.call_request import GivenRequest
from hookroom.integrations.hook_answers import accepted, refusal
from hookroom.integrations.incoming_records import IncomingRecords
from hookroom.integrations.receive import receive
from hookroom.integrations.script_host import ScriptHost
from hookroom.integrations.script_saving import ScriptSaving
from hookroom.integrations.scripted_call import OTHER_USER, ScriptedCalls
from hookroom.integrations.try_out.delivery import TriedDelivery, tried_delivery
from hookroom.integrations.try_out.draft import METHOD, Draft, drafted
from hookroom.integrations.try_out.fetches import given_answer
from hookroom.integrations.try_out.host import CannotRun, TryOutHost, undisturbed
from hookroom.integrations.try_out.requests import TriedCall, tried_call, tried_event
from hookroom.integrations.try_out.workspace import Posts, unwritten
from hookroom.rules.hook_message import defaults_of
from hookroom.rules.hook_message import draft as message_draft
from hookroom.rules.incoming_body import as_object
from hookroom.rules.integration_fields import Body, has_script
from hookroom.rules.model import Integration, Message, Room, User
from hookroom.rules.script_results import Content, Wrong, read_incoming
from hookroom.scripting.model import ScriptFailed
from hookroom.workspace.workspace import Workspace

MOST_URLS: Final = 10
"""URLs of an outgoing integration that are tried."""


async def try_out(ws: Workspace, host: ScriptHost, caller: User, body: Body) -> dict[str, Any]:
    """What the integration of ``body`` (of ``integrations.test``) does, as ``caller`` is told.

    Raises ``Refused`` where it is not the caller's to try or the body asks for what is not there, ``CannotRun``
    when scripts cannot run at the moment.
    """
    draft = await drafted(ws, host.setup, caller, body)
    _check(draft.integration, body)
    if has_script(draft.integration) and host.scripts.disabled:
        raise CannotRun("disabled")
    settled = await ScriptSaving(host.scripts).settle(draft.stored, draft.integration)
    draft = replace(draft, integration=settled)
    trial = TryOutHost(host, [given_answer(one) for one in body.get("fetches") or ()])
    apart, posts = unwritten(ws)
    if settled.is_incoming:
        told = await _incoming(apart, trial, draft, body, posts)
    else:
        told = await _outgoing(apart, trial, draft, caller, body, posts)
    answer = {
        "integration": {"_id": settled.id, "name": settled.name, "type": settled.type},
        **told,
        "runs": to_builtins(trial.runs),
    }
    if has_script(settled):
        answer["compiled"] = settled.script_error is None
    if settled.script_error is not None:
        answer["scriptError"] = await _place(host, settled)
    return answer


def _check(integration: Integration, body: Body) -> None:
    """Only what the integration's kind knows is given, and one thing to run on."""
    foreign = ("data", "response") if integration.is_incoming else ("request",)
    if wrong := next((name for name in foreign if body.get(name) is not None), None):
        raise Refused("error-invalid-params", f"{wrong} is not for a {integration.type}", method=METHOD)
    given = "request" if integration.is_incoming else "data"
    if body.get("recorded") and body.get(given) is not None:
        raise Refused("error-invalid-params", f"Either {given} or recorded", method=METHOD)


async def _incoming(
    ws: Workspace, host: TryOutHost, draft: Draft, body: Body, posts: Posts
) -> dict[str, Any]:
    try:
        tried = await tried_call(ws, draft, body)
    except HookFailure as error:
        told = {"status": error.status, "body": refusal(error)}
        return {"source": "given", "answer": told, "posts": [], "warnings": []}
    try:
        answer = await _taken(ws, host, draft, tried)
    except CannotRun:
        raise
    except HookroomError as error:
        told = {"status": error.status, "body": refusal(error)}
    else:
        told = {"status": 200, "body": accepted(answer)}
    return {
        "source": tried.source,
        "answer": to_builtins(told),
        "posts": _posts(posts.made),
        "warnings": list(_heeded(draft.integration, host)),
    }


async def _taken(ws: Workspace, host: TryOutHost, draft: Draft, tried: TriedCall) -> Any:
    """What the caller is answered. Raises ``HookroomError``."""
    integration, user, call = draft.integration, draft.user, tried.call
    # Nothing is written here, and so is this.
    record = IncomingRecords().start(ws, integration, GivenRequest(headers={}), "")
    if has_script(integration):
        return await ScriptedCalls(ws, host).take(integration, user, call, record)
    return await receive(ws, integration, user, as_object(tried.decoded), record)


def _heeded(integration: Integration, host: TryOutHost) -> Sequence[str]:
    """What of the script's result was passed over; the run is told when nothing could be done with it."""
    if not host.runs or host.runs[-1].outcome != "returned":
        return ()
    match read_incoming(host.runs[-1].value):
        case Wrong(reason):
            host.wrong(reason)
        case Content() as said:
            other = (OTHER_USER,) if said.names_user else ()
            with contextlib.suppress(Failure):
                return *other, *message_draft(said.content, defaults_of(integration)).warnings
            return other
    return ()


async def _outgoing(
    ws: Workspace, host: TryOutHost, draft: Draft, caller: User, body: Body, posts: Posts
) -> dict[str, Any]:
    tried = await tried_event(ws, draft, caller, body)
    deliveries: list[TriedDelivery] = []
    for url in tried.urls[:MOST_URLS]:
        host.url = url
        deliveries.append(await tried_delivery(ws, host, draft.integration, tried, url))
    told: dict[str, Any] = {
        "source": tried.source,
        "fires": tried.fires,
        "deliveries": [one.told for one in deliveries],
        "calls": [one.call for one in deliveries if one.call is not None],
        "posts": _posts(posts.made),
    }
    if tried.word is not None:
        told["triggerWord"] = tried.word
    return told


def _posts(made: Sequence[tuple[Room, Message]]) -> list[dict[str, Any]]:
    return [{"channel": _channel(room, message), "message": _shown(message)} for room, message in made]


def _channel(room: Room, message: Message) -> str:
    if room.name is not None:
        return f"#{room.name}"
    author = message.user.username
    others = [name for name in room.usernames or () if name != author] or [author or room.id]
    return ", ".join(f"@{name}" for name in others)


def _shown(message: Message) -> dict[str, Any]:
    """The message without the id, which it would only get with being stored."""
    document: dict[str, Any] = to_builtins(message)
    document.pop("_id")
    return document


async def _place(host: ScriptHost, integration: Integration) -> dict[str, Any]:
    """Why the script does not compile, and where."""
    error = integration.script_error
    assert error is not None
    told: dict[str, Any] = {"name": error.name, "message": error.message, "stack": error.stack}
    source, transpile = integration.script or "", not integration.skip_transpile
    try:
        made = await undisturbed(lambda: host.scripts.compile(source, transpile=transpile))
    except ScriptFailed:
        return told
    if made.error is not None:
        places = {"line": made.error.line, "column": made.error.column}
        told |= {name: at for name, at in places.items() if at is not None}
    return told
