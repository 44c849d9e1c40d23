"""How the tables of settings are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from hookroom.rules.settings.setting import Setting

_MINIMA: Final = {
    "API_Enable_Rate_Limiter_Limit_Calls_Default": 1,
    "API_Enable_Rate_Limiter_Limit_Time_Default": 1,
    "API_Upper_Count_Limit": 1,
    "API_Default_Count": 1,
    "Accounts_AvatarSize": 1,
    "Accounts_LoginExpiration": 1,
    "Accounts_Password_Policy_ForbidRepeatingCharactersCount": 1,
    # -1 switches these off.
    "Accounts_Password_Policy_MinLength": -1,
    "Accounts_Password_Policy_MaxLength": -1,
    "FileUpload_MaxFileSize": -1,
    "Accounts_TwoFactorAuthentication_MaxDelta": 0,
    "Accounts_TwoFactorAuthentication_By_Email_Code_Expiration": 60,
    "Accounts_TwoFactorAuthentication_Max_Invalid_Email_Code_Attempts": 1,
    "Accounts_TwoFactorAuthentication_RememberFor": 0,
}


def group(name: str | None, public: bool, defaults: Mapping[str, bool | int | str]) -> Iterator[Setting]:
    """Settings that need no more than a default, whose kind is the setting's type."""
    for id_, default in defaults.items():
        match default:
            case bool():
                yield Setting(id=id_, type="boolean", default=default, public=public, group=name)
            case int():
                least = _MINIMA.get(id_, 0)
                yield Setting(id=id_, type="int", default=default, public=public, group=name, minimum=least)
            case str():
                yield Setting(id=id_, type="string", default=default, public=public, group=name)


def select(name: str, id_: str, default: str, values: str) -> Setting:
    """A public setting that takes one of ``values``, which have ``|`` between them."""
    choices = tuple(values.split("|"))
    return Setting(id=id_, type="select", default=default, public=True, group=name, values=choices)
