"""The server settings: what there is, its default, and what values each takes.

Names, types, defaults and which ones are public are Rocket.Chat 8's (``apps/meteor/server/settings/*.ts``),
except ``Site_Name``. ``Site_Url``, ``uniqueID`` and ``Accounts_RegistrationForm_SecretURL`` get their values
at the first start.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hookroom.rules.settings.accounts import ACCOUNTS
from hookroom.rules.settings.general import GENERAL
from hookroom.rules.settings.preferences import PREFIX, preferences
from hookroom.rules.settings.rooms import ROOMS
from hookroom.rules.settings.setting import Setting, SettingType, SettingValue, SettingValues, coerce

__all__ = [
    "DEFAULTS",
    "SETTINGS",
    "Setting",
    "SettingType",
    "SettingValue",
    "SettingValues",
    "coerce",
    "default_preferences",
]

SETTINGS: Final[Mapping[str, Setting]] = MappingProxyType(
    {
        setting.id: setting
        for setting in sorted((*GENERAL, *ROOMS, *ACCOUNTS, *preferences()), key=lambda one: one.id)
    }
)
"""Every setting that there is, by id."""

DEFAULTS: Final[Mapping[str, SettingValue]] = MappingProxyType(
    {setting.id: setting.default for setting in SETTINGS.values()}
)
"""Setting id -> value on a server where nothing was changed."""


def default_preferences(values: SettingValues) -> dict[str, SettingValue]:
    """The preferences of a user who has set none, by their own names."""
    return {id_.removeprefix(PREFIX): values[id_] for id_ in SETTINGS if id_.startswith(PREFIX)}
