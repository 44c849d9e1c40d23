"""Statuses that a server offers beside the four that there are (``custom-user-status.*``)."""

from __future__ import annotations

import re
from typing import Final

from msgspec import field

from hookroom.errors import Refused
from hookroom.rules.model import Value
from hookroom.rules.times import IsoTime

STATUS_TYPES: Final = ("online", "away", "busy", "offline")
MAX_NAME: Final = 120

_METHOD: Final = "insertOrUpdateUserStatus"
_REFUSED: Final = re.compile(r"[><&\"'\x00]")


class CustomStatus(Value, frozen=True, kw_only=True):
    """One of them; ``status_type`` is the one of the four that it stands for, if any."""

    id: str = field(name="_id")
    name: str
    status_type: str = field(name="statusType", default="")
    updated_at: IsoTime = field(name="_updatedAt")


def checked(name: str, status_type: str) -> tuple[str, str]:
    """Both as they are stored. Raises ``Refused``: ``error-the-field-is-required``,
    ``error-input-is-not-a-valid-field``.
    """
    name = name.strip()
    if not name:
        raise Refused(
            "error-the-field-is-required",
            "The field Name is required",
            details={"method": _METHOD, "field": "Name"},
        )
    if _REFUSED.search(name) or len(name) > MAX_NAME:
        raise _invalid(f"{name[:MAX_NAME]} is not a valid name", name, "Name")
    if status_type and status_type not in STATUS_TYPES:
        raise _invalid(f"{status_type[:MAX_NAME]} is not a valid status type", status_type, "StatusType")
    return name, status_type


def _invalid(reason: str, text: str, name: str) -> Refused:
    return Refused(
        "error-input-is-not-a-valid-field",
        reason,
        details={"method": _METHOD, "input": text[:MAX_NAME], "field": name},
    )
