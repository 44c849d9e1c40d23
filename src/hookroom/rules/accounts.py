"""What a valid account is: usernames, e-mail addresses, names, passwords, and who may sign up.

The rules and their codes are Rocket.Chat 8's; each function names the source file of its facts, below
``apps/meteor/server``. What the server's settings decide comes in as their values. Whether a name is taken is
for the caller to look up: compare by ``fold`` and raise ``taken``.

**+** Ours on purpose: bounded lengths, blocked names also match padded and case-folded ones, e-mail
addresses hold no white space or control characters, and addresses are compared by their domain's case-folded
form. Left out: the original's built-in list of throw-away mail domains (it holds ``example.com``) and its DNS
check.
"""

from __future__ import annotations

import hmac
import html
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, Literal, Self

import msgspec

from hookroom.errors import Refused
from hookroom.rules.model import Value
from hookroom.rules.settings import SettingValues

USERNAME_PATTERN: Final = "[0-9a-zA-Z-_.]+"
"""What a username is made of where the setting ``UTF8_User_Names_Validation`` is empty or no expression."""

ALWAYS_BLOCKED: Final = ("all", "here")
"""Usernames that would be mentions of everybody."""

MAX_USERNAME: Final = 255
MAX_EMAIL: Final = 254
MAX_PASSWORD: Final = 256
"""Longest values, in characters; that of an address is RFC 5321's, that of a password the original's."""

MAX_PROFILE_FIELD: Final = {"name": 255, "bio": 260, "nickname": 120, "language": 64}
"""Longest profile texts, in characters."""

MAX_KEPT: Final = 65_536
"""Bytes of JSON of an account's preferences, and of its custom fields: both grow with what is added."""

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")


def fold(name: str) -> str:
    """The form in which usernames and e-mail addresses are compared: equal forms are the same account.

    Case, width and composition make no difference (Unicode's compatibility caseless matching), nor does
    white space around.
    """
    if name.isascii():
        return name.strip().lower()
    folded = unicodedata.normalize("NFD", name).casefold()
    folded = unicodedata.normalize("NFKC", folded).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def is_username(text: str, pattern: str = USERNAME_PATTERN) -> bool:
    """Whether ``text`` as a whole fits ``pattern``, the value of ``UTF8_User_Names_Validation``.

    Facts: ``lib/users/validateUsername.ts``.
    """
    return len(text) <= MAX_USERNAME and _expression(pattern).fullmatch(text) is not None


def is_blocked(username: str, blocked: str = "", system_blocked: str = "") -> bool:
    """Whether nobody may take ``username``.

    The lists are the comma-separated values of ``Accounts_BlockedUsernameList`` and
    ``Accounts_SystemBlockedUsernameList``. Facts: ``lib/users/checkUsernameAvailability.ts`` and
    ``lib/shared/validateName.ts``.
    """
    return fold(username) in {
        fold(name) for name in (*ALWAYS_BLOCKED, *_listed(blocked), *_listed(system_blocked))
    }


def check_username(
    username: str,
    pattern: str = USERNAME_PATTERN,
    blocked: str = "",
    system_blocked: str = "",
    *,
    by: Literal["admin", "self"] = "admin",
) -> None:
    """Refuse a username that no new account or renamed one may have.

    The codes depend on whose doing it is. By an admin (``users.create``, ``users.update``):
    ``error-the-field-is-required`` when blank and ``error-input-is-not-a-valid-field``; facts:
    ``lib/users/saveUser/validateUserData.ts``. By the user (``users.register``, own profile):
    ``error-invalid-username`` and ``username-invalid``; facts: ``lib/users/setUsername.ts``. By either:
    ``error-blocked-username``. The lists are as in ``is_blocked``.
    """
    if not username.strip():
        if by == "self":
            raise Refused("error-invalid-username", "Invalid username", method="setUsername")
        raise missing("Username")
    if not is_username(username, pattern):
        # A name that is far too long says nothing to anybody.
        shown = html.escape(username[:MAX_USERNAME])
        if by == "self":
            raise Refused(
                "username-invalid",
                f"{shown} is not a valid username, use only letters, numbers, dots, hyphens and underscores",
            )
        raise Refused(
            "error-input-is-not-a-valid-field",
            f"{shown} is not a valid username",
            details={"method": _SAVE, "input": username[:MAX_USERNAME], "field": "Username"},
        )
    if is_blocked(username, blocked, system_blocked):
        raise Refused(
            "error-blocked-username",
            f"{html.escape(username)} is blocked and can't be used!",
            details={"method": "checkUsernameAvailability", "field": username},
        )


def missing(field: Literal["Name", "Username", "Password"]) -> Refused:
    """The refusal of a new account without that field (``error-the-field-is-required``).

    Facts: ``lib/users/saveUser/validateUserData.ts``.
    """
    return Refused(
        "error-the-field-is-required",
        f"The field {field} is required",
        details={"method": _SAVE, "field": field},
    )


def taken(value: str) -> Refused:
    """The refusal of a username or e-mail address that another account has (``error-field-unavailable``).

    Facts: ``lib/users/saveUser/validateUserData.ts``.
    """
    return Refused(
        "error-field-unavailable",
        f"{html.escape(value)} is already in use :(",
        details={"method": _SAVE, "field": value},
    )


def check_email(address: str, allowed_domains: str = "", blocked_domains: str = "") -> str:
    """The address without white space around.

    The lists are the comma-separated values of ``Accounts_AllowedDomainsList`` (empty: all domains) and
    ``Accounts_BlockedDomainsList``. Raises ``Refused`` with ``error-invalid-email``,
    ``error-invalid-domain`` or ``error-email-domain-blacklisted``. Facts: ``lib/validateEmailDomain.ts``.
    """
    address = address.strip()
    if len(address) > MAX_EMAIL or not _EMAIL.fullmatch(address) or not address.isprintable():
        shown = address[:MAX_EMAIL]
        raise Refused(
            "error-invalid-email",
            f"Invalid email {shown}",
            details={"function": _EMAIL_CHECK, "email": shown},
        )
    domain = fold(address.rpartition("@")[2])
    allowed = {fold(one) for one in _listed(allowed_domains)}
    if allowed and domain not in allowed:
        raise Refused(
            "error-invalid-domain",
            "The email domain is not in whitelist",
            details={"function": _EMAIL_CHECK},
        )
    if domain in {fold(one) for one in _listed(blocked_domains)}:
        raise Refused(
            "error-email-domain-blacklisted",
            "The email domain is blacklisted",
            details={"function": _EMAIL_CHECK},
        )
    return address


def check_name(name: str | None, *, required: bool) -> str:
    """A person's display name without white space around; ``""`` where there is none.

    ``required`` is the value of ``Accounts_RequireNameForSignUp``. Raises ``Refused`` with
    ``error-the-field-is-required`` or ``error-name-size-exceeded`` (**+**). Facts:
    ``lib/users/saveUser/validateUserData.ts``.
    """
    name = (name or "").strip()
    if required and not name:
        raise missing("Name")
    check_profile_text("name", name)
    return name


def check_profile_text(field: Literal["name", "bio", "nickname", "language"], text: str) -> None:
    """Refuse a profile text over its length: ``error-bio-size-exceeded``, ``error-nickname-size-exceeded``, ….

    Facts: ``lib/users/saveUser/handleBio.ts`` and ``handleNickname.ts``.
    """
    longest = MAX_PROFILE_FIELD[field]
    if len(text) > longest:
        raise Refused(
            f"error-{field}-size-exceeded",
            f"{field.capitalize()} size exceeds {longest} characters",
            method="saveUserProfile",
        )


def check_kept(field: Literal["preferences", "customFields"], values: Mapping[str, Any]) -> None:
    """Refuse more than ``MAX_KEPT`` bytes of what an account keeps (``error-…-size-exceeded``). **+** Ours."""
    if len(msgspec.json.encode(values)) > MAX_KEPT:
        raise Refused(f"error-{field}-size-exceeded", f"At most {MAX_KEPT} bytes of {field} are kept")


def check_registration(form: str, secret: str, given: str | None, *, invited: bool = False) -> None:
    """Refuse that a stranger makes an account.

    ``form`` and ``secret`` are the values of ``Accounts_RegistrationForm`` and
    ``Accounts_RegistrationForm_SecretURL``; ``invited``: what was given is the token of a link into a room, which
    is as good as the secret. Raises ``Refused`` with ``error-user-registration-disabled`` or
    ``error-user-registration-secret``. An empty secret lets nobody in. Facts: ``methods/registerUser.ts``.
    """
    if form == "Public" or (form == "Secret URL" and invited):
        return
    if form == "Disabled":
        raise Refused(
            "error-user-registration-disabled", "User registration is disabled", method="registerUser"
        )
    if not secret or not given or not hmac.compare_digest(_octets(given), _octets(secret)):
        raise Refused(
            "error-user-registration-secret",
            "User registration is only allowed via Secret URL",
            method="registerUser",
        )


def new_user_roles(default_roles: str) -> tuple[str, ...]:
    """The roles of a new user: ``Accounts_Registration_Users_Default_Roles``, split and without repetitions.

    Facts: ``services/user/lib/getNewUserRoles.ts``.
    """
    return tuple(dict.fromkeys(_listed(default_roles)))


class PasswordPolicy(Value, frozen=True, kw_only=True):
    """What a password must be like. Lengths are in characters; under 1 means no bound.

    Facts: the original's package ``password-policies``. It is enabled on new servers since 8.1.
    """

    enabled: bool
    min_length: int
    max_length: int
    forbid_repeating: bool
    repeating_count: int
    lowercase: bool
    uppercase: bool
    number: bool
    special: bool

    @classmethod
    def of(cls, values: SettingValues) -> Self:
        """The policy out of the settings' values; all ``Accounts_Password_Policy_*`` are read."""
        prefix = "Accounts_Password_Policy_"
        return cls(
            enabled=values[prefix + "Enabled"],
            min_length=values[prefix + "MinLength"],
            max_length=values[prefix + "MaxLength"],
            forbid_repeating=values[prefix + "ForbidRepeatingCharacters"],
            repeating_count=values[prefix + "ForbidRepeatingCharactersCount"],
            lowercase=values[prefix + "AtLeastOneLowercase"],
            uppercase=values[prefix + "AtLeastOneUppercase"],
            number=values[prefix + "AtLeastOneNumber"],
            special=values[prefix + "AtLeastOneSpecialCharacter"],
        )

    def check(self, password: str) -> None:
        """Refuse a password: ``error-password-policy-not-met``.

        ``details["reasons"]`` lists every rule that it breaks as ``{"error", "message"}``. A blank password
        and one over ``MAX_PASSWORD`` are refused whether the policy is enabled or not.
        """
        blank = not password.strip()
        broken = [] if blank else self._broken(password)
        if not blank and not broken:
            return
        reasons = [{"error": f"{_POLICY}-{rule}", "message": _BROKEN[rule]} for rule in broken]
        raise Refused(
            _POLICY,
            "The password provided does not meet the server's password policy.",
            details={"reasons": reasons} if reasons else None,
        )

    def _broken(self, password: str) -> list[str]:
        if not self.enabled:
            return ["maxLength"] if len(password) > MAX_PASSWORD else []
        longest = min(self.max_length, MAX_PASSWORD) if self.max_length >= 1 else MAX_PASSWORD
        rules = {
            "minLength": len(password) < self.min_length,
            "maxLength": len(password) > longest,
            "repeatingCharacters": self.forbid_repeating
            and any(len(list(run)) > self.repeating_count for _, run in groupby(password)),
            "oneLowercase": self.lowercase and not re.search("[a-z]", password),
            "oneUppercase": self.uppercase and not re.search("[A-Z]", password),
            "oneNumber": self.number and not re.search("[0-9]", password),
            "oneSpecial": self.special and not re.search("[^A-Za-z0-9 ]", password),
        }
        return [rule for rule, is_broken in rules.items() if is_broken]

    def wire(self) -> dict[str, Any]:
        """The policy as ``pw.getPolicy`` answers it: ``{"enabled", "policy": [[name, parameters?], …]}``."""
        if not self.enabled:
            return {"enabled": False, "policy": []}
        rules: tuple[tuple[bool, list[Any]], ...] = (
            (self.min_length >= 1, ["minLength", {"minLength": self.min_length}]),
            (self.max_length >= 1, ["maxLength", {"maxLength": self.max_length}]),
            (self.forbid_repeating, ["forbidRepeatingCharacters"]),
            (
                self.repeating_count >= 1,
                ["forbidRepeatingCharactersCount", {"forbidRepeatingCharactersCount": self.repeating_count}],
            ),
            (self.lowercase, ["mustContainAtLeastOneLowercase"]),
            (self.uppercase, ["mustContainAtLeastOneUppercase"]),
            (self.number, ["mustContainAtLeastOneNumber"]),
            (self.special, ["mustContainAtLeastOneSpecialCharacter"]),
        )
        policy = [[f"get-password-policy-{name}", *parameters] for on, (name, *parameters) in rules if on]
        return {"enabled": True, "policy": policy}


_SAVE: Final = "insertOrUpdateUser"
_EMAIL_CHECK: Final = "RocketChat.validateEmailDomain"
_POLICY: Final = "error-password-policy-not-met"
_BROKEN: Final = {
    "minLength": "The password does not meet the minimum length password policy.",
    "maxLength": "The password does not meet the maximum length password policy.",
    "repeatingCharacters": "The password contains repeating characters which is against the password policy.",
    **{
        rule: f"The password does not contain at least one {kind} character "
        "which is against the password policy."
        for rule, kind in (
            ("oneLowercase", "lowercase"),
            ("oneUppercase", "uppercase"),
            ("oneNumber", "numerical"),
            ("oneSpecial", "special"),
        )
    },
}


def _octets(text: str) -> bytes:
    # A text from outside may hold half a surrogate pair, which is no reason to fail.
    return text.encode(errors="surrogatepass")


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@lru_cache(maxsize=8)
def _expression(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern or USERNAME_PATTERN)
    except re.error:
        return re.compile(USERNAME_PATTERN)
