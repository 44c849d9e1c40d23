"""What of rooms their members have not seen, for as many memberships at once as are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from hookroom.rules import unread as rules
from hookroom.rules.times import millis
from hookroom.storage.tables import unread as table
from hookroom.storage.tables.room_members import ListedMembership
from hookroom.storage.tables.unread import Look, Threads, Unread
from hookroom.workspace.workspace import Workspace

_NOTHING = Unread()


class Seen(Struct, frozen=True, kw_only=True):
    """What a member has not seen. ``alert``: whether there is anything at all."""

    alert: bool
    unread: int
    """By ``Unread_Count`` or ``Unread_Count_DM``."""
    mentions: int
    group_mentions: int
    threads: Threads


async def of(ws: Workspace, listed: Sequence[ListedMembership]) -> Sequence[Seen]:
    """What each of these memberships has not seen, in their order: a few queries, however many they are."""
    looks = [_look(ws, one) for one in listed]
    asked = [i for i, one in enumerate(listed) if one.last_message_at > looks[i].after]
    news: dict[int, Unread] = {}
    if asked:
        teams = await table.teams(ws.db, {looks[i].user_id for i in asked})
        known = [replace(looks[i], teams=tuple(teams.get(looks[i].user_id, ()))) for i in asked]
        news = dict(zip(asked, await table.unread(ws.db, known), strict=True))
    threads = await table.threads(ws.db, looks)
    return [_seen(ws, one, news.get(i, _NOTHING), threads[i]) for i, one in enumerate(listed)]


def _look(ws: Workspace, listed: ListedMembership) -> Look:
    member = listed.subscription
    return Look(
        user_id=member.user_id,
        room_id=member.room_id,
        # Who never looked has seen what was there when they came.
        after=millis(member.last_seen or member.created_at),
        ignored=member.ignored or (),
        counted=ws.settings[rules.setting_of(listed.room.type)] == rules.ALL,
    )


def _seen(ws: Workspace, listed: ListedMembership, news: Unread, threads: Threads) -> Seen:
    member = listed.subscription
    muted = bool((member.preferences or {}).get("muteGroupMentions"))
    groups = 0 if muted else news.group_mentions
    count = rules.unread(
        ws.settings[rules.setting_of(listed.room.type)],
        messages=news.messages,
        mentions=news.mentions,
        group_mentions=groups,
    )
    marked = bool(member.marked_unread)
    return Seen(
        alert=marked or bool(news.messages or threads.unread),
        unread=max(count, int(marked)),
        mentions=news.mentions,
        group_mentions=groups,
        threads=threads,
    )
