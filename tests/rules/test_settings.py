from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.errors import Refused
from hookroom.rules.settings import DEFAULTS, SETTINGS, Setting, SettingValue, coerce, default_preferences

KINDS = {
    "boolean": bool,
    "int": int,
    "string": str,
    "language": str,
    "select": str,
    "multiSelect": tuple,
}

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["true", "FALSE", "12", " -3 ", "Public", "Secret URL", "all", "uj", "ul"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
settings = st.sampled_from(list(SETTINGS.values()))


def refusal(setting: Setting, value: object) -> dict[str, Any]:
    with pytest.raises(Refused) as caught:
        coerce(setting, value)
    return caught.value.wire()


@pytest.mark.parametrize(
    ("id_", "default", "public"),
    [
        ("API_Enable_Rate_Limiter", True, False),
        ("API_Enable_Rate_Limiter_Limit_Calls_Default", 10, False),
        ("API_Enable_Rate_Limiter_Limit_Time_Default", 60000, False),
        ("API_Upper_Count_Limit", 100, True),
        ("API_Default_Count", 50, False),
        ("API_Allow_Infinite_Count", True, False),
        ("Message_MaxAllowedSize", 5000, True),
        ("Message_KeepHistory", False, True),
        ("Message_AllowEditing_BlockEditInMinutes", 0, True),
        ("Accounts_RegistrationForm", "Public", True),
        ("Accounts_AllowDeleteOwnAccount", False, True),
        ("Accounts_LoginExpiration", 90, True),
        ("Accounts_Password_Policy_Enabled", True, True),
        ("Accounts_Password_Policy_MinLength", 14, True),
        ("Accounts_BlockedUsernameList", "", False),
        ("UTF8_User_Names_Validation", "[0-9a-zA-Z-_.]+", True),
        ("Hide_System_Messages", (), True),
        ("DirectMesssage_maxUsers", 8, True),
        ("FileUpload_MaxFileSize", 104857600, True),
        ("FileUpload_MediaTypeBlackList", "image/svg+xml", True),
        ("FileUpload_Restrict_to_room_members", True, False),
    ],
)
def test_defaults_are_the_originals(id_: str, default: SettingValue, public: bool) -> None:
    setting = SETTINGS[id_]
    assert (setting.default, setting.public) == (default, public)
    assert DEFAULTS[id_] == default


def test_the_registry_is_sound() -> None:
    assert list(SETTINGS) == sorted(SETTINGS)
    for id_, setting in SETTINGS.items():
        assert setting.id == id_
        assert coerce(setting, setting.default) == setting.default
        assert type(setting.default) is KINDS[setting.type]
        assert bool(setting.values) is (setting.type in ("select", "multiSelect"))
        assert not (setting.hidden and setting.public)
        assert setting.group is not None or id_ == "uniqueID"


def test_what_must_stay_secret_is_not_public() -> None:
    for id_ in (
        "Accounts_RegistrationForm_SecretURL",
        "Accounts_SystemBlockedUsernameList",
        "SSRF_Allowlist",
    ):
        assert not SETTINGS[id_].public
    assert SETTINGS["Accounts_SystemBlockedUsernameList"].hidden


@pytest.mark.parametrize(
    ("id_", "value", "stored"),
    [
        ("API_Enable_Rate_Limiter", False, False),
        ("API_Enable_Rate_Limiter", "false", False),
        ("API_Enable_Rate_Limiter", "TRUE", True),
        ("Message_MaxAllowedSize", 12, 12),
        ("Message_MaxAllowedSize", 12.0, 12),
        ("Message_MaxAllowedSize", " 12 ", 12),
        ("Message_MaxAllowedSize", 0, 0),
        ("Accounts_Password_Policy_MaxLength", "-1", -1),
        ("Accounts_RegistrationForm", "Secret URL", "Secret URL"),
        ("Site_Name", "true", "true"),
        ("Site_Name", "", ""),
        ("Language", "de", "de"),
        ("Hide_System_Messages", ["uj", "ul", "uj"], ("uj", "ul")),
        ("Hide_System_Messages", [], ()),
    ],
)
def test_coerce(id_: str, value: object, stored: SettingValue) -> None:
    result = coerce(SETTINGS[id_], value)
    assert result == stored
    assert type(result) is type(stored)


@pytest.mark.parametrize(
    ("id_", "value", "why"),
    [
        ("API_Enable_Rate_Limiter", 1, "must be true or false"),
        ("API_Enable_Rate_Limiter", "yes", "must be true or false"),
        ("API_Enable_Rate_Limiter", None, "must be true or false"),
        ("Message_MaxAllowedSize", True, "must be a whole number"),
        ("Message_MaxAllowedSize", 1.5, "must be a whole number"),
        ("Message_MaxAllowedSize", math.nan, "must be a whole number"),
        ("Message_MaxAllowedSize", math.inf, "must be a whole number"),
        ("Message_MaxAllowedSize", 2**53, "must be a whole number"),
        ("Message_MaxAllowedSize", "9" * 5000, "must be a whole number"),
        ("Message_MaxAllowedSize", "0x10", "must be a whole number"),
        ("Message_MaxAllowedSize", "", "must be a whole number"),
        ("Message_MaxAllowedSize", -1, "must be greater than or equal to 0"),
        ("Accounts_Password_Policy_MinLength", -2, "must be greater than or equal to -1"),
        ("API_Enable_Rate_Limiter_Limit_Calls_Default", 0, "must be greater than or equal to 1"),
        ("Site_Name", 5, "must be a text"),
        ("Site_Name", None, "must be a text"),
        ("Site_Name", "a\0b", "must be a text"),
        ("Language", ["de"], "must be a text"),
        ("Accounts_RegistrationForm", "public", "must be one of Public, Disabled, Secret URL"),
    ],
)
def test_coerce_refuses(id_: str, value: object, why: str) -> None:
    assert refusal(SETTINGS[id_], value) == {
        "success": False,
        "error": f"Value for setting {id_} {why} [error-invalid-setting-value]",
        "errorType": "error-invalid-setting-value",
        "details": {"method": "saveSettings"},
    }


@pytest.mark.parametrize("value", ["uj", ["nope"], [1], [["uj"]], {"uj": 1}, None])
def test_coerce_refuses_what_is_no_choice(value: object) -> None:
    body = refusal(SETTINGS["Hide_System_Messages"], value)
    assert body["error"].startswith("Value for setting Hide_System_Messages must be a list of uj, ujt, ")


def test_a_refusal_does_not_hold_the_value() -> None:
    with pytest.raises(Refused) as caught:
        coerce(SETTINGS["Accounts_RegistrationForm_SecretURL"], ["hunter2"])
    assert "hunter2" not in str(caught.value.wire())


@given(settings, json_values)
def test_coerce_is_idempotent_and_typed(setting: Setting, value: object) -> None:
    try:
        once = coerce(setting, value)
    except Refused:
        return
    assert type(once) is KINDS[setting.type]
    twice = coerce(setting, once)
    assert twice == once
    assert type(twice) is type(once)


@given(st.sampled_from([one for one in SETTINGS.values() if one.type == "int"]), st.integers(-(2**60), 2**60))
def test_an_int_is_taken_as_number_or_text_alike(setting: Setting, number: int) -> None:
    outcomes: list[SettingValue | None] = []
    for value in (number, str(number)):
        try:
            outcomes.append(coerce(setting, value))
        except Refused:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]
    assert outcomes[0] in (None, number)


def test_default_preferences() -> None:
    preferences = default_preferences({**DEFAULTS, "Accounts_Default_User_Preferences_idleTimeLimit": 60})
    assert preferences["idleTimeLimit"] == 60
    assert preferences["themeAppearence"] == "auto"
    assert "Site_Name" not in preferences
    assert len(preferences) == 30
