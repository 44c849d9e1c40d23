"""Users and what lets them in."""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint

from hookroom.storage.schema.columns import metadata, number, text

users = Table(
    "users",
    metadata,
    text("id"),
    text("username_key"),
    text("type"),
    number("active"),
    text("search"),
    number("last_login_at", null=True),
    number("created_at"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("username_key"),
)

user_roles = Table(
    "user_roles",
    metadata,
    text("role_id"),
    text("user_id"),
    PrimaryKeyConstraint("role_id", "user_id"),
    Index(None, "user_id"),
)

user_emails = Table(
    "user_emails",
    metadata,
    text("address_key"),
    text("user_id"),
    PrimaryKeyConstraint("address_key"),
    Index(None, "user_id"),
)

credentials = Table(
    "credentials",
    metadata,
    text("user_id"),
    text("password_hash"),
    PrimaryKeyConstraint("user_id"),
)

tokens = Table(
    "tokens",
    metadata,
    text("hash"),
    text("user_id"),
    text("kind"),
    text("name", null=True),
    text("last_characters"),
    number("bypass_two_factor"),
    number("created_at"),
    number("expires_at", null=True),
    PrimaryKeyConstraint("hash"),
    UniqueConstraint("user_id", "name"),
)
