from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hookroom.errors import Refused
from hookroom.rules.accounts import (
    MAX_EMAIL,
    MAX_PASSWORD,
    MAX_USERNAME,
    PasswordPolicy,
    check_email,
    check_name,
    check_profile_text,
    check_registration,
    check_username,
    fold,
    is_blocked,
    is_username,
    missing,
    new_user_roles,
    taken,
)
from hookroom.rules.settings import DEFAULTS, SETTINGS

SYSTEM_BLOCKED = str(SETTINGS["Accounts_SystemBlockedUsernameList"].default)
POLICY = PasswordPolicy.of(DEFAULTS)
GOOD = "Correct-Horse-7"

usernames = st.from_regex(r"[0-9a-zA-Z_.-]{1,20}", fullmatch=True)


def refusal(call: Callable[..., object], *args: Any, **kwargs: Any) -> dict[str, Any]:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.wire()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bob", "bob"),
        (" bob\t", "BOB"),
        ("Bob@Example.COM", "bob@example.com"),
        ("Straße", "STRASSE"),
        ("ＢＯＢ", "bob"),
        ("e\u0301va", "ÉVA"),
    ],
)
def test_fold_makes_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("bob", "b0b"), ("bob", "bo.b"), ("eva", "éva")])
def test_fold_keeps_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text(max_size=12))
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(usernames)
def test_fold_ignores_case(name: str) -> None:
    assert fold(name.upper()) == fold(name.lower()) == fold(f" {name} ")


@pytest.mark.parametrize("name", ["bob", "Bob.O-Neil_2", "-", "rocket.cat", "a" * MAX_USERNAME])
def test_usernames(name: str) -> None:
    assert is_username(name)
    check_username(name, system_blocked=SYSTEM_BLOCKED)


@pytest.mark.parametrize(
    "name", ["", "b b", "bob\n", "élan", "@bob", "b/b", "bob ", "a" * (MAX_USERNAME + 1)]
)
def test_no_usernames(name: str) -> None:
    assert not is_username(name)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("[a-z]{3}", "bob", True),
        ("[a-z]{3}", "bobby", False),
        ("bob|eve", "bobby", False),
        (r"\w+", "élan", True),
        ("", "bob", True),
        ("[", "bob", True),
        ("[", "b b", False),
        (r"\p{L}+", "bob", True),
    ],
)
def test_the_pattern_is_a_setting_and_a_broken_one_is_ignored(pattern: str, name: str, fits: bool) -> None:
    assert is_username(name, pattern) is fits


@pytest.mark.parametrize(
    ("name", "blocked", "is_one"),
    [
        ("all", "", True),
        ("HERE", "", True),
        ("admin", "", True),
        ("Administrator", "", True),
        ("system", "", True),
        ("user", "", True),
        ("users", "", False),
        ("root", "root, Boss", True),
        ("boss", "root, Boss", True),
        ("bosses", "root, Boss", False),
        ("r.ot", "r.*", False),
        ("bob", " , ,", False),
    ],
)
def test_blocked_names(name: str, blocked: str, is_one: bool) -> None:
    assert is_blocked(name, blocked, SYSTEM_BLOCKED) is is_one


@given(usernames, st.lists(usernames, max_size=4))
def test_a_listed_name_is_blocked_in_any_case(name: str, others: list[str]) -> None:
    listed = ",".join([*others, name])
    assert is_blocked(name.swapcase(), listed)
    assert refusal(check_username, name, blocked=listed)["errorType"] == "error-blocked-username"


@pytest.mark.parametrize(
    ("by", "name", "error"),
    [
        ("admin", " ", "The field Username is required [error-the-field-is-required]"),
        ("admin", "b<b", "b&lt;b is not a valid username [error-input-is-not-a-valid-field]"),
        ("admin", "system", "system is blocked and can't be used! [error-blocked-username]"),
        ("self", "", "Invalid username [error-invalid-username]"),
        (
            "self",
            "b b",
            (
                "b b is not a valid username, use only letters, numbers, dots, hyphens and underscores "
                "[username-invalid]"
            ),
        ),
        ("self", "All", "All is blocked and can't be used! [error-blocked-username]"),
    ],
)
def test_username_refusals(by: Literal["admin", "self"], name: str, error: str) -> None:
    body = refusal(check_username, name, system_blocked=SYSTEM_BLOCKED, by=by)
    assert body["error"] == error
    assert error.endswith(f"[{body['errorType']}]")


def test_a_refusal_does_not_grow_with_the_name() -> None:
    body = refusal(check_username, "x" * 100_000)
    assert len(str(body)) < 1000
    assert len(str(refusal(check_email, "x" * 100_000))) < 1000


def test_taken_and_missing() -> None:
    assert taken("bob").wire() == {
        "success": False,
        "error": "bob is already in use :( [error-field-unavailable]",
        "errorType": "error-field-unavailable",
        "details": {"method": "insertOrUpdateUser", "field": "bob"},
    }
    assert (
        missing("Password").wire()["error"] == "The field Password is required [error-the-field-is-required]"
    )


@pytest.mark.parametrize(
    ("given_address", "stored"),
    [
        ("bob@example.com", "bob@example.com"),
        (" Bob+x@Example.com ", "Bob+x@Example.com"),
        ("bob@localhost", "bob@localhost"),
        ("jörg@müller.example", "jörg@müller.example"),
    ],
)
def test_emails(given_address: str, stored: str) -> None:
    assert check_email(given_address) == stored


@pytest.mark.parametrize(
    "address",
    [
        *("", "bob", "@example.com", "bob@", "bob@@example.com", "a@b@c", "b b@example.com"),
        *("bob@exa mple.com", "bob@example.com\r\nBcc: x", "b\u200bob@example.com", "b\0ob@example.com"),
        "x" * (MAX_EMAIL - len("@example.com") + 1) + "@example.com",
    ],
)
def test_no_emails(address: str) -> None:
    body = refusal(check_email, address)
    assert body["errorType"] == "error-invalid-email"
    assert body["error"].startswith("Invalid email ")


@pytest.mark.parametrize(
    ("allowed", "blocked", "code"),
    [
        ("", "", None),
        ("example.com", "", None),
        ("other.example, EXAMPLE.com", "", None),
        ("other.example", "", "error-invalid-domain"),
        ("", "example.com", "error-email-domain-blacklisted"),
        ("", "other.example,Example.Com", "error-email-domain-blacklisted"),
        ("", "ample.com", None),
        ("example.com", "example.com", "error-email-domain-blacklisted"),
    ],
)
def test_domain_lists(allowed: str, blocked: str, code: str | None) -> None:
    if code is None:
        assert check_email("bob@Example.com", allowed, blocked) == "bob@Example.com"
    else:
        assert refusal(check_email, "bob@Example.com", allowed, blocked)["errorType"] == code


@given(st.text(max_size=20))
def test_an_email_that_passes_is_one_line_and_passes_again(text: str) -> None:
    try:
        address = check_email(text)
    except Refused:
        return
    assert address.count("@") == 1
    assert address.split() == [address]
    assert check_email(address) == address


def test_names() -> None:
    assert check_name("  Bob O'Neil ", required=True) == "Bob O'Neil"
    assert check_name(None, required=False) == ""
    assert refusal(check_name, " ", required=True) == {
        "success": False,
        "error": "The field Name is required [error-the-field-is-required]",
        "errorType": "error-the-field-is-required",
        "details": {"method": "insertOrUpdateUser", "field": "Name"},
    }
    assert refusal(check_name, "x" * 256, required=False)["errorType"] == "error-name-size-exceeded"


@pytest.mark.parametrize(("field", "longest"), [("bio", 260), ("nickname", 120)])
def test_profile_texts(field: Literal["bio", "nickname"], longest: int) -> None:
    check_profile_text(field, "x" * longest)
    body = refusal(check_profile_text, field, "x" * (longest + 1))
    assert body["error"] == (
        f"{field.capitalize()} size exceeds {longest} characters [error-{field}-size-exceeded]"
    )


@pytest.mark.parametrize(
    ("form", "secret", "given_secret", "code"),
    [
        ("Public", "s", None, None),
        ("Secret URL", "s3cret", "s3cret", None),
        ("Secret URL", "s3cret", "s3cre", "error-user-registration-secret"),
        ("Secret URL", "s3cret", "é\ud800", "error-user-registration-secret"),
        ("Secret URL", "s3cret", None, "error-user-registration-secret"),
        ("Secret URL", "", "", "error-user-registration-secret"),
        ("Disabled", "s3cret", "s3cret", "error-user-registration-disabled"),
    ],
)
def test_registration(form: str, secret: str, given_secret: str | None, code: str | None) -> None:
    if code is None:
        check_registration(form, secret, given_secret)
    else:
        body = refusal(check_registration, form, secret, given_secret)
        assert body["errorType"] == code
        assert "s3cret" not in str(body)


def test_new_user_roles() -> None:
    assert new_user_roles("user") == ("user",)
    assert new_user_roles(" user, guest,,user ") == ("user", "guest")
    assert new_user_roles("") == ()


@pytest.mark.parametrize(
    ("password", "broken"),
    [
        (GOOD, []),
        ("Sh0rt-pass", ["minLength"]),
        ("Correct-Horse-aaa7", []),
        ("Correct-Horse-aaaa7", ["repeatingCharacters"]),
        ("correct-horse-7", ["oneUppercase"]),
        ("CORRECT-HORSE-7", ["oneLowercase"]),
        ("Correct-Horse-Seven", ["oneNumber"]),
        ("Correct Horse 77", ["oneSpecial"]),
        ("secret", ["minLength", "oneUppercase", "oneNumber", "oneSpecial"]),
        ("aB3-" * (MAX_PASSWORD // 4) + "x", ["maxLength"]),
    ],
)
def test_password_policy(password: str, broken: list[str]) -> None:
    if not broken:
        POLICY.check(password)
        return
    body = refusal(POLICY.check, password)
    assert body["errorType"] == "error-password-policy-not-met"
    assert [reason["error"] for reason in body["details"]["reasons"]] == [
        f"error-password-policy-not-met-{rule}" for rule in broken
    ]
    assert password not in str(body)


@pytest.mark.parametrize("password", ["", "   "])
@pytest.mark.parametrize("policy", [POLICY, replace(POLICY, enabled=False)])
def test_a_blank_password_is_never_one(policy: PasswordPolicy, password: str) -> None:
    assert refusal(policy.check, password) == {
        "success": False,
        "error": "The password provided does not meet the server's password policy. "
        "[error-password-policy-not-met]",
        "errorType": "error-password-policy-not-met",
    }


def test_a_disabled_policy_takes_all_but_the_immense() -> None:
    off = replace(POLICY, enabled=False)
    off.check("x")
    off.check("x" * MAX_PASSWORD)
    assert refusal(off.check, "x" * (MAX_PASSWORD + 1))["details"]["reasons"][0]["error"].endswith(
        "maxLength"
    )


@given(st.text(min_size=1, max_size=40).filter(str.strip), st.integers(-1, 20), st.integers(-1, 20))
def test_lengths_under_one_bound_nothing(password: str, shortest: int, longest: int) -> None:
    policy = PasswordPolicy(
        enabled=True,
        min_length=shortest,
        max_length=longest,
        forbid_repeating=False,
        repeating_count=3,
        lowercase=False,
        uppercase=False,
        number=False,
        special=False,
    )
    fits = len(password) >= shortest and (longest < 1 or len(password) <= longest)
    if fits:
        policy.check(password)
    else:
        assert refusal(policy.check, password)["errorType"] == "error-password-policy-not-met"


def test_the_policy_as_it_is_answered() -> None:
    assert POLICY.wire() == {
        "enabled": True,
        "policy": [
            ["get-password-policy-minLength", {"minLength": 14}],
            ["get-password-policy-forbidRepeatingCharacters"],
            ["get-password-policy-forbidRepeatingCharactersCount", {"forbidRepeatingCharactersCount": 3}],
            ["get-password-policy-mustContainAtLeastOneLowercase"],
            ["get-password-policy-mustContainAtLeastOneUppercase"],
            ["get-password-policy-mustContainAtLeastOneNumber"],
            ["get-password-policy-mustContainAtLeastOneSpecialCharacter"],
        ],
    }
    assert replace(POLICY, enabled=False).wire() == {"enabled": False, "policy": []}
    assert ["get-password-policy-maxLength", {"maxLength": 64}] in replace(POLICY, max_length=64).wire()[
        "policy"
    ]
