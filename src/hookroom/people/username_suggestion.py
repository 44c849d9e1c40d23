"""A user name for somebody who has not chosen one: of their name or address, the first that is free."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from hookroom.errors import Refused
from hookroom.people.accounts import check_new_username, is_free
from hookroom.rules.ids import random_id
from hookroom.workspace.workspace import Workspace

_NUMBERED: Final = 20
_LONGEST: Final = 100
_ODD: Final = re.compile(r"[^0-9a-z._-]+")


async def suggested(ws: Workspace, name: str | None, email: str | None) -> str:
    """A valid user name that nobody has at this moment; somebody may take it in the next."""
    for candidate in _candidates(name or "", (email or "").partition("@")[0]):
        try:
            check_new_username(ws, candidate, by="self")
            if await is_free(ws, candidate):
                return candidate
        except Refused:
            continue
    return f"user-{random_id(10)}"


def _candidates(*words: str) -> Iterator[str]:
    plain = [one for word in words if (one := _plain(word))]
    yield from plain
    for word in plain:
        for number in range(1, _NUMBERED):
            yield f"{word}-{number}"


def _plain(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word[:_LONGEST].lower())
    bare = "".join(one for one in letters if not unicodedata.combining(one))
    return _ODD.sub(".", bare).strip("._-")
