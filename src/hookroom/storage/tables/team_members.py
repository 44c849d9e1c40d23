"""Who is in which team, and listings of its members with the roles that they hold in its main room."""

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
)
_DELETE: Final = Statement("DELETE FROM team_members WHERE team_id = :team_id AND user_id = :user_id")
_DELETE_OF_TEAM: Final = Statement("DELETE FROM team_members WHERE team_id = :team_id")
_OF_TEAM: Final = Statement(
    "SELECT m.doc, u.doc, s.doc FROM team_members m JOIN teams t ON t.id = m.team_id"
    " JOIN users u ON u.id = m.user_id"
    " JOIN subscriptions s ON s.room_id = t.room_id AND s.user_id = m.user_id"
    " WHERE m.team_id = :team_id AND u.active = 1 ORDER BY m.created_at, m.id"
)


class ListedMember(NamedTuple):
    """A member of a listing."""

    member: TeamMember
    user: User
    membership: Subscription
    """Of the main room."""


def insert(changes: Changes, member: TeamMember) -> None:
    """A new member. Conflict on ``team_members_team_id_user_id_key``: they are one already."""
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


async def of_team(db: Database, team_id: str) -> Sequence[ListedMember]:
    """The active members of a team, who came first first."""
    rows = await db.fetch(_OF_TEAM, team_id=team_id)
    return [ListedMember(_decode(row[0]), _user(row[1]), _subscription(row[2])) for row in rows]
