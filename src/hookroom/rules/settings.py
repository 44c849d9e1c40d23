"""The server settings: what there is, its default, and what values each takes.

Names, types, defaults and which ones are public are Rocket.Chat 8's (``apps/meteor/server/settings/*.ts``),
except ``Site_Name``. ``Site_Url``, ``uniqueID`` and ``Accounts_RegistrationForm_SecretURL`` get their values
at the first start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol

from msgspec import field

from hookroom.errors import Refused
from hookroom.rules import unread
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


def default_preferences(values: SettingValues) -> dict[str, SettingValue]:
    """The preferences of a user who has set none, by their own names."""
    return {id_.removeprefix(_PREFERENCE): values[id_] for id_ in SETTINGS if id_.startswith(_PREFERENCE)}


_PREFERENCE: Final = "Accounts_Default_User_Preferences_"
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


def _group(group: str | None, public: bool, defaults: Mapping[str, bool | int | str]) -> Iterator[Setting]:
    """Settings that need no more than a default, whose kind is the setting's type."""
    for id_, default in defaults.items():
        match default:
            case bool():
                yield Setting(id=id_, type="boolean", default=default, public=public, group=group)
            case int():
                least = _MINIMA.get(id_, 0)
                yield Setting(id=id_, type="int", default=default, public=public, group=group, minimum=least)
            case str():
                yield Setting(id=id_, type="string", default=default, public=public, group=group)


def _select(group: str, id_: str, default: str, values: str) -> Setting:
    choices = tuple(values.split("|"))
    return Setting(id=id_, type="select", default=default, public=True, group=group, values=choices)


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

_SYSTEM_MESSAGE_TYPES: Final = (
    *("uj", "ujt", "ul", "ult", "ru", "removed-user-from-team", "au", "added-user-to-team", "mute_unmute"),
    *("r", "ut", "wm", "rm", "subscription-role-added", "subscription-role-removed", "room-archived"),
    *("room-unarchived", "room_changed_privacy", "room_changed_avatar", "room_changed_topic"),
    *("room_changed_announcement", "room_changed_description", "room_e2e_enabled", "room_e2e_disabled"),
    *("room-removed-read-only", "room-set-read-only", "room-disallowed-reacting", "room-allowed-reacting"),
    *("user-added-room-to-team", "user-converted-to-channel", "user-converted-to-team"),
    *("user-deleted-room-from-team", "user-removed-room-from-team"),
)

_GENERAL: Final = (
    *_group(None, True, {"uniqueID": ""}),
    Setting(id="Language", type="language", default="", public=True, group="General"),
    *_group(
        "General",
        True,
        {
            "Site_Url": "",
            "Site_Name": "Hookroom",
            "First_Channel_After_Login": "",
            "Favorite_Rooms": True,
            "UTF8_User_Names_Validation": "[0-9a-zA-Z-_.]+",
            "UTF8_Channel_Names_Validation": "[0-9a-zA-Z-_.]+",
            "UTF8_Names_Slugify": True,
            "API_Embed": True,
            "API_Embed_In_Messages": False,
            "API_Upper_Count_Limit": 100,
            "API_User_Limit": 500,
        },
    ),
    *_group("General", True, {"Notifications_Max_Room_Members": 100}),
    _select("General", "Unread_Count", "user_and_group_mentions_only", "|".join(unread.COUNTS)),
    _select("General", "Unread_Count_DM", unread.ALL, "|".join(unread.COUNTS_DIRECT)),
    *_group(
        "General",
        False,
        {
            "API_Default_Count": 50,
            "API_EmbedIgnoredHosts": "localhost, 127.0.0.1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16",
            "API_Enable_Direct_Message_History_EndPoint": False,
            "API_Allow_Infinite_Count": True,
            "API_Enable_CORS": False,
            "API_CORS_Origin": "*",
            "API_Enable_Shields": True,
            "API_Shield_Types": "*",
            "API_Shield_user_require_auth": False,
            "Allow_Invalid_SelfSigned_Certs": False,
            "SSRF_Allowlist": "",
            "SSRF_Denylist": "",
        },
    ),
    *_group(
        "Rate Limiter",
        False,
        {
            "API_Enable_Rate_Limiter": True,
            "API_Enable_Rate_Limiter_Limit_Calls_Default": 10,
            "API_Enable_Rate_Limiter_Limit_Time_Default": 60_000,
            "Rate_Limiter_Limit_RegisterUser": 1,
            "DDP_Rate_Limit_IP_Enabled": True,
            "DDP_Rate_Limit_IP_Requests_Allowed": 120_000,
            "DDP_Rate_Limit_IP_Interval_Time": 60_000,
            "DDP_Rate_Limit_User_Enabled": True,
            "DDP_Rate_Limit_User_Requests_Allowed": 1200,
            "DDP_Rate_Limit_User_Interval_Time": 60_000,
            "DDP_Rate_Limit_Connection_Enabled": True,
            "DDP_Rate_Limit_Connection_Requests_Allowed": 600,
            "DDP_Rate_Limit_Connection_Interval_Time": 60_000,
            "DDP_Rate_Limit_User_By_Method_Enabled": True,
            "DDP_Rate_Limit_User_By_Method_Requests_Allowed": 20,
            "DDP_Rate_Limit_User_By_Method_Interval_Time": 10_000,
            "DDP_Rate_Limit_Connection_By_Method_Enabled": True,
            "DDP_Rate_Limit_Connection_By_Method_Requests_Allowed": 10,
            "DDP_Rate_Limit_Connection_By_Method_Interval_Time": 10_000,
        },
    ),
    *_group(
        "Layout", True, {"Accounts_ShowFormLogin": True, "UI_Allow_room_names_with_special_chars": False}
    ),
)

_TROUBLESHOOT: Final = _group("Troubleshoot", True, {"Presence_broadcast_disabled": False})

_ROOMS: Final = (
    *_group(
        "Message",
        True,
        {
            "Message_AllowEditing": True,
            "Message_AllowEditing_BlockEditInMinutes": 0,
            "Message_AllowDeleting": True,
            "Message_AllowDeleting_BlockDeleteInMinutes": 0,
            "Message_AllowDirectMessagesToYourself": True,
            "Message_ShowDeletedStatus": False,
            "Message_KeepHistory": False,
            "Message_MaxAllowedSize": 5000,
            "Message_AllowPinning": True,
            "Message_AllowStarring": True,
            "AutoTranslate_Enabled": False,
            "Message_MaxAll": 0,
            "DirectMesssage_maxUsers": 8,
        },
    ),
    *_group(
        "Message",
        False,
        {
            "Message_CustomFields_Enabled": False,
            "Message_CustomFields": '{"properties": {"priority": {"enum": ["low", "medium", "high"]}}}',
        },
    ),
    _select("Message", "Message_ErasureType", "Delete", "Keep|Delete|Unlink"),
    Setting(
        id="Hide_System_Messages",
        type="multiSelect",
        default=(),
        public=True,
        group="Message",
        values=_SYSTEM_MESSAGE_TYPES,
    ),
    *_group(
        "Search",
        True,
        {"Search.defaultProvider.GlobalSearchEnabled": False, "Search.defaultProvider.PageSize": 10},
    ),
    *_group("Threads", True, {"Threads_enabled": True}),
    *_group("Discussion", True, {"Discussion_enabled": True}),
    *_group(
        "FileUpload",
        True,
        {
            "FileUpload_Enabled": True,
            "FileUpload_Enabled_Direct": True,
            "FileUpload_MaxFileSize": 104_857_600,
            "FileUpload_MediaTypeWhiteList": "",
            "FileUpload_MediaTypeBlackList": "image/svg+xml",
            "FileUpload_ProtectFiles": True,
        },
    ),
    *_group(
        "FileUpload",
        False,
        {
            "FileUpload_Restrict_to_room_members": True,
            "FileUpload_Restrict_to_users_who_can_access_room": False,
        },
    ),
)

_ACCOUNTS: Final = (
    *_group(
        "Accounts",
        True,
        {
            "Accounts_AllowAnonymousRead": False,
            "Accounts_CustomFields": "",
            "Accounts_AllowUserProfileChange": True,
            "Accounts_AllowRealNameChange": True,
            "Accounts_AllowUsernameChange": True,
            "Accounts_AllowEmailChange": True,
            "Accounts_AllowPasswordChange": True,
            "Accounts_AllowUserAvatarChange": True,
            "Accounts_AllowUserStatusMessageChange": True,
            "Accounts_AllowDeleteOwnAccount": False,
            "Accounts_LoginExpiration": 90,
            "Accounts_ManuallyApproveNewUsers": False,
            "Accounts_RequireNameForSignUp": True,
            "Accounts_Registration_Users_Default_Roles": "user",
            "Accounts_AllowedDomainsList": "",
            "Accounts_EmailVerification": False,
            "Accounts_PasswordReset": True,
            "Accounts_TwoFactorAuthentication_Enabled": True,
            "Accounts_TwoFactorAuthentication_By_TOTP_Enabled": True,
            "Accounts_TwoFactorAuthentication_By_Email_Enabled": True,
            "Accounts_TwoFactorAuthentication_Enforce_Password_Fallback": True,
            "Accounts_Password_Policy_Enabled": True,
            "Accounts_Password_Policy_MinLength": 14,
            "Accounts_Password_Policy_MaxLength": -1,
            "Accounts_Password_Policy_ForbidRepeatingCharacters": True,
            "Accounts_Password_Policy_ForbidRepeatingCharactersCount": 3,
            "Accounts_Password_Policy_AtLeastOneLowercase": True,
            "Accounts_Password_Policy_AtLeastOneUppercase": True,
            "Accounts_Password_Policy_AtLeastOneNumber": True,
            "Accounts_Password_Policy_AtLeastOneSpecialCharacter": True,
        },
    ),
    _select("Accounts", "Accounts_RegistrationForm", "Public", "Public|Disabled|Secret URL"),
    *_group(
        "Accounts",
        False,
        {
            "Accounts_RegistrationForm_SecretURL": "",
            "Accounts_DefaultUsernamePrefixSuggestion": "user",
            "Accounts_TwoFactorAuthentication_MaxDelta": 1,
            "Accounts_TwoFactorAuthentication_By_Email_Code_Expiration": 3600,
            "Accounts_TwoFactorAuthentication_Max_Invalid_Email_Code_Attempts": 5,
            "Accounts_TwoFactorAuthentication_RememberFor": 1800,
            "Accounts_BlockedDomainsList": "",
            "Accounts_BlockedUsernameList": "",
            "Accounts_AvatarBlockUnauthenticatedAccess": False,
            "Accounts_AvatarResize": True,
            "Accounts_AvatarSize": 200,
        },
    ),
    Setting(
        id="Accounts_SystemBlockedUsernameList",
        type="string",
        default="admin,administrator,system,user",
        public=False,
        group="Accounts",
        hidden=True,
    ),
)


def _preferences() -> Iterator[Setting]:
    plain: dict[str, bool | int | str] = {
        "autoImageLoad": True,
        "collapseMediaByDefault": False,
        "convertAsciiEmoji": True,
        "desktopNotificationRequireInteraction": False,
        "displayAvatars": True,
        "enableAutoAway": True,
        "hideFlexTab": False,
        "hideRoles": False,
        "hideUsernames": False,
        "idleTimeLimit": 300,
        "muteFocusedConversations": True,
        "notificationsSoundVolume": 100,
        "saveMobileBandwidth": True,
        "showThreadsInMainChannel": False,
        "sidebarDisplayAvatar": True,
        "sidebarGroupByType": True,
        "sidebarShowFavorites": True,
        "sidebarShowUnread": False,
        "unreadAlert": True,
        "useEmojis": True,
    }
    yield from _group("Accounts", True, {_PREFERENCE + name: default for name, default in plain.items()})
    for name, default, values in (
        ("alsoSendThreadToChannel", "default", "default|always|never"),
        ("desktopNotifications", "all", "all|mentions|nothing"),
        ("emailNotificationMode", "mentions", "nothing|mentions"),
        ("newMessageNotification", "chime", "none|chime"),
        ("newRoomNotification", "door", "none|door"),
        ("pushNotifications", "all", "all|mentions|nothing"),
        ("sendOnEnter", "normal", "normal|alternative|desktop"),
        ("sidebarSortby", "activity", "activity|alphabetical"),
        ("sidebarViewMode", "medium", "extended|medium|condensed"),
        ("themeAppearence", "auto", "auto|light|dark"),
    ):
        yield _select("Accounts", _PREFERENCE + name, default, values)


SETTINGS: Final[Mapping[str, Setting]] = MappingProxyType(
    {
        setting.id: setting
        for setting in sorted(
            (*_GENERAL, *_TROUBLESHOOT, *_ROOMS, *_ACCOUNTS, *_preferences()), key=lambda one: one.id
        )
    }
)
"""Every setting that there is, by id."""

DEFAULTS: Final[Mapping[str, SettingValue]] = MappingProxyType(
    {setting.id: setting.default for setting in SETTINGS.values()}
)
"""Setting id -> value on a server where nothing was changed."""
