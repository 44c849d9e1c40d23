"""Links that let people into a channel or group, however private it is.

Facts: the original's ``findOrCreateInvite``, ``validateInviteToken`` and ``useInviteToken``. A link's id is its
token; it has as many random bits as a room's id has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import structs

from hookroom.errors import Refused
from hookroom.rooms import membership
from hookroom.rules.ids import random_id
from hookroom.rules.model import Invite, Room, User
from hookroom.rules.times import iso, millis
from hookroom.storage.statement import Changes
from hookroom.storage.tables import invites
from hookroom.workspace.workspace import Workspace, retrying

DAYS: Final = (0, 1, 7, 15, 30)
"""For how many days a link may be good; 0 is for ever."""

USES: Final = (0, 1, 5, 10, 25, 50, 100)
"""How many may come through one; 0 is any number."""

PERMISSION: Final = "create-invite-links"

_DAY_MS: Final = 86_400_000
_MAKE: Final = "findOrCreateInvite"
_VALIDATE: Final = "validateInviteToken"


async def find_or_create(ws: Workspace, caller: User, room_id: str, days: int, max_uses: int) -> Invite:
    """``caller``'s link of that kind into a room, a new one where none is good any more.

    Needs ``create-invite-links`` there, and membership. Raises ``Refused``: ``error-the-field-is-required``,
    ``not_authorized``, ``error-invalid-room``, ``error-room-type-not-allowed``, ``invalid-number-of-days``,
    ``invalid-number-of-uses``.
    """
    if not room_id:
        details = {"method": _MAKE, "field": "rid"}
        raise Refused("error-the-field-is-required", "The field rid is required", details=details)
    member = await ws.directory.subscription(room_id, caller.id)
    if not ws.authority.allows(PERMISSION, caller, member):
        raise Refused("not_authorized")
    room = await ws.directory.room(room_id)
    if room is None or member is None:
        details = {"method": _MAKE, "field": "rid"}
        raise Refused("error-invalid-room", "The rid field is invalid", details=details)
    if room.type == "d":
        raise Refused(
            "error-room-type-not-allowed", "Cannot create invite links for this room type", method=_MAKE
        )
    if days not in DAYS:
        raise Refused(
            "invalid-number-of-days",
            "Invite should expire in 1, 7, 15 or 30 days, or send 0 to never expire.",
        )
    if max_uses not in USES:
        raise Refused(
            "invalid-number-of-uses",
            "Invite should be valid for 1, 5, 10, 25, 50, 100 or infinite (0) uses.",
        )
    now = ws.now()
    for one in await invites.standing(ws.db, room.id, caller.id, now):
        if one.days == days and one.max_uses == max_uses and not _is_used_up(one):
            return one
    invite = Invite(
        id=random_id(),
        room_id=room.id,
        user_id=caller.id,
        days=days,
        max_uses=max_uses,
        uses=0,
        created_at=iso(now),
        expires=iso(now + days * _DAY_MS) if days else None,
        updated_at=iso(now),
    )
    changes = Changes()
    invites.insert(changes, invite)
    await ws.db.commit(changes)
    return invite


async def listed(ws: Workspace, caller: User) -> Sequence[Invite]:
    """All links of the server, the oldest first. Raises ``Refused`` (``not_authorized``)."""
    if not ws.authority.allows(PERMISSION, caller):
        raise Refused("not_authorized")
    return await invites.everything(ws.db)


@retrying
async def remove(ws: Workspace, caller: User, invite_id: str) -> None:
    """Make a link worthless: needs ``create-invite-links`` everywhere; **+** ours: in the room of the link.

    **+** Whoever made it may, too, also when they may make none any longer.
    Raises ``Refused``: ``not_authorized``, ``invalid-invitation-id``.
    """
    invite = await invites.by_id(ws.db, invite_id)
    member = None if invite is None else await ws.directory.subscription(invite.room_id, caller.id)
    is_maker = invite is not None and invite.user_id == caller.id
    if not is_maker and not ws.authority.allows(PERMISSION, caller, member):
        raise Refused("not_authorized")
    if invite is None:
        raise Refused("invalid-invitation-id", "Invalid Invitation _id", method="removeInvite")
    changes = Changes()
    invites.delete(changes, invite_id)
    await ws.db.commit(changes)


async def check(ws: Workspace, token: str) -> tuple[Invite, Room]:
    """The link with that token and the room that it leads to.

    Raises ``Refused``: ``error-invalid-token``, ``error-invalid-room``, ``error-invite-expired``, which it also
    is once as many have come through it as may.
    """
    invite = await invites.by_id(ws.db, token) if token else None
    if invite is None:
        raise _refused("error-invalid-token", "The invite token is invalid.", "token")
    room = await ws.directory.room(invite.room_id)
    if room is None:
        raise _refused("error-invalid-room", "The invite token is invalid.", "rid")
    if invite.expires is not None and millis(invite.expires) <= ws.now():
        raise _refused("error-invite-expired", "The invite token has expired.", "expires")
    if _is_used_up(invite):
        raise _refused("error-invite-expired", "The invite token has expired.", "maxUses")
    return invite, room


async def is_good(ws: Workspace, token: str) -> bool:
    """Whether ``check`` raises nothing."""
    try:
        await check(ws, token)
    except Refused:
        return False
    return True


@retrying
async def use(ws: Workspace, user: User, token: str) -> Room:
    """``user`` enters the room that a link leads to, and its team; who is in it already uses nothing up.

    Raises ``Refused`` as ``check``.
    """
    invite, room = await check(ws, token)
    if await ws.directory.subscription(room.id, user.id) is not None:
        return room
    changes = Changes()
    used = structs.replace(invite, uses=invite.uses + 1, updated_at=ws.stamp(invite.updated_at))
    invites.update(changes, invite, used)
    await membership.enter_all(ws, room, [user], None, changes)
    return room


def answer(ws: Workspace, invite: Invite) -> dict[str, Any]:
    """A link in the wire's form, with its ``url`` and, as newer clients look for it, ``inviteToken``."""
    built: dict[str, Any] = msgspec.to_builtins(invite)
    return {
        **built,
        "expires": invite.expires,
        "inviteToken": invite.id,
        "url": f"{ws.site_url}/invite/{invite.id}",
    }


def _is_used_up(invite: Invite) -> bool:
    return 0 < invite.max_uses <= invite.uses


def _refused(code: str, reason: str, field: str) -> Refused:
    return Refused(code, reason, details={"method": _VALIDATE, "field": field})
