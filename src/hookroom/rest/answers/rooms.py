"""Rooms, memberships and subscriptions."""

from __future__ import annotations

from typing import Final

TABLE: Final = """
GET channels.info -> channel: Room
POST channels.create channels.rename channels.setReadOnly channels.setType channels.setCustomFields
        channels.invite channels.kick channels.leave channels.addAll channels.join channels.setDefault
        channels.setJoinCode -> channel: Room
GET groups.info -> group: Room
POST groups.create groups.rename groups.setReadOnly groups.setType groups.setCustomFields groups.invite
        groups.addAll -> group: Room
POST groups.kick groups.leave ->
POST channels.archive channels.unarchive channels.delete channels.open channels.close channels.addOwner
        channels.removeOwner channels.addModerator channels.removeModerator channels.addLeader
        channels.removeLeader ->
POST groups.archive groups.unarchive groups.delete groups.open groups.close groups.addOwner groups.removeOwner
        groups.addModerator groups.removeModerator groups.addLeader groups.removeLeader ->
POST channels.setTopic groups.setTopic im.setTopic dm.setTopic -> topic: text
POST channels.setDescription groups.setDescription -> description: text
POST channels.setPurpose groups.setPurpose -> purpose: text
POST channels.setAnnouncement groups.setAnnouncement -> announcement: text
GET channels.counters groups.counters im.counters dm.counters
        -> members: int|null, unreads: int|null, unreadsFrom: time|null, msgs: int|null, latest: time|null,
        userMentions: int|null, joined: flag
GET channels.members groups.members im.members dm.members rooms.membersOrderedByRole -> members: Member[], page
GET channels.moderators groups.moderators -> moderators: UserRef[]
GET channels.roles groups.roles rooms.roles -> roles: RoleHolder[]
GET channels.online groups.online -> online: object[]
GET channels.list channels.list.joined -> channels: Room[], page
GET groups.list groups.listAll -> groups: Room[], page
POST im.create dm.create -> room: Room
GET im.list dm.list im.list.everyone dm.list.everyone -> ims: Room[], page
POST im.open dm.open im.close dm.close im.blockUser dm.blockUser im.delete dm.delete ->
GET rooms.get -> update: Room[], remove: object[]
GET rooms.info -> room: Room|null, parent?: Room, team?: object
GET rooms.nameExists -> exists: flag
POST rooms.join -> room: Room
POST rooms.leave rooms.delete rooms.favorite rooms.open rooms.hide rooms.close rooms.changeArchivationState
        rooms.muteUser rooms.unmuteUser ->
POST rooms.saveRoomSettings -> rid: text
GET rooms.isMember -> isMember: flag
GET rooms.adminRooms -> rooms: Room[], page
GET rooms.adminRooms.getRoom -> any
GET rooms.autocomplete.adminRooms rooms.autocomplete.channelAndPrivate -> items: Room[]
GET rooms.autocomplete.channelAndPrivate.withPagination -> items: Room[], total: int
GET subscriptions.get -> update: Subscription[], remove: object[]
GET subscriptions.getOne -> subscription: Subscription|null
POST subscriptions.read subscriptions.unread rooms.saveNotification ->
POST rooms.export -> missing?: text[]
"""
