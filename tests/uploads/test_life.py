"""The life of a file: taken in, posted, removed. Nothing is lost, and nothing stays for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import structs
from tests.uploads.hall import Hall, run, sent, unknown

from hookroom.errors import Failure, Refused
from hookroom.messages import editing
from hookroom.people import account_removal
from hookroom.rooms import room_life
from hookroom.rules.model import Message
from hookroom.storage.statement import Changes
from hookroom.storage.tables import messages, uploads
from hookroom.uploads.receiving import EXPIRES_MS, receiving
from hookroom.uploads.removal import GRACE_MS
from hookroom.uploads.store import FileLost

SOON = 60_000


async def content(hall: Hall, file_id: str) -> bytes:
    return b"".join([piece async for piece in await hall.files.open(file_id, 0, 3)])


async def kept(hall: Hall, message: Message) -> Message:
    found = await messages.by_id(hall.ws.db, message.id)
    assert found is not None
    return found


def test_a_posted_file_stays(database_url: str, tmp_path: Path) -> None:
    async def body(hall: Hall) -> None:
        (ann,) = await hall.people("ann")
        room = await hall.room(ann)
        message = await hall.post(ann, room, msg="look")
        assert message.file is not None
        assert await kept(hall, message) == message
        assert hall.seen.names()[-2:] == [("sendMessage", "ann"), ("fileUploaded", "ann")]
        hall.late = 10 * EXPIRES_MS
        await hall.removal.find_lost()
        assert await hall.removal.sweep() == 0
        assert await content(hall, message.file["_id"]) == b"abc"

    run(database_url, tmp_path / "data", body)


def test_a_file_waits_a_day_for_its_message(database_url: str, tmp_path: Path) -> None:
    async def body(hall: Hall) -> None:
        (ann,) = await hall.people("ann")
        room = await hall.room(ann)
        first, second = await hall.media(ann, room), await hall.media(ann, room)
        hall.late = EXPIRES_MS - SOON
        assert await hall.removal.sweep() == 0
        message = await hall.confirm(ann, room, first.id, msg="in time")
        hall.late = EXPIRES_MS + GRACE_MS + SOON
        assert await hall.removal.sweep() == 1
        assert await content(hall, first.id) == b"abc"
        with pytest.raises(FileLost):
            await content(hall, second.id)
        with pytest.raises(Refused, match=r"^\[invalid-file\]$"):
            await hall.confirm(ann, room, second.id)
        assert (await kept(hall, message)).text == "in time"
        assert await hall.rows() == 1

    run(database_url, tmp_path / "data", body)


def test_a_confirmation_may_be_repeated(database_url: str, tmp_path: Path) -> None:
    async def body(hall: Hall) -> None:
        (ann,) = await hall.people("ann")
        room = await hall.room(ann)
        upload = await hall.media(ann, room)
        said = len(hall.seen.events)
        answers = await asyncio.gather(*(hall.confirm(ann, room, upload.id, msg=str(i)) for i in range(8)))
        assert len({message.id for message in answers}) == 1
        assert len(hall.seen.events) == said + 2
        await editing.delete(hall.ws, ann, answers[0])
        with pytest.raises(Refused, match="invalid-file"):
            await hall.confirm(ann, room, upload.id)

    run(database_url, tmp_path / "data", body)


def test_two_nodes_confirm_at_once(database_url: str, tmp_path: Path) -> None:
    """What the turns of one process keep apart, the write itself keeps apart for several."""

    async def body(hall: Hall) -> None:
        (ann,) = await hall.people("ann")
        room = await hall.room(ann)
        upload = await hall.media(ann, room)
        other = structs.replace(upload, name="b.txt")
        for changes in (first := Changes(), second := Changes()):
            uploads.put_posted(changes, other, unknown(), hall.ws.now())
        outcomes = await asyncio.gather(
            hall.ws.db.commit(first), hall.ws.db.commit(second), return_exceptions=True
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Stale", "list"]

    run(database_url, tmp_path / "data", body)


@pytest.mark.parametrize("who", ["stranger", "other room", "no file"])
def test_only_the_uploader_confirms_and_only_in_the_room(database_url: str, tmp_path: Path, who: str) -> None:
    async def body(hall: Hall) -> None:
        ann, bob = await hall.people("ann", "bob")
        room, other = await hall.room(ann, bob), await hall.room(ann, bob, name="other")
        upload = await hall.media(ann, room)
        caller = bob if who == "stranger" else ann
        where = other if who == "other room" else room
        with pytest.raises(Refused, match="invalid-file"):
            await hall.confirm(caller, where, unknown() if who == "no file" else upload.id)
        assert (await hall.confirm(ann, room, upload.id)).file

    run(database_url, tmp_path / "data", body)


@pytest.mark.parametrize("how", ["plain", "with answers", "shown as deleted", "history kept"])
def test_a_deleted_message_takes_its_file_along(database_url: str, tmp_path: Path, how: str) -> None:
    async def body(hall: Hall) -> None:
        (ann,) = await hall.people("ann")
        room = await hall.room(ann)
        changes = Changes()
        settings = {"shown as deleted": "Message_ShowDeletedStatus", "history kept": "Message_KeepHistory"}
        if how in settings:
            hall.ws.settings.put(changes, settings[how], True, hall.ws.now())
            await hall.ws.db.commit(changes)
        stays, goes = await hall.post(ann, room), await hall.post(ann, room)
        assert stays.file is not None
        if how == "with answers":
            await hall.post(ann, room, tmid=goes.id)
        await editing.delete(hall.ws, ann, await kept(hall, goes))
        await gone(hall, goes)
        assert await content(hall, stays.file["_id"]) == b"abc"

    run(database_url, tmp_path / "data", body)


async def gone(hall: Hall, message: Message) -> None:
    """Wait until the server has removed a message's file."""
    assert message.file is not None
    async with asyncio.timeout(10):
        while message.file["_id"] in hall.stored() or await uploads.by_id(hall.ws.db, message.file["_id"]):
            await asyncio.sleep(0.01)


def test_an_erased_room_takes_its_files_along(database_url: str, tmp_path: Path) -> None:
    async def body(hall: Hall) -> None:
        (ann,) = await hall.people("ann", roles=("admin",))
        room, other = await hall.room(ann), await hall.room(ann, name="other")
        first, second = await hall.post(ann, room), await hall.post(ann, room)
        waiting = await hall.media(ann, room)
        stays = await hall.post(ann, other)
        assert stays.file is not None
        await room_life.erase(hall.ws, ann, room)
        await gone(hall, first)
        await gone(hall, second)
        assert waiting.id not in hall.stored()
        assert hall.stored() == [stays.file["_id"]]

    run(database_url, tmp_path / "data", body)


def test_files_of_a_deleted_user_are_found_by_the_sweep(database_url: str, tmp_path: Path) -> None:
    async def body(hall: Hall) -> None:
        ann, bob = await hall.people("ann", "bob")
        room = await hall.room(ann, bob)
        goes, stays = await hall.post(bob, room), await hall.post(ann, room)
        assert goes.file is not None
        assert stays.file is not None
        await account_removal.delete(hall.ws, bob.id)
        stored = await uploads.by_id(hall.ws.db, goes.file["_id"])
        assert stored is not None
        assert not stored.is_there(hall.ws.now())  # Nobody downloads it from now on.
        await hall.removal.find_lost()
        assert await hall.removal.sweep() == 1
        assert hall.stored() == [stays.file["_id"]]

    run(database_url, tmp_path / "data", body)


def test_what_goes_wrong_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    async def cut_off() -> AsyncIterator[bytes]:
        yield b"x" * 300_000
        raise Failure("The request body ended too early")

    async def body(hall: Hall) -> None:
        (ann,) = await hall.people("ann")
        room = await hall.room(ann)
        for wrong in (sent(), sent(b""), cut_off()):
            with pytest.raises((Refused, Failure)):
                async with receiving(hall.ws, hall.files, ann, room) as reception:
                    await reception.take("a.txt", None, wrong)
        with pytest.raises(Failure, match="error-message-size-exceeded"):
            await hall.post(ann, room, msg="x" * 5001)
        with pytest.raises(Failure, match="error-message-size-exceeded"):
            await hall.post(ann, room, description="x" * 5001)
        with pytest.raises(Refused, match="error-invalid-message"):
            await hall.post(ann, room, tmid=unknown())
        async with asyncio.timeout(10):
            while hall.stored() or await hall.rows():
                await asyncio.sleep(0.01)

    run(database_url, tmp_path / "data", body)


def test_a_server_that_died_while_a_file_came_in(database_url: str, tmp_path: Path) -> None:
    """Its row was there before the first byte: the next sweep after its time finds both."""

    async def body(hall: Hall) -> None:
        (ann,) = await hall.people("ann")
        room = await hall.room(ann)
        async with receiving(hall.ws, hall.files, ann, room) as reception:
            taken = await reception.take("a.txt", None, sent(b"abc"))
            # Killed here: neither kept nor given up.
        half = tmp_path / "data" / "files" / "arriving" / taken.id
        half.write_bytes(b"half")
        stored = await uploads.by_id(hall.ws.db, taken.id)
        assert stored is not None
        assert not stored.is_there(hall.ws.now())
        with pytest.raises(Refused, match="invalid-file"):
            await hall.confirm(ann, room, taken.id)
        hall.late = EXPIRES_MS + GRACE_MS + SOON
        assert await hall.removal.sweep() == 1
        assert hall.stored() == []
        assert await hall.rows() == 0

    run(database_url, tmp_path / "data", body)


def test_a_sweep_takes_any_number(database_url: str, tmp_path: Path) -> None:
    async def body(hall: Hall) -> None:
        (ann,) = await hall.people("ann")
        room = await hall.room(ann)
        await asyncio.gather(*(hall.media(ann, room) for _ in range(150)))
        hall.late = EXPIRES_MS + GRACE_MS + SOON
        assert await hall.removal.sweep() == 150
        assert hall.stored() == []

    run(database_url, tmp_path / "data", body)
