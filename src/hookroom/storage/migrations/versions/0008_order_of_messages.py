"""Messages of one millisecond are in the order of their ids, on PostgreSQL too, whatever language it is in."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite compares texts by their characters.
    op.execute('ALTER TABLE messages ALTER COLUMN id TYPE text COLLATE "C"')
    op.execute('ALTER TABLE room_activity ALTER COLUMN last_message_id TYPE text COLLATE "C"')
