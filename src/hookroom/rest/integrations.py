"""Managing integrations: ``integrations.*`` (contract, section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace

from hookroom.errors import Failure
from hookroom.integrations import manage_incoming, manage_outgoing, removal
from hookroom.integrations.from_template import setup
from hookroom.integrations.visibility import ANY_OF_ALL, manages, visible
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import integrations as schemas
from hookroom.rest.schemas.integration_templates import CREATE_OF_TEMPLATE
from hookroom.rules.document_query import Order
from hookroom.rules.integration_fields import shown
from hookroom.rules.model import Integration
from hookroom.storage.tables import integrations as stored

routes = Routes("Integrations")

UNKNOWN_TYPE: Final = "Invalid integration type."

FIELDS: Final = (*(field for field in Integration.__struct_encode_fields__), "avatarUrl")
"""The names of an integration's fields in answers, which ``fields`` may name."""

_LONG_OR_SECRET: Final = frozenset({"token", "previousToken", "script", "scriptCompiled", "scriptError"})

QUERYABLE: Final = tuple(field for field in FIELDS if field not in _LONG_OR_SECRET)
"""What ``query`` may ask about: tokens do not belong into addresses, which end up in logs."""

SORTABLE: Final = (
    "name",
    "type",
    "enabled",
    "username",
    "channel",
    "event",
    "_createdAt",
    "_updatedAt",
    "_createdBy",
    "_createdBy.username",
    "ts",
)
"""What ``sort`` may name. ``ts`` is the original's default; there is no such field, so it changes nothing."""


@routes.post("integrations.create", body=CREATE_OF_TEMPLATE)
async def create(call: Call) -> Answer:
    """Create an integration; an incoming one from a ``template``, with what to enter in the service."""
    match call.body["type"]:
        case "webhook-incoming":
            use_case = manage_incoming.create
        case "webhook-outgoing":
            use_case = manage_outgoing.create
        case _:
            raise Failure(UNKNOWN_TYPE)
    services = call.services
    made = await use_case(call.ws, services.integrations, services.script_host, call.user, call.body)
    if made.template is None:
        return _answer(made)
    return {**_answer(made), "setup": setup(call.ws, services.integrations, made, call.body)}


@routes.add("PUT", "integrations.update", body=schemas.UPDATE)
async def update(call: Call) -> Answer:
    """Change an integration."""
    match call.body["type"]:
        case "webhook-incoming":
            use_case = manage_incoming.update
        case "webhook-outgoing":
            use_case = manage_outgoing.update
        case _:
            raise Failure(UNKNOWN_TYPE)
    services = call.services
    return _answer(await use_case(call.ws, services.integrations, services.script_host, call.user, call.body))


@routes.post("integrations.remove", body=schemas.REMOVE, permissions=ANY_OF_ALL)
async def remove(call: Call) -> Answer:
    """Remove an integration and its history."""
    match call.body["type"]:
        case "webhook-incoming":
            use_case = removal.remove_incoming
        case "webhook-outgoing":
            use_case = removal.remove_outgoing
        case _:
            raise Failure(UNKNOWN_TYPE)
    return _answer(await use_case(call.ws, call.services.integrations, call.user, call.body))


@routes.get("integrations.get", query=schemas.GET)
async def get(call: Call) -> Answer:
    """Get one integration."""
    integration_id, creator = call.query["integrationId"], call.query.get("createdBy")
    if not integration_id:
        raise Failure('The query parameter "integrationId" is required.')
    integration = await stored.by_id(call.ws.db, integration_id)
    if integration is None or (creator and integration.created_by.id != creator):
        raise Failure("The integration does not exists.")
    if not manages(call.ws, call.user, integration):
        raise Failure("not-authorized")
    return _answer(integration)


@routes.get("integrations.list", query=schemas.LIST, permissions=ANY_OF_ALL)
async def list_all(call: Call) -> Answer:
    """List the integrations that the caller may see."""
    paging = paging_of(call)
    name, kind = (call.query.get("name") or "").casefold(), call.query.get("type")
    found = [
        one
        for one in visible(call.ws, call.services.integrations, call.user)
        if name in one.name.casefold() and (not kind or one.type == kind)
    ]
    answer = _picked(call, paging, found)
    return {**answer, "items": answer["count"]}


def paging_of(call: Call, order: Order = ()) -> Paging:
    """Which part of a listing of integrations ``call`` asks for; ``order`` holds where it names none."""
    paging = Paging.of(call, sortable=SORTABLE, fields=FIELDS, queryable=QUERYABLE, order=order)
    by = (("_createdBy.username" if path == "_createdBy" else path, way) for path, way in paging.sort)
    return replace(paging, sort=tuple(by))


def _picked(call: Call, paging: Paging, found: Sequence[Integration]) -> dict[str, Any]:
    if paging.where is not None or call.query.get("sort"):
        return paging.picked("integrations", map(shown, found))
    # As they come: only what is shown has to be made into documents.
    part = found[paging.offset : paging.offset + paging.limit]
    items = [paging.fields.of(shown(one)) for one in part]
    return paging.answer("integrations", items, len(found))


def _answer(integration: Integration) -> Answer:
    return {"integration": shown(integration)}
