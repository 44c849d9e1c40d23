"""What a setting is, and what values one takes."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, Protocol

from msgspec import field

from hookroom.errors import Refused
from hookroom.rules.custom_fields import fields_of
from hookroom.rules.egress import NotAnEntry, entries
from hookroom.rules.message_fields import validator_of
from hookroom.rules.model import Value

SettingType = Literal["boolean", "int", "string", "language", "select", "multiSelect"]

SettingValue = bool | int | str | tuple[str, ...]
"""Of ``boolean``; ``int``; ``string``, ``language`` and ``select``; ``multiSelect``."""


class Setting(Value, frozen=True, kw_only=True):
    """One setting. ``hidden`` ones are neither listed nor changed through the API.

    ``values`` are the choices of a ``select`` or ``multiSelect``, ``minimum`` the least value of an ``int``.
    """

    id: str = field(name="_id")
    type: SettingType
    default: SettingValue = field(name="packageValue")
    public: bool
    group: str | None = None
    values: tuple[str, ...] = ()
    minimum: int | None = None
    hidden: bool = False


class SettingValues(Protocol):
    """The values in force, by setting id: any mapping, or what keeps them in memory."""

    def __getitem__(self, setting: str, /) -> Any:
        """The ``SettingValue`` of one setting."""


def coerce(setting: Setting, value: object) -> SettingValue:
    """``value`` as one of ``setting``, in the one form that is stored.

    Numbers and booleans may come as text, which is what the published API asks for; a whole ``float`` is an
    ``int``; a list is a tuple without repetitions. Coercing twice changes nothing. Raises ``Refused``
    (``error-invalid-setting-value``) for everything else; its message never holds the value.
    """
    match setting.type:
        case "boolean":
            return _boolean(setting, value)
        case "int":
            return _integer(setting, value)
        case "multiSelect":
            if not isinstance(value, list | tuple) or not all(one in setting.values for one in value):
                raise _refused(setting, f"must be a list of {', '.join(setting.values)}")
            return tuple(dict.fromkeys(value))
        case "select":
            if not isinstance(value, str) or value not in setting.values:
                raise _refused(setting, f"must be one of {', '.join(setting.values)}")
            return value
        case "string" | "language":
            # No database keeps a NUL in a text.
            if not isinstance(value, str) or "\0" in value:
                raise _refused(setting, "must be a text")
            if setting.id in _LISTS_OF_HOSTS:
                _check_hosts(setting, value)
            elif setting.id in _FIELDS:
                _check_fields(setting, value)
            return value


_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,16}")
_SAFE: Final = 2**53 - 1
"""The greatest number that every client reads exactly."""


def _boolean(setting: Setting, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _refused(setting, "must be true or false")


def _integer(setting: Setting, value: object) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_SAFE <= value <= _SAFE:
        raise _refused(setting, "must be a whole number")
    if value != int(value):
        raise _refused(setting, "must be a whole number")
    if setting.minimum is not None and value < setting.minimum:
        raise _refused(setting, f"must be greater than or equal to {setting.minimum}")
    return int(value)


_LISTS_OF_HOSTS: Final = frozenset({"SSRF_Allowlist", "SSRF_Denylist", "API_EmbedIgnoredHosts"})


def _check_hosts(setting: Setting, value: str) -> None:
    try:
        entries(value)
    except NotAnEntry as error:
        raise _refused(setting, f"must be a list of addresses, networks and host names; {error}") from None


_FIELDS: Final = frozenset({"Accounts_CustomFields", "Message_CustomFields"})


def _check_fields(setting: Setting, value: str) -> None:
    try:
        if setting.id == "Accounts_CustomFields":
            fields_of(value)
        else:
            validator_of(value)
    except (Refused, ValueError):
        raise _refused(setting, "must be JSON that describes fields") from None


def _refused(setting: Setting, why: str) -> Refused:
    return Refused(
        "error-invalid-setting-value", f"Value for setting {setting.id} {why}", method="saveSettings"
    )
