"""Calls of incoming webhooks that went through a script."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "incoming_calls",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("integration_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("incoming_calls_pk")),
    )
    op.create_index(
        op.f("incoming_calls_integration_id_id_idx"), "incoming_calls", ["integration_id", "id"], unique=False
    )
