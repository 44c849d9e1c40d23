"""The index that messages are searched by. What there was before is indexed by the running server, in pieces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0007"
down_revision = "0006"

_WORDS_OUT = (
    "INSERT INTO message_words (message_words, rowid, words) VALUES ('delete', old.number, old.words);"
)
_WORDS_IN = "INSERT INTO message_words (rowid, words) VALUES (new.number, new.words);"


def upgrade() -> None:
    op.create_table(
        "message_search",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("message_search_pk")),
        sa.UniqueConstraint("message_id", name=op.f("message_search_message_id_key")),
    )
    op.create_index(
        op.f("message_search_room_id_number_idx"), "message_search", ["room_id", "number"], unique=False
    )
    op.create_index(
        "message_search_words_idx",
        "message_search",
        ["words"],
        unique=False,
        postgresql_using="gin",
        sqlite_where=sa.false(),
    )
    if op.get_bind().dialect.name == "postgresql":
        return
    # An ASCII tokenizer parts words at ASCII alone, and leaves all other characters as they are.
    op.execute(
        "CREATE VIRTUAL TABLE message_words USING fts5(words, content='message_search',"
        " content_rowid='number', columnsize=0, tokenize='ascii')"
    )
    op.execute(f"CREATE TRIGGER message_search_in AFTER INSERT ON message_search BEGIN {_WORDS_IN} END")
    op.execute(f"CREATE TRIGGER message_search_out AFTER DELETE ON message_search BEGIN {_WORDS_OUT} END")
    op.execute(
        "CREATE TRIGGER message_search_changed AFTER UPDATE ON message_search"
        " WHEN old.number <> new.number OR old.words <> new.words"
        f" BEGIN {_WORDS_OUT} {_WORDS_IN} END"
    )
