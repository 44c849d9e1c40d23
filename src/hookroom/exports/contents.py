"""What goes into an export: pages or lines of messages, the files, and of a user also who they are.

Facts: the original's ``server/lib/dataExport/processDataDownloads.ts``. As there, the export of a user names
nobody else: the others are ``User_2``, ``User_3``, … Ours has the user's own files alone.
"""

from __future__ import annotations

import html
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec

from hookroom.exports.archive import Entry, one_chunk
from hookroom.exports.assets import Assets
from hookroom.rooms.access import may_see
from hookroom.rules import avatar, export_page
from hookroom.rules.export import Export, ExportedRoom
from hookroom.rules.export_page import Naming
from hookroom.rules.file_names import clean_name
from hookroom.rules.model import Message, Room, User
from hookroom.storage.tables import avatars, message_stretch, subscriptions, two_factor, users
from hookroom.uploads.apart import apart
from hookroom.uploads.store import FileLost, FileStore
from hookroom.workspace.workspace import Workspace

MAX_ROOMS_TOLD: Final = 1000
"""Rooms that are told of once the export is made."""

_LEFT_OUT: Final = "{} files are not in this export: they were too many, too large, or are gone.\n"


class Contents:
    """The files of the archive for ``export``, which ``user`` asked for."""

    def __init__(self, ws: Workspace, store: FileStore, export: Export, user: User) -> None:
        self._ws = ws
        self._store = store
        self._export = export
        self._user = user
        self._assets = Assets(ws, store)
        self._used = {"user", "channels"}
        self.rooms: list[ExportedRoom] = []
        """Those that are done."""

    async def of_room(self, room: Room) -> AsyncIterator[Entry]:
        """A room for whoever sees it: everybody has their name."""
        yield await self._room(room, str, own_files=False)
        async for entry in self._files():
            yield entry

    async def of_user(self) -> AsyncIterator[Entry]:
        """Who the user is, their picture, and the rooms that they are in."""
        suffix = self._export.format
        yield Entry(name=f"user.{suffix}", chunks=one_chunk(self._profile(await self._logins())))
        async for entry in self._picture():
            yield entry
        naming = disguise(self._user)
        members = await subscriptions.of_user(self._ws.db, self._user.id)
        rooms = [
            room
            for one in members
            if (room := await self._ws.directory.room(one.room_id)) is not None
            and await may_see(self._ws, self._user, room)
        ]
        if suffix == "json":
            lines = [
                msgspec.json.encode(
                    {"roomId": room.id, "roomName": shown_name(room, naming), "type": room.type}
                )
                for room in rooms
            ]
            yield Entry(name="channels.json", chunks=one_chunk(b"\n".join(lines) + b"\n"))
        for room in rooms:
            yield await self._room(room, naming, own_files=True)
        async for entry in self._files():
            yield entry

    async def _room(self, room: Room, naming: Naming, *, own_files: bool) -> Entry:
        title = shown_name(room, naming)
        name = f"{self._stem(room)}.{self._export.format}"
        return Entry(name=name, chunks=self._messages(room, title, name, naming, own_files=own_files))

    async def _messages(
        self, room: Room, title: str, file: str, naming: Naming, *, own_files: bool
    ) -> AsyncIterator[bytes]:
        if self._export.format == "html":
            yield export_page.page_head(title).encode()
        exported = 0
        export = self._export
        async for page in message_stretch.between(self._ws.db, room.id, export.after, export.before):
            for message in page:
                if not own_files or message.user.id == self._user.id:
                    self._assets.want(message)
            exported += len(page)
            yield await apart(self._written, page, naming)
        if len(self.rooms) < MAX_ROOMS_TOLD:
            self.rooms.append(
                ExportedRoom(
                    room_id=room.id,
                    name=title,
                    exported=exported,
                    status="completed",
                    file=file,
                    type=room.type,
                )
            )

    def _written(self, page: Sequence[Message], naming: Naming) -> bytes:
        paths = self._assets.paths
        if self._export.format == "json":
            return b"".join(export_page.json_line(one, naming, paths) for one in page)
        return "".join(export_page.paragraph(one, naming, paths) for one in page).encode()

    async def _files(self) -> AsyncIterator[Entry]:
        async for entry in self._assets.entries():
            yield entry
        if self._assets.left_out:
            note = _LEFT_OUT.format(self._assets.left_out).encode()
            yield Entry(name="left-out.txt", chunks=one_chunk(note))

    async def _picture(self) -> AsyncIterator[Entry]:
        found = await avatars.of(self._ws.db, avatar.of_user(self._user.id))
        if found is None:
            return
        try:
            chunks = await self._store.open(found.etag, 0, found.size)
        except FileLost:
            return
        name = f"avatar.{found.type.partition('/')[2]}"
        yield Entry(name=name, chunks=chunks, packed=False, size=found.size)

    async def _logins(self) -> list[str]:
        """By what the user logs in, without any of the secrets."""
        db, user_id = self._ws.db, self._user.id
        known = {
            "password": await users.password_hash(db, user_id) is not None,
            "second factor": await two_factor.of(db, user_id) is not None,
        }
        return [name for name, has in known.items() if has]

    def _profile(self, logins: list[str]) -> bytes:
        user = self._user
        known: dict[str, Any] = {
            "username": user.username,
            "name": user.name,
            "statusText": user.status_text,
            "bio": user.bio,
            "nickname": user.nickname,
            "emails": [one.address for one in user.emails],
            "roles": list(user.roles),
            "services": logins,
            "createdAt": user.created_at,
            "lastLogin": user.last_login,
            "customFields": user.custom_fields,
            "settings": user.settings,
        }
        shown = {name: value for name, value in known.items() if value}
        if self._export.format == "json":
            return msgspec.json.encode(shown)
        lines = [
            f"<p><strong>{name}</strong>: {html.escape(_text(value))}</p>\n" for name, value in shown.items()
        ]
        return (export_page.page_head(user.username) + "".join(lines)).encode()

    def _stem(self, room: Room) -> str:
        """The name of a room's file, as the original has it; its id where that is taken."""
        stem = clean_name(room.name or room.id) if self._export.format == "json" else room.id
        if stem.casefold() in self._used:
            stem = room.id
        self._used.add(stem.casefold())
        return stem


def disguise(user: User) -> Naming:
    """Names for an export of ``user``'s: their own is theirs, the others are numbered as they come."""
    known = {user.username: user.username}

    def name(username: str) -> str:
        return known.setdefault(username, f"User_{len(known) + 1}")

    return name


def shown_name(room: Room, naming: Naming) -> str:
    """What a room is called; a direct one by who is in it."""
    if room.type == "d":
        return ", ".join(naming(one) for one in room.usernames or ()) or room.id
    return room.display_name or room.name or room.id


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
