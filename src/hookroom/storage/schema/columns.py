"""What all tables are made with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, Text

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def text(name: str, *, null: bool = False, **options: Any) -> Column[str]:
    """A column of texts."""
    return Column(name, Text, nullable=null, **options)


def time_id(name: str, *, null: bool = False) -> Column[str]:
    """A column of ids that begin with a time: sorted by their characters, whatever language the database is in."""
    return Column(name, Text().with_variant(Text(collation="C"), "postgresql"), nullable=null)


def number(name: str, *, null: bool = False, **options: Any) -> Column[int]:
    """A column of whole numbers, booleans (0/1) and times (epoch milliseconds)."""
    return Column(name, BigInteger, nullable=null, **options)
