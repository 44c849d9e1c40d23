"""Making, changing and removing statuses that the server offers (permission ``manage-user-status``)."""

from __future__ import annotations

from msgspec import structs

from hookroom.errors import Failure, Refused
from hookroom.rules.custom_status import CustomStatus, checked
from hookroom.rules.ids import random_id
from hookroom.rules.model import User
from hookroom.storage.database import Conflict
from hookroom.storage.statement import Changes
from hookroom.storage.tables import custom_statuses
from hookroom.workspace.workspace import Workspace, retrying


async def create(ws: Workspace, actor: User, *, name: str, status_type: str) -> CustomStatus:
    """A new status.

    Raises ``Refused``: ``not_authorized``, what ``rules.custom_status.checked`` refuses,
    ``Custom_User_Status_Error_Name_Already_In_Use``.
    """
    _check_may_manage(ws, actor)
    name, status_type = checked(name, status_type)
    status = CustomStatus(id=random_id(), name=name, status_type=status_type, updated_at=ws.stamp())
    changes = Changes()
    custom_statuses.insert(changes, status)
    await _commit(ws, changes)
    return status


@retrying
async def update(
    ws: Workspace, actor: User, status_id: str, *, name: str, status_type: str | None
) -> CustomStatus:
    """Change a status; without ``status_type`` that stays. Raises as ``create``, and ``Failure`` for none."""
    _check_may_manage(ws, actor)
    old = await custom_statuses.by_id(ws.db, status_id)
    if old is None:
        raise Failure(f'No custom user status found with the id of "{status_id[:100]}".')
    name, status_type = checked(name, old.status_type if status_type is None else status_type)
    new = structs.replace(old, name=name, status_type=status_type, updated_at=ws.stamp(old.updated_at))
    changes = Changes()
    custom_statuses.update(changes, old, new)
    await _commit(ws, changes)
    return new


@retrying
async def delete(ws: Workspace, actor: User, status_id: str) -> CustomStatus:
    """Remove a status; answers what it was.

    Raises ``Refused``: ``not_authorized``, ``Custom_User_Status_Error_Invalid_User_Status``.
    """
    _check_may_manage(ws, actor)
    status = await custom_statuses.by_id(ws.db, status_id)
    if status is None:
        raise Refused(
            "Custom_User_Status_Error_Invalid_User_Status",
            "Invalid user status",
            method="deleteCustomUserStatus",
        )
    changes = Changes()
    custom_statuses.delete(changes, status)
    await ws.db.commit(changes)
    return status


def _check_may_manage(ws: Workspace, actor: User) -> None:
    if not ws.authority.allows("manage-user-status", actor):
        raise Refused("not_authorized")


async def _commit(ws: Workspace, changes: Changes) -> None:
    try:
        await ws.db.commit(changes)
    except Conflict as error:
        raise Refused(
            "Custom_User_Status_Error_Name_Already_In_Use",
            "The custom user status name is already in use",
            method="insertOrUpdateUserStatus",
        ) from error
