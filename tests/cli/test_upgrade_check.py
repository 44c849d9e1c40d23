"""``hookroom upgrade-check``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.webhooks import outgoing
from tests.hooks.hooks import Hook
from tests.integrations import checked_scripts as scripts
from tests.receivers import Receiver, reply
from tests.rest.integration_bodies import incoming
from tests.running import Api, running


def upgrade_check(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOOKROOM_")}
    return subprocess.run(
        [sys.executable, "-m", "hookroom", "upgrade-check", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        env={**clean, **environment},
    )


def where(data: Path, database_url: str) -> list[str]:
    flags = ["--data", str(data)]
    return flags if database_url.startswith("sqlite") else [*flags, "--database-url", database_url]


def add(admin: Api, name: str, **fields: Any) -> Any:
    body = incoming(name=name, scriptEnabled=True, **{"script": scripts.VERDICTS.get(name, ""), **fields})
    return admin.post("integrations.create", **body)["integration"]


def test_a_check_of_everything_and_what_apply_makes_of_it(database_url: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    there = where(data, database_url)
    with running(data, database_url=database_url) as server:
        admin = server.admin()
        admin.post("integrations.create", **incoming(name="without a script"))
        made = {name: add(admin, name) for name in ("safe", "undeclared", "throws", "random")}
        add(admin, "native", script=scripts.SAFE, skipTranspile=True)
        recorded = Hook(admin, name="recorded", scriptEnabled=True, script=scripts.SAFE)
        recorded.post({"text": "x"})
    first = upgrade_check("--json", *there)
    assert first.returncode == 1, first.stderr
    document = json.loads(first.stdout)
    reports = {one["name"]: one for one in document["integrations"]}
    assert {name: one["verdict"] for name, one in reports.items()} == {
        "safe": "safe",
        "undeclared": "differs",
        "throws": "cannot-tell",
        "random": "safe",
        "native": "native already",
        "recorded": "safe",
    }
    assert document["total"] == 6
    assert document["verdicts"] == {"safe": 3, "differs": 1, "cannot-tell": 1, "native already": 1}
    assert reports["recorded"]["requests"]["recorded"] == 1
    assert not any("applied" in one for one in reports.values())
    assert reports["undeclared"]["mended"]["declared"] == ["total"]

    applied = upgrade_check("--apply", *there)
    assert applied.returncode == 1, applied.stderr
    *_, total, last = applied.stdout.splitlines()
    assert total.startswith("6 with a script: 3 safe, ")
    assert last == "Transpiling is turned off for 3 of them."
    assert applied.stdout.count("transpiling is turned off") == 3
    assert "line 3: natively, it throws ReferenceError: total is not defined (line 3)" in applied.stdout
    assert "var total;" in applied.stdout

    with running(data, database_url=database_url) as server:
        admin = server.admin()
        for name, integration in made.items():
            now = admin.get("integrations.get", integrationId=integration["_id"])["integration"]
            assert now["skipTranspile"] is (name in ("safe", "random"))
            if now["skipTranspile"]:
                assert now["scriptCompiled"] == now["script"]
                assert now["_updatedBy"]["_id"] == admin.user_id
        hook = Api(server.url).http.post(recorded.path, json={"text": "still works"})
        assert hook.status_code == 200, hook.text


def test_all_safe_is_zero_and_so_is_nothing_to_check(tmp_path: Path) -> None:
    with running(tmp_path):
        pass
    nothing = upgrade_check("--data", str(tmp_path))
    assert (nothing.returncode, nothing.stdout) == (0, "0 with a script.\n")
    with running(tmp_path) as server:
        admin = server.admin()
        add(admin, "safe")
        add(admin, "off", script=scripts.SAFE, enabled=False)
    done = upgrade_check("--data", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    first, second, last = done.stdout.splitlines()
    assert first.startswith("safe            safe (incoming, ")
    assert "switched off" in second
    assert last == "2 with a script: 2 safe."


def test_nothing_is_sent_and_nothing_written_by_a_check(tmp_path: Path) -> None:
    with Receiver([reply(503)]) as receiver:
        with running(tmp_path) as server:
            admin = server.admin()
            hook = outgoing(
                admin,
                receiver,
                scriptEnabled=True,
                script=scripts.OUTGOING_SAFE.replace("return {", "if (response.status_code < 300) return {"),
                retryFailedCalls=True,
                retryCount=9,
                retryDelay="powers-of-two",
            )
            admin.post("chat.postMessage", channel="#general", text="one")
            receiver.wait_for(1)
            before = admin.get("channels.messages", roomId="GENERAL")["messages"]
        # A delivery is open when the server has stopped: it is the next server's to send.
        sent = len(receiver.requests)
        done = upgrade_check("--json", "--data", str(tmp_path))
        (report,) = json.loads(done.stdout)["integrations"]
        assert (report["_id"], report["verdict"]) == (hook["_id"], "safe"), report
        assert report["requests"]["recorded"] == 1
        assert len(receiver.requests) == sent
        with running(tmp_path) as server:
            assert server.admin().get("channels.messages", roomId="GENERAL")["messages"] == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--data", "nowhere"), "There is no database nowhere/hookroom.db."),
        (("--nonsense",), "--nonsense"),
        (("--database-url", "postgresql://nobody@127.0.0.1:9/none"), "PostgreSQL cannot be reached"),
    ],
)
def test_what_cannot_be_checked_is_two(arguments: tuple[str, ...], says: str) -> None:
    done = upgrade_check(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("nowhere").exists()


def test_the_embedded_database_of_a_running_server_is_left_alone(tmp_path: Path) -> None:
    with running(tmp_path):
        done = upgrade_check("--data", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.strip() == f"Another Hookroom is running on {tmp_path}."


def test_scripts_that_are_turned_off_are_not_checked(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        add(server.admin(), "safe")
    done = upgrade_check("--data", str(tmp_path), DISABLE_INTEGRATION_SCRIPTS="true")
    assert (done.returncode, done.stdout) == (2, "")
    assert "turned off" in done.stderr
