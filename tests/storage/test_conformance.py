"""What every database must do for the rest of the program: one suite, run on each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hookroom.storage.database import Conflict, Database, Stale, Unavailable, fetch_one
from hookroom.storage.opening import open_database
from hookroom.storage.statement import Append, Changes, Merge, Params, Statement, Touch

NOTE = Append("notes", {"id": "text", "value": "text"})
NOTES = Statement("SELECT id, value FROM notes ORDER BY id")
PUT = Statement("INSERT INTO notes (id, value) VALUES (:id, :value)")
SET = Statement("UPDATE notes SET value = :value WHERE id = :id")
TAKE = Statement("DELETE FROM notes WHERE id = :id RETURNING value")


def _joined(params: object) -> list[Params]:
    by_id: dict[str, str] = {}
    for one in params:  # type: ignore[attr-defined]
        by_id[one["id"]] = by_id.get(one["id"], "") + one["value"]
    return [{"id": i, "value": v} for i, v in by_id.items()]


EXTEND = Merge(Statement("UPDATE notes SET value = value || :value WHERE id = :id"), _joined)


def run(url: str, body: Callable[[Database], Awaitable[None]]) -> None:
    async def main() -> None:
        db = await open_database(url)
        try:
            await body(db)
        finally:
            await db.close()

    asyncio.run(main())


def note(key: str, value: str = "") -> Changes:
    changes = Changes()
    changes.append(NOTE, id=key, value=value)
    return changes


def put(key: str, value: str = "") -> Changes:
    changes = Changes()
    changes.run(PUT, id=key, value=value)
    return changes


def test_concurrent_appends_are_all_there(database_url: str) -> None:
    async def body(db: Database) -> None:
        await asyncio.gather(*(db.commit(note(f"{i:03}")) for i in range(333)))
        assert [row[0] for row in await db.fetch(NOTES)] == [f"{i:03}" for i in range(333)]

    run(database_url, body)


@pytest.mark.parametrize("make", [note, put])
def test_the_one_at_fault_fails_alone(database_url: str, make: Callable[[str], Changes]) -> None:
    async def body(db: Database) -> None:
        await db.commit(make("b"))
        results = await asyncio.gather(
            *(db.commit(make(key)) for key in ("a", "b", "c")), return_exceptions=True
        )
        assert [type(r) for r in results] == [list, Conflict, list]
        assert [row[0] for row in await db.fetch(NOTES)] == ["a", "b", "c"]

    run(database_url, body)


def test_a_change_is_all_or_nothing(database_url: str) -> None:
    async def body(db: Database) -> None:
        await db.commit(put("taken"))
        changes = put("new")
        changes.append(NOTE, id="taken", value="again")
        with pytest.raises(Conflict):
            await db.commit(changes)
        assert [row[0] for row in await db.fetch(NOTES)] == ["taken"]

    run(database_url, body)


def test_an_expectation_that_does_not_hold_writes_nothing(database_url: str) -> None:
    async def body(db: Database) -> None:
        changes = put("new")
        changes.run(SET, id="absent", value="x", expect=1)
        with pytest.raises(Stale):
            await db.commit(changes)
        assert not await db.fetch(NOTES)

    run(database_url, body)


def test_merges_add_up(database_url: str) -> None:
    async def body(db: Database) -> None:
        await db.commit(put("a"))
        await db.commit(put("b"))

        def extend(i: int) -> Changes:
            changes = note(f"n{i:02}")
            changes.merge(EXTEND, id="ab"[i % 2], value="+")
            return changes

        await asyncio.gather(*(db.commit(extend(i)) for i in range(20)))
        rows = {row[0]: row[1] for row in await db.fetch(NOTES)}
        assert rows["a"] == rows["b"] == "+" * 10
        assert len(rows) == 22

    run(database_url, body)


def test_returning_answers_rows_and_counts(database_url: str) -> None:
    async def body(db: Database) -> None:
        await db.commit(put("a", "value"))
        take = Changes()
        take.run(TAKE, id="a", expect=1)
        assert [tuple(row) for row in await db.commit(take)] == [("value",)]
        with pytest.raises(Stale):
            await db.commit(take)

    run(database_url, body)


def test_what_follows_runs_after_the_write_and_only_then(database_url: str) -> None:
    async def body(db: Database) -> None:
        heard: list[tuple[list[Touch], bool]] = []
        db.on_touched(lambda touched, local: heard.append((list(touched), local)))
        done: list[str] = []
        changes = put("a")
        changes.touch("note", "a")
        changes.then(lambda: done.append("a"))
        await db.commit(changes)
        assert done == ["a"]
        assert heard == [([("note", "a")], True)]
        with pytest.raises(Conflict):
            await db.commit(changes)
        assert done == ["a"]
        assert len(heard) == 1

    run(database_url, body)


def test_a_statement_that_cannot_run_fails_alone(database_url: str) -> None:
    async def body(db: Database) -> None:
        broken = Changes()
        broken.run(Statement("INSERT INTO absent (id) VALUES (:id)"), id="x")
        results = await asyncio.gather(
            db.commit(put("a")), db.commit(broken), db.commit(note("b")), return_exceptions=True
        )
        assert [isinstance(r, Exception) for r in results] == [False, True, False]
        assert len(await db.fetch(NOTES)) == 2

    run(database_url, body)


def test_closing_finishes_what_was_handed_over(database_url: str) -> None:
    async def body(db: Database) -> None:
        pending = asyncio.ensure_future(db.commit(put("last")))
        await asyncio.sleep(0)
        await db.close()
        await pending
        with pytest.raises(Unavailable):
            await db.commit(put("too late"))

    run(database_url, body)

    async def again(db: Database) -> None:
        row = await fetch_one(db, NOTES)
        assert row is not None
        assert row[0] == "last"

    run(database_url, again)


def test_a_caller_that_goes_away_does_not_undo_the_write(database_url: str) -> None:
    async def body(db: Database) -> None:
        task = asyncio.ensure_future(db.commit(put("a")))
        await asyncio.sleep(0)
        task.cancel()
        await db.commit(put("b"))
        assert len(await db.fetch(NOTES)) == 2

    run(database_url, body)


def test_other_nodes_hear_what_was_touched(postgres_url: str) -> None:
    async def body(db: Database) -> None:
        other = await open_database(postgres_url)
        heard: asyncio.Queue[tuple[list[Touch], bool]] = asyncio.Queue()
        other.on_touched(lambda touched, local: heard.put_nowait((list(touched), local)))
        changes = put("a")
        changes.touch("room", "GENERAL")
        await db.commit(changes)
        assert await asyncio.wait_for(heard.get(), 5) == ([("room", "GENERAL")], False)
        await other.close()

    run(postgres_url, body)
