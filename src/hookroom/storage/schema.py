"""The schema: one for both databases. Migrations bring a database to it; a test holds the two together.

Each table keeps in columns what queries look for, and in ``doc`` the whole value as JSON (``rules.model``).
Booleans are 0/1, times epoch milliseconds. ``updated_at`` grows with every write of a row: an update names
the one it read, and fails when somebody was faster.
Only migrations and tests import this module; running statements needs the SQL texts alone.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def _text(name: str, *, null: bool = False, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=null, **options)


def _number(name: str, *, null: bool = False, **options: Any) -> Column[int]:
    return Column(name, BigInteger, nullable=null, **options)


users = Table(
    "users",
    metadata,
    _text("id"),
    _text("username_key"),
    _text("type"),
    _number("active"),
    _text("search"),
    _number("last_login_at", null=True),
    _number("created_at"),
    _number("updated_at"),
    _text("doc"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("username_key"),
)

user_roles = Table(
    "user_roles",
    metadata,
    _text("role_id"),
    _text("user_id"),
    PrimaryKeyConstraint("role_id", "user_id"),
    Index(None, "user_id"),
)

user_emails = Table(
    "user_emails",
    metadata,
    _text("address_key"),
    _text("user_id"),
    PrimaryKeyConstraint("address_key"),
    Index(None, "user_id"),
)

credentials = Table(
    "credentials",
    metadata,
    _text("user_id"),
    _text("password_hash"),
    PrimaryKeyConstraint("user_id"),
)

tokens = Table(
    "tokens",
    metadata,
    _text("hash"),
    _text("user_id"),
    _text("kind"),
    _text("name", null=True),
    _text("last_characters"),
    _number("bypass_two_factor"),
    _number("created_at"),
    _number("expires_at", null=True),
    PrimaryKeyConstraint("hash"),
    UniqueConstraint("user_id", "name"),
)

rooms = Table(
    "rooms",
    metadata,
    _text("id"),
    _text("type"),
    _text("name_key", null=True),
    _text("members_key", null=True),
    _text("search"),
    _number("is_default"),
    _number("created_at"),
    _number("updated_at"),
    _text("doc"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("name_key"),
    UniqueConstraint("members_key"),
    Index(None, "type", "name_key"),
)
_default = rooms.c.is_default == 1
Index("rooms_default_idx", rooms.c.created_at, sqlite_where=_default, postgresql_where=_default)

room_activity = Table(
    "room_activity",
    metadata,
    _text("room_id"),
    _number("messages"),
    _number("members"),
    _number("last_message_at", null=True),
    _text("last_message_id", null=True),
    _number("updated_at"),
    PrimaryKeyConstraint("room_id"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    _text("id"),
    _text("room_id"),
    _text("user_id"),
    _number("open"),
    _number("role_rank"),
    _number("last_seen"),
    _number("created_at"),
    _number("updated_at"),
    _text("doc"),
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
    _text("kind"),
    _text("id"),
    _text("scope"),
    _number("removed_at"),
    PrimaryKeyConstraint("kind", "id"),
    Index(None, "kind", "scope", "removed_at"),
)
"""What is gone, for clients that ask what changed. ``scope`` is whose it was: a user's or nobody's ("")."""

messages = Table(
    "messages",
    metadata,
    _text("id"),
    _text("room_id"),
    _text("user_id"),
    _text("type", null=True),
    _text("thread_id", null=True),
    _number("shown"),
    _number("created_at"),
    _number("updated_at"),
    _text("doc"),
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
    _text("message_id"),
    _text("kind"),
    _text("user_id"),
    _text("room_id"),
    _number("created_at"),
    PrimaryKeyConstraint("message_id", "kind", "user_id"),
    Index(None, "room_id", "kind", "user_id", "created_at"),
)
"""By what messages are looked for: whom they mention, who starred them, which are pinned or have a thread."""

message_versions = Table(
    "message_versions",
    metadata,
    _text("message_id"),
    _number("updated_at"),
    _text("room_id"),
    _text("doc"),
    PrimaryKeyConstraint("message_id", "updated_at"),
    Index(None, "room_id"),
)
"""What messages were before they were edited or deleted, where the server keeps it."""

uploads = Table(
    "uploads",
    metadata,
    _text("id"),
    _text("room_id"),
    _text("user_id"),
    _text("message_id", null=True),
    _text("type_group"),
    _text("search"),
    _number("size"),
    _number("expires_at", null=True),
    _number("created_at"),
    _number("updated_at"),
    _text("doc"),
    PrimaryKeyConstraint("id"),
    Index(None, "room_id", "created_at", "id"),
)
"""Uploaded files. ``expires_at``: when one that no message has is removed, with what is stored of it."""
_expiring = uploads.c.expires_at.isnot(None)
Index("uploads_expiring_idx", uploads.c.expires_at, sqlite_where=_expiring, postgresql_where=_expiring)

roles = Table("roles", metadata, _text("id"), _number("updated_at"), _text("doc"), PrimaryKeyConstraint("id"))

permissions = Table(
    "permissions",
    metadata,
    _text("id"),
    _text("roles"),
    _number("updated_at"),
    PrimaryKeyConstraint("id"),
)

settings = Table(
    "settings",
    metadata,
    _text("id"),
    _text("value"),
    _number("updated_at"),
    PrimaryKeyConstraint("id"),
)

integrations = Table(
    "integrations",
    metadata,
    _text("id"),
    _text("type"),
    _text("user_id"),
    _text("created_by"),
    _number("created_at"),
    _number("updated_at"),
    _text("doc"),
    PrimaryKeyConstraint("id"),
)

events = Table(
    "events",
    metadata,
    _text("id"),
    _text("name"),
    _number("depth"),
    _number("created_at"),
    _text("data"),
    PrimaryKeyConstraint("id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _text("id"),
    _text("integration_id"),
    _text("event_id"),
    _text("url"),
    _text("lane"),
    _text("trigger_word", null=True),
    _text("state"),
    _number("attempts"),
    _number("next_at"),
    _text("owner"),
    _number("created_at"),
    _number("updated_at"),
    _text("doc"),
    _number("ordered", server_default="0"),
    _number("status", null=True),
    PrimaryKeyConstraint("id"),
    # With what histories are filtered by, so that looking through thousands of entries reads the index alone.
    Index("deliveries_history_idx", "integration_id", "updated_at", "id", "state", "status"),
    Index(None, "event_id"),
)
"""``ordered``: sent after those of its lane before it. ``status``: the last answer's, if there was one."""
_open = deliveries.c.state.in_(["pending", "waiting"])
Index(
    "deliveries_open_idx",
    deliveries.c.owner,
    deliveries.c.lane,
    deliveries.c.next_at,
    sqlite_where=_open,
    postgresql_where=_open,
)

_in_line = sqlalchemy.and_(_open, deliveries.c.ordered == 1)
Index(
    "deliveries_ordered_idx",
    deliveries.c.lane,
    deliveries.c.id,
    sqlite_where=_in_line,
    postgresql_where=_in_line,
)
_trouble = deliveries.c.state.in_(["waiting", "failed", "dead", "cancelled"])
Index(
    "deliveries_trouble_idx",
    deliveries.c.integration_id,
    deliveries.c.state,
    deliveries.c.updated_at,
    deliveries.c.id,
    deliveries.c.status,
    sqlite_where=_trouble,
    postgresql_where=_trouble,
)

failing = Table(
    "failing",
    metadata,
    _text("integration_id"),
    _number("since"),
    PrimaryKeyConstraint("integration_id"),
)
"""Integrations whose calls have all failed since then."""

signing_keys = Table(
    "signing_keys",
    metadata,
    _text("integration_id"),
    _number("updated_at"),
    _text("doc"),
    PrimaryKeyConstraint("integration_id"),
)

attempts = Table(
    "attempts",
    metadata,
    _text("delivery_id"),
    _number("number"),
    _number("started_at"),
    _number("duration_ms"),
    _number("status", null=True),
    _text("doc"),
    PrimaryKeyConstraint("delivery_id", "number"),
)

incoming_calls = Table(
    "incoming_calls",
    metadata,
    _text("id"),
    _text("integration_id"),
    _number("created_at"),
    _number("status"),
    _text("doc"),
    _number("messages", server_default="0"),
    PrimaryKeyConstraint("id"),
    Index(None, "integration_id", "id"),
)

verification_secrets = Table(
    "verification_secrets",
    metadata,
    _text("integration_id"),
    _number("updated_at"),
    _text("doc"),
    PrimaryKeyConstraint("integration_id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    _text("integration_id"),
    _text("key"),
    _number("created_at"),
    _text("doc"),
    PrimaryKeyConstraint("integration_id", "key"),
    Index(None, "created_at"),
)
"""Calls that were answered, by what their sender calls them, and the answers."""

nodes = Table(
    "nodes",
    metadata,
    _text("id"),
    _number("lease_until"),
    PrimaryKeyConstraint("id"),
)
"""Server processes. The deliveries of one whose lease has run out are taken over by the others."""

notes = Table("notes", metadata, _text("id"), _text("value"), PrimaryKeyConstraint("id"))
"""Small facts the server keeps about itself, such as which sample webhook it made."""
