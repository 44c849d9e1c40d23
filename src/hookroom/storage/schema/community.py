"""What people make of rooms and for each other: teams, invitations, reports, emoji and pictures."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint

from hookroom.storage.schema.columns import metadata, number, text

teams = Table(
    "teams",
    metadata,
    text("id"),
    text("name_key"),
    text("room_id"),
    text("search"),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("name_key"),
    UniqueConstraint("room_id"),
)
"""``room_id`` is the team's main room; its other rooms name the team themselves (``rooms.team_id``)."""

team_members = Table(
    "team_members",
    metadata,
    text("id"),
    text("team_id"),
    text("user_id"),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("team_id", "user_id"),
    Index(None, "user_id"),
)

invites = Table(
    "invites",
    metadata,
    text("id"),
    text("room_id"),
    text("user_id"),
    number("expires_at", null=True),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
    Index(None, "room_id"),
    Index(None, "user_id"),
)
"""Links that let people into a room; ``user_id`` is who made it."""

reports = Table(
    "reports",
    metadata,
    text("id"),
    text("kind"),
    text("user_id"),
    text("reporter_id"),
    text("message_id", null=True),
    text("room_id", null=True),
    number("open"),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
    Index(None, "kind", "open", "created_at"),
    Index(None, "user_id", "created_at"),
    Index(None, "message_id"),
)
"""What somebody told the moderators of a message or a user (``kind``); ``user_id`` is who is reported."""

custom_emojis = Table(
    "custom_emojis",
    metadata,
    text("id"),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
)

custom_emoji_names = Table(
    "custom_emoji_names",
    metadata,
    text("name_key"),
    text("emoji_id"),
    PrimaryKeyConstraint("name_key"),
    Index(None, "emoji_id"),
)
"""Names and other names of emoji: each stands for one."""

avatars = Table(
    "avatars",
    metadata,
    text("subject"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("subject"),
)
"""Pictures that were set, of ``user/<id>`` and ``room/<id>``; where there is none, one is drawn."""
