"""All tables in one: what each route answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from hookroom.rest.answers import chat, integrations, moderation, people, rooms, server, teams
from hookroom.rest.answers.notation import Schema, answer_schema, lines

_TABLES = (
    people.TABLE,
    rooms.TABLE,
    teams.TABLE,
    chat.TABLE,
    moderation.TABLE,
    integrations.TABLE,
    server.TABLE,
)


@cache
def answers() -> Mapping[tuple[str, str], Schema]:
    """Method and path -> the schema of what is answered when it succeeds. Raises ``ValueError`` for two lines."""
    found: dict[tuple[str, str], Schema] = {}
    for table in _TABLES:
        for method, path, answer in lines(table):
            if (method, path) in found:
                raise ValueError(f"two answers for {method} {path}")
            found[method, path] = answer_schema(answer)
    return found
