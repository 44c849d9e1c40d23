"""One-time codes as values."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct

from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.second_factor import (
    BACKUP_CODES,
    MAX_REMEMBERED,
    TwoFactor,
    app_url,
    digest,
    new_backup_codes,
    new_secret,
    step_of,
)

SECRET = base64.b32encode(b"12345678901234567890").decode()
"""Of RFC 6238, appendix B."""


def code(secret: str, step: int) -> str:
    """RFC 4226, section 5.3, written down once more."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1)
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def test_the_examples_of_the_rfc() -> None:
    # Its codes of eight digits, of which ours are the last six.
    for second, expected in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert step_of(SECRET, expected, second * 1000, 0) == second // 30


@given(st.integers(0, 4_000_000_000), st.integers(-3, 3), st.integers(0, 3))
def test_a_code_counts_for_its_step_and_the_window_around_it(second: int, off: int, window: int) -> None:
    step = second // 30 + off
    if step < 0:
        return
    found = step_of(SECRET, code(SECRET, step), second * 1000, window)
    if abs(off) <= window:
        assert found is not None
        assert code(SECRET, found) == code(SECRET, step)
    else:
        assert found is None or code(SECRET, found) == code(SECRET, step)


@given(st.text(max_size=10))
def test_nothing_else_is_a_code(text: str) -> None:
    if text.strip() != code(SECRET, 2) and not (text.strip().isascii() and text.strip().isdecimal()):
        assert step_of(SECRET, text, 60_000, 0) is None


def test_a_code_is_good_once_and_so_is_every_code_before_it() -> None:
    factor = TwoFactor(updated_at=1, secret=SECRET)
    used = factor.taking(code(SECRET, 100), 3_000_000, 1)
    assert used is not None
    assert used.taking(code(SECRET, 100), 3_000_000, 1) is None
    assert used.taking(code(SECRET, 99), 3_000_000, 1) is None
    assert used.taking(code(SECRET, 101), 3_000_000, 1) is not None


def test_backup_codes_are_good_once_each() -> None:
    codes = new_backup_codes()
    assert len(set(codes)) == BACKUP_CODES
    factor = TwoFactor(updated_at=1, secret=new_secret(), backup=tuple(digest(one) for one in codes))
    used = factor.taking(codes[3], 0, 1)
    assert used is not None
    assert len(used.backup) == BACKUP_CODES - 1
    assert used.taking(codes[3], 0, 1) is None
    assert used.taking(codes[4], 0, 1) is not None
    assert TwoFactor(updated_at=1).taking(codes[4], 0, 1) is None


def test_a_login_is_remembered_where_it_was_shown_and_for_a_while() -> None:
    factor = TwoFactor(updated_at=1).remembering("t", "here", 100, 0)
    assert factor.remembers("t", "here", 99)
    assert not factor.remembers("t", "here", 100)
    assert not factor.remembers("t", "there", 99)
    assert not factor.remembers("u", "here", 99)
    for number in range(2 * MAX_REMEMBERED):
        factor = factor.remembering(str(number), "here", 100, 0)
    assert len(factor.remembered) == MAX_REMEMBERED


def test_what_is_shown_of_it_holds_no_secret() -> None:
    factor = TwoFactor(updated_at=1, secret=SECRET, pending="PENDING", backup=("hash",), email=True)
    assert factor.wire() == {"totp": {"enabled": True}, "email2fa": {"enabled": True}}
    assert app_url("ABC", "a b", "My: chat").startswith("otpauth://totp/My%3A%20chat:a%20b?secret=ABC&")
