"""Which emoji there are: those that everybody has, and the server's own."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

from hookroom.storage.tables import custom_emojis
from hookroom.workspace.workspace import Workspace

_NAMES: Final = Path(__file__).with_name("emoji_names.txt")
_TONES: Final = re.compile(r"(?:_tone[1-5]|_(?:medium_)?(?:light|dark)_skin_tone|_medium_skin_tone){1,2}$")


async def is_known(ws: Workspace, name: str) -> bool:
    """Whether ``name`` (without colons) is an emoji; one that everybody has costs no query."""
    return is_standard(name) or await custom_emojis.by_name(ws.db, name) is not None


def is_standard(name: str) -> bool:
    """Whether ``name`` is an emoji that everybody has, in whatever skin tone."""
    names = standard()
    return name in names or _TONES.sub("", name) in names


@cache
def standard() -> frozenset[str]:
    """The names of the emoji that everybody has, without skin tones."""
    lines = _NAMES.read_text(encoding="ascii").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())
