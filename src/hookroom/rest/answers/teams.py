"""Teams and the links that let people into rooms."""

from __future__ import annotations

from typing import Final

TABLE: Final = """
POST teams.create channels.convertToTeam groups.convertToTeam -> team: Team
GET teams.list teams.listAll -> teams: Team[], page
GET users.listTeams -> teams: Team[]
GET teams.info -> teamInfo: Team
GET teams.autocomplete -> teams: Room[]
POST teams.update teams.delete teams.convertToChannel teams.addMembers teams.updateMember teams.removeMember
        teams.leave ->
GET teams.members -> members: object[], page
POST teams.addRooms -> rooms: Room[]
POST teams.removeRoom teams.updateRoom -> room: Room
GET teams.listRooms teams.listRoomsOfUser -> rooms: Room[], page
GET teams.listChildren -> data: Room[], page
GET rooms.autocomplete.availableForTeams -> items: Room[]
POST findOrCreateInvite -> _id: text, inviteToken: text, rid: text, userId: text, days: int, maxUses: int,
        uses: int, createdAt: time, expires: time|null, _updatedAt: time, url: text
POST useInviteToken -> room: object
POST validateInviteToken -> valid: flag
DELETE removeInvite/{_id} ->
"""
