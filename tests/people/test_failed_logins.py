"""How often somebody may fail to log in."""

from __future__ import annotations

import pytest

from hookroom.errors import TooManyRequests
from hookroom.workspace.failed_logins import PER_ADDRESS, PER_NAME, WINDOW_MS, FailedLogins


def test_a_name_at_an_address_has_so_many_tries_in_a_window() -> None:
    failed = FailedLogins()
    for _ in range(PER_NAME):
        failed.attempt("10.0.0.1", "ada", 0)
    with pytest.raises(TooManyRequests) as refused:
        failed.attempt("10.0.0.1", "ada", 1000)
    assert refused.value.retry_after == (WINDOW_MS - 1000) // 1000
    failed.attempt("10.0.0.2", "ada", 1000)
    failed.attempt("10.0.0.1", "bob", 1000)
    failed.attempt("10.0.0.1", "ada", WINDOW_MS)


def test_an_address_has_so_many_tries_whatever_the_names() -> None:
    failed = FailedLogins()
    for number in range(PER_ADDRESS):
        failed.attempt("10.0.0.1", f"user{number}", 0)
    with pytest.raises(TooManyRequests):
        failed.attempt("10.0.0.1", "another", 0)
    failed.attempt("10.0.0.2", "another", 0)


def test_a_good_login_forgets_the_failures_of_its_name() -> None:
    failed = FailedLogins()
    for _ in range(3 * PER_ADDRESS):
        failed.attempt("10.0.0.1", "ada", 0)
        failed.good("10.0.0.1", "ada")
    for _ in range(PER_NAME):
        failed.attempt("10.0.0.1", "ada", 0)


def test_a_refused_attempt_is_not_counted_again() -> None:
    failed = FailedLogins()
    for _ in range(PER_NAME):
        failed.attempt("10.0.0.1", "ada", 0)
    for _ in range(PER_ADDRESS):
        with pytest.raises(TooManyRequests):
            failed.attempt("10.0.0.1", "ada", 0)
    failed.attempt("10.0.0.1", "bob", 0)


def test_what_is_over_is_forgotten() -> None:
    failed = FailedLogins()
    for number in range(30_000):
        failed.attempt(f"10.0.{number // 250}.{number % 250}", "ada", number * 100)
    assert len(failed._windows) < 15_000
