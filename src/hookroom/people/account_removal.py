"""Deactivating accounts, bringing them back, and deleting them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from hookroom.errors import Refused
from hookroom.people import own_account, ownership
from hookroom.people.account_editing import check_another_admin
from hookroom.rooms.room_life import remove
from hookroom.rules.model import Room, User
from hookroom.rules.upload import place_of
from hookroom.storage.statement import Changes
from hookroom.storage.tables import (
    invites,
    one_time_codes,
    rooms,
    subscriptions,
    team_members,
    tokens,
    two_factor,
    uploads,
    user_messages,
    users,
)
from hookroom.workspace.events import Event
from hookroom.workspace.workspace import Workspace, retrying

CAT = "rocket.cat"


@retrying
async def set_active(
    ws: Workspace, caller: User, user_id: str, active: bool, *, confirm_relinquish: bool = False
) -> User:
    """Activate or deactivate an account.

    A deactivated user is logged out everywhere at once, the integrations that post as them stop, rooms that
    they alone own get a new owner (``confirm_relinquish`` says that the caller knows), their direct rooms are
    read-only. Raises ``Refused``: ``error-not-allowed``, ``error-invalid-user``, ``error-action-not-allowed``
    for the last administrator, ``user-last-owner``.
    """
    method = "setUserActiveStatus"
    if not ws.authority.allows_any(("edit-other-user-active-status", "manage-moderation-actions"), caller):
        raise Refused("error-not-allowed", "Not allowed", method=method)
    old = await ws.directory.user(user_id)
    if old is None:
        raise Refused("error-invalid-user", "Invalid user", method=method)
    if old.active == active:
        return old
    reason = None if active else old.reason
    new = structs.replace(old, active=active, reason=reason, updated_at=ws.stamp(old.updated_at))
    changes = Changes()
    if not active:
        if "admin" in old.roles and not await users.another_admin(ws.db, old.id):
            raise Refused(
                "error-action-not-allowed",
                "Leaving the app without an active admin is not allowed",
                details={"method": "removeUserFromRole", "action": "Remove_last_admin"},
            )
        if "admin" in old.roles:
            await check_another_admin(ws, changes, old)
        left = await ownership.estate(ws, old)
        ownership.check_confirmed(left, confirmed=confirm_relinquish)
        await ownership.hand_over(ws, changes, left)
        tokens.delete_of_user(changes, old.id, await tokens.of_user(ws.db, old.id))
        ws.observer.user_gone(changes, old)
        event = Event(name="userDeactivated", room=None, user=new, at=ws.now())
        ws.observer.observe(event, changes)
    users.update(changes, old, new)
    for room in await rooms.direct_of(ws.db, old.id):
        await _close_direct(ws, changes, room, old, active)
    await ws.db.commit(changes)
    return new


@retrying
async def delete(ws: Workspace, user_id: str, *, confirm_relinquish: bool = False) -> Sequence[str]:
    """Delete an account; answers the ids of the rooms that went with it.

    What they wrote goes too, stays, or is ``rocket.cat``'s from then on (``Message_ErasureType``). Everything
    else as when deactivating. Raises ``Refused``: ``error-action-not-allowed`` for ``rocket.cat`` and the
    last administrator, ``error-invalid-user``, ``user-last-owner``.
    """
    method = "deleteUser"
    if user_id == CAT:
        raise Refused(
            "error-action-not-allowed",
            "Deleting the rocket.cat user is not allowed",
            details={"method": method, "action": "Delete_user"},
        )
    user = await ws.directory.user(user_id)
    if user is None:
        raise Refused("error-invalid-user", "Invalid user", method=method)
    changes = Changes()
    if "admin" in user.roles:
        if not await users.another_admin(ws.db, user.id):
            raise Refused(
                "error-action-not-allowed",
                "Leaving the app without an active admin is not allowed",
                details={"method": method, "action": "Remove_last_admin"},
            )
        await check_another_admin(ws, changes, user)
    left = await ownership.estate(ws, user)
    ownership.check_confirmed(left, confirmed=confirm_relinquish)
    await ownership.hand_over(ws, changes, left)
    erased = {room.id for room in left.orphaned} | await _leave_direct_rooms(ws, changes, user)
    now = ws.now()
    for membership in left.memberships:
        if membership.room_id not in erased:
            subscriptions.delete(changes, membership, now)
    team_members.delete_of_user(changes, user.id)
    invites.delete_of_user(changes, user.id)
    await _erase_messages(ws, changes, user, now)
    tokens.delete_of_user(changes, user.id, await tokens.of_user(ws.db, user.id))
    two_factor.delete(changes, user.id)
    one_time_codes.delete_of_user(changes, user.id)
    uploads.release_of_room(changes, place_of(user.id))
    users.delete(changes, user)
    ws.observer.user_gone(changes, user)
    await ws.db.commit(changes)
    return [room.id for room in left.orphaned]


async def delete_own(ws: Workspace, user: User, password: str, *, confirm_relinquish: bool) -> None:
    """Delete the caller's own account; ``password`` is the plain one or its SHA-256 in hex.

    Raises ``Refused``: ``error-not-allowed`` where the server does not let people do so,
    ``error-invalid-password``, and what ``delete`` raises; ``TooManyRequests`` after too many wrong passwords.
    """
    if not ws.settings["Accounts_AllowDeleteOwnAccount"]:
        raise Refused("error-not-allowed", "Not allowed")
    if not await own_account.is_own_password(ws, user, password):
        raise Refused("error-invalid-password", "Invalid password", method="deleteUserOwnAccount")
    await delete(ws, user.id, confirm_relinquish=confirm_relinquish)


async def _close_direct(ws: Workspace, changes: Changes, room: Room, user: User, active: bool) -> None:
    """A direct room of two is read-only while one of them is deactivated."""
    ids = room.user_ids or ()
    if len(ids) != 2:
        return
    others = [await ws.directory.user(one) for one in ids if one != user.id]
    read_only = not active or not all(other is not None and other.active for other in others)
    if read_only != room.read_only:
        stamp = ws.stamp(room.updated_at)
        rooms.update(changes, room, structs.replace(room, read_only=read_only, updated_at=stamp))


async def _leave_direct_rooms(ws: Workspace, changes: Changes, user: User) -> set[str]:
    """Direct rooms of two go; those of more go on without ``user``. Answers the ids of those that went."""
    gone = set()
    for room in await rooms.direct_of(ws.db, user.id):
        if len(room.user_ids or ()) <= 2:
            remove(changes, room, ws.now())
            gone.add(room.id)
            continue
        # Its members' ids stay as they are: those who are left may have another room of their own.
        names = tuple(name for name in room.usernames or () if name != user.username)
        stamp = ws.stamp(room.updated_at)
        rooms.update(changes, room, structs.replace(room, usernames=names, updated_at=stamp))
    return gone


async def _erase_messages(ws: Workspace, changes: Changes, user: User, now: int) -> None:
    how = ws.settings["Message_ErasureType"]
    cat = await ws.directory.user(CAT) if how == "Unlink" else None
    if how == "Delete":
        user_messages.erase(changes, user.id, now)
    elif cat is not None:
        async for message in user_messages.of(ws.db, user.id):
            given = structs.replace(
                message,
                user=cat.ref(),
                alias=message.alias or "Removed User",
                updated_at=ws.stamp(message.updated_at),
            )
            user_messages.give(changes, message, given)
