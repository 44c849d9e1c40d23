"""Names of emoji, and the emoji that a server has of its own."""

from __future__ import annotations

import re
from typing import Final

from msgspec import field

from hookroom.errors import Refused
from hookroom.rules.model import Value
from hookroom.rules.times import IsoTime

NAME: Final = re.compile(r"[0-9A-Za-z_+.-]{1,100}", re.ASCII)
"""What may stand between the colons."""

_METHOD: Final = "insertOrUpdateEmoji"
MAX_ALIASES: Final = 50


class CustomEmoji(Value, frozen=True, kw_only=True):
    """One emoji; ``etag`` names the bytes of its picture in the storage of files."""

    id: str = field(name="_id")
    name: str
    aliases: tuple[str, ...]
    extension: str
    """``png``, ``jpeg``, ``gif`` or ``webp``."""
    etag: str
    size: int
    """Bytes of the picture."""
    updated_at: IsoTime = field(name="_updatedAt")

    @property
    def names(self) -> tuple[str, ...]:
        """All that it is called."""
        return (self.name, *self.aliases)


def clean_name(text: str) -> str:
    """A name as it is stored: small letters, without colons, ``_`` for white space.

    Raises ``Refused``: ``error-the-field-is-required``, ``error-input-is-not-a-valid-field``.
    """
    name = _cleaned(text)
    if not name:
        raise Refused(
            "error-the-field-is-required",
            "The field Name is required",
            details={"method": _METHOD, "field": "Name"},
        )
    if not NAME.fullmatch(name):
        raise _invalid(f"{name[:100]} is not a valid name", name, "Name")
    return name


def clean_aliases(text: str, name: str) -> tuple[str, ...]:
    """Other names, separated by commas, each once and none of them ``name``. Raises as ``clean_name``."""
    aliases = dict.fromkeys(cleaned for one in text.split(",") if (cleaned := _cleaned(one)))
    aliases.pop(name, None)
    if len(aliases) > MAX_ALIASES or not all(NAME.fullmatch(one) for one in aliases):
        raise _invalid(f"{text[:100]} is not a valid alias set", text, "Alias_Set")
    return tuple(aliases)


def _cleaned(text: str) -> str:
    return "_".join(text.replace(":", "").split()).lower()


def _invalid(reason: str, text: str, name: str) -> Refused:
    return Refused(
        "error-input-is-not-a-valid-field",
        reason,
        details={"method": _METHOD, "input": text[:100], "field": name},
    )
