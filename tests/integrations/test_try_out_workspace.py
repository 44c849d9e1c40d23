"""A workspace in which everything goes its usual way, and nothing of it is kept."""

from __future__ import annotations

from pathlib import Path

from tests.integrations.house import House, run

from hookroom.integrations.try_out.workspace import unwritten
from hookroom.messages import posting
from hookroom.rooms.destinations import rooms_of
from hookroom.rules.hook_message import draft, parse_destination


def test_what_is_done_there_is_known_there_and_nowhere_else(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        ws, poster, keeper = house.ws, house.users["poster"], house.users["keeper"]
        fired: list[object] = []
        house.ws.db.on_touched(lambda touched, _local: fired.extend(touched))
        apart, posts = unwritten(ws)
        rooms = await rooms_of(apart, poster, [parse_destination(one) for one in ("#here", "@keeper")])
        message = draft({"text": "hello"})
        posted = await posting.post_many(apart, poster, [(room, message) for room in rooms])
        assert [(room.id, one.id) for room, one in posts.made] == [(one.room_id, one.id) for one in posted]
        for room in rooms:
            assert await apart.directory.subscription(room.id, poster.id) is not None
            assert await ws.directory.subscription(room.id, poster.id) is None
        assert await ws.directory.direct_room([poster.id, keeper.id]) is None
        assert fired == []
        # Done for real, it is kept.
        real = await rooms_of(ws, poster, [parse_destination("@keeper")])
        assert await ws.directory.subscription(real[0].id, poster.id) is not None
        assert fired

    run(database_url, tmp_path / "data", body)
