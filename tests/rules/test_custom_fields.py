"""Custom fields of users and of messages: what a setting makes of what is given."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.errors import Failure, Refused
from hookroom.rules import custom_fields, message_fields
from hookroom.rules.settings import SETTINGS, coerce

SETTING = msgspec.json.encode(
    {
        "team": {"type": "select", "options": ["red", "blue"], "required": True},
        "phone": {"type": "text", "minLength": 3, "maxLength": 6},
        "about": {"type": "text", "modifyRecordField": {"field": "bio"}},
        "level": {"type": "text", "defaultValue": "new"},
    }
).decode()


@pytest.mark.parametrize(
    ("given_fields", "kept"),
    [
        ({"team": "red"}, {"team": "red", "level": "new"}),
        ({"team": "red", "phone": "12345", "level": "9"}, {"team": "red", "phone": "12345", "level": "9"}),
        ({"team": "blue", "other": "x", "phone": ""}, {"team": "blue", "phone": "", "level": "new"}),
        ({}, "Field team is required"),
        ({"team": " "}, "Field team is required"),
        ({"team": "green"}, "Value for field team is invalid"),
        ({"team": ["red"]}, "Value for field team is invalid"),
        ({"team": "red", "phone": 12345}, "Value for field phone is invalid"),
        ({"team": "red", "phone": "12"}, "Min length of field phone 3"),
        ({"team": "red", "phone": "1234567"}, "Max length of field phone 6"),
    ],
)
def test_fields_of_users(given_fields: dict[str, Any], kept: Any) -> None:
    if isinstance(kept, str):
        with pytest.raises(Refused) as refused:
            custom_fields.checked(SETTING, given_fields)
        assert (refused.value.code, refused.value.reason) == ("error-user-registration-custom-field", kept)
    else:
        assert custom_fields.checked(SETTING, given_fields) == kept


def test_what_is_copied() -> None:
    assert custom_fields.copies(SETTING, {"team": "red", "about": "me"}) == {"bio": "me"}
    assert custom_fields.copies("", {"about": "me"}) == {}


@given(
    st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.text(max_size=8), st.integers()), max_size=5)
)
def test_a_blank_setting_takes_everything_and_checking_twice_is_checking_once(fields: dict[str, Any]) -> None:
    assert custom_fields.checked(" ", fields) == fields
    try:
        kept = custom_fields.checked(SETTING, {"team": "red", **fields})
    except Refused:
        return
    assert custom_fields.checked(SETTING, kept) == kept
    assert kept.keys() <= {"team", "phone", "about", "level"}


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({"priority": "low"}, True),
        ({}, True),
        (None, True),
        ({"priority": "urgent"}, False),
        ({"priority": "low", "other": 1}, False),
    ],
)
def test_fields_of_messages(fields: dict[str, Any] | None, good: bool) -> None:
    setting = str(SETTINGS["Message_CustomFields"].default)
    message_fields.check(False, setting, fields)
    if good:
        message_fields.check(True, setting, fields)
    else:
        with pytest.raises(Failure, match="Invalid custom fields"):
            message_fields.check(True, setting, fields)


@pytest.mark.parametrize(
    ("setting", "value", "good"),
    [
        ("Accounts_CustomFields", "", True),
        ("Accounts_CustomFields", SETTING, True),
        ("Accounts_CustomFields", "{", False),
        ("Accounts_CustomFields", "[]", False),
        ("Accounts_CustomFields", '{"a": {"type": "number"}}', False),
        ("Accounts_CustomFields", '{"a": {"modifyRecordField": {"field": "roles", "array": true}}}', False),
        ("Accounts_CustomFields", "[" * 100_000, False),
        ("Message_CustomFields", "", True),
        ("Message_CustomFields", '{"properties": {"a": {"type": "string"}}}', True),
        ("Message_CustomFields", '{"type": "array"}', False),
        ("Message_CustomFields", '{"properties": {"a": {"type": "nothing"}}}', False),
        ("Message_CustomFields", '{"properties": {"a": {"$ref": "https://example.com/a"}}}', False),
        ("Message_CustomFields", '{"a":' * 100_000, False),
    ],
)
def test_what_the_settings_take(setting: str, value: str, good: bool) -> None:
    if good:
        assert coerce(SETTINGS[setting], value) == value
    else:
        with pytest.raises(Refused) as refused:
            coerce(SETTINGS[setting], value)
        assert refused.value.code == "error-invalid-setting-value"
