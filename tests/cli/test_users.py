"""``hookroom user``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.running import Api, running


def hookroom(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hookroom", "user", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def where(data: Path, database_url: str) -> list[str]:
    flags = ["--data", str(data)]
    return flags if database_url.startswith("sqlite") else [*flags, "--database-url", database_url]


def test_an_account_is_made_listed_and_logs_in(database_url: str, tmp_path: Path) -> None:
    there = where(tmp_path, database_url)
    given = (
        "--username",
        "ada",
        "--name",
        "Ada L",
        "--email",
        "ada@example.com",
        "--role",
        "admin",
        "--role",
        "user",
    )
    made = hookroom("create", *given, *there)
    assert made.returncode == 0, made.stderr
    first, done, secret = made.stdout.splitlines()
    assert "one-time password" in first
    assert done.startswith("Made ada (")
    password = secret.split()[-1]
    again = hookroom("create", "--username", "bob", "--password", "Correct-horse-1", *there)
    assert len(again.stdout.splitlines()) == 1
    assert "Correct-horse-1" not in again.stdout + again.stderr
    listed = hookroom("list", *there).stdout.splitlines()
    assert [line.split()[0] for line in listed[1:]] == ["ada", "admin", "bob", "rocket.cat"]
    assert "ada@example.com" in listed[1]
    with running(tmp_path, test_mode=False, database_url=database_url) as server:
        ada = Api.login(server.url, "ada", password)
        assert ada.get("me")["roles"] == ["admin", "user"]
        assert "GENERAL" in {room["_id"] for room in ada.get("rooms.get")["update"]}
        assert (
            Api.login(server.url, "admin", first.split()[-1]).get("settings/Site_Url")["value"] == server.url
        )
        assert Api.login(server.url, "bob", "Correct-horse-1").get("me")["roles"] == ["user"]


def test_what_cannot_be_made_is_said_clearly(tmp_path: Path) -> None:
    there = ("--data", str(tmp_path))
    assert hookroom("create", "--username", "ada", "--password", "Correct-horse-1", *there).returncode == 0
    for arguments, says in (
        (("--username", "ADA"), "ADA is already in use"),
        (("--username", "a b"), "a b is not a valid username"),
        (("--username", "bob", "--role", "boss"), "There is no role boss."),
        (("--username", "bob", "--email", "x"), "Invalid email x"),
    ):
        refused = hookroom("create", *arguments, *there)
        assert refused.returncode == 1
        assert refused.stderr.startswith(says)
        assert "Traceback" not in refused.stderr
    assert len(hookroom("list", *there).stdout.splitlines()) == 4


def test_the_embedded_database_of_a_running_server_is_left_alone(tmp_path: Path) -> None:
    with running(tmp_path):
        for arguments in (("create", "--username", "ada"), ("list",)):
            refused = hookroom(*arguments, "--data", str(tmp_path))
            assert refused.returncode == 1
            assert refused.stderr.strip() == f"Another Hookroom is running on {tmp_path}."
            assert refused.stdout == ""
