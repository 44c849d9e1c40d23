"""Calls that go through a script: what it sees, what is posted and answered (contract, sections 3 and 5)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.hooks.hooks import Hook, payload
from tests.running import Api, running, unique

from hookroom.integrations.checks import LEAST_MEMORY_MB

RUNNING = "error-running-script"
EVALUATING = "error-evaluating-script"
ECHO = "return { response: { request, text: String(request.content) } };"


def method(body: str) -> str:
    return f"class Script {{\n  process_incoming_request({{ request }}) {{\n{body}\n  }}\n}}"


def scripted(admin: Api, script: str, **fields: Any) -> Hook:
    """A webhook with a script that is run as it is, unless ``fields`` say otherwise."""
    return Hook(admin, **{"scriptEnabled": True, "script": script, "skipTranspile": True, **fields})


def fate(admin: Api, body: str, **fields: Any) -> Hook:
    return scripted(admin, method(body), **fields)


# What is posted


@pytest.mark.parametrize("skip", [True, False], ids=["native", "transpiled"])
def test_what_the_script_returns_is_posted(admin: Api, skip: bool) -> None:
    hook = fate(
        admin,
        """
        const { repository, pusher, commits } = request.content;
        return { content: {
            text: `${pusher.name}: ${commits.length} to ${repository.name}`,
            alias: 'Git', icon_emoji: ':octocat:', attachments: [{ title: 'a', text: 'b' }] } };
        """,
        skipTranspile=skip,
        alias="Default",
    )
    sent = payload("github-push")
    message = hook.posted(sent)
    assert (
        message["msg"] == f"{sent['pusher']['name']}: {len(sent['commits'])} to {sent['repository']['name']}"
    )
    assert (message["alias"], message["emoji"]) == ("Git", ":octocat:")
    assert message["attachments"] == [{"title": "a", "text": "b"}]
    assert message["bot"] == {"i": hook.id}
    assert message["parseUrls"] is False


def test_methods_are_sloppy_when_transpiled_and_strict_natively(admin: Api) -> None:
    body = "name = 'undeclared'; return { content: { text: name } };"
    assert fate(admin, body, skipTranspile=False).posted({})["msg"] == "undeclared"
    fate(admin, body).refused(400, RUNNING, json={})


def test_an_async_method(admin: Api) -> None:
    script = (
        "class Script { async process_incoming_request() { await null; return { content: { text: 'x' } }; } }"
    )
    assert scripted(admin, script).posted({})["msg"] == "x"


def test_defaults_of_the_integration_apply(admin: Api) -> None:
    hook = fate(admin, "return { content: { text: 'x' } };", alias="Door", avatar="https://a.example/b.png")
    message = hook.posted({"alias": "not this one"})
    assert (message["alias"], message["avatar"]) == ("Door", "https://a.example/b.png")


def test_state_lives_from_call_to_call_and_ends_with_the_script(admin: Api) -> None:
    body = "Store.set('n', (Store.get('n') || 0) + 1); return { content: { text: `${Store.get('n')}` } };"
    hook = fate(admin, body)
    assert [hook.posted({})["msg"] for _ in range(3)] == ["1", "2", "3"]
    hook.update(script=method(body.replace("+ 1", "+ 10")), skipTranspile=True)
    assert hook.posted({})["msg"] == "10"


@pytest.mark.parametrize(
    "content",
    ["{}", "{ text: ' ' }", "{ text: '', attachments: [] }", "{ attachments: [{}] }", "{ other: 1 }"],
)
def test_an_empty_message_is_none(admin: Api, content: str) -> None:
    error = fate(admin, f"return {{ content: {content} }};").refused(400, json={"title": "headline"})
    assert error == "Nothing to post: the content that the script returned has neither text nor attachments"


def test_half_an_emoji_does_not_lose_the_message(admin: Api) -> None:
    body = "console.log('\\ud83d'); return { content: { text: '12😀'.substring(0, 3) + '\\u0000!' } };"
    message = fate(admin, body).posted({})
    assert message["msg"] == "12\ufffd\0!"


def test_the_script_posts_where_the_integration_may(admin: Api) -> None:
    other = admin.new_channel()
    body = f"return {{ content: {{ text: 'there', channel: '#{other['name']}' }} }};"
    hook = fate(admin, body)
    hook.refused(400, "overriding destination channel is disabled for this integration", json={})
    hook.update(
        script=method(body), scriptEnabled=True, skipTranspile=True, overrideDestinationChannelEnabled=True
    )
    assert hook.post({}) == {"success": True}
    assert hook.messages() == []
    assert [one["msg"] for one in hook.messages(other["_id"])] == ["there"]


def test_several_rooms(admin: Api) -> None:
    rooms = [admin.new_channel() for _ in range(2)]
    names = ",".join(f"#{room['name']}" for room in rooms)
    hook = fate(admin, "return { content: { text: 'both' } };", channel=names)
    assert hook.post({}) == {"success": True}
    for room in rooms:
        assert [one["msg"] for one in hook.messages(room["_id"])] == ["both"]


def test_another_user_is_not_honoured(admin: Api) -> None:
    hook = fate(admin, f"return {{ content: {{ text: 'x' }}, user: {{ _id: '{admin.user_id}' }} }};")
    assert hook.posted({})["u"]["username"] == "rocket.cat"


def test_a_user_who_may_no_longer_post_for_others(admin: Api) -> None:
    bot = admin.new_bot()
    hook = fate(admin, "return { content: { text: 'x' } };", username=bot.username())
    admin.post("users.update", userId=bot.user_id, data={"roles": ["user"]})
    hook.refused(400, "error-user-lacks-message-impersonate-permission", json={})


# What the script sees


def seen(hook: Hook, path: str = "", **options: Any) -> Any:
    response = hook.call(path=path, **options)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_request_field_by_field(admin: Api) -> None:
    hook = fate(admin, ECHO)
    for older in (False, True):
        path = f"/hooks/{hook.id}/any%20body/{hook.token}" if older else hook.path
        got = seen(
            hook,
            f"{path}?a=1&b=x%20y&a=2",
            content='{"n": 1.50}',
            headers={"Content-Type": "application/json", "X-Event": "Push", "User-Agent": "me"},
        )
        assert got["success"] is True
        request = got["request"]
        assert request["url"] == {
            "hash": "",
            "search": "?a=1&b=x%20y&a=2",
            "query": {"a": "2", "b": "x y"},
            "pathname": path,
            "path": f"{path}?a=1&b=x%20y&a=2",
        }
        assert request["url_raw"] == f"{path}?a=1&b=x%20y&a=2"
        params = {"integrationId": hook.id, "token": hook.token}
        assert request["url_params"] == ({**params, "userId": "any body"} if older else params)
        assert request["content"] == request["body"] == {"n": 1.5}
        assert request["content_raw"] == '{"n": 1.50}'
        assert request["headers"]["x-event"] == "Push"
        assert request["headers"]["user-agent"] == "me"
        assert request["headers"]["content-length"] == "11"
        user = admin.get("users.info", userId="rocket.cat")["user"]
        assert request["user"] == {name: user[name] for name in ("_id", "name", "username")}
    assert hook.messages() == []


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("content_type", "body", "content", "text"),
    [
        ("application/json", "[1, 2]", [1, 2], "1,2"),
        ("application/json", "5", 5, "5"),
        ("application/json", '"text"', "text", "text"),
        ("application/json", "true", True, "true"),
        ("application/json", "null", None, "null"),
        ("text/plain", "just text", "just text", "just text"),
        ("text/xml", "<a/>", "<a/>", "<a/>"),
        ("", "", {}, "[object Object]"),
        (FORM, "a=1&b=x+y", {"a": "1", "b": "x y"}, "a=1&b=x+y"),
        (FORM, "payload=%7B%22n%22%3A1%7D", {"n": 1}, "[object Object]"),
        ("", '{"n": 1}', {"n": 1}, "[object Object]"),
    ],
)
def test_any_body_reaches_the_script(
    admin: Api, content_type: str, body: str, content: Any, text: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    got = seen(fate(admin, ECHO), content=body, headers=headers)
    assert got["request"]["content"] == content
    assert got["request"]["content_raw"] == body
    assert got["text"] == text


def test_a_body_that_cannot_be_read_does_not_reach_it(admin: Api) -> None:
    hook = fate(admin, "return { content: { text: 'x' } };")
    error = hook.refused(400, content="{broken", headers={"Content-Type": "application/json"})
    assert "cannot be read" in error


def test_a_get_posts_nothing(admin: Api) -> None:
    hook = fate(admin, "return { content: { text: 'x' } };")
    assert hook.call("GET").json() == {"success": True}
    assert "POST" in hook.refused(400, method="GET", params={"text": "x"})
    assert "POST" in hook.refused(400, method="GET", params="x")
    assert hook.messages() == []


# What is answered


@pytest.mark.parametrize(
    "script",
    [
        "class Script {}",
        "class Script { prepare_outgoing_request() { return { message: { text: 'x' } }; } }",
        *map(
            method,
            ["", "return;", "return null;", "return false;", "return 0;", "return '';", "return undefined;"],
        ),
    ],
)
def test_nothing_is_posted_for_nothing(admin: Api, script: str) -> None:
    hook = scripted(admin, script)
    assert hook.post({"text": "x"}) == {"success": True}
    assert hook.messages() == []


@pytest.mark.parametrize(
    ("returned", "answer"),
    [
        ("{ error: 'no thanks' }", {"success": False, "error": "no thanks"}),
        ("{ error: 5 }", {"success": False, "error": 5}),
        ("{ error: { success: false, message: 'no' } }", {"success": False, "message": "no"}),
        ("{ error: { success: true, code: 7 } }", {"success": False, "code": 7}),
        ("{ error: 'no', content: { text: 'x' } }", {"success": False, "error": "no"}),
    ],
)
def test_an_error_of_the_script(admin: Api, returned: str, answer: dict[str, Any]) -> None:
    hook = fate(admin, f"return {returned};")
    response = hook.call(json={})
    assert (response.status_code, response.json()) == (400, answer)
    assert hook.messages() == []


@pytest.mark.parametrize(
    "body",
    [
        "throw new Error('oh');",
        "throw 'text';",
        "throw null;",
        "return undefinedName;",
        "return Promise.reject(new Error('oh'));",
        "return true;",
        "return 'text';",
        "return [];",
        "return {};",
        "return { text: 'x' };",
        "return { content: 'x' };",
        "return { content: [] };",
        "return { content: null };",
        "const a = {}; a.a = a; return { content: a };",
        "return { content: { text: 1n } };",
        "return { content: { toJSON() { throw new Error('oh'); } } };",
        "let a = []; for (let i = 0; i < 500; i++) a = [a]; return { content: { text: 'x', attachments: a } };",
    ],
)
def test_a_script_that_fails(admin: Api, body: str) -> None:
    fate(admin, body).refused(400, RUNNING, json={"text": "x"})


@pytest.mark.parametrize(
    "script",
    [
        "throw new Error('at the top');",
        "const nothing = 1;",
        "class Other {}",
        "class Script { constructor() { throw new Error('oh'); } }",
    ],
)
def test_a_script_that_does_not_load(admin: Api, script: str) -> None:
    scripted(admin, script).refused(400, EVALUATING, json={"text": "x"})


@pytest.mark.parametrize("skip", [True, False])
def test_a_script_that_does_not_compile(admin: Api, skip: bool) -> None:
    hook = scripted(admin, "class Script { process_incoming_request( { ", skipTranspile=skip)
    assert "scriptCompiled" not in hook.integration
    error = hook.refused(400, json={"text": "x"})
    assert error == "The script of this integration has an error and cannot run: nothing was posted"
    hook.update(scriptEnabled=True, script=method("return { content: { text: 'mended' } };"))
    assert hook.posted({})["msg"] == "mended"


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("{ a: 1 }", {"a": 1, "success": True}),
        ("{ success: false }", {"success": True}),
        ("['a', 1]", ["a", 1]),
        ("[]", []),
        ("'thanks'", "thanks"),
        ("null", {"success": True}),
    ],
)
def test_a_response_is_answered_after_posting(admin: Api, response: str, answer: Any) -> None:
    hook = fate(admin, f"return {{ content: {{ text: 'x' }}, response: {response} }};")
    got = hook.call(json={})
    assert (got.status_code, got.json()) == (200, answer)
    assert [one["msg"] for one in hook.messages()] == ["x"]


def test_a_response_is_no_answer_to_a_message_that_was_refused(admin: Api) -> None:
    hook = fate(admin, "return { content: { text: 'x'.repeat(6000) }, response: { ok: 1 } };")
    hook.refused(400, "error-message-size-exceeded", json={})


@pytest.mark.parametrize(
    ("content", "sent", "separate"),
    [
        ("{ text: 'x' }", {"separateResponse": True}, True),
        ("{ text: 'x', separateResponse: true }", {}, True),
        ("{ text: 'x', separateResponse: false }", {"separateResponse": True}, False),
        ("{ text: 'x' }", {"separateResponse": "true"}, False),
    ],
)
def test_separate_responses(admin: Api, content: str, sent: dict[str, Any], separate: bool) -> None:
    hook = fate(admin, f"return {{ content: {content} }};")
    answer = hook.post(sent)
    assert ("responses" in answer) is separate
    assert [one["msg"] for one in hook.messages()] == ["x"]


def test_separate_responses_that_all_fail(admin: Api) -> None:
    hook = fate(admin, "return { content: { text: 'x', separateResponse: true }, response: { ok: 1 } };")
    admin.post("channels.archive", roomId=hook.room["_id"])
    response = hook.call(json={})
    assert response.status_code == 400
    assert response.json()["responses"] == [{"channel": f"#{hook.room['name']}", "error": "room_is_archived"}]


# Limits


@pytest.mark.parametrize(
    "body",
    [
        "for (;;) {}",
        "while (true) { try { for (;;) {} } catch (e) {} }",
        "/^(a+)+$/.test('a'.repeat(40) + '!');",
        "const a = []; for (;;) a.push('x'.repeat(1000) + a.length);",
        "return new Promise(() => {});",
        "(function f() { f(); })();",
    ],
    ids=["loop", "caught", "regex", "memory", "stuck", "recursion"],
)
def test_a_script_that_breaks_a_limit_is_stopped(admin: Api, body: str) -> None:
    hook = fate(admin, body, scriptTimeLimit=200, scriptMemoryLimit=16)
    other = fate(admin, "return { content: { text: 'x' } };")
    other.posted({})
    started = time.monotonic()
    hook.refused(400, RUNNING, json={})
    assert time.monotonic() - started < 5
    assert other.posted({})["msg"] == "x"


def test_the_least_limits_are_enough_for_a_small_script(admin: Api) -> None:
    hook = fate(
        admin, "return { content: { text: 'x' } };", scriptMemoryLimit=LEAST_MEMORY_MB, scriptTimeLimit=100
    )
    assert hook.posted({})["msg"] == "x"


def test_what_waits_is_bounded(tmp_path: Path) -> None:
    environment = {"HOOKROOM_SCRIPTS_QUEUE": "1", "HOOKROOM_SCRIPTS_WORKERS": "1"}
    with running(tmp_path, environment=environment) as server:
        hook = fate(server.admin(), "const end = Date.now() + 300; while (Date.now() < end) {} return null;")
        with ThreadPoolExecutor(12) as pool:
            got = list(pool.map(lambda _: hook.call(json={}), range(12)))
        statuses = {response.status_code for response in got}
        assert statuses == {200, 503}
        refused = next(response for response in got if response.status_code == 503)
        assert refused.headers["retry-after"] == "1"
        assert refused.json() == {
            "success": False,
            "error": "Too many scripts are running: nothing was posted, please try again",
        }
        assert hook.post({}) == {"success": True}
    assert "too many script calls at once" in (tmp_path / "server.log").read_text()


# Scripts are turned off


def test_scripts_that_are_turned_off(tmp_path: Path) -> None:
    script = method("return { content: { text: 'it runs' } };")
    with running(tmp_path, environment={"DISABLE_INTEGRATION_SCRIPTS": "true"}) as server:
        hook = Hook(server.admin(), scriptEnabled=True, script=script)
        assert hook.integration["scriptError"]["name"] == "ScriptsDisabled"
        assert "scriptCompiled" not in hook.integration
        hook.refused(503, "Scripts are turned off on this server: nothing was posted", json={"text": "x"})
        plain = Hook(server.admin())
        plain.posted({"text": "no script"})
    with running(tmp_path) as server:
        again = server.admin()
        answer = again.http.post(hook.path, json={})
        assert answer.json() == {"success": True}
        messages = again.get("channels.messages", roomId=hook.room["_id"])["messages"]
        assert messages[0]["msg"] == "it runs"


# Secrets


def test_nothing_of_a_call_is_logged(tmp_path: Path) -> None:
    secret = unique("secret")
    bodies = [
        "console.log(request.url_raw, request.content); throw new Error(request.content_raw);",
        f"throw new Error('{secret}');",
        f"return '{secret}';",
        f"return {{ error: '{secret}' }};",
        f"return {{ content: {{ text: '{secret}', attachments: 'none' }} }};",
        f"const e = new Error('x'); e.name = '{secret}'; throw e;",
    ]
    with running(tmp_path) as server:
        admin = server.admin()
        hooks = [fate(admin, body) for body in bodies]
        for hook in hooks:
            hook.call(
                json={"token": secret, "text": secret}, headers={"X-Secret": secret}, params={"a": secret}
            )
    log = (tmp_path / "server.log").read_text()
    assert log.count("script failed") == 3
    assert f"integration={hooks[0].id}" in log
    assert secret not in log
    assert not any(hook.token in log for hook in hooks)
