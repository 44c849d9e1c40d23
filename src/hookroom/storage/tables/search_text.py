"""Searches as the databases' own full-text queries: FTS5's language, and ``tsquery``.

Words come from ``rules.search_words``: letters, digits, marks and nothing that either language would read.
"""

from __future__ import annotations

from collections.abc import Sequence

from hookroom.rules.message_query import Phrase
from hookroom.storage.database import Kind

Terms = Sequence[Sequence[Phrase]]
"""All of these, and of each one of its alternatives."""


def match(kind: Kind, terms: Terms) -> str:
    """The query that a database is given. There is at least one term, and each has an alternative."""
    write, both, one_of = (_fts5, " AND ", " OR ") if kind == "sqlite" else (_tsquery, " & ", " | ")
    return both.join(
        write(term[0]) if len(term) == 1 else f"({one_of.join(write(one) for one in term)})" for term in terms
    )


def _fts5(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.words)}"{"*" if phrase.grows else ""}'


def _tsquery(phrase: Phrase) -> str:
    quoted = [f"'{word}'" for word in phrase.words]
    if phrase.grows:
        quoted[-1] += ":*"
    return quoted[0] if len(quoted) == 1 else f"({' <-> '.join(quoted)})"
