"""What the server is set to, its processes, and what it keeps about itself."""

from __future__ import annotations

from sqlalchemy import PrimaryKeyConstraint, Table, UniqueConstraint

from hookroom.storage.schema.columns import metadata, number, text

roles = Table("roles", metadata, text("id"), number("updated_at"), text("doc"), PrimaryKeyConstraint("id"))

permissions = Table(
    "permissions",
    metadata,
    text("id"),
    text("roles"),
    number("updated_at"),
    PrimaryKeyConstraint("id"),
)

settings = Table(
    "settings",
    metadata,
    text("id"),
    text("value"),
    number("updated_at"),
    PrimaryKeyConstraint("id"),
)

nodes = Table(
    "nodes",
    metadata,
    text("id"),
    number("lease_until"),
    PrimaryKeyConstraint("id"),
)
"""Server processes. The deliveries of one whose lease has run out are taken over by the others."""

notes = Table("notes", metadata, text("id"), text("value"), PrimaryKeyConstraint("id"))
"""Small facts the server keeps about itself, such as which sample webhook it made."""

oauth_apps = Table(
    "oauth_apps",
    metadata,
    text("id"),
    text("client_id"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("client_id"),
)
