"""Deliveries in order, how they ended at a glance, integrations in trouble, and keys to sign with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_OPEN = "state IN ('pending', 'waiting')"
_TROUBLE = "state IN ('waiting', 'failed', 'dead', 'cancelled')"
_LAST_STATUS = (
    "UPDATE deliveries SET status = (SELECT a.status FROM attempts a WHERE a.delivery_id = deliveries.id"
    " ORDER BY a.number DESC LIMIT 1)"
)


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("ordered", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("deliveries", sa.Column("status", sa.BigInteger(), nullable=True))
    op.execute(_LAST_STATUS)
    _partial("deliveries_ordered_idx", ["lane", "id"], f"{_OPEN} AND ordered = 1")
    _partial("deliveries_trouble_idx", ["integration_id", "state", "updated_at", "id", "status"], _TROUBLE)
    op.drop_index("deliveries_integration_id_updated_at_id_idx", "deliveries")
    op.create_index(
        "deliveries_history_idx", "deliveries", ["integration_id", "updated_at", "id", "state", "status"]
    )
    op.create_table(
        "failing",
        sa.Column("integration_id", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("integration_id", name=op.f("failing_pk")),
    )
    op.create_table(
        "signing_keys",
        sa.Column("integration_id", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("doc", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("integration_id", name=op.f("signing_keys_pk")),
    )


def _partial(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        "deliveries",
        columns,
        unique=False,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
