"""Who may download a file (settings ``FileUpload_ProtectFiles`` and ``FileUpload_Restrict_to_…``)."""

from __future__ import annotations

from hookroom.rooms.access import may_see
from hookroom.rules.model import Room, User
from hookroom.workspace.workspace import Workspace


async def may_download(ws: Workspace, user: User | None, room: Room) -> bool:
    """Whether ``user`` (``None`` for somebody without a login) may have the files of ``room``.

    Anybody where files are not protected. Else, as in the original, members of the room, or those who see it,
    or every user, whatever the settings say; with both restrictions on, members (the original then refuses
    everybody).
    """
    settings = ws.settings
    if not settings["FileUpload_ProtectFiles"]:
        return True
    if user is None:
        return False
    if settings["FileUpload_Restrict_to_room_members"]:
        return await ws.directory.subscription(room.id, user.id) is not None
    if settings["FileUpload_Restrict_to_users_who_can_access_room"]:
        return await may_see(ws, user, room)
    return True
