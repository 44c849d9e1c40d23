"""``hookroom script``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.receivers import Receiver

GREETS = """class Script {
  process_incoming_request({ request }) {
    console.log('from', request.headers['x-from'], request.url.query.q);
    return { content: { text: `hello ${request.content.name}` } };
  }
}"""
CALLS = """class Script {
  prepare_outgoing_request({ request }) {
    return { ...request, data: { said: request.data.text }, headers: { Authorization: 'Bearer s3cret' } };
  }
  process_outgoing_response({ request, response }) {
    return { content: { text: `${response.status_code} ${response.content.id}` } };
  }
}"""
UNDECLARED = """class Script {
  process_incoming_request() {
    total = 1;
    return { response: { total } };
  }
}"""


class Files:
    """Files to run commands on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, name: str, content: str) -> str:
        (self.folder / name).write_text(content)
        return name

    def script(self, content: str) -> str:
        return self.file("script.js", content)

    def hookroom(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HOOKROOM_")}
        return subprocess.run(
            [sys.executable, "-m", "hookroom", "script", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=self.folder,
            env={**clean, **environment},
        )

    def json(self, *arguments: str, code: int = 0) -> Any:
        done = self.hookroom(*arguments, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_script_is_run_on_a_body(files: Files) -> None:
    script, body = files.script(GREETS), files.file("body.json", '{"name": "Ada"}')
    done = files.hookroom("run", script, "--request", body, "--header", "X-From: curl", "--query", "q=1")
    assert done.returncode == 0, done.stderr
    first, *result, last = done.stdout.splitlines()
    assert first == "[log] from curl 1"
    assert json.loads("\n".join(result)) == {"content": {"text": "hello Ada"}}
    assert last.startswith("process_incoming_request returned after ")
    assert last.endswith(" MB")
    assert {one.name for one in files.folder.iterdir()} == {script, body}


def test_a_form_is_read_as_the_server_reads_it(files: Files) -> None:
    body = files.file("form", "name=Ada&x=1")
    form = "Content-Type: application/x-www-form-urlencoded"
    run = files.json("run", files.script(GREETS), "--request", body, "--header", form)
    assert run["value"] == {"content": {"text": "hello Ada"}}


def test_the_whole_argument_may_be_given(files: Files) -> None:
    whole = {"request": {"content": {"name": "Grace"}, "headers": {}, "url": {"query": {}}}}
    run = files.json("run", files.script(GREETS), "--request", files.file("whole.json", json.dumps(whole)))
    assert run["value"] == {"content": {"text": "hello Grace"}}


def test_an_event_is_prepared_and_an_answer_processed(files: Files) -> None:
    script = files.script(CALLS)
    run = files.json("run", script, "--request", files.file("event.json", '{"text": "ship it"}'))
    assert run["method"] == "prepare_outgoing_request"
    assert run["value"]["data"] == {"said": "ship it"}
    assert run["value"]["headers"] == {"Authorization": "***"}
    answer = files.file("answer.json", '{"id": 7}')
    run = files.json("run", script, "--response", answer, "--status", "201")
    assert run["method"] == "process_outgoing_response"
    assert run["value"] == {"content": {"text": "201 7"}}


def test_nothing_is_called(files: Files) -> None:
    with Receiver() as receiver:
        script = files.script(
            "class Script { async process_incoming_request() {"
            f" try {{ await fetch('{receiver.url}'); }} catch (error) {{ return String(error); }}"
            " return (await fetch('https://given.example/')).json(); } }"
        )
        run = files.json("run", script)
        assert "not carried out" in run["value"]
        given = [{"url": receiver.url, "body": ""}, {"url": "https://given.example/", "body": {"id": 5}}]
        run = files.json("run", script, "--fetches", files.file("fetches.json", json.dumps(given)))
        assert run["value"] == {"id": 5}
        assert receiver.connections == 0


def test_a_script_that_fails_says_where(files: Files) -> None:
    script = files.script(UNDECLARED)
    assert files.hookroom("run", script).returncode == 0
    native = files.hookroom("run", script, "--native")
    assert native.returncode == 1
    assert "ReferenceError: total is not defined" in native.stdout
    assert "script.js:3:5" in native.stdout
    broken = files.hookroom("run", files.script("class Script {"))
    assert broken.returncode == 1
    assert "SyntaxError" in broken.stdout
    missing = files.hookroom("run", files.script("class Script {}"), "--method", "prepare_outgoing_request")
    assert (missing.returncode, missing.stdout) == (1, "The script has no method prepare_outgoing_request.\n")


def test_an_endless_script_is_stopped(files: Files) -> None:
    script = files.script("class Script { process_incoming_request() { for (;;); } }")
    run = files.json("run", script, code=1)
    assert run["error"]["kind"] == "time"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "none.js"), "none.js cannot be read"),
        (("run", "empty.js"), "empty.js is empty."),
        (("run", "script.js", "--request", "none.json"), "none.json cannot be read"),
        (("run", "script.js", "--header", "nothing"), "nothing is no header"),
        (("run", "calls.js", "--request", "list.json"), "must be a JSON object"),
        (("run", "script.js", "--fetches", "list.json"), "must be a list of objects"),
        (("run", "script.js", "--method", "other"), "other"),
        (("run",), "FILE"),
        (("check", "none.js"), "none.js cannot be read"),
    ],
)
def test_what_cannot_be_tried_is_a_usage_error(files: Files, arguments: tuple[str, ...], says: str) -> None:
    files.script(GREETS)
    files.file("calls.js", CALLS)
    files.file("empty.js", " \n")
    files.file("list.json", "[1]")
    done = files.hookroom(*arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_scripts_that_are_turned_off_are_not_run(files: Files) -> None:
    done = files.hookroom("run", files.script(GREETS), DISABLE_INTEGRATION_SCRIPTS="true")
    assert (done.returncode, done.stdout) == (2, "")
    assert "turned off" in done.stderr


def test_a_file_is_checked_for_the_upgrade(files: Files) -> None:
    safe = files.hookroom("check", files.script(GREETS))
    assert safe.returncode == 0, safe.stdout + safe.stderr
    assert safe.stdout.startswith("safe            script.js (incoming, ")
    differs = files.hookroom("check", files.script(UNDECLARED))
    assert differs.returncode == 1
    assert differs.stdout.startswith("differs ")
    assert "line 3: natively, it throws ReferenceError: total is not defined" in differs.stdout
    assert "var total;" in differs.stdout
    report = files.json("check", files.script(CALLS), "--request", files.file("event.json", '{"text": "x"}'))
    assert (report["verdict"], report["requests"]["recorded"]) == ("safe", 1)
