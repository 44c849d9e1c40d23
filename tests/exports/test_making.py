"""How exports are made: what is in them, one at a time, and what becomes of those whose server is gone."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from msgspec import structs
from tests.uploads.hall import Hall, Onlooker

from hookroom.assembly import assemble
from hookroom.config import load
from hookroom.errors import Refused
from hookroom.exports import asking
from hookroom.exports.archive import Entry, archive, one_chunk
from hookroom.exports.assets import Assets
from hookroom.exports.making import MAX_TRIES, SILENT_MS, Exports
from hookroom.exports.telling import GOOD_FOR_MS
from hookroom.messages import posting
from hookroom.people import account_removal
from hookroom.rules.export import DAY_MS, OWN_DATA_GROUP, Export
from hookroom.rules.hook_message import draft
from hookroom.rules.ids import random_id
from hookroom.rules.model import User
from hookroom.rules.times import iso
from hookroom.rules.upload import Upload, place_of
from hookroom.storage.database import Stale
from hookroom.storage.statement import Changes
from hookroom.storage.tables import exports, message_stretch, messages, uploads
from hookroom.uploads.directory import DirectoryStore
from hookroom.uploads.removal import GRACE_MS

PATIENCE_S = 10


class Office(Hall):
    """A hall with exports."""

    def __init__(self, services: object, data: Path, making: Exports) -> None:
        super().__init__(services, data)
        self.making = making

    async def made(self, upload: Upload) -> zipfile.ZipFile:
        """The archive, once it is made."""
        await self.until(upload, lambda found: found is not None and found.upload.complete)
        found = await uploads.by_id(self.ws.db, upload.id)
        assert found is not None
        chunks = await self.files.open(upload.id, 0, found.upload.size)
        made = zipfile.ZipFile(io.BytesIO(b"".join([chunk async for chunk in chunks])))
        assert made.testzip() is None
        return made

    async def until(self, upload: Upload, condition: Callable[[uploads.StoredUpload | None], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition(await uploads.by_id(self.ws.db, upload.id)):
                await asyncio.sleep(0.005)

    async def told(self, user: User) -> list[str]:
        """What rocket.cat wrote to ``user``."""
        room = await self.ws.directory.direct_room(["rocket.cat", user.id])
        if room is None:
            return []
        return [
            one.text
            async for page in message_stretch.between(self.ws.db, room.id, 0, self.ws.now())
            for one in page
        ]

    async def left_behind(self, user: User, tries: int) -> Upload:
        """An export that was begun by a server that is gone."""
        at = iso(self.ws.now() - SILENT_MS - 1000)
        upload = Upload(
            id=random_id(),
            name="a.zip",
            size=0,
            type="application/zip",
            type_group=OWN_DATA_GROUP,
            room_id=place_of(user.id),
            user_id=user.id,
            store=self.files.name,
            complete=False,
            etag=random_id(),
            export=Export(format="json", after=0, before=self.ws.now(), tries=tries),
            uploaded_at=at,
            updated_at=at,
        )
        changes = Changes()
        exports.claim(changes, upload, self.ws.now() + DAY_MS, self.ws.now(), most=1)
        await self.ws.db.commit(changes)
        return upload


def run(url: str, data: Path, body: Callable[[Office], Awaitable[None]]) -> None:
    """Run ``body`` in the office of a new server on the database at ``url``."""

    async def main() -> None:
        config = load(database_url=url, data=data, test_mode=True)
        async with assemble(config, "http://127.0.0.1:3000") as started:
            await body(Office(started.services, data, started.services.exports))

    asyncio.run(main())


def test_own_data_names_nobody_else(database_url: str, tmp_path: Path) -> None:
    async def body(office: Office) -> None:
        ann, bob = await office.people("ann", "bob")
        room = await office.room(ann, bob, name="ops")
        await office.post(ann, room, b"mine")
        await office.post(bob, room, b"not mine")
        await posting.post(office.ws, bob, room, draft({"text": "hello @ann, it is @bob"}))
        begun, upload = await asking.export_own_data(office.ws, office.making, ann, full=True)
        assert begun
        again = await asking.export_own_data(office.ws, office.making, ann, full=False)
        assert again == (False, again[1])
        assert again[1].id == upload.id
        archive = await office.made(upload)
        assert archive.namelist()[:3] == ["user.json", "channels.json", "ops.json"]
        assert [archive.read(name) for name in archive.namelist() if name.startswith("assets/")] == [b"mine"]
        assert json.loads(archive.read("user.json"))["username"] == "ann"
        lines = [json.loads(line) for line in archive.read("ops.json").splitlines()]
        assert lines[-1]["msg"] == "hello @ann, it is @User_2"
        assert {line["username"] for line in lines} == {"ann", "User_2"}
        assert not any(b"bob" in archive.read(name) for name in archive.namelist())

        assert (await asking.export_own_data(office.ws, office.making, ann, full=True))[0] is False
        begun, other = await asking.export_own_data(office.ws, office.making, ann, full=False)
        assert begun
        assert (await office.made(other)).namelist()[0] == "user.html"

    run(database_url, tmp_path / "data", body)


def test_one_at_a_time_also_when_asked_at_once(database_url: str, tmp_path: Path) -> None:
    async def body(office: Office) -> None:
        (ann,) = await office.people("ann")
        answers = await asyncio.gather(
            *(asking.export_own_data(office.ws, office.making, ann, full=bool(i % 2)) for i in range(8))
        )
        assert sorted(begun for begun, _ in answers) == [False] * 7 + [True]
        assert len({upload.id for _, upload in answers}) == 1

    run(database_url, tmp_path / "data", body)


def test_a_room_in_pages_of_the_database(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More messages of one moment than a page holds: each comes once, in order, and only those of the time."""
    monkeypatch.setattr(message_stretch, "PAGE", 3)

    async def body(office: Office) -> None:
        (ann,) = await office.people("ann")
        room = await office.room(ann, name="ops")
        changes, said = Changes(), []
        for i in range(20):
            at = iso(1_000_000 + i // 7)
            built = posting.build(office.ws, ann, room, draft({"text": f"<i>{i}</i>"}))
            message = structs.replace(built, id=f"{i:017}", created_at=at, updated_at=at)
            messages.insert(changes, message)
            said.append(message.text)
        await office.ws.db.commit(changes)
        found = [
            one.text
            async for page in message_stretch.between(office.ws.db, room.id, 1_000_000, 1_000_001)
            for one in page
        ]
        assert found == said[:14]
        with pytest.raises(Refused, match="error-invalid-dates"):
            await asking.export_room(
                office.ws, office.making, ann, room, form="html", after=DAY_MS + 1, before=0
            )
        await asking.export_room(
            office.ws, office.making, ann, room, form="html", after=1_000_001, before=1_000_002 - DAY_MS
        )
        (upload,) = [
            one.upload
            for one in [await uploads.by_id(office.ws.db, task) for task in office.making.under_way]
            if one is not None
        ]
        archive = await office.made(upload)
        page = archive.read(f"{room.id}.html").decode()
        assert [f"&lt;i&gt;{i}&lt;/i&gt;" in page for i in range(20)] == [i >= 7 for i in range(20)]
        assert "<i>" not in page

    run(database_url, tmp_path / "data", body)


def test_what_a_server_left_behind_is_made_by_another(database_url: str, tmp_path: Path) -> None:
    async def body(office: Office) -> None:
        ann, bob = await office.people("ann", "bob")
        upload = await office.left_behind(ann, tries=1)

        async def half() -> AsyncIterator[bytes]:
            yield b"half"
            raise OSError("the server is gone")

        with pytest.raises(OSError, match="gone"):
            await office.files.put(upload.id, half())
        hopeless = await office.left_behind(bob, tries=MAX_TRIES)
        await office.making.look()
        assert (await office.made(upload)).namelist()[0] == "user.json"
        await office.until(hopeless, lambda found: found is None or not found.is_there(office.ws.now()))
        found = await uploads.by_id(office.ws.db, upload.id)
        assert found is not None
        assert found.upload.export is not None
        assert found.upload.export.tries == 2
        # Whoever comes back now finds that it is not theirs.
        changes = Changes()
        exports.put(changes, upload, upload, office.ws.now())
        with pytest.raises(Stale):
            await office.ws.db.commit(changes)
        assert "could not be made" in (await office.told(bob))[0]

    run(database_url, tmp_path / "data", body)


class Slow(DirectoryStore):
    """Takes what comes, and never ends."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reading = asyncio.Event()

    async def put(self, file_id: str, chunks: AsyncIterator[bytes]) -> None:
        async for _ in chunks:
            self.reading.set()
        await asyncio.Event().wait()


def test_a_stop_leaves_it_to_others(database_url: str, tmp_path: Path) -> None:
    async def body(office: Office) -> None:
        (ann,) = await office.people("ann")
        slow = Slow(tmp_path / "slow")
        making = Exports(office.ws, slow)
        _, upload = await asking.export_own_data(office.ws, making, ann, full=True)
        await slow.reading.wait()
        await making.stop()
        assert await office.told(ann) == []
        found = await uploads.by_id(office.ws.db, upload.id)
        assert found is not None
        assert found.is_there(office.ws.now()) is False
        assert (await asking.export_own_data(office.ws, making, ann, full=True))[0] is False

    run(database_url, tmp_path / "data", body)


def test_it_is_told_expires_and_goes_with_its_user(database_url: str, tmp_path: Path) -> None:
    async def body(office: Office) -> None:
        office.seen = office.ws.observer = Onlooker()
        ann, bob = await office.people("ann", "bob")
        for user in (ann, bob):
            _, upload = await asking.export_own_data(office.ws, office.making, user, full=True)
            await office.made(upload)
            async with asyncio.timeout(PATIENCE_S):
                while not (told := await office.told(user)):
                    await asyncio.sleep(0.005)
            assert f"/file-upload/{upload.id}/{user.username}-data.zip" in told[0]
        await account_removal.delete(office.ws, bob.id)
        # The server's own sweep may be faster.
        await office.removal.sweep()
        await office.until(upload, lambda found: found is None)
        office.late = GOOD_FOR_MS
        assert await office.removal.sweep() == 0
        office.late = GOOD_FOR_MS + GRACE_MS + 1000
        assert await office.removal.sweep() == 1
        assert office.stored() == []

    run(database_url, tmp_path / "data", body)


def test_files_over_the_limit_are_counted(database_url: str, tmp_path: Path) -> None:
    async def body(office: Office) -> None:
        (ann,) = await office.people("ann")
        room = await office.room(ann)
        assets = Assets(office.ws, office.files, max_bytes=7)
        for content in (b"1234", b"12345", b"123"):
            assets.want(await office.post(ann, room, content))
        lost = next(iter(assets.paths))
        await office.files.delete(lost)
        entries = [entry async for entry in assets.entries()]
        assert [[chunk async for chunk in one.chunks] for one in entries] == [[b"123"]]
        assert assets.left_out == 2

    run(database_url, tmp_path / "data", body)


def test_an_archive_of_any_contents() -> None:
    async def entries() -> AsyncIterator[Entry]:
        yield Entry(name="empty", chunks=one_chunk(b""))
        yield Entry(name="é/日本.txt", chunks=one_chunk(b"x" * 100_000))
        yield Entry(name="plain", chunks=one_chunk(b"y" * 1000), packed=False, size=1000)

    async def read() -> bytes:
        return b"".join([chunk async for chunk in archive(entries(), 1_700_000_000_000)])

    found = zipfile.ZipFile(io.BytesIO(asyncio.run(read())))
    assert found.testzip() is None
    assert {info.filename: info.file_size for info in found.infolist()} == {
        "empty": 0,
        "é/日本.txt": 100_000,
        "plain": 1000,
    }
    assert found.getinfo("é/日本.txt").compress_size < 1000
