"""Secrets that calls are verified with, calls that have been answered, and how many messages each posted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "verification_secrets",
        sa.Column("integration_id", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("integration_id", name=op.f("verification_secrets_pk")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("integration_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("integration_id", "key", name=op.f("idempotency_keys_pk")),
    )
    op.create_index(op.f("idempotency_keys_created_at_idx"), "idempotency_keys", ["created_at"], unique=False)
    op.add_column(
        "incoming_calls", sa.Column("messages", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.execute("UPDATE incoming_calls SET messages = 1 WHERE doc LIKE '%\"messageIds\":[%'")
