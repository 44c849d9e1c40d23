"""What renaming a room and losing a user does to integrations."""

from __future__ import annotations

from pathlib import Path

from tests.integrations.house import INCOMING, OUTGOING, House, body_of, run

from hookroom.integrations import manage_incoming, manage_outgoing
from hookroom.integrations.consequences import follow_rename, stop_those_of
from hookroom.storage.statement import Changes
from hookroom.storage.tables import integrations


async def stored_like_memory(house: House) -> None:
    stored = await integrations.everything(house.ws.db)
    assert sorted(stored, key=lambda one: one.id) == sorted(house.registry.all(), key=lambda one: one.id)


def test_a_renamed_room_is_renamed_in_every_channel(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        ws, registry, host, master = house.ws, house.registry, house.host, house.users["master"]
        await house.add_room("herein")
        both = await manage_incoming.create(
            ws, registry, host, master, body_of(INCOMING, channel="#here,#there")
        )
        out = await manage_outgoing.create(
            ws, registry, host, master, body_of(OUTGOING, channel="#there,#here,#here")
        )
        others = [
            await manage_outgoing.create(ws, registry, host, master, body_of(OUTGOING, channel=channel))
            for channel in ("#herein", "all_public_channels", f"#{house.rooms['here'].id}", "@poster")
        ]
        changes = Changes()
        follow_rename(registry, changes, "here", "now", ws.stamp)
        assert registry.get(both.id) == both
        await ws.db.commit(changes)

        renamed = registry.get(both.id)
        assert renamed is not None
        assert renamed.channel == ("#now", "#there")
        assert renamed.updated_at > both.updated_at
        assert [one.channel for one in registry.on_channel("#now")] == [
            ("#now", "#there"),
            ("#there", "#now"),
        ]
        assert registry.on_channel("#here") == []
        assert [one.id for one in registry.outgoing("sendMessage", ("#now",))] == [out.id]
        assert [registry.get(one.id) for one in others] == others
        await stored_like_memory(house)

    run(database_url, tmp_path, body)


def test_integrations_of_a_user_who_is_gone_stop(database_url: str, tmp_path: Path) -> None:
    async def body(house: House) -> None:
        ws, registry, host, master = house.ws, house.registry, house.host, house.users["master"]
        await house.add_user("other", "bot")
        theirs = [
            await manage_incoming.create(ws, registry, host, master, INCOMING),
            await manage_outgoing.create(ws, registry, host, master, OUTGOING),
        ]
        off = await manage_incoming.create(ws, registry, host, master, body_of(INCOMING, enabled=False))
        others = await manage_incoming.create(ws, registry, host, master, body_of(INCOMING, username="other"))
        changes = Changes()
        stop_those_of(registry, changes, house.users["poster"], ws.stamp)
        await ws.db.commit(changes)

        for one in theirs:
            stopped = registry.get(one.id)
            assert stopped is not None
            assert not stopped.enabled
        assert registry.outgoing("sendMessage", ("#here",)) == []
        assert registry.get(off.id) == off
        assert registry.get(others.id) == others
        await stored_like_memory(house)

    run(database_url, tmp_path, body)
