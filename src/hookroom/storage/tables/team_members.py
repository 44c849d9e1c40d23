"""Who added whom to which team, and listings of a team's members.

That somebody is in a team is said by their membership of its main room alone; a row of this table goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from hookroom.rules.model import Subscription, TeamMember, User
from hookroom.rules.times import millis
from hookroom.storage.database import Database
from hookroom.storage.statement import Changes, Statement

_decode: Final = msgspec.json.Decoder(TeamMember).decode
_user: Final = msgspec.json.Decoder(User).decode
_subscription: Final = msgspec.json.Decoder(Subscription).decode

_INSERT: Final = Statement(
    "INSERT INTO team_members (id, team_id, user_id, created_at, updated_at, doc)"
    " VALUES (:id, :team_id, :user_id, :at, :at, :doc)"
    " ON CONFLICT (team_id, user_id) DO UPDATE SET id = excluded.id, created_at = excluded.created_at,"
    " updated_at = excluded.updated_at, doc = excluded.doc"
)
_DELETE: Final = Statement("DELETE FROM team_members WHERE team_id = :team_id AND user_id = :user_id")
_DELETE_OF_TEAM: Final = Statement("DELETE FROM team_members WHERE team_id = :team_id")
_DELETE_OF_USER: Final = Statement("DELETE FROM team_members WHERE user_id = :user_id")
_OF_TEAM: Final = Statement(
    "SELECT m.doc, u.doc, s.doc FROM teams t JOIN subscriptions s ON s.room_id = t.room_id"
    " JOIN users u ON u.id = s.user_id"
    " LEFT JOIN team_members m ON m.team_id = t.id AND m.user_id = s.user_id"
    " WHERE t.id = :team_id AND u.active = 1 ORDER BY s.created_at, s.id"
)


class ListedMember(NamedTuple):
    """A member of a listing."""

    member: TeamMember | None
    """Who added them, and when; ``None`` where that is not known."""
    user: User
    membership: Subscription
    """Of the main room."""


def insert(changes: Changes, member: TeamMember) -> None:
    """A new member, in the place of what is left of an earlier time."""
    changes.run(
        _INSERT,
        id=member.id,
        team_id=member.team_id,
        user_id=member.user_id,
        at=millis(member.created_at),
        doc=msgspec.json.encode(member).decode(),
    )


def delete(changes: Changes, team_id: str, user_id: str) -> None:
    """Somebody is in the team no longer."""
    changes.run(_DELETE, team_id=team_id, user_id=user_id)


def delete_of_team(changes: Changes, team_id: str) -> None:
    """Remove all of a team, which goes."""
    changes.run(_DELETE_OF_TEAM, team_id=team_id)


def delete_of_user(changes: Changes, user_id: str) -> None:
    """Remove all of a user, who is being deleted."""
    changes.run(_DELETE_OF_USER, user_id=user_id)


async def of_team(db: Database, team_id: str) -> Sequence[ListedMember]:
    """The active members of a team, who came first first."""
    rows = await db.fetch(_OF_TEAM, team_id=team_id)
    return [
        ListedMember(_decode(added) if added else None, _user(user), _subscription(membership))
        for added, user, membership in rows
    ]
