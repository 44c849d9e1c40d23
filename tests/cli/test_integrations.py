"""``hookroom integration``, in a database and of a server that runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from tests.receivers import Receiver, reply
from tests.rest.integration_bodies import URL, incoming, outgoing
from tests.rest.senders import proof
from tests.running import ADMIN, Api, Server, running

from hookroom.integrations.service_templates import examples, service_templates

PUSH: Final = next(one for one in examples("github") if one.name == "push")
BODY: Final = json.dumps(PUSH.payload).encode()

Command = Callable[..., subprocess.CompletedProcess[str]]


def hookroom(*arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOOKROOM_")}
    return subprocess.run(
        [sys.executable, "-m", "hookroom", "integration", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        env={**clean, **environment},
    )


def where(data: Path, database_url: str) -> list[str]:
    flags = ["--data", str(data)]
    return flags if database_url.startswith("sqlite") else [*flags, "--database-url", database_url]


def good(*arguments: str, **options: Any) -> str:
    done = hookroom(*arguments, **options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def document(*arguments: str, **options: Any) -> Any:
    return json.loads(good(*arguments, "--json", **options))


def asking(api: Api) -> Mapping[str, str]:
    """The environment of a command that asks the server as ``api``."""
    return {"HOOKROOM_TOKEN": api.headers["X-Auth-Token"], "HOOKROOM_USER_ID": api.user_id}


def push(api: Api, path: str, secret: str) -> int:
    """The status of GitHub's call."""
    headers = {
        "content-type": "application/json",
        **PUSH.headers,
        **proof({"scheme": "github"}, secret, BODY),
    }
    return api.http.post(path, content=BODY, headers=headers).status_code


def value(lines: str, label: str) -> str:
    """What stands behind a label of the output."""
    [found] = [line for line in lines.splitlines() if line.startswith(label)]
    return found.removeprefix(label).strip()


def test_made_in_a_database_and_called_once_the_server_runs(database_url: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    there = where(data, database_url)
    with running(data, database_url=database_url) as server:
        room = server.admin().new_channel()
    out = good("create", "--template", "github", "--channel", f"#{room['name']}", "--name", "Code", *there)
    first, *_ = out.splitlines()
    assert first.startswith("Made Code (")
    assert first.endswith(f"): it posts to #{room['name']} as rocket.cat.")
    address, secret = value(out, "Address:"), value(out, "Secret:")
    assert address.startswith(f"{server.url}/hooks/")
    assert service_templates()["github"].readme.partition("\n")[2].strip() in out
    plain = document("create", "--channel", f"#{room['name']}", *there)
    assert set(plain) == {"integration"}
    assert secret not in good("list", *there) + good("show", "Code", *there)
    with running(data, database_url=database_url) as again:
        admin = again.admin()
        path = address.removeprefix(server.url)
        assert push(admin, path, "wrong") == 401
        assert push(admin, path, secret) == 200
        hook = f"/hooks/{plain['integration']['_id']}/{plain['integration']['token']}"
        assert admin.http.post(hook, json={"text": "as it is"}).status_code == 200
        said = admin.get("channels.messages", roomId=room["_id"])["messages"]
        assert PUSH.message is not None
        assert [one["msg"] for one in said if "t" not in one] == ["as it is", PUSH.message["text"]]


def test_a_server_on_postgresql_hears_of_it_while_it_runs(postgres_url: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data, database_url=postgres_url) as server:
        there = where(data, postgres_url)
        made = document("create", "--template", "github", "--channel", "#general", *there)
        path = made["setup"]["url"].removeprefix(server.url)
        admin = server.admin()
        assert push(admin, path, made["setup"]["secret"]) == 200
        good("disable", made["integration"]["_id"], *there)
        assert push(admin, path, made["setup"]["secret"]) == 503


@pytest.fixture(params=["database", "server"])
def command(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """``good`` for one or the other way to integrations; beside it the same for ``document``, and refusals."""
    environment: Mapping[str, str] = {}
    if request.param == "database":
        data = tmp_path / "data"
        with running(data) as server:
            admin = server.admin()
            admin.post("integrations.create", **outgoing(name="Tell"))
        flags = ("--data", str(data))
    else:
        server = request.getfixturevalue("own")
        admin = server.admin()
        admin.post("integrations.create", **outgoing(name="Tell"))
        flags, environment = ("--server", f"{server.url}/"), asking(admin)

    def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return hookroom(*arguments, *flags, given=given, **environment)

    return run


@pytest.fixture
def own(tmp_path: Path) -> Any:
    with running(tmp_path / "own") as server:
        yield server


def test_a_life(command: Command) -> None:
    """Made, listed, shown, given its secret, switched off and on, removed: the same both ways."""

    def ok(*arguments: str, **options: Any) -> str:
        done = command(*arguments, **options)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    made = ok("create", "--template", "stripe", "--channel", "#general", "--username", "rocket.cat")
    id_ = value(made, "Made Stripe (").partition(")")[0]
    assert value(made, "Secret:").startswith("the service makes it.")
    assert f"hookroom integration set-secret {id_}" in made

    rows = ok("list").splitlines()
    assert rows[0].split() == ["id", "name", "kind", "on", "channel", "as", "template", "owner"]
    assert rows[1].split() == [id_, "Stripe", "incoming", "yes", "#general", "rocket.cat", "stripe", ADMIN]
    assert rows[2].split()[1:4] == ["Tell", "outgoing", "yes"]
    listed = json.loads(ok("list", "--json"))["integrations"]
    assert [one["name"] for one in listed][:2] == ["Stripe", "Tell"]
    assert not {"token", "script", "scriptCompiled"} & {name for one in listed for name in one}

    shown = ok("show", id_)
    assert value(shown, "verified") == "no, by the token in the address only"
    assert value(shown, "template") == "stripe"
    whole = json.loads(ok("show", "Stripe", "--json"))
    assert value(shown, "address") == whole["url"]
    assert whole["url"].endswith(f"/hooks/{id_}/{whole['integration']['token']}")
    assert value(ok("show", "Tell"), "calls") == URL
    assert "url" not in json.loads(ok("show", "Tell", "--json"))

    assert "are verified" in ok("set-secret", "Stripe", given="whsec_aVery0ldSecret\n")
    verified = json.loads(ok("show", id_, "--json"))["integration"]
    assert verified["verification"] == {"scheme": "stripe"}
    changed = {"verification", "_updatedAt", "_updatedBy"}
    assert {k: v for k, v in verified.items() if k not in changed} == {
        k: v for k, v in whole["integration"].items() if k not in changed
    }

    for name in ("Stripe", "Tell"):
        assert ok("disable", name).rstrip().endswith("is off.")
        assert value(ok("show", name), "on") == "no"
        on = json.loads(ok("enable", name, "--json"))["integration"]
        assert (on["name"], on["enabled"]) == (name, True)

    assert ok("remove", id_).startswith("Removed Stripe (")
    gone = json.loads(ok("remove", "Tell", "--json"))["integration"]
    assert gone["name"] == "Tell"
    for name in (id_, "Stripe", "Tell"):
        refused = command("show", name)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.strip() == f"There is no integration {name}."


@pytest.mark.parametrize("command", ["database"], indirect=True)
def test_what_cannot_be_done_is_said_clearly(command: Command) -> None:
    for arguments, says in (
        (("create", "--template", "x", "--channel", "#general"), "There is no such template"),
        (("create", "--template", "github", "--channel", "#nowhere"), "Invalid room"),
        (("create", "--template", "github", "--channel", "general"), "Invalid channel. Start with @ or #"),
        (("create", "--channel", "#general", "--username", "nobody"), "Invalid user"),
        (("create", "--channel", "#general", "--username", ADMIN), "User selected for the incoming"),
        (("create", "--channel", "#general", "--secret", "x"), "--secret is for a --template"),
        (("create", "--template", "trello", "--channel", "#general", "--secret", "x" * 9), "verification."),
        (("set-secret", "Tell", "whsec_aVery0ldSecret"), "Only calls of incoming integrations"),
        (("set-secret", "Tell"), "No secret was given."),
        (("enable", "0" * 24), "There is no integration"),
    ):
        refused = command(*arguments)
        assert (refused.returncode, refused.stdout) == (1, ""), arguments
        assert refused.stderr.startswith(says), refused.stderr
        assert "Traceback" not in refused.stderr
    for _ in range(2):
        assert command("create", "--channel", "#general", "--name", "Twice").returncode == 0
    refused = command("remove", "Twice")
    assert refused.stderr.startswith("2 integrations are named Twice; give an id: ")
    refused = command(
        "set-secret", json.loads(command("list", "--json").stdout)["integrations"][0]["_id"], "x" * 9
    )
    assert refused.stderr.startswith("Nothing says how its calls are to be verified")


def test_verification_that_is_not_wanted_or_brought(own: Server) -> None:
    admin = own.admin()
    there = ("--server", own.url, *("--token", admin.headers["X-Auth-Token"], "--user-id", admin.user_id))
    sentry = ("create", "--template", "sentry", "--channel", "#general", *there)
    brought = document(*sentry, "--secret", "correct-horse-1")
    assert brought["integration"]["verification"]["header"] == "Sentry-Hook-Signature"
    assert "correct-horse-1" not in json.dumps(brought)
    off = document(*sentry, "--unverified")
    assert "verification" not in off["integration"]
    assert "hint" not in off["setup"]


def test_templates_need_neither_server_nor_database(tmp_path: Path, admin: Api) -> None:
    lines = good("templates", "--data", str(tmp_path / "none")).splitlines()
    assert lines[0].split() == ["id", "name", "tells", "of"]
    assert [line.split()[0] for line in lines[1:]] == list(service_templates())
    here = document("templates")
    there = document("templates", "--server", admin.url, **asking(admin))
    assert here == there
    assert not (tmp_path / "none").exists()


def test_more_than_a_page(own: Server) -> None:
    admin = own.admin()
    for number in range(101):
        admin.post("integrations.create", **incoming(name=f"no {number}"))
    found = document("list", "--server", own.url, **asking(admin))["integrations"]
    assert (
        len({one["_id"] for one in found})
        == len(found)
        == 101 + len([one for one in found if not one["name"].startswith("no ")])
    )
    assert document("show", "no 0", "--server", own.url, **asking(admin))["integration"]["name"] == "no 0"


def test_a_running_server_has_its_database_to_itself(own: Server, tmp_path: Path) -> None:
    refused = hookroom("list", "--data", str(tmp_path / "own"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.strip() == (
        f"Another Hookroom is running on {tmp_path / 'own'}."
        " Ask it with --server and the token of an administrator."
    )


def test_a_server_that_cannot_be_asked(admin: Api) -> None:
    as_admin, url = asking(admin), admin.url
    stranger = asking(admin.new_user())
    with Receiver([reply(200, b"<html>"), reply(302, b"", [("Location", url)])]) as other:
        for server, environment, says in (
            (url, {}, "A server is asked with the token of an administrator"),
            (url, {**as_admin, "HOOKROOM_TOKEN": "wrong"}, "You must be logged in to do this."),
            (url, {**as_admin, "HOOKROOM_TOKEN": "a\nb"}, "The token and the user id cannot be sent"),
            (url, stranger, "User does not have the permissions required"),
            ("localhost:3000", as_admin, "localhost:3000 is no address of a server"),
            ("http://127.0.0.1:9", as_admin, "http://127.0.0.1:9 cannot be asked: "),
            (other.url, as_admin, f"{other.url} answers 200, not as Hookroom does."),
            (other.url, as_admin, f"{other.url} answers 302, not as Hookroom does."),
        ):
            refused = hookroom("list", "--server", server, **environment)
            assert (refused.returncode, refused.stdout) == (1, "")
            assert refused.stderr.startswith(says), refused.stderr
            assert as_admin["HOOKROOM_TOKEN"] not in refused.stderr
        assert len(other.requests) == 2
    both = hookroom("list", "--server", url, "--data", "data", **as_admin)
    assert both.stderr.strip() == "Give a --server or a database, not both."


def test_a_database_that_there_is_not(tmp_path: Path) -> None:
    refused = hookroom("create", "--template", "github", "--channel", "#general", "--data", str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.strip() == f"There is no database {tmp_path / 'hookroom.db'}."
