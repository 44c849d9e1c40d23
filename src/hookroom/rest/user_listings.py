"""Looking users up: one, a page of them, or by part of a name (``users.info``, ``users.list``, …)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from hookroom.errors import Failure, Forbidden, InvalidParams, Refused
from hookroom.rest import user_views
from hookroom.rest.call import Answer, Call
from hookroom.rest.paging import Paging
from hookroom.rest.routes import Routes
from hookroom.rest.schemas import users as schemas
from hookroom.rules import document_query
from hookroom.rules.document_query import Order, QueryError
from hookroom.rules.model import User
from hookroom.storage.tables import subscriptions, user_listing, users
from hookroom.storage.tables.user_listing import SORTABLE, UserFilter

routes = Routes("Users")

SUGGESTIONS: Final = 10
_BY_USERNAME: Final[Order] = (("username", 1),)


@routes.get("users.info", query=schemas.INFO)
async def info(call: Call) -> Answer:
    """One user, by id, name or e-mail address (others' only with view-full-other-user-info)."""
    ws, query = call.ws, call.query
    user = await _looked_up(call)
    if user is None:
        raise Failure("User not found.")
    shown = user_views.info(ws, call.user, user)
    wanted = query.get("includeUserRooms") == "true" or _asks_for_rooms(query.get("fields"))
    if wanted and (user.id == call.user.id or ws.authority.allows("view-other-user-channels", call.user)):
        shown["rooms"] = await _rooms(call, user)
    return {"user": shown}


@routes.get("users.list", query=schemas.LIST, permissions=("view-d-room",))
async def list_users(call: Call) -> Answer:
    """All users, a page at a time."""
    ws = call.ws
    full = ws.authority.allows(user_views.FULL, call.user)
    shown = user_views.listed(ws, call.user)
    selectable = (*shown, *user_views.MORE_IN_FULL) if full else shown
    page = Paging.of(
        call, sortable=selectable, fields=selectable, queryable=("_id", *selectable), order=_BY_USERNAME
    )
    view = _view(page, shown)
    email = call.query.get("email")
    if email:
        if not full:
            raise Forbidden
        owner = await users.id_by_email(ws.db, email)
        user = await ws.directory.user(owner) if owner else None
        found = [] if user is None else [user_views.document(user)]
        kept = [one for one in found if page.where is None or page.where(one)]
        return page.answer("users", [view(one) for one in kept[page.offset :]], len(kept))
    everybody = UserFilter()
    if page.where is None and len(page.sort) == 1 and page.sort[0][0] in SORTABLE:
        documents = await user_listing.page(ws.db, everybody, page.sort, count=page.limit, offset=page.offset)
        return page.answer(
            "users", [view(one) for one in documents], await user_listing.total(ws.db, everybody)
        )
    matching = [one async for one in user_listing.everyone(ws.db) if page.where is None or page.where(one)]
    ordered = document_query.sorted_by(matching, page.sort)[page.offset : page.offset + page.limit]
    return page.answer("users", [view(one) for one in ordered], len(matching))


@routes.get("users.listByStatus", query=schemas.LIST_BY_STATUS, permissions=("view-d-room",))
async def list_by_status(call: Call) -> Answer:
    """Users by state, kind, roles and part of a name, a page at a time."""
    ws, query = call.ws, call.query
    full = ws.authority.allows(user_views.FULL, call.user)
    page = Paging.of(call, sortable=(*SORTABLE, "status"), order=_BY_USERNAME)
    if len(page.sort) > 2:
        raise Refused("error-invalid-sort", "Invalid sort parameter provided: more than two fields")
    roles = [role for role in _several(query, "roles") if role != "all"]
    if len(roles) > user_listing.MAX_ROLES:
        raise InvalidParams([f"must NOT have more than {user_listing.MAX_ROLES} items"])
    which = UserFilter(
        active={"active": True, "deactivated": False}.get(query.get("status", "")),
        logged_in=query.get("hasLoggedIn"),
        kind=query.get("type") or None,
        roles=tuple(roles),
        term=query.get("searchTerm") or "",
        emails=full,
    )
    # The original sorts by the account's state where it is asked to sort by status.
    order: Order = tuple(("active" if field == "status" else field, way) for field, way in page.sort)
    documents = await user_listing.page(ws.db, which, order, count=page.limit, offset=page.offset)
    shown = (*user_views.listed(ws, call.user), *(("reason",) if full else ()))
    view = _view(page, shown)
    return page.answer("users", [view(one) for one in documents], await user_listing.total(ws.db, which))


@routes.get("users.autocomplete", query=schemas.AUTOCOMPLETE)
async def autocomplete(call: Call) -> Answer:
    """The first active users whose name holds a text (selector: term, exceptions, conditions)."""
    ws = call.ws
    selector = _selector(call.query["selector"])
    exceptions = {users.key(name) for name in selector["exceptions"] if isinstance(name, str)}
    known = (
        user_views.LISTED
        if not ws.authority.allows(user_views.FULL, call.user)
        else user_views.LISTED_IN_FULL
    )
    try:
        test = document_query.condition(
            selector["conditions"], ("_id", "nickname", "bio", "statusText", *known)
        )
    except QueryError as error:
        raise Refused("error-invalid-query", str(error)) from None
    outside = ws.authority.allows("view-outside-room", call.user)
    which = UserFilter(active=True, term=selector["term"])
    items: list[dict[str, Any]] = []
    offset = 0
    while len(items) < SUGGESTIONS:
        documents = await user_listing.page(
            ws.db, which, _BY_USERNAME, count=user_listing.CHUNK, offset=offset
        )
        for one in documents:
            if users.key(one["username"]) in exceptions or not test(one) or one["_id"] == call.user.id:
                continue
            if outside or await _share_a_room(call, one["_id"]):
                items.append(_only(one, ("_id", "name", "username", "nickname", "status", "avatarETag")))
        if len(documents) < user_listing.CHUNK:
            break
        offset += user_listing.CHUNK
    return {"items": items[:SUGGESTIONS]}


async def _looked_up(call: Call) -> User | None:
    ws, query = call.ws, call.query
    if query.get("userId"):
        # The original finds by name under this parameter too.
        return await ws.directory.user(query["userId"]) or await ws.directory.user_named(query["userId"])
    if query.get("username"):
        return await ws.directory.user_named(query["username"])
    if not query.get("email"):
        raise Failure("Invalid search query.")
    owner = await users.id_by_email(ws.db, query["email"])
    user = await ws.directory.user(owner) if owner else None
    return user if user is not None and user_views.sees_all(ws, call.user, user.id) else None


async def _rooms(call: Call, user: User) -> list[dict[str, Any]]:
    shown = []
    for one in await subscriptions.of_user(call.ws.db, user.id):
        room = await call.ws.directory.room(one.room_id)
        if room is not None:
            names = [name for name in room.usernames or () if name != user.username]
            name = room.name if room.type != "d" else ", ".join(names) or user.username
            shown.append({"_id": one.id, "rid": room.id, "name": name, "t": room.type, "roles": one.roles})
    return sorted(shown, key=lambda one: (str(one["t"]), str(one["name"])))


async def _share_a_room(call: Call, user_id: str) -> bool:
    own = {one.room_id for one in await subscriptions.of_user(call.ws.db, call.user.id)}
    return any(one.room_id in own for one in await subscriptions.of_user(call.ws.db, user_id))


def _view(page: Paging, shown: tuple[str, ...]) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What is shown of each user of a listing: its fields, and those that are asked for besides."""
    asked = page.fields.paths if page.fields.only else ()
    roots = {path.partition(".")[0] for path in asked}

    def view(document: Mapping[str, Any]) -> dict[str, Any]:
        one = _only(document, ("_id", *shown, *(root for root in roots if root not in shown)))
        if page.fields.only:
            return one
        return page.fields.of(one) | {"nameInsensitive": one.get("name", "").lower()}

    return view


def _only(document: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: document[field] for field in fields if field in document}


def _several(query: Mapping[str, Any], name: str) -> list[str]:
    """A parameter that may be given once, often, with brackets or with commas."""
    given = query.get(name) or query.get(f"{name}[]") or []
    return [part for one in ([given] if isinstance(given, str) else given) for part in one.split(",") if part]


def _asks_for_rooms(fields: str | None) -> bool:
    """Whether ``fields`` has ``userRooms``: how clients asked before ``includeUserRooms``."""
    try:
        asked = msgspec.json.decode(fields) if fields else {}
    except (msgspec.DecodeError, RecursionError):
        raise Refused("error-invalid-fields", "Invalid fields parameter provided: not valid JSON") from None
    return isinstance(asked, dict) and asked.get("userRooms") in (1, True)


def _selector(text: str) -> dict[str, Any]:
    try:
        selector = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise Refused("error-invalid-query", "The selector is not valid JSON") from None
    if not isinstance(selector, dict):
        raise Refused("error-invalid-query", "The selector must be an object")
    term, exceptions = selector.get("term", ""), selector.get("exceptions") or []
    if not isinstance(term, str) or not isinstance(exceptions, list):
        raise Refused("error-invalid-query", "The selector takes a text as term and a list as exceptions")
    return {"term": term, "exceptions": exceptions, "conditions": selector.get("conditions") or {}}
