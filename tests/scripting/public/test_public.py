"""What scripts found in the wild rely on: each of the scripts here does some of it, and runs in both modes.

The outcome is the returned value, or the error as text; where the modes differ, both are given. The calls of a
script are made on one instance, in their order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.scripting.loaded import Loaded, incoming, transpiled

from hookroom.scripting.worker.quickjs import Thrown

SCRIPTS = Path(__file__).parent
IN, OUT, BACK = "process_incoming_request", "prepare_outgoing_request", "process_outgoing_response"


class Differs(NamedTuple):
    """What comes of a call in either mode."""

    transpiled: Any
    native: Any


NOTHING = "nothing"
"""``undefined`` was returned."""


def outgoing(**data: Any) -> dict[str, Any]:
    return {
        "request": {
            "params": {},
            "method": "POST",
            "url": "http://r/",
            "data": data,
            "auth": None,
            "headers": {},
        }
    }


def back(text: str, status: int = 200, **request: Any) -> dict[str, Any]:
    response: dict[str, Any] = {"error": None, "status_code": status, "content_raw": text, "headers": {}}
    return {"request": request, "response": response}


def form(raw: str, fields: dict[str, str]) -> dict[str, Any]:
    return {**incoming(fields, content_raw=raw), "rawContent": True}


def message(text: str, **fields: Any) -> dict[str, Any]:
    return {"content": {"text": text, **fields}}


COMMIT = {
    "id": "0123456789",
    "url": "http://c/",
    "message": "Fix\n\nall",
    "author": {"name": "Ada"},
    "title": "Fix",
}

CALLS: dict[str, Sequence[tuple[str, dict[str, Any], Any]]] = {
    "answer_as_text": [
        (BACK, back('{"title": "T", "icon": "http://i/"}'), message("T", avatar="http://i/")),
        (BACK, back("<html>"), message("Not JSON: <html>")),
        (BACK, back("[]"), message("untitled")),
    ],
    "answer_status": [
        (OUT, outgoing(user_name="rocket.cat", text="x"), NOTHING),
        (OUT, outgoing(user_name="ada", text="x", channel_name="r", bot=False), {
            "url": "http://r/", "method": "POST", "headers": {"X-Room": "r"}, "data": {"text": "x", "from": "ada"},
        }),
        (BACK, back("", 200), False),
        (BACK, back("", 404), {}),
        (BACK, back("", 500), message("Failed with 500")),
    ],
    "command_prepare": [
        (OUT, outgoing(text="!gif ", trigger_word="!gif"), {
            "message": {"text": "Usage: `!gif <word>`", "alias": "gif"},
        }),
        (OUT, outgoing(text="!gif tiny cats", trigger_word="!gif"), {
            "params": {}, "method": "GET", "url": "http://r/?q=tiny%20cats", "auth": None, "headers": {},
            "word": "tiny cats",
        }),
        (BACK, back('{"data": [{"url": "http://g/"}]}', word="cats"), message(
            "cats", attachments=[{"image_url": "http://g/"}],
        )),
        (BACK, back('{"data": []}', word="cats"), message("Nothing for cats")),
        (BACK, back("gone", word="cats"), "TypeError: cannot read property 'length' of undefined"),
    ],
    "counter_top_level": [
        (IN, incoming({"text": "a"}), message("#1, first a, all a")),
        (IN, incoming({"text": "b"}), message("#2, first a, all a,b")),
        (IN, incoming({"text": "c"}), message("#3, first a, all a,b,c")),
    ],
    "digest_dates": [
        (OUT, outgoing(timestamp="2024-03-05T07:08:09.045Z"), {"message": {"text": (
            "Tue | Tue Mar 05 2024 07:08:09 GMT+0000 (Coordinated Universal Time) | 3/5/2024, 7:08:09 AM | 0"
        )}}),
    ],
    "early_const": [
        (IN, incoming({"title": "T", "prefix": "P"}), Differs(
            message("T"), "ReferenceError: PREFIX is not initialized",
        )),
    ],
    "ends_in_comment": [
        (IN, incoming({"text": "T"}), message("T")),
        (IN, incoming({"message": "M"}), message("M")),
        (IN, incoming({}), {"content": {}}),
        (IN, incoming(None), "TypeError: cannot read property 'text' of null"),
    ],
    "github_push": [
        (IN, incoming(
            {"ref": "refs/heads/main", "pusher": {"name": "ada"}, "compare": "http://d/", "commits": [COMMIT]},
            headers={"x-github-event": "push"},
        ), message("ada pushed 1 commits to [main](http://d/)", attachments=[
            {"author_name": "Ada", "title": "0123456", "title_link": "http://c/", "text": "Fix"},
        ])),
        (IN, incoming(
            {"action": "closed", "pull_request": {"number": 7, "title": "T", "html_url": "http://p/"}},
            headers={"x-github-event": "pull_request"},
        ), {"content": {
            "attachments": [{"color": "#bd2c00", "title": "#7 T", "title_link": "http://p/"}], "parseUrls": False,
        }}),
        (IN, incoming({"zen": "Z"}, headers={"x-github-event": "ping"}), message(
            "Z", username="github", icon_url="https://example.com/github.png",
        )),
        (IN, incoming({}, headers={"x-github-event": "star"}), {
            "error": {"success": False, "message": "Unsupported event: star"},
        }),
        (IN, incoming({"ref": None}, headers={"x-github-event": "push"}),
         "TypeError: cannot read property 'split' of null"),
    ],
    "gitlab_loop": [
        (IN, incoming({"user_name": "ada", "project": {"name": "P"}, "commits": [COMMIT, COMMIT]}), Differs(
            message("P\n* 01234567 Fix\n* 01234567 Fix", username="gitlab/ada"),
            "ReferenceError: lines is not defined",
        )),
    ],
    "grafana_alert": [
        (IN, incoming({
            "title": "CPU", "state": "alerting", "ruleUrl": "http://g/", "at": 1709622489045,
            "evalMatches": [{"metric": "load", "value": 12345.6789}],
        }), message("**CPU** is alerting since 5.3.2024 7:08:09 AM", attachments=[{
            "title": "Open", "title_link": "http://g/", "ts": "2024-03-05T07:08:09.045Z",
            "fields": [{"title": "load", "value": "12,345.679", "short": True}],
        }])),
    ],
    "jenkins_form": [
        (IN, form("job=build+all&number=5&result=SUCCESS&channel=%23ci", {
            "job": "build all", "number": "5", "result": "SUCCESS", "channel": "#ci",
        }), message("build all #5: SUCCESS", emoji=":white_check_mark:", channel="#ci")),
    ],
    "lookup_http_post": [
        (IN, incoming({"title": "T"}), Differs(message("Ticket 12"), "ReferenceError: HTTP is not defined")),
        (IN, incoming({"title": ""}), Differs(
            {"error": {"success": False, "message": 'failed [422] {"why":"no title"}'}},
            "ReferenceError: HTTP is not defined",
        )),
    ],
    "monitor_this": [
        (IN, incoming({"checks": [{"name": "a", "level": 2}, {"name": "b", "level": 1}]}), Differs(
            message("a, b worst 2"), "TypeError: cannot read property 'worst' of undefined",
        )),
    ],
    "needs_require": [(IN, incoming({}), "ReferenceError: require is not defined")],
    "poll_votes": [
        (IN, incoming({"votes": [{"user": "a", "choice": "yes"}, {"user": "b", "choice": "no"}], "thread": "t"}),
         message("no.... ▇ 1\nyes... ▇ 1", tmid="t")),
        (IN, incoming({"votes": [{"user": "b", "choice": "yes"}]}), message("yes... ▇▇ 2")),
    ],
    "refuses": [
        (IN, incoming({}, url={"query": {}}), {"error": {"success": False, "message": "Wrong secret"}}),
        (IN, incoming({"test": 1}, url={"query": {"secret": "s3cret"}}, user={"username": "bot"}), {
            "content": {"text": "Test by bot"}, "response": {"seen": True},
        }),
        (IN, incoming({}, url={"query": {"secret": "s3cret"}}), NOTHING),
    ],
    "sentry_strings": [
        (IN, incoming({
            "message": "  it broke ", "project": "web/api", "count": 12345,
            "html": "<p>Line 1 of a <b>long</b> text</p>",
        }), message("It broke (12,345 times)", attachments=[
            {"title": "web", "text": "Line 1 of a long tex..."},
        ])),
    ],
    "translate_fetch": [
        (IN, incoming({"text": "hallo"}, url={"query": {"to": "fr"}}), message("salut", groupable=False)),
        (IN, incoming({"text": "?"}, url={"query": {}}), {"error": "translation failed: 400 cannot"}),
        (IN, incoming({"text": "!"}, url={"query": {}}), "TypeError: fetch failed: no route"),
    ],
    "underscore_groups": [
        (IN, incoming({"issues": [
            {"key": "A", "state": "open"}, {"key": "B", "state": "done"}, {"key": "C", "state": "open"},
        ]}), Differs(message("open: A, C\ndone: B"), "ReferenceError: _ is not defined")),
    ],
    "weather_http": [
        (IN, incoming({"city": "Paris"}), Differs(
            message("21°C in Paris"), "ReferenceError: HTTP is not defined",
        )),
        (IN, incoming({"city": "Nowhere"}), Differs(
            message("No weather: Error: getaddrinfo ENOTFOUND"), "ReferenceError: HTTP is not defined",
        )),
    ],
    "zabbix_raw": [
        (IN, incoming("", content_raw="Host: db1\nProblem: disk: full\n\nbye"), message(
            "db1: disk: full", icon_emoji=":rotating_light:",
        )),
        (IN, incoming("", content_raw="hello"), False),
    ],
}  # fmt: skip


def by_http(request: dict[str, Any]) -> dict[str, Any]:
    """Answers ``HTTP``."""
    match request:
        case {"method": "GET", "url": "https://weather.example.com/now?city=Paris&units=metric"}:
            assert request["headers"] == [["X-Key", "k"]]
            return {"status": 200, "headers": [], "body": '{"temp": 21}'}
        case {"method": "POST", "url": "https://tickets.example.com/api", "auth": "bot:secret", "body": body}:
            good = json.loads(body)["title"]
            answer = {"id": 12} if good else {"why": "no title"}
            text = json.dumps(answer, separators=(",", ":"))
            return {
                "status": 201 if good else 422,
                "headers": [["Content-Type", "application/json"]],
                "body": text,
            }
        case _:
            return {"error": "getaddrinfo ENOTFOUND"}


def by_fetch(request: dict[str, Any]) -> dict[str, Any]:
    """Answers ``fetch``."""
    body = json.loads(request["options"]["body"])
    answer = {"statusText": "", "headers": [], "url": request["url"]}
    match body:
        case {"q": "hallo", "target": "fr"}:
            return {"response": {**answer, "status": 200, "body": '{"translated": "salut"}'}}
        case {"q": "?", "target": "en"}:
            return {"response": {**answer, "status": 400, "body": "cannot"}}
        case _:
            return {"error": "no route"}


def outcome(script: Loaded, number: int, method: str, argument: dict[str, Any]) -> Any:
    told = script.call(method, argument)
    while told["state"] == "pending":
        (request,) = told["fetches"]
        told = script.resume(number, request["fetch"], **by_fetch(request))
    if told["state"] == "threw":
        return f"{told['error']['name']}: {told['error']['message']}"
    assert told["state"] == "returned"
    return told.get("value", NOTHING)


def test_every_script_is_called() -> None:
    assert {path.stem for path in SCRIPTS.glob("*.js")} == set(CALLS)


@pytest.mark.parametrize("mode", ["transpiled", "native"])
@pytest.mark.parametrize("name", CALLS)
def test_public_script(name: str, mode: str) -> None:
    source = (SCRIPTS / f"{name}.js").read_text(encoding="utf-8")
    old = mode == "transpiled"
    with Loaded(transpiled(source) if old else source, legacy=old, host=by_http) as script:
        for number, (method, argument, expected) in enumerate(CALLS[name], start=1):
            wanted = getattr(expected, mode) if isinstance(expected, Differs) else expected
            assert outcome(script, number, method, argument) == wanted


def test_a_return_at_the_top_does_not_load() -> None:
    with pytest.raises(Thrown, match="return"):
        Loaded("return; class Script {}")
