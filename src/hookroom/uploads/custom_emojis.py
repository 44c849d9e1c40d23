"""Making, changing and removing the server's own emoji (permission ``manage-emoji``; texts of the original)."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from hookroom.errors import Failure, Refused
from hookroom.rules.emoji import CustomEmoji, clean_aliases, clean_name
from hookroom.rules.ids import random_id
from hookroom.rules.model import User
from hookroom.storage.database import Conflict
from hookroom.storage.statement import Changes
from hookroom.storage.tables import custom_emojis
from hookroom.uploads.pictures import StoredPicture, storing
from hookroom.uploads.store import FileStore
from hookroom.workspace.workspace import Workspace, retrying

MANAGE: Final = "manage-emoji"
_NOT_A_PICTURE: Final = Refused(
    "emoji-is-not-image", "Emoji file provided cannot be uploaded since it's not an image"
)


async def create(
    ws: Workspace, store: FileStore, actor: User, *, name: str, aliases: str, data: bytes
) -> CustomEmoji:
    """A new emoji; ``aliases`` are separated by commas.

    Raises ``Refused``: ``not_authorized``, what ``rules.emoji`` refuses, ``emoji-is-not-image``,
    ``error-file-too-large``, ``Custom_Emoji_Error_Name_Or_Alias_Already_In_Use``.
    """
    check_may_manage(ws, actor)
    name = clean_name(name)
    others = clean_aliases(aliases, name)
    async with storing(ws, store, actor.id, data, _NOT_A_PICTURE) as stored:
        emoji = CustomEmoji(
            id=random_id(),
            name=name,
            aliases=others,
            extension=stored.format,
            etag=stored.file_id,
            size=stored.size,
            updated_at=ws.stamp(),
        )
        changes = Changes()
        custom_emojis.insert(changes, emoji, ws.now())
        await _commit(ws, changes)
        return emoji


async def update(
    ws: Workspace,
    store: FileStore,
    actor: User,
    emoji_id: str,
    *,
    name: str,
    aliases: str,
    data: bytes | None,
) -> CustomEmoji:
    """Give an emoji other names, and another picture where there is one. Raises as ``create`` and ``Failure``."""
    check_may_manage(ws, actor)
    name = clean_name(name)
    others = clean_aliases(aliases, name)
    if data is None:
        return await _change(ws, emoji_id, name, others, None)
    async with storing(ws, store, actor.id, data, _NOT_A_PICTURE) as stored:
        return await _change(ws, emoji_id, name, others, stored)


@retrying
async def delete(ws: Workspace, actor: User, emoji_id: str) -> CustomEmoji:
    """Remove an emoji; answers what it was.

    Raises ``Refused``: ``not_authorized``, ``Custom_Emoji_Error_Invalid_Emoji``.
    """
    check_may_manage(ws, actor)
    emoji = await custom_emojis.by_id(ws.db, emoji_id)
    if emoji is None:
        raise Refused("Custom_Emoji_Error_Invalid_Emoji", "Invalid emoji", method="deleteEmojiCustom")
    changes = Changes()
    custom_emojis.delete(changes, emoji, ws.now())
    await ws.db.commit(changes)
    return emoji


def check_may_manage(ws: Workspace, actor: User) -> None:
    """Raises ``Refused`` (``not_authorized``) without ``manage-emoji``."""
    if not ws.authority.allows(MANAGE, actor):
        raise Refused("not_authorized")


@retrying
async def _change(
    ws: Workspace, emoji_id: str, name: str, aliases: tuple[str, ...], stored: StoredPicture | None
) -> CustomEmoji:
    old = await custom_emojis.by_id(ws.db, emoji_id)
    if old is None:
        raise Failure("Emoji not found.")
    new = structs.replace(old, name=name, aliases=aliases, updated_at=ws.stamp(old.updated_at))
    if stored is not None:
        new = structs.replace(new, extension=stored.format, etag=stored.file_id, size=stored.size)
    changes = Changes()
    custom_emojis.update(changes, old, new, ws.now())
    await _commit(ws, changes)
    return new


async def _commit(ws: Workspace, changes: Changes) -> None:
    try:
        await ws.db.commit(changes)
    except Conflict as error:
        raise Refused(
            "Custom_Emoji_Error_Name_Or_Alias_Already_In_Use",
            "The custom emoji or one of its aliases is already in use",
            method="insertOrUpdateEmoji",
        ) from error
