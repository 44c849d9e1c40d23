"""What a server takes as a file, and from whom (settings ``FileUpload_*``; codes and texts of the original)."""

from __future__ import annotations

from hookroom.errors import Forbidden, Refused
from hookroom.rooms.access import check_may_post, may_see
from hookroom.rules.file_types import is_accepted
from hookroom.rules.model import Room, User
from hookroom.workspace.workspace import Workspace

NO_LIMIT = -1


async def check_may_upload(ws: Workspace, user: User, room: Room | None) -> Room:
    """The room. Raises unless ``user`` may post files there.

    ``Forbidden`` where there is no such room, or none that they see; ``Refused`` with
    ``error-file-upload-disabled`` or ``error-direct-message-file-upload-not-allowed``; ``Failure`` as
    ``check_may_post``.
    """
    if room is None or (user.type != "app" and not await may_see(ws, user, room)):
        raise Forbidden
    if not ws.settings["FileUpload_Enabled"]:
        raise Refused("error-file-upload-disabled", "File uploads are disabled.")
    if room.type == "d" and not ws.settings["FileUpload_Enabled_Direct"]:
        raise Refused(
            "error-direct-message-file-upload-not-allowed", "File sharing not allowed in direct messages."
        )
    await check_may_post(ws, user, room, await ws.directory.subscription(room.id, user.id))
    return room


def check_type(ws: Workspace, media_type: str) -> None:
    """Raises ``Refused`` (``error-invalid-file-type``) for a type that the server does not take."""
    allowed = ws.settings["FileUpload_MediaTypeWhiteList"]
    refused = ws.settings["FileUpload_MediaTypeBlackList"]
    if not is_accepted(media_type, allowed, refused):
        raise Refused("error-invalid-file-type", "File type is not accepted.")


def largest_file(ws: Workspace) -> int | None:
    """The most bytes that a file may have; ``None`` for any number."""
    limit: int = ws.settings["FileUpload_MaxFileSize"]
    return None if limit <= NO_LIMIT else limit


def check_size(ws: Workspace, size: int) -> None:
    """Raises ``Refused`` (``error-file-too-large``) for a file of more bytes than the server takes."""
    limit = largest_file(ws)
    if limit is not None and size > limit:
        raise Refused("error-file-too-large", f"File exceeds allowed size of {limit} bytes.")
