"""Starting the server: what a newcomer sees and can do with it."""

from __future__ import annotations

import shlex
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from tests.running import ADMIN, Api, Server, running

from hookroom.storage.migrations import HEAD

HOOKROOM = [sys.executable, "-m", "hookroom"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*HOOKROOM, *arguments], capture_output=True, text=True, timeout=60)


def test_the_first_start_says_how_to_log_in_and_what_to_try(tmp_path: Path) -> None:
    with running(tmp_path, test_mode=False) as server:
        first, login, sample, empty = server.greeting
        assert server.url in first
        assert empty.strip() == ""
        words = login.split()
        admin = Api.login(server.url, words[words.index("as") + 1], words[-1])
        assert "admin" in admin.get("me")["roles"]

        command = shlex.split(sample.removeprefix("  Try this:"))
        assert command[0] == "curl"
        done = subprocess.run([*command, "-sS", "--noproxy", "*"], capture_output=True, text=True, check=True)
        assert done.stdout == '{"success":true}'
        messages = admin.get("channels.messages", roomName="general")["messages"]
        assert messages[0]["msg"] == "Hello from curl"

    with running(tmp_path, test_mode=False) as server:
        assert "password" not in "".join(server.greeting)
        assert "curl" in "".join(server.greeting)
        assert "password" not in (tmp_path / "server.log").read_text()


def test_the_administrator_may_be_given(tmp_path: Path) -> None:
    given = {
        "ADMIN_USERNAME": "ada",
        "ADMIN_PASS": "Correct-horse-1",
        "ADMIN_EMAIL": "ada@example.com",
        "ADMIN_NAME": "Ada",
    }
    with running(tmp_path, test_mode=False, environment=given) as server:
        assert "Correct-horse-1" not in "".join(server.greeting)
        me = Api.login(server.url, "ada@example.com", "Correct-horse-1").get("me")
        assert (me["username"], me["name"]) == ("ada", "Ada")


@pytest.mark.parametrize("by_environment", [True, False])
def test_test_mode_has_a_known_administrator_and_no_limits(tmp_path: Path, by_environment: bool) -> None:
    environment = {"TEST_MODE": "true"} if by_environment else {}
    with running(tmp_path, test_mode=not by_environment, environment=environment) as server:
        admin = Api.login(server.url, ADMIN, ADMIN)
        me = admin.get("me")
        assert (me["_id"], me["username"]) == (ADMIN, ADMIN)
        assert me["emails"][0]["address"] == f"{ADMIN}@rocket.chat"
        nobody = Api(server.url)
        for _ in range(30):
            nobody.refused("GET", "me", 401)


def test_every_server_has_general_and_a_cat(own_server: Server) -> None:
    admin = own_server.admin()
    assert admin.get("channels.info", roomName="general")["channel"]["_id"] == "GENERAL"
    assert admin.get("users.info", username="rocket.cat")["user"]["_id"] == "rocket.cat"


def test_nodes_that_start_at_once_on_an_empty_database_agree(empty_postgres_url: str, tmp_path: Path) -> None:
    nodes = [running(tmp_path / name, test_mode=False, database_url=empty_postgres_url) for name in "abc"]
    with ThreadPoolExecutor(len(nodes)) as pool, ExitStack() as stack:
        started = [pool.submit(node.__enter__) for node in nodes]
        for node, _ in zip(nodes, [one.result() for one in started], strict=True):
            stack.push(node.__exit__)
        greetings = [line for one in started for line in one.result().greeting]
    assert sum("one-time password" in line for line in greetings) == 1
    hooks = {line.rpartition("/hooks/")[2] for line in greetings if "/hooks/" in line}
    assert len(hooks) == 1


def test_data_belongs_to_one_server(tmp_path: Path) -> None:
    with running(tmp_path):
        second = run("serve", "--port", "0", "--data", str(tmp_path))
        assert second.returncode != 0
        assert "Another Hookroom is running" in second.stderr
        assert "Traceback" not in second.stderr


def test_a_taken_port_is_said_plainly(tmp_path: Path) -> None:
    with running(tmp_path / "one") as server:
        port = server.url.rpartition(":")[2]
        second = run("serve", "--port", port, "--data", str(tmp_path / "two"))
        assert second.returncode != 0
        assert f"Cannot listen on 127.0.0.1:{port}" in second.stderr
        assert "Traceback" not in second.stderr


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    assert HEAD in run("db", "upgrade", "--data", str(tmp_path)).stdout
    with closing(sqlite3.connect(tmp_path / "hookroom.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    refused = run("serve", "--port", "0", "--data", str(tmp_path))
    assert refused.returncode != 0
    assert "newer than this program" in refused.stderr


def test_stopping_is_orderly(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        httpx.get(f"{server.url}/api/info", trust_env=False)
        assert server.stop() == 0
    assert "Traceback" not in (tmp_path / "server.log").read_text()


def test_wrong_configuration_is_said_plainly() -> None:
    wrong = run("serve", "--port", "70000")
    assert wrong.returncode != 0
    assert "port: Input should be less than or equal to 65535" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_proxy_that_is_none_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOKROOM_DELIVERIES_PROXY", "socks5://user:s3cret@proxy.example:1080")
    wrong = run("serve", "--port", "0")
    assert wrong.returncode != 0
    assert (
        "deliveries_proxy: Value error, must be http://host:port or http://user:password@host:port"
        in wrong.stderr
    )
    assert "s3cret" not in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_version() -> None:
    assert run("version").stdout.strip() == run("--version").stdout.strip() == "0.1.0"
