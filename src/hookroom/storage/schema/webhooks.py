"""Integrations, what they are told, and what they did."""

from __future__ import annotations

import sqlalchemy
from sqlalchemy import Index, PrimaryKeyConstraint, Table

from hookroom.storage.schema.columns import metadata, number, text

integrations = Table(
    "integrations",
    metadata,
    text("id"),
    text("type"),
    text("user_id"),
    text("created_by"),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
)

events = Table(
    "events",
    metadata,
    text("id"),
    text("name"),
    number("depth"),
    number("created_at"),
    text("data"),
    PrimaryKeyConstraint("id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    text("id"),
    text("integration_id"),
    text("event_id"),
    text("url"),
    text("lane"),
    text("trigger_word", null=True),
    text("state"),
    number("attempts"),
    number("next_at"),
    text("owner"),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    number("ordered", server_default="0"),
    number("status", null=True),
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
    text("integration_id"),
    number("since"),
    PrimaryKeyConstraint("integration_id"),
)
"""Integrations whose calls have all failed since then."""

signing_keys = Table(
    "signing_keys",
    metadata,
    text("integration_id"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("integration_id"),
)

attempts = Table(
    "attempts",
    metadata,
    text("delivery_id"),
    number("number"),
    number("started_at"),
    number("duration_ms"),
    number("status", null=True),
    text("doc"),
    PrimaryKeyConstraint("delivery_id", "number"),
)

incoming_calls = Table(
    "incoming_calls",
    metadata,
    text("id"),
    text("integration_id"),
    number("created_at"),
    number("status"),
    text("doc"),
    number("messages", server_default="0"),
    PrimaryKeyConstraint("id"),
    Index(None, "integration_id", "id"),
)

verification_secrets = Table(
    "verification_secrets",
    metadata,
    text("integration_id"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("integration_id"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    text("integration_id"),
    text("key"),
    number("created_at"),
    text("doc"),
    PrimaryKeyConstraint("integration_id", "key"),
    Index(None, "created_at"),
)
"""Calls that were answered, by what their sender calls them, and the answers."""
