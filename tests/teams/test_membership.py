"""Teams and who is in them when many change them at once, on each kind of database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tests.rooms.chat import Chat, run

from hookroom.errors import Failure, HookroomError
from hookroom.people import account_removal
from hookroom.rooms import invites, membership
from hookroom.rules.model import Room, Team, User
from hookroom.storage.tables import rooms, subscriptions, team_members, teams
from hookroom.storage.tables.teams import TeamFilter
from hookroom.teams import creation, members, removal, team_rooms
from hookroom.teams.creation import TeamDraft
from hookroom.teams.members import Added
from hookroom.teams.mentions import members_named


async def a_team(chat: Chat, owner: User, *others: User, name: str = "crew", private: bool = False) -> Team:
    draft = TeamDraft(name=name, type=1 if private else 0, members=[user.id for user in others])
    return await creation.create(chat.ws, owner, draft)


async def in_team(chat: Chat, owner: User, team: Team, name: str = "side") -> Room:
    room = await chat.room(owner, name=name)
    (moved,) = await team_rooms.add(chat.ws, owner, team, [room.id])
    return moved


async def who(chat: Chat, team: Team) -> list[str]:
    """Names of the members, as listed; the counters and the main room must say the same."""
    listed = await team_members.of_team(chat.ws.db, team.id)
    inside = await subscriptions.of_room(chat.ws.db, team.room_id)
    assert {one.user.id for one in listed} == {one.user_id for one in inside}
    assert all(one.member is not None for one in listed)
    sizes = {one.team.id: one.members for one in await teams.page(chat.ws.db, TeamFilter())}
    assert sizes[team.id] == len(inside)
    return sorted(one.user.username for one in listed)


def outcomes(results: Sequence[object]) -> list[str]:
    """What went wrong, sorted; ``ok`` where nothing did."""
    for one in results:
        assert one is None or isinstance(one, HookroomError | Team), one
    return sorted(str(one) if isinstance(one, Failure) else type(one).__name__ for one in results)


def test_many_who_add_the_same_members_at_once(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, *people = await chat.people("owner", *(f"u{n}" for n in range(5)))
        team = await a_team(chat, owner)
        room = await team_rooms.set_default(chat.ws, owner, (await in_team(chat, owner, team)).id, True)
        added = [Added(user_id=user.id) for user in people]
        await asyncio.gather(*(members.add(chat.ws, owner, team, added) for _ in range(6)))
        assert await who(chat, team) == ["owner", "u0", "u1", "u2", "u3", "u4"]
        assert len(await subscriptions.of_room(chat.ws.db, room.id)) == 6
        joined = [name for event, name in chat.seen.names() if event == "roomJoined"]
        assert len(joined) == 2 * len(people), "each joined the main room and the one that is joined with it"

    run(database_url, tmp_path, body)


def test_one_of_two_owners_who_leave_at_once_stays(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, other, third = await chat.people("owner", "other", "third")
        team = await a_team(chat, owner, third)
        await members.add(chat.ws, owner, team, [Added(user_id=other.id, roles=["owner"])])
        left = await asyncio.gather(
            members.leave(chat.ws, owner, team, ()),
            members.leave(chat.ws, other, team, ()),
            return_exceptions=True,
        )
        assert outcomes(left) == ["NoneType", "last-owner-can-not-be-removed"]
        assert len(await who(chat, team)) == 2

    run(database_url, tmp_path, body)


def test_one_team_of_a_name_made_at_once(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, other = await chat.people("owner", "other")
        room = await chat.room(owner, other, name="crew")
        made = await asyncio.gather(
            *(creation.convert(chat.ws, owner, room) for _ in range(3)),
            *(a_team(chat, other, name="Crew") for _ in range(3)),
            return_exceptions=True,
        )
        assert outcomes(made).count("Team") == 1
        (listed,) = await teams.page(chat.ws.db, TeamFilter())
        assert "other" in await who(chat, listed.team)

    run(database_url, tmp_path, body)


def test_what_goes_with_a_team_and_what_goes_on(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, other = await chat.people("owner", "other", roles=("user", "admin"))
        team = await a_team(chat, owner, other)
        gone, kept = await in_team(chat, owner, team, "gone"), await in_team(chat, owner, team, "kept")
        invite = await invites.find_or_create(chat.ws, owner, gone.id, 0, 0)
        await asyncio.gather(
            removal.delete(chat.ws, owner, team, [gone.id]),
            members.leave(chat.ws, other, team, ()),
            return_exceptions=True,
        )
        assert await chat.ws.directory.team(team.id) is None
        assert await chat.ws.directory.room(team.room_id) is None
        assert await chat.ws.directory.room(gone.id) is None
        assert not await invites.is_good(chat.ws, invite.id)
        room = await chat.ws.directory.room(kept.id)
        assert room is not None
        assert room.team_id is None
        assert not await team_members.of_team(chat.ws.db, team.id)
        assert not await rooms.of_team(chat.ws.db, team.id)

    run(database_url, tmp_path, body)


def test_a_private_team_goes_with_the_last_of_its_people(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        chat.seen.user_gone = lambda changes, user: None  # type: ignore[method-assign]
        owner, other = await chat.people("owner", "other")
        team = await a_team(chat, owner, private=True)
        shared, own = await in_team(chat, owner, team, "shared"), await in_team(chat, owner, team, "own")
        await membership.add(chat.ws, owner, [other], shared)
        gone = await account_removal.delete(chat.ws, owner.id, confirm_relinquish=True)
        assert gone == [team.room_id]
        assert await chat.ws.directory.team(team.id) is None
        for room in (shared, own):
            now = await chat.ws.directory.room(room.id)
            assert now is not None
            assert now.team_id is None

    run(database_url, tmp_path, body)


def test_names_of_teams_mean_their_members(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, other, third = await chat.people("owner", "other", "third")
        await a_team(chat, owner, other)
        await a_team(chat, third, other, name="rest")
        assert await members_named(chat.ws, ["crew."]) == {owner.id, other.id}
        assert await members_named(chat.ws, ["crew", "rest"]) == {owner.id, other.id, third.id}
        assert await members_named(chat.ws, ["CREW", "nobody"]) == frozenset()

    run(database_url, tmp_path, body)


def test_no_more_come_through_a_link_than_may(database_url: str, tmp_path: Path) -> None:
    async def body(chat: Chat) -> None:
        owner, *people = await chat.people("owner", *(f"u{n}" for n in range(8)))
        team = await a_team(chat, owner, private=True)
        invite = await invites.find_or_create(chat.ws, owner, team.room_id, 0, 5)
        came = await asyncio.gather(
            *(invites.use(chat.ws, user, invite.id) for user in people for _ in range(2)),
            return_exceptions=True,
        )
        codes = {getattr(one, "code", "ok") for one in came}
        assert codes == {"ok", "error-invite-expired"}
        assert len(await who(chat, team)) == 6
        again = await invites.find_or_create(chat.ws, owner, team.room_id, 0, 5)
        assert again.id != invite.id, "one that is used up is not handed out again"

    run(database_url, tmp_path, body)
