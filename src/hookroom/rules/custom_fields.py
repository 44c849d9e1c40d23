"""Custom fields that a server wants of its users: the setting ``Accounts_CustomFields``, a JSON object like

``{"team": {"type": "select", "options": ["a", "b"], "required": true}, "phone": {"maxLength": 20}}``.

Where it is blank everything is taken as it comes. Otherwise only the fields that it names are kept, each a text
that is checked. Codes and texts are the original's (``lib/server/functions/validateCustomFields.ts``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct, field

from hookroom.errors import Refused

COPIED: Final = ("bio", "nickname", "statusText")
"""Fields of a user into which a custom field may be copied. (The original copies into any, roles among them.)"""


class Copy(Struct, frozen=True, forbid_unknown_fields=True):
    """``modifyRecordField``: a field of the user that gets the same value."""

    field: Literal["bio", "nickname", "statusText"]
    array: Literal[False] = False


class CustomField(Struct, frozen=True, kw_only=True, rename="camel"):
    """One field. Lengths are in characters; ``options`` are of a ``select``."""

    type: Literal["text", "select"] = "text"
    required: bool = False
    min_length: int = 0
    max_length: int = 0
    """0 is no limit."""
    options: tuple[str, ...] = ()
    default_value: str | None = None
    public: bool = False
    copied_to: Copy | None = field(name="modifyRecordField", default=None)


Fields = Mapping[str, CustomField]

_decode: Final = msgspec.json.Decoder(dict[str, CustomField]).decode


@lru_cache(maxsize=8)
def fields_of(setting: str) -> Fields:
    """The fields that the setting describes. Raises ``Refused`` (``error-invalid-customfield-json``)."""
    if not setting.strip():
        return {}
    try:
        return _decode(setting)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise Refused("error-invalid-customfield-json", "Invalid JSON for Custom Fields") from None


def checked(setting: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a user's values. Raises ``Refused`` (``error-user-registration-custom-field``)."""
    if not setting.strip():
        return dict(given)
    kept: dict[str, Any] = {}
    for name, wanted in fields_of(setting).items():
        value = given.get(name)
        if value is None and wanted.default_value is not None:
            value = wanted.default_value
        _check(name, wanted, value)
        if value is not None:
            kept[name] = value
    return kept


def copies(setting: str, kept: Mapping[str, Any]) -> dict[str, str]:
    """Field of the user (of ``COPIED``) -> the value that it gets too."""
    return {
        wanted.copied_to.field: kept[name]
        for name, wanted in fields_of(setting).items()
        if wanted.copied_to is not None and name in kept
    }


def _check(name: str, wanted: CustomField, value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise _refused(f"Value for field {name} is invalid")
    text = (value or "").strip()
    if wanted.required and not text:
        raise _refused(f"Field {name} is required")
    if wanted.type == "select" and wanted.options and text and value not in wanted.options:
        raise _refused(f"Value for field {name} is invalid")
    if wanted.max_length and len(text) > wanted.max_length:
        raise _refused(f"Max length of field {name} {wanted.max_length}")
    if text and len(text) < wanted.min_length:
        raise _refused(f"Min length of field {name} {wanted.min_length}")


def _refused(reason: str) -> Refused:
    return Refused("error-user-registration-custom-field", reason, method="registerUser")
