"""Messages, threads and files."""

from __future__ import annotations

from typing import Final

TABLE: Final = """
POST chat.postMessage -> ts: int, channel: text, message: Message
POST chat.sendMessage chat.update chat.pinMessage -> message: Message
POST chat.delete -> _id: text, ts: text, message: object
GET chat.getMessage -> message: Message
POST chat.react chat.starMessage chat.unStarMessage chat.unPinMessage chat.followMessage chat.unfollowMessage ->
GET chat.getPinnedMessages chat.getStarredMessages chat.getMentionedMessages chat.getThreadMessages
        -> messages: Message[], page
POST rooms.cleanHistory -> _id: text, count: int
GET chat.getURLPreview -> urlPreview: object
GET chat.search -> messages: Message[]
GET spotlight -> users: object[], rooms: object[]
GET directory -> result: object[], page
GET chat.getThreadsList -> threads: Message[], page
GET chat.syncThreadsList -> threads: object
GET chat.syncThreadMessages -> messages: object
POST rooms.createDiscussion -> discussion: Room
GET rooms.getDiscussions -> discussions: Room[], page
GET chat.getDiscussions im.messages.others dm.messages.others -> messages: Message[], page
GET chat.ignoreUser ->
GET chat.getDeletedMessages -> messages: object[], page
GET chat.syncMessages -> result: object
GET channels.messages groups.messages im.messages dm.messages -> messages: Message[], page
GET channels.history groups.history im.history dm.history
        -> messages: Message[], firstUnread?: Message, unreadNotLoaded?: int
GET channels.getAllUserMentionsByChannel -> mentions: Message[], page
GET channels.anonymousread -> messages: Message[], page
POST rooms.upload/{rid} rooms.mediaConfirm/{rid}/{fileId} -> message: Message
POST rooms.media/{rid} -> file: object
GET channels.files groups.files im.files dm.files rooms.images -> files: File[], page
"""
