"""Who is in which room, as what happens there is told to them."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from hookroom.live.hub import Hub
from hookroom.live.places import ROOMS, USER, Places
from hookroom.storage.tables import room_members


class Ear:
    def hear(self, _event: Any) -> None: ...


def test_who_left_is_in_no_room_for_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is read anew where they are: whatever is told of the room then is not told to them unasked."""
    where = [("ada", "r1", "s1"), ("ada", "r2", "s2"), ("ben", "r1", "s3")]

    async def places(_db: Any, asked: Any) -> list[tuple[str, str, str]]:
        return [one for one in where if one[0] in asked]

    monkeypatch.setattr(room_members, "places", places)
    db: Any = SimpleNamespace(on_touched=lambda *_: None)

    async def go() -> None:
        hub = Hub(db)
        known = Places(db, hub)
        for user_id in ("ada", "ben"):
            hub.listen(USER, f"{user_id}/{ROOMS}", Ear())
        await known.step()
        assert dict(known.surely_in("r1")) == {"ada": "s1", "ben": "s3"}
        del where[0]
        known.moved("r1", "ada")
        assert dict(known.surely_in("r1")) == {"ben": "s3"}
        assert dict(known.surely_in("r2")) == {"ada": "s2"}
        assert set(known.users_of("r1")) == {"ada", "ben"}
        await known.step()
        assert known.users_of("r1") == ["ben"]
        assert known.users_of("r2") == ["ada"]

    asyncio.run(go())
