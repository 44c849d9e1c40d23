"""The custom fields that this server wants of its users (``rules.custom_fields``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import structs

from hookroom.people.accounts import Profile
from hookroom.people.presence import MAX_TEXT
from hookroom.rules import custom_fields
from hookroom.rules.accounts import check_kept, check_profile_text
from hookroom.workspace.workspace import Workspace

_SETTING: Final = "Accounts_CustomFields"


def checked(ws: Workspace, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a user's values.

    Raises ``Refused``: ``error-user-registration-custom-field``, ``error-customFields-size-exceeded``.
    """
    kept = custom_fields.checked(ws.settings[_SETTING], given)
    check_kept("customFields", kept)
    return kept


def copies(ws: Workspace, kept: Mapping[str, Any]) -> dict[str, str]:
    """Fields of ``User`` that get the value of a custom field too. Raises ``Refused`` for one that is too long."""
    found: dict[str, str] = {}
    for name, value in custom_fields.copies(ws.settings[_SETTING], kept).items():
        if name == "statusText":
            found["status_text"] = value.strip()[:MAX_TEXT]
        else:
            check_profile_text("bio" if name == "bio" else "nickname", value)
            found[name] = value.strip()
    return found


def copied(ws: Workspace, profile: Profile) -> Profile:
    """``profile`` with what its custom fields are copied to."""
    found: dict[str, Any] = dict(copies(ws, profile.custom_fields or {}))
    return structs.replace(profile, **found) if found else profile
