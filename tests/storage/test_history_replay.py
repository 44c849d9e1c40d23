"""What keeps a replay from happening twice, or for an event that is gone."""

from __future__ import annotations

import pytest
from tests.delivery.desk import run
from tests.storage.histories import NEWEST_AT, Row, write

from hookroom.rules.history_filter import FIRST_KEY
from hookroom.storage.database import Database, Stale
from hookroom.storage.statement import Changes
from hookroom.storage.tables import delivery_history, history_removal

# As a receiver or a script might have it: this entry was not replayed.
TRICKY = '{"step":"x","resultMessage":[{"replayedAs":"me"}],"errorStack":"{\\"replayedAs\\":\\"me"}'


async def mark(db: Database, **made: str) -> None:
    changes = Changes()
    delivery_history.mark_as_replayed(changes, db.kind, made)
    await db.commit(changes)


async def marks(db: Database, *ids: str) -> list[str | None]:
    return [one.entry().replayed_as for one in await delivery_history.of_ids(db, ids)]


def test_an_entry_is_marked_once(database_url: str) -> None:
    async def body(db: Database) -> None:
        await write(db, [Row(id="a"), Row(id="b", doc=TRICKY), Row(id="c")])
        assert await delivery_history.not_replayed(db, ["a", "b", "c", "d"]) == {"a", "b", "c"}
        await mark(db, a="new1", b="new2")
        assert await marks(db, "b", "c", "a") == ["new2", None, "new1"]
        assert await delivery_history.not_replayed(db, ["a", "b", "c"]) == {"c"}
        [_, told, _] = await delivery_history.of_ids(db, ["a", "b", "c"])
        assert told.entry().progress.step == "x"
        # All or nothing: "c" is not marked either.
        with pytest.raises(Stale):
            await mark(db, a="new3", c="new4")
        assert await marks(db, "a", "b", "c") == ["new1", "new2", None]

    run(database_url, body)


def test_an_entry_that_is_gone_is_neither_marked_nor_held(database_url: str) -> None:
    async def body(db: Database) -> None:
        await write(db, [Row(id="a")])
        over = await history_removal.ended_by(db, "hook", NEWEST_AT, 10, after=FIRST_KEY)
        changes = Changes()
        delivery_history.hold(changes, "a")
        await db.commit(changes)
        changes = Changes()
        history_removal.remove(changes, db.kind, over)
        await db.commit(changes)
        with pytest.raises(Stale):
            await mark(db, a="new")
        changes = Changes()
        delivery_history.hold(changes, "a")
        with pytest.raises(Stale):
            await db.commit(changes)

    run(database_url, body)
