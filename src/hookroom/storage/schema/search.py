"""What messages are searched by."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from hookroom.storage.schema.columns import metadata, number, text

FULL_TEXT: Final = "message_words"
"""The FTS5 table of SQLite, and how those begin that FTS5 makes for it; triggers keep it as ``words`` is."""

message_search = Table(
    "message_search",
    metadata,
    # An INTEGER key of SQLite's is the row's own number, which FTS5 refers to.
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), nullable=False),
    text("message_id"),
    text("room_id"),
    number("updated_at"),
    Column("words", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
    PrimaryKeyConstraint("number"),
    UniqueConstraint("message_id"),
    Index(None, "room_id", "number"),
)
"""A row for each message that people wrote. ``updated_at`` is the message's, of when it was indexed."""
# On SQLite, where FTS5 has the words, it is an index of no row: one description does for both.
Index(
    "message_search_words_idx",
    message_search.c.words,
    postgresql_using="gin",
    sqlite_where=false(),
)


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table is one that this schema describes, as Alembic asks (``include_name``)."""
    return kind != "table" or name is None or not name.startswith(FULL_TEXT)
