"""What clients keep copies of, whole or what changed since they last asked: rooms, memberships, settings, …

Without a date each answers a list; with one ``{update, remove}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from hookroom.methods.params import maybe_moment
from hookroom.methods.registry import MethodCall, Methods
from hookroom.people import roles
from hookroom.rooms import room_views
from hookroom.rules.settings import SETTINGS, Setting
from hookroom.rules.times import millis
from hookroom.storage.tables import removals
from hookroom.storage.tables.room_listings import RoomFilter
from hookroom.workspace.setting_changes import document
from hookroom.workspace.workspace import Workspace

methods = Methods("What clients keep")

Kept = Sequence[Any] | dict[str, Any]


@methods.add("rooms/get")
async def rooms(call: MethodCall, updated_since: Any = None) -> Kept:
    """One's rooms."""
    since = maybe_moment(updated_since, "updatedAt")
    found = await room_views.rooms(call.ws, RoomFilter(member=call.user.id, changed_after=since))
    if since is None:
        return found
    return {"update": found, "remove": await removals.since(call.ws.db, "room", since)}


@methods.add("subscriptions/get")
async def subscriptions(call: MethodCall, updated_since: Any = None) -> Kept:
    """One's memberships of rooms."""
    since = maybe_moment(updated_since, "updatedAt")
    if since is None:
        return await room_views.memberships(call.ws, call.user)
    return {
        "update": await room_views.memberships(call.ws, call.user, changed_after=since),
        "remove": await removals.since(call.ws.db, "subscription", since, scope=call.user.id),
    }


@methods.add("permissions/get")
async def permissions(call: MethodCall, updated_since: Any = None) -> Kept:
    """All permissions with the roles that hold them."""
    since = maybe_moment(updated_since, "updatedAt")
    if since is None:
        return roles.permissions(call.ws)
    return {"update": roles.permissions(call.ws, since), "remove": []}


@methods.add("public-settings/get", login="optional")
async def public_settings(call: MethodCall, updated_since: Any = None) -> Kept:
    """The settings that anybody may read."""
    chosen = (one for one in SETTINGS.values() if one.public)
    return _settings(call.ws, chosen, maybe_moment(updated_since, "updatedAt"))


@methods.add("private-settings/get")
async def private_settings(call: MethodCall, updated_since: Any = None) -> Kept:
    """All settings, for those who may read them; nothing for others."""
    since = maybe_moment(updated_since, "updatedAt")
    allowed = call.ws.authority.allows_any(_PRIVATE, call.user)
    return _settings(call.ws, SETTINGS.values() if allowed else (), since)


_PRIVATE: Final = ("view-privileged-setting", "edit-privileged-setting")


def _settings(ws: Workspace, chosen: Iterable[Setting], since: int | None) -> Kept:
    documents = [document(ws, one) for one in chosen if not one.hidden]
    if since is None:
        return documents
    changed = [one for one in documents if "_updatedAt" in one and millis(one["_updatedAt"]) > since]
    return {"update": changed, "remove": []}
