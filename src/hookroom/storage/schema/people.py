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

two_factor = Table(
    "two_factor",
    metadata,
    text("user_id"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("user_id"),
)
"""What users must show beside their password, with its secrets."""

one_time_codes = Table(
    "one_time_codes",
    metadata,
    text("hash"),
    text("user_id"),
    text("purpose"),
    number("created_at"),
    number("expires_at"),
    text("doc"),
    PrimaryKeyConstraint("hash"),
    Index(None, "user_id", "purpose"),
    Index(None, "expires_at"),
)
"""Codes and links that were sent by e-mail and are good for one thing once."""

custom_user_statuses = Table(
    "custom_user_statuses",
    metadata,
    text("id"),
    text("name_key"),
    number("updated_at"),
    text("doc"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("name_key"),
)

presences = Table(
    "presences",
    metadata,
    text("node_id"),
    text("user_id"),
    text("status"),
    number("updated_at"),
    PrimaryKeyConstraint("node_id", "user_id"),
    Index(None, "user_id"),
)
"""Who is connected to which process, and as what (``online``, ``away``)."""
