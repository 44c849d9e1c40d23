"""``integrations.test``: what would happen, and that nothing of it does."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.delivery.webhooks import channel, finished, history, outgoing, say, texts
from tests.hooks.hooks import Hook
from tests.receivers import Receiver, reply_json
from tests.rest.integration_bodies import incoming
from tests.running import Api, unique

SAYS = """class Script {
  process_incoming_request({ request }) {
    console.log('got', request.content.text);
    return { content: { text: `said ${request.content.text}` } };
  }
}"""
PREPARES = """class Script {
  prepare_outgoing_request({ request }) {
    request.headers['X-Api-Key'] = 'very secret';
    return { ...request, auth: 'ada:pass', data: { said: request.data.text, token: request.data.token } };
  }
  process_outgoing_response({ request, response }) {
    return { content: { text: `${request.data.said}: ${response.content.state} ${response.status_code}` } };
  }
}"""


def script(body: str, method: str = "process_incoming_request") -> str:
    return f"class Script {{\n  async {method}({{ request, response }}) {{\n    {body}\n  }}\n}}"


def tried(api: Api, kind: str = "incoming", **body: Any) -> Any:
    """A try-out that must succeed; a draft where ``body`` names no integration."""
    if "integrationId" not in body:
        body["type"] = f"webhook-{kind}"
    return api.post("integrations.test", **body)


def only(values: list[Any]) -> Any:
    (value,) = values
    return value


@pytest.fixture
def scripted(admin: Api) -> Hook:
    return Hook(admin, scriptEnabled=True, script=SAYS)


def test_a_draft_says_what_it_would_post_and_answer(admin: Api) -> None:
    room = admin.new_channel()
    answer = tried(
        admin,
        script=SAYS,
        channel=channel(room),
        alias="Deploys",
        emoji=":rocket:",
        request={"body": {"text": "hello"}},
    )
    assert answer["source"] == "given"
    assert answer["compiled"] is True
    assert answer["answer"] == {"status": 200, "body": {"success": True}}
    post = only(answer["posts"])
    assert post["channel"] == channel(room)
    message = post["message"]
    assert (message["msg"], message["alias"], message["emoji"]) == ("said hello", "Deploys", ":rocket:")
    assert (message["rid"], message["u"]["username"]) == (room["_id"], "rocket.cat")
    assert "_id" not in message
    run = only(answer["runs"])
    assert (run["method"], run["outcome"]) == ("process_incoming_request", "returned")
    assert run["value"] == {"content": {"text": "said hello"}}
    assert run["console"] == [{"level": "log", "text": "got hello"}]
    assert run["durationMs"] > 0
    assert run["memoryBytes"] > 0
    # Neither a message, nor that somebody joined.
    assert admin.get("channels.messages", roomId=room["_id"])["messages"] == []
    assert admin.get("channels.members", roomId=room["_id"])["total"] == 1


def test_the_message_is_the_one_that_a_call_posts(scripted: Hook) -> None:
    request = {"text": "see https://example.com, @rocket.cat: #general"}
    shown = only(tried(scripted.admin, integrationId=scripted.id, request={"body": request})["posts"])
    posted = scripted.posted(request)
    changing = ("_id", "ts", "_updatedAt")
    assert {key: one for key, one in posted.items() if key not in changing} == {
        key: one for key, one in shown["message"].items() if key not in changing
    }


def test_a_stored_one_is_tried_with_changes_that_are_not_saved(scripted: Hook) -> None:
    admin = scripted.admin
    answer = tried(admin, integrationId=scripted.id, script=script("return { content: { text: 'new' } };"))
    assert only(answer["posts"])["message"]["msg"] == "new"
    assert answer["integration"] == {
        "_id": scripted.id,
        "name": scripted.integration["name"],
        "type": "webhook-incoming",
    }
    stored = admin.get("integrations.get", integrationId=scripted.id)["integration"]
    assert stored == scripted.integration
    assert only(tried(admin, integrationId=scripted.id)["posts"])["message"]["msg"].startswith("said ")
    assert scripted.messages() == []


def test_the_living_instance_is_not_touched(admin: Api) -> None:
    counting = """let calls = 0;
class Script { process_incoming_request() { Store.set('n', (Store.get('n') || 0) + 1); calls++;
  return { content: { text: `${calls} ${Store.get('n')}` } }; } }"""
    hook = Hook(admin, scriptEnabled=True, script=counting)
    assert hook.posted({})["msg"] == "1 1"
    for _ in range(3):
        assert only(tried(admin, integrationId=hook.id)["posts"])["message"]["msg"] == "1 1"
    assert hook.posted({})["msg"] == "2 2"


def test_a_recorded_call_is_tried_again(scripted: Hook) -> None:
    scripted.posted({"text": "one"})
    scripted.posted({"text": "two"})
    answer = tried(scripted.admin, integrationId=scripted.id, recorded="last")
    assert answer["source"] == "recorded"
    assert only(answer["posts"])["message"]["msg"] == "said two"
    assert len(scripted.messages()) == 2
    refused = scripted.admin.refused(
        "POST", "integrations.test", json={"integrationId": scripted.id, "recorded": "none"}
    )
    assert refused["errorType"] == "error-invalid-integration-history"


@pytest.mark.parametrize(("native", "statement"), [(True, "nowhere = 1;"), (False, "missing();")])
def test_errors_are_at_their_place_in_the_source(admin: Api, native: bool, statement: str) -> None:
    answer = tried(admin, script=script(statement), skipTranspile=native, name="My hook")
    assert answer["answer"] == {"status": 400, "body": {"success": False, "error": "error-running-script"}}
    assert answer["posts"] == []
    run = only(answer["runs"])
    assert run["outcome"] == "failed"
    error = run["error"]
    assert error["name"] == "ReferenceError"
    assert (error["line"], error["column"]) == (3, 5)
    assert "My hook:3:5" in error["stack"]


@pytest.mark.parametrize("native", [True, False])
def test_a_script_that_does_not_compile_says_where(admin: Api, native: bool) -> None:
    answer = tried(admin, script="class Script {\n  x( {\n}", skipTranspile=native)
    assert answer["compiled"] is False
    assert answer["scriptError"]["name"] == "SyntaxError"
    assert answer["scriptError"]["line"] >= 2
    assert answer["scriptError"]["column"] >= 1
    assert only(answer["runs"])["error"]["kind"] == "compile"
    assert answer["answer"]["status"] == 400


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("return { error: 'not today' };", 400, "not today"),
        ("return { content: {} };", 400, None),
        ("return { content: { text: 'x', channel: '#nowhere' } };", 400, "invalid-channel"),
        ("return 5;", 400, "error-running-script"),
    ],
)
def test_what_a_call_would_be_refused_for_is_told(
    admin: Api, body: str, status: int, error: str | None
) -> None:
    answer = tried(admin, script=script(body), overrideDestinationChannelEnabled=True)
    assert answer["posts"] == []
    assert answer["answer"]["status"] == status
    assert answer["answer"]["body"]["success"] is False
    if error is not None:
        assert answer["answer"]["body"]["error"] == error


def test_what_is_wrong_with_a_result_is_told(admin: Api) -> None:
    run = only(tried(admin, script=script("return { content: 'text' };"))["runs"])
    assert run["outcome"] == "returned"
    assert (run["error"]["kind"], "a string" in run["error"]["message"]) == ("result", True)


def test_a_request_is_read_as_a_call_is(admin: Api) -> None:
    echo = script("return { response: [request.content, request.url.query, request.headers['x-kind']] };")
    headers = {"X-Kind": "form", "Content-Type": "application/x-www-form-urlencoded"}
    given = {"body": "a=1&b=2", "query": "q=7", "headers": headers}
    answer = tried(admin, script=echo, request=given)
    assert answer["answer"]["body"] == [{"a": "1", "b": "2"}, {"q": "7"}, "form"]
    unreadable = {"body": "{", "headers": {"Content-Type": "application/json"}}
    answer = tried(admin, script=echo, request=unreadable)
    assert answer["answer"]["status"] == 400
    assert answer["runs"] == []


def test_new_direct_rooms_and_channels_are_only_told_of(admin: Api) -> None:
    person, bot, room = admin.new_user(), admin.new_bot(), admin.new_channel()
    answer = tried(
        admin, script=SAYS, channel=f"@{person.username()},{channel(room)}", username=bot.username()
    )
    assert [one["channel"] for one in answer["posts"]] == [f"@{person.username()}", channel(room)]
    assert answer["answer"]["status"] == 200
    assert bot.get("im.list")["ims"] == []
    assert bot.user_id not in {
        one["_id"] for one in admin.get("channels.members", roomId=room["_id"])["members"]
    }


def test_requests_of_the_script_are_noted_and_answered_as_given(admin: Api) -> None:
    body = """const seen = [];
    for (const url of ['https://a.example/x', 'https://b.example/y']) {
      try {
        const got = await fetch(url, { method: 'POST', headers: { Authorization: 'Bearer s3cret' }, body: 'hi' });
        seen.push([got.status, (await got.json()).id]);
      } catch (error) { seen.push(String(error)); }
    }
    return { response: seen };"""
    with Receiver() as receiver:
        given = [{"url": "https://a.example/x", "status": 201, "body": {"id": 9}}]
        answer = tried(admin, script=script(body.replace("https://b.example", receiver.url)), fetches=given)
        assert receiver.connections == 0
    first, second = answer["answer"]["body"]
    assert first == [201, 9]
    assert "not carried out in a try-out" in second
    asked = only(answer["runs"])["fetches"]
    assert [one["answered"] for one in asked] == [True, False]
    assert asked[0]["method"] == "POST"
    assert asked[0]["headers"]["Authorization"] == "***"
    assert asked[0]["body"] == "hi"
    assert "s3cret" not in str(answer)


def test_synchronous_requests_are_noted_too(admin: Api) -> None:
    got = script(
        "const { result } = HTTP('GET', 'https://a.example/'); return { response: [result.data.id] };"
    )
    answer = tried(admin, script=got, fetches=[{"url": "https://a.example/", "body": {"id": 4}}])
    assert answer["answer"]["body"] == [4]
    assert only(only(answer["runs"])["fetches"])["answered"] is True


def test_what_would_be_called_is_told_with_secrets_masked(admin: Api) -> None:
    room = admin.new_channel()
    with Receiver() as receiver:
        answer = tried(
            admin,
            "outgoing",
            script=PREPARES,
            channel=channel(room),
            urls=[f"{receiver.url}/in", receiver.url.replace("http://", "http://ann:hidden@")],
            data={"text": "ship it"},
            response={"status": 202, "body": {"state": "done"}},
        )
        assert receiver.connections == 0
    first, second = answer["calls"]
    assert (first["method"], first["url"]) == ("POST", f"{receiver.url}/in")
    assert first["headers"]["X-Api-Key"] == first["headers"]["Authorization"] == "***"
    assert first["body"] == '{"said":"ship it","token":"***"}'
    assert second["url"].startswith("http://***@")
    for secret in ("very secret", "ada:pass", "hidden", "YWRhOnBhc3M"):
        assert secret not in str(answer)
    assert [one["message"]["msg"] for one in answer["posts"]] == ["ship it: done 202"] * 2
    assert [one["step"] for one in answer["deliveries"]] == ["after-process-send-message"] * 2
    assert [run["method"] for run in answer["runs"]] == [
        "prepare_outgoing_request",
        "process_outgoing_response",
    ] * 2
    assert texts(admin, room["_id"]) == []


def test_the_token_of_a_stored_one_is_shown_to_nobody(admin: Api) -> None:
    hook = Hook(
        admin, scriptEnabled=True, script=script("return { response: { all: JSON.stringify(request) } };")
    )
    assert hook.token not in str(tried(admin, integrationId=hook.id))
    sender = outgoing(
        admin,
        "https://receiver.example/",
        token="tell-nobody",
        scriptEnabled=True,
        script=script("console.log(JSON.stringify(request)); return request;", "prepare_outgoing_request"),
    )
    assert "tell-nobody" not in str(tried(admin, integrationId=sender["_id"]))


def test_recorded_events_are_tried_with_the_answer_that_came(admin: Api) -> None:
    room = admin.new_channel()
    with Receiver([reply_json({"state": "first"})]) as receiver:
        hook = outgoing(admin, receiver, channel(room), scriptEnabled=True, script=PREPARES)
        say(admin, "original", channel(room))
        entry = only(finished(admin, hook))
        answer = tried(admin, integrationId=hook["_id"], recorded=entry["_id"])
        assert len(receiver.requests) == 1
    assert answer["source"] == "recorded"
    assert only(answer["posts"])["message"]["msg"] == "original: first 200"
    assert len(history(admin, hook)) == 1


def test_without_an_answer_it_ends_with_the_call(admin: Api) -> None:
    answer = tried(admin, "outgoing", triggerWords="deploy,ship", data={"text": "nothing to see"})
    assert answer["fires"] is False
    assert only(answer["deliveries"])["state"] == "called"
    assert answer["runs"] == []
    fired = tried(admin, "outgoing", triggerWords="deploy,ship", data={"text": "ship it"})
    assert (fired["fires"], fired["triggerWord"]) == (True, "ship")
    assert '"trigger_word":"ship"' in only(fired["calls"])["body"]


@pytest.mark.parametrize(
    ("returned", "state", "step", "posts"),
    [
        ("undefined", "succeeded", "after-prepare-no-opts", 0),
        ("{ message: { text: 'hi' } }", "succeeded", "after-prepare-no-url_or_method", 1),
        ("{ url: 'https://a.example/', method: 'POST', auth: 'x' }", "failed", "pre-http-call", 0),
        ("{ url: 'nothing', method: 'POST' }", "failed", "after-http-call", 0),
        ("missing()", "failed", "execute-script-error-running-prepare_outgoing_request", 0),
    ],
)
def test_what_a_prepared_request_comes_to(
    admin: Api, returned: str, state: str, step: str, posts: int
) -> None:
    source = script(f"return {returned};", "prepare_outgoing_request")
    answer = tried(admin, "outgoing", script=source)
    delivery = only(answer["deliveries"])
    assert (delivery["state"], delivery["step"], len(answer["posts"])) == (state, step, posts)


@pytest.mark.parametrize(
    ("status", "retry", "state"),
    [(200, False, "succeeded"), (500, False, "failed"), (500, True, "waiting"), (404, True, "failed")],
)
def test_what_follows_from_an_answer_without_a_script(
    admin: Api, status: int, retry: bool, state: str
) -> None:
    answer = tried(
        admin,
        "outgoing",
        retryFailedCalls=retry,
        response={"status": status, "body": {"text": "answered"}},
    )
    assert only(answer["deliveries"])["state"] == state
    assert len(answer["posts"]) == (1 if state == "succeeded" else 0)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "error-invalid-integration"),
        ({"integrationId": "none"}, "error-invalid-integration"),
        ({"type": "webhook-incoming", "data": {}}, "error-invalid-params"),
        ({"type": "webhook-outgoing", "request": {}}, "error-invalid-params"),
        ({"type": "webhook-incoming", "recorded": "last"}, "error-invalid-integration"),
        ({"type": "webhook-incoming", "channel": "general"}, "error-invalid-channel-start-with-chars"),
        ({"type": "webhook-incoming", "username": "nobody-here"}, "error-invalid-user"),
        ({"type": "webhook-outgoing", "event": "dawn"}, "error-invalid-event-type"),
        ({"type": "webhook-incoming", "scriptTimeLimit": 10**9}, "error-invalid-script-limit"),
        ({"type": "other"}, "invalid-params"),
        ({"type": "webhook-outgoing", "data": {"user": "ann"}}, "invalid-params"),
        ({"type": "webhook-incoming", "request": {"path": "/"}}, "invalid-params"),
    ],
)
def test_what_cannot_be_tried_is_refused(admin: Api, body: dict[str, Any], error: str) -> None:
    assert admin.refused("POST", "integrations.test", json=body)["errorType"] == error


@pytest.fixture
def owner(admin: Api) -> Api:
    """Somebody who manages the incoming integrations that they made, and no others."""
    role = admin.post("roles.create", name=unique("keeper"))["role"]["_id"]
    permission = "manage-own-incoming-integrations"
    table = admin.get("permissions.listAll")["update"]
    roles = next(one["roles"] for one in table if one["_id"] == permission)
    admin.post("permissions.update", permissions=[{"_id": permission, "roles": [*roles, role]}])
    return admin.new_user(roles=["user", role])


def test_who_may_try_what(admin: Api, owner: Api, scripted: Hook) -> None:
    assert tried(owner, script=SAYS)["answer"]["status"] == 200
    assert owner.refused("POST", "integrations.test", json={"type": "webhook-outgoing"})["errorType"] == (
        "not_authorized"
    )
    theirs = {"integrationId": scripted.id}
    assert owner.refused("POST", "integrations.test", json=theirs)["errorType"] == "error-invalid-integration"
    own = owner.post("integrations.create", **incoming(scriptEnabled=True, script=SAYS))["integration"]
    assert len(tried(owner, integrationId=own["_id"])["posts"]) == 1
    assert len(tried(admin, integrationId=own["_id"])["posts"]) == 1
    admin.new_user().refused("POST", "integrations.test", 403, json={"type": "webhook-incoming"})


def test_a_draft_is_told_nothing_of_rooms_that_its_author_does_not_see(admin: Api, owner: Api) -> None:
    table = admin.get("permissions.listAll")["update"]
    permission = "manage-own-outgoing-integrations"
    roles = next(one["roles"] for one in table if one["_id"] == permission)
    mine = [one for one in owner.get("me")["roles"] if one != "user"]
    admin.post("permissions.update", permissions=[{"_id": permission, "roles": [*roles, *mine]}])
    group = admin.post("groups.create", name=unique("secret"))["group"]
    admin.post("groups.setTopic", roomId=group["_id"], topic="acquisition of Example Ltd")
    body = {"event": "roomJoined", "channel": f"#{group['name']}"}
    assert "acquisition" in str(tried(admin, "outgoing", **body))
    assert "acquisition" not in str(tried(owner, "outgoing", **body))


def test_a_hostile_script_is_stopped_while_the_server_answers(admin: Api, scripted: Hook) -> None:
    bombs = [
        "for (;;) {}",
        "const all = []; for (;;) all.push(new Uint8Array(4e6).fill(1));",
        "await new Promise(() => {});",
    ]
    scripted.post({"text": "the worker is there"})
    with ThreadPoolExecutor() as pool:
        started = time.monotonic()
        trials = [pool.submit(tried, admin, script=script(bomb), skipTranspile=True) for bomb in bombs]
        answered = 0
        while not all(one.done() for one in trials):
            before = time.monotonic()
            scripted.post({"text": "still here"})
            assert time.monotonic() - before < 3
            answered += 1
        took = time.monotonic() - started
    assert answered > 3
    assert took < 10
    kinds = [only(one.result()["runs"])["error"]["kind"] for one in trials]
    assert kinds == ["time", "memory", "stuck"]
    assert all(one.result()["answer"]["body"]["error"] == "error-running-script" for one in trials)
    assert only(tried(admin, script=SAYS)["posts"])
