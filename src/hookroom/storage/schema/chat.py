"""Rooms, who is in them, and what is said there."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint

from hookroom.storage.schema.columns import metadata, number, text, time_id

rooms = Table(
    "rooms",
    metadata,
    text("id"),
    text("type"),
    text("name_key", null=True),
    text("members_key", null=True),
    text("search"),
    text("team_id", null=True),
    text("parent_id", null=True),
    number("is_default"),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("name_key"),
    UniqueConstraint("members_key"),
    Index(None, "type", "name_key"),
)
_default = rooms.c.is_default == 1
Index("rooms_default_idx", rooms.c.created_at, sqlite_where=_default, postgresql_where=_default)
_of_team = rooms.c.team_id.isnot(None)
Index("rooms_team_id_idx", rooms.c.team_id, sqlite_where=_of_team, postgresql_where=_of_team)
_of_parent = rooms.c.parent_id.isnot(None)
Index("rooms_parent_id_idx", rooms.c.parent_id, sqlite_where=_of_parent, postgresql_where=_of_parent)

room_activity = Table(
    "room_activity",
    metadata,
    text("room_id"),
    number("messages"),
    number("members"),
    number("last_message_at", null=True),
    time_id("last_message_id", null=True),
    number("updated_at"),
    PrimaryKeyConstraint("room_id"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    text("id"),
    text("room_id"),
    text("user_id"),
    number("open"),
    number("role_rank"),
    number("last_seen"),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("room_id", "user_id"),
    Index(None, "user_id"),
)
_with_roles = subscriptions.c.role_rank < 10000
Index(
    "subscriptions_with_roles_idx",
    subscriptions.c.room_id,
    sqlite_where=_with_roles,
    postgresql_where=_with_roles,
)

removals = Table(
    "removals",
    metadata,
    text("kind"),
    text("id"),
    text("scope"),
    number("removed_at"),
    PrimaryKeyConstraint("kind", "id"),
    Index(None, "kind", "scope", "removed_at"),
)
"""What is gone, for clients that ask what changed. ``scope`` is whose it was: a user's or nobody's ("")."""

messages = Table(
    "messages",
    metadata,
    time_id("id"),
    text("room_id"),
    text("user_id"),
    text("type", null=True),
    text("thread_id", null=True),
    number("shown"),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
    Index(None, "room_id", "created_at"),
)
"""``shown``: in the room itself, not only in its thread."""
_threaded = messages.c.thread_id.isnot(None)
Index(
    "messages_thread_id_created_at_idx",
    messages.c.thread_id,
    messages.c.created_at,
    sqlite_where=_threaded,
    postgresql_where=_threaded,
)
_changed = messages.c.updated_at != messages.c.created_at
Index(
    "messages_changed_idx",
    messages.c.room_id,
    messages.c.updated_at,
    sqlite_where=_changed,
    postgresql_where=_changed,
)

message_marks = Table(
    "message_marks",
    metadata,
    text("message_id"),
    text("kind"),
    text("user_id"),
    text("room_id"),
    number("created_at"),
    PrimaryKeyConstraint("message_id", "kind", "user_id"),
    Index(None, "room_id", "kind", "user_id", "created_at"),
)
"""By what messages are looked for: whom they mention, who starred them, which are pinned or have a thread."""

message_versions = Table(
    "message_versions",
    metadata,
    text("message_id"),
    number("updated_at"),
    text("room_id"),
    text("doc"),
    PrimaryKeyConstraint("message_id", "updated_at"),
    Index(None, "room_id"),
)
"""What messages were before they were edited or deleted, where the server keeps it."""

uploads = Table(
    "uploads",
    metadata,
    text("id"),
    text("room_id"),
    text("user_id"),
    text("message_id", null=True),
    text("type_group"),
    text("search"),
    number("size"),
    number("expires_at", null=True),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
    Index(None, "room_id", "created_at", "id"),
)
"""Uploaded files. ``expires_at``: when one that no message has is removed, with what is stored of it."""
_expiring = uploads.c.expires_at.isnot(None)
Index("uploads_expiring_idx", uploads.c.expires_at, sqlite_where=_expiring, postgresql_where=_expiring)
