"""Uploaded files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_EXPIRING = "expires_at IS NOT NULL"


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("type_group", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("uploads_pk")),
    )
    op.create_index(
        op.f("uploads_room_id_created_at_id_idx"), "uploads", ["room_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "uploads_expiring_idx",
        "uploads",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text(_EXPIRING),
        postgresql_where=sa.text(_EXPIRING),
    )
