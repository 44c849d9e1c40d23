"""Outgoing webhooks with a script: what is sent, what is posted, and how it ends (contract, section 5)."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.webhooks import change, channel, finished, history, outgoing, say, texts, until
from tests.receivers import Receiver, close, hang, reply, reply_json
from tests.running import Api, Server, running, unique

from hookroom import __version__

PREPARE = "prepare_outgoing_request({ request })"
PROCESS = "process_outgoing_response({ request, response })"


def script(prepare: str | None = None, process: str | None = None, more: str = "") -> str:
    methods = [
        f"  {head} {{\n{body}\n  }}"
        for head, body in ((PREPARE, prepare), (PROCESS, process))
        if body is not None
    ]
    return "\n".join(["class Script {", more, *methods, "}"])


def scripted(
    api: Api,
    receiver: Receiver | str,
    room: Any,
    prepare: str | None,
    process: str | None = None,
    **fields: Any,
) -> Any:
    """An outgoing webhook with a script that runs as it is, unless ``fields`` say otherwise."""
    given = {"scriptEnabled": True, "skipTranspile": True, "script": script(prepare, process)}
    return outgoing(api, receiver, channel(room), **{**given, **fields})


def told(api: Api, room: Any, hook: Any, text: str = "hello") -> Any:
    """Say something, and the entry of what came of it."""
    count = len(history(api, hook))
    say(api, text, channel(room))
    return finished(api, hook, count + 1)[0]


class TestPrepare:
    @pytest.mark.parametrize("skip", [True, False], ids=["native", "transpiled"])
    def test_the_request_is_changed(self, admin: Api, room: Any, skip: bool) -> None:
        prepare = """
            request.url += '/changed?a=b';
            request.method = 'PUT';
            request.headers['X-Mine'] = 'yes';
            request.data = { said: request.data.text };
            request.timeout = 5000;
            return request;
        """
        with Receiver() as receiver:
            hook = scripted(admin, receiver, room, prepare, skipTranspile=skip)
            entry = told(admin, room, hook)
            [got] = receiver.wait_for(1)
        assert (got.method, got.path) == ("PUT", "/changed?a=b")
        assert got.headers["x-mine"] == "yes"
        assert got.headers["content-type"] == "application/json"
        assert got.headers["user-agent"] == f"Hookroom/{__version__}"
        assert got.headers["webhook-id"] == entry["_id"]
        assert got.json() == {"said": "hello"}
        assert (entry["step"], entry["state"], entry["error"]) == ("after-http-call", "succeeded", False)
        assert entry["ranPrepareScript"] is True
        assert entry["httpCallData"] == {"said": "hello"}
        assert entry["url"] == f"{receiver.url}/changed?a=b"
        [attempt] = entry["attempts"]
        assert attempt["request"]["method"] == "PUT"
        assert attempt["request"]["body"] == '{"said":"hello"}'

    def test_what_it_sees(self, admin: Api, room: Any) -> None:
        prepare = "return { url: request.url, method: 'POST', data: request };"
        with Receiver() as receiver:
            hook = scripted(admin, receiver.url + "/in", room, prepare, triggerWords=["deploy"])
            told(admin, room, hook, "deploy now")
            [got] = receiver.wait_for(1)
        seen = got.json()
        data = seen.pop("data")
        assert seen == {
            "params": {},
            "method": "POST",
            "url": receiver.url + "/in",
            "auth": None,
            "headers": {"User-Agent": f"Hookroom/{__version__}"},
        }
        assert (data["text"], data["trigger_word"], data["token"]) == (
            "deploy now",
            "deploy",
            "outgoing-token",
        )
        assert data["channel_name"] == room["name"]

    def test_without_the_method_the_request_is_plain(self, admin: Api, room: Any) -> None:
        with Receiver() as receiver:
            hook = scripted(admin, receiver, room, None)
            entry = told(admin, room, hook)
            [got] = receiver.wait_for(1)
        assert (got.method, got.json()["text"]) == ("POST", "hello")
        assert got.headers["content-type"] == "application/json"
        assert got.headers["webhook-id"] == entry["_id"]
        assert (entry["state"], entry["ranPrepareScript"]) == ("succeeded", False)

    def test_a_get_without_headers(self, admin: Api, room: Any) -> None:
        prepare = "return { url: request.url, method: 'GET', auth: 'ann:pass:word', params: { q: 'a b' } };"
        with Receiver() as receiver:
            entry = told(admin, room, scripted(admin, receiver, room, prepare))
            [got] = receiver.wait_for(1)
        assert (got.method, got.path, got.body) == ("GET", "/?q=a+b", b"")
        assert got.headers["authorization"] == "Basic YW5uOnBhc3M6d29yZA=="
        assert "content-type" not in got.headers
        assert got.headers["webhook-id"] == entry["_id"]
        assert "word" not in json.dumps(entry["attempts"])

    def test_headers_of_the_connection_are_not_the_scripts(self, admin: Api, room: Any) -> None:
        prepare = """
            return { url: request.url, method: 'POST', data: 'text', headers: {
                Host: 'elsewhere', 'Content-Length': '1', 'Transfer-Encoding': 'chunked', Connection: 'x',
                'webhook-id': 'mine', 'Content-Type': 'text/plain' } };
        """
        with Receiver() as receiver:
            entry = told(admin, room, scripted(admin, receiver, room, prepare))
            [got] = receiver.wait_for(1)
        assert got.headers["host"] == receiver.url.removeprefix("http://")
        assert (got.body, got.headers["content-length"]) == (b"text", "4")
        assert got.headers["webhook-id"] == entry["_id"]
        assert got.headers["content-type"] == "text/plain"

    @pytest.mark.parametrize("returned", ["", "return;", "return null;", "return false;", "return '';"])
    def test_nothing_is_no_call(self, admin: Api, room: Any, returned: str) -> None:
        with Receiver() as receiver:
            entry = told(admin, room, scripted(admin, receiver, room, returned))
            assert receiver.requests == []
        assert (entry["step"], entry["state"], entry["error"]) == (
            "after-prepare-no-opts",
            "succeeded",
            False,
        )
        assert entry["ranPrepareScript"] is True
        assert "httpCallData" not in entry
        [attempt] = entry["attempts"]
        assert "request" not in attempt

    @pytest.mark.parametrize("returned", ["{}", "true", "{ url: request.url }", "{ method: 'GET' }"])
    def test_without_url_or_method_there_is_no_call(self, admin: Api, room: Any, returned: str) -> None:
        with Receiver() as receiver:
            entry = told(admin, room, scripted(admin, receiver, room, f"return {returned};"))
            assert receiver.requests == []
        assert (entry["step"], entry["state"]) == ("after-prepare-no-url_or_method", "succeeded")

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ("auth: 'nobody'", "auth must be"),
            ("headers: ['x']", "headers must be"),
            ("timeout: 'soon'", "timeout must be"),
        ],
    )
    def test_a_request_that_cannot_be_read(self, admin: Api, room: Any, fields: str, said: str) -> None:
        prepare = f"return {{ url: request.url, method: 'POST', {fields} }};"
        with Receiver() as receiver:
            entry = told(admin, room, scripted(admin, receiver, room, prepare, retryFailedCalls=True))
            assert receiver.requests == []
        assert (entry["step"], entry["state"], entry["error"]) == ("pre-http-call", "failed", True)
        assert said in entry["errorStack"]

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("http://10.0.0.1/", "refused"),
            ("http://169.254.169.254/latest", "refused"),
            ("file:///etc/passwd", "Only http"),
        ],
    )
    def test_it_calls_nowhere_that_a_webhook_may_not(
        self, admin: Api, room: Any, url: str, said: str
    ) -> None:
        prepare = f"return {{ url: '{url}', method: 'GET' }};"
        with Receiver() as receiver:
            entry = told(admin, room, scripted(admin, receiver, room, prepare, retryFailedCalls=True))
        assert (entry["state"], entry["step"]) == ("failed", "after-http-call")
        assert said in entry["errorStack"]

    def test_it_runs_again_for_each_attempt(self, admin: Api, room: Any) -> None:
        prepare = """
            const n = (Store.get('n') || 0) + 1;
            Store.set('n', n);
            request.data = { n };
            return request;
        """
        with Receiver([reply(500), close(), reply(200)]) as receiver:
            hook = scripted(admin, receiver, room, prepare, retryFailedCalls=True)
            entry = told(admin, room, hook)
            assert [one.json() for one in receiver.requests] == [{"n": 1}, {"n": 2}, {"n": 3}]
        assert (entry["state"], len(entry["attempts"])) == ("succeeded", 3)
        assert entry["httpCallData"] == {"n": 3}


class TestMessage:
    def test_instead_of_a_call(self, admin: Api, room: Any) -> None:
        prepare = "return { message: { text: `you said ${request.data.text}`, emoji: ':bulb:' } };"
        with Receiver() as receiver:
            hook = scripted(admin, receiver, room, prepare, alias="Helper")
            entry = told(admin, room, hook)
            assert receiver.requests == []
        assert (entry["step"], entry["state"], entry["error"]) == (
            "after-prepare-no-url_or_method",
            "succeeded",
            False,
        )
        [sent] = entry["prepareSentMessage"]
        assert sent["channel"] == channel(room)
        message = admin.get("chat.getMessage", msgId=sent["message"]["_id"])["message"]
        assert (message["msg"], message["alias"], message["emoji"]) == ("you said hello", "Helper", ":bulb:")
        assert message["u"]["_id"] == "rocket.cat"
        assert message["bot"] == {"i": hook["_id"]}

    def test_before_a_call(self, admin: Api, room: Any) -> None:
        prepare = "return { ...request, message: { text: 'asking' } };"
        with Receiver([reply_json({"text": "answered"})]) as receiver:
            entry = told(admin, room, scripted(admin, receiver, room, prepare))
        assert entry["step"] == "url-response-sent-message"
        assert entry["prepareSentMessage"][0]["message"]["msg"] == "asking"
        assert entry["resultMessage"][0]["message"]["msg"] == "answered"
        assert texts(admin, room["_id"])[:3] == ["answered", "asking", "hello"]

    def test_it_does_not_wait_for_the_receiver(self, own_server: Server) -> None:
        admin = own_server.admin()
        with Receiver([hang()]) as receiver:
            hook = outgoing(
                admin,
                receiver,
                scriptEnabled=True,
                skipTranspile=True,
                script=script("return { ...request, message: { text: 'asking' } };"),
            )
            say(admin, "hello")
            receiver.wait_for(1)
            assert texts(admin)[0] == "asking"
            [entry] = history(admin, hook)
            assert (entry["step"], entry["finished"]) == ("after-prepare-send-message", False)

    def test_once_for_all_attempts(self, admin: Api, room: Any) -> None:
        prepare = "return { ...request, message: { text: 'once' } };"
        with Receiver([reply(500), reply(500), reply(200)]) as receiver:
            entry = told(admin, room, scripted(admin, receiver, room, prepare, retryFailedCalls=True))
            assert len(receiver.requests) == 3
        assert (entry["state"], entry["step"]) == ("succeeded", "after-http-call")
        assert entry["prepareSentMessage"][0]["message"]["msg"] == "once"
        assert Counter(texts(admin, room["_id"]))["once"] == 1

    @pytest.mark.parametrize(
        ("message", "said"),
        [
            ("{ text: '' }", "Nothing to post"),
            ("'text'", "not an object"),
            ("{ text: 'x', channel: '#nowhere-at-all' }", "invalid-channel"),
        ],
    )
    def test_one_that_is_refused(self, admin: Api, room: Any, message: str, said: str) -> None:
        with Receiver() as receiver:
            hook = scripted(admin, receiver, room, f"return {{ message: {message} }};")
            entry = told(admin, room, hook)
            assert (entry["step"], entry["state"]) == ("after-prepare-send-message-failed", "failed")
            assert said in entry["errorStack"]
            change(
                admin,
                hook,
                scriptEnabled=True,
                skipTranspile=True,
                script=script(f"return {{ ...request, message: {message} }};"),
            )
            # The call is made all the same; the history says what was wrong.
            entry = told(admin, room, hook)
            assert len(receiver.requests) == 1
        assert (entry["step"], entry["state"], entry["error"]) == ("after-http-call", "succeeded", True)
        assert said in entry["errorStack"]
        assert "prepareSentMessage" not in entry

    def test_after_a_crash_it_is_not_posted_again(self, database_url: str, tmp_path: Path) -> None:
        environment = {"HOOKROOM_DELIVERIES_LEASE_S": "0.5"}
        options: dict[str, Any] = {"database_url": database_url, "environment": environment}
        source = script("return { ...request, message: { text: 'once' } };")
        with Receiver([hang(), reply_json({"text": "at last"})]) as receiver:
            with running(tmp_path / "data", **options) as server:
                admin = server.admin()
                hook = outgoing(admin, receiver, scriptEnabled=True, skipTranspile=True, script=source)
                say(admin, "hello")
                receiver.wait_for(1)
                server.kill()
            with running(tmp_path / "data", **options) as server:
                admin = server.admin()
                receiver.wait_for(2)
                [entry] = finished(admin, hook)
                assert Counter(texts(admin)) == {"hello": 1, "once": 1, "at last": 1}
        assert entry["prepareSentMessage"][0]["message"]["msg"] == "once"
        assert entry["step"] == "url-response-sent-message"


class TestProcess:
    def test_what_it_sees(self, admin: Api, room: Any) -> None:
        process = (
            "return { content: { text: JSON.stringify({ request, response, n: response.content.n }) } };"
        )
        prepare = "request.mine = { state: 1 }; return request;"
        with Receiver([reply_json({"n": 5}, 418)]) as receiver:
            entry = told(admin, room, scripted(admin, receiver, room, prepare, process))
        seen = json.loads(entry["processSentMessage"][0]["message"]["msg"])
        assert seen["n"] == 5
        assert seen["request"]["mine"] == {"state": 1}
        assert seen["request"]["url"] == receiver.url
        assert seen["request"]["headers"]["Content-Type"] == "application/json"
        response = seen["response"]
        assert (response["error"], response["status_code"], response["content_raw"]) == (
            None,
            418,
            '{"n": 5}',
        )
        assert response["headers"]["content-type"] == "application/json"

    @pytest.mark.parametrize("status", [200, 404, 410, 500])
    def test_content_ends_it_whatever_the_status(self, admin: Api, room: Any, status: int) -> None:
        process = "return { content: { text: `it was ${response.status_code}` } };"
        with Receiver([reply_json({"text": "not this"}, status)]) as receiver:
            hook = scripted(admin, receiver, room, None, process, retryFailedCalls=True)
            entry = told(admin, room, hook)
            assert len(receiver.requests) == 1
        assert (entry["step"], entry["state"], entry["error"]) == (
            "after-process-send-message",
            "succeeded",
            False,
        )
        assert texts(admin, room["_id"])[0] == f"it was {status}"
        assert "resultMessage" not in entry
        assert admin.get("integrations.get", integrationId=hook["_id"])["integration"]["enabled"] is True

    @pytest.mark.parametrize("status", [200, 410, 500])
    def test_false_posts_nothing_and_ends_it(self, admin: Api, room: Any, status: int) -> None:
        with Receiver([reply_json({"text": "not this"}, status)]) as receiver:
            hook = scripted(admin, receiver, room, None, "return false;", retryFailedCalls=True)
            entry = told(admin, room, hook)
            assert len(receiver.requests) == 1
        assert (entry["step"], entry["state"]) == ("after-process-false-result", "succeeded")
        assert texts(admin, room["_id"])[0] == "hello"

    @pytest.mark.parametrize("body", ["", "return null;", "return {};", "return true;"])
    def test_saying_nothing_is_the_default(self, admin: Api, room: Any, body: str) -> None:
        with Receiver([reply(500), reply_json({"text": "default"})]) as receiver:
            hook = scripted(admin, receiver, room, None, body, retryFailedCalls=True)
            entry = told(admin, room, hook)
        assert (entry["step"], entry["error"]) == ("url-response-sent-message", False)
        assert [one["status"] for one in entry["attempts"]] == [500, 200]

    def test_throwing_is_the_default_and_is_noted(self, admin: Api, room: Any) -> None:
        with Receiver([reply_json({"text": "default"})]) as receiver:
            hook = scripted(admin, receiver, room, None, "throw new Error('cannot read it');")
            entry = told(admin, room, hook)
        assert (entry["step"], entry["state"]) == ("url-response-sent-message", "succeeded")
        assert entry["error"] is True
        assert "cannot read it" in entry["errorStack"]
        [attempt] = entry["attempts"]
        [error] = attempt["scriptErrors"]
        assert (error["method"], error["kind"]) == ("process_outgoing_response", "throw")
        assert (error["message"], error["line"]) == ("cannot read it", 4)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("{}", "Nothing to post"),
            ("'text'", "not an object"),
            ("{ text: 'x', channel: '#nowhere' }", "invalid"),
        ],
    )
    def test_content_that_is_refused(self, admin: Api, room: Any, content: str, said: str) -> None:
        with Receiver([reply_json({"text": "not this"})]) as receiver:
            hook = scripted(admin, receiver, room, None, f"return {{ content: {content} }};")
            entry = told(admin, room, hook)
        assert (entry["step"], entry["state"], entry["error"]) == (
            "after-process-send-message-failed",
            "succeeded",
            True,
        )
        assert said in entry["errorStack"]
        assert texts(admin, room["_id"])[0] == "hello"

    def test_it_is_not_asked_without_an_answer(self, admin: Api, room: Any) -> None:
        with Receiver([close()]) as receiver:
            hook = scripted(admin, receiver, room, None, "return { content: { text: 'x' } };")
            entry = told(admin, room, hook)
        assert (entry["step"], entry["state"]) == ("failed-and-not-configured-to-retry", "failed")


class TestFailures:
    def test_a_throw_calls_nobody(self, admin: Api, room: Any) -> None:
        with Receiver() as receiver:
            hook = scripted(admin, receiver, room, "\n throw new TypeError('oh');", retryFailedCalls=True)
            entry = told(admin, room, hook)
            assert receiver.requests == []
        assert entry["step"] == "execute-script-error-running-prepare_outgoing_request"
        assert (entry["state"], entry["error"], entry["ranPrepareScript"]) == ("failed", True, True)
        assert "TypeError: oh" in entry["errorStack"]
        [attempt] = entry["attempts"]
        [error] = attempt["scriptErrors"]
        assert (error["kind"], error["name"], error["line"]) == ("throw", "TypeError", 5)
        assert "oh" not in attempt["error"]

    @pytest.mark.parametrize("source", ["class Script { prepare", "throw new Error('at the top');"])
    def test_a_script_that_cannot_run(self, admin: Api, room: Any, source: str) -> None:
        with Receiver() as receiver:
            hook = scripted(admin, receiver, room, None, script=source, retryFailedCalls=True)
            entry = told(admin, room, hook)
            assert receiver.requests == []
        assert entry["step"] == "execute-script-getting-script"
        assert (entry["state"], entry["error"]) == ("failed", True)
        assert entry["errorStack"]

    @pytest.mark.parametrize("body", ["for (;;) {}", "return new Promise(() => {});"])
    def test_a_limit_calls_nobody(self, admin: Api, room: Any, body: str) -> None:
        with Receiver() as receiver:
            hook = scripted(admin, receiver, room, body, scriptTimeLimit=100, retryFailedCalls=True)
            entry = told(admin, room, hook)
            assert receiver.requests == []
        assert entry["step"] == "execute-script-error-running-prepare_outgoing_request"
        assert entry["state"] == "failed"

    def test_a_slow_script_does_not_hold_up_others(self, admin: Api, room: Any) -> None:
        other_room = admin.new_channel()
        with Receiver() as receiver:
            slow = scripted(admin, receiver, room, "for (;;) {}", scriptTimeLimit=3000)
            quick = outgoing(admin, receiver, channel(other_room))
            say(admin, "hello", channel(room))
            say(admin, "hello", channel(other_room))
            finished(admin, quick, timeout_s=2)
            assert not history(admin, slow)[0]["finished"]

    def test_scripts_that_are_turned_off(self, tmp_path: Path) -> None:
        with (
            running(tmp_path, environment={"DISABLE_INTEGRATION_SCRIPTS": "true"}) as server,
            Receiver() as receiver,
        ):
            admin = server.admin()
            hook = outgoing(admin, receiver, scriptEnabled=True, script=script("return request;"))
            say(admin, "hello")
            [entry] = finished(admin, hook)
            assert receiver.requests == []
        assert (entry["step"], entry["state"]) == ("execute-script-getting-script", "failed")
        assert "turned off" in entry["errorStack"]

    def test_no_room_for_a_script_is_no_attempt(self, tmp_path: Path) -> None:
        environment = {"HOOKROOM_SCRIPTS_QUEUE": "1", "HOOKROOM_SCRIPTS_WORKERS": "1"}
        slow = "const end = Date.now() + 150; while (Date.now() < end) {} return request;"
        with running(tmp_path, environment=environment) as server, Receiver() as receiver:
            admin = server.admin()
            hook = outgoing(admin, receiver, scriptEnabled=True, skipTranspile=True, script=script(slow))
            for number in range(12):
                say(admin, f"{number}")
            entries = finished(admin, hook, 12, timeout_s=30)
            assert Counter(one.json()["text"] for one in receiver.requests) == {
                f"{number}": 1 for number in range(12)
            }
        assert {entry["state"] for entry in entries} == {"succeeded"}
        assert {len(entry["attempts"]) for entry in entries} == {1}
        assert "too many script calls" in (tmp_path / "server.log").read_text()


class TestHistory:
    def test_console_lines_per_attempt_and_method(self, admin: Api, room: Any) -> None:
        prepare = "console.log('before', request.data.text); return request;"
        process = "console.warn(response.status_code);"
        with Receiver([reply(500), reply(200)]) as receiver:
            hook = scripted(admin, receiver, room, prepare, process, retryFailedCalls=True)
            entry = told(admin, room, hook)
        assert [one["console"] for one in entry["attempts"]] == [
            [
                {"level": "log", "text": "before hello", "method": "prepare_outgoing_request"},
                {"level": "warn", "text": f"{status}", "method": "process_outgoing_response"},
            ]
            for status in (500, 200)
        ]

    def test_of_one_that_called_nobody(self, admin: Api, room: Any) -> None:
        with Receiver() as receiver:
            entry = told(admin, room, scripted(admin, receiver, room, "console.error('no');"))
        [attempt] = entry["attempts"]
        assert [line["text"] for line in attempt["console"]] == ["no"]

    def test_replay(self, admin: Api, room: Any) -> None:
        prepare = "request.url += '/changed'; return request;"
        with Receiver() as receiver:
            hook = scripted(admin, receiver, room, prepare)
            entry = told(admin, room, hook)
            admin.post("integrations.replayOutgoing", integrationId=hook["_id"], historyId=entry["_id"])
            requests = receiver.wait_for(2)
            finished(admin, hook, 2)
        assert [one.path for one in requests] == ["/changed", "/changed"]
        assert requests[0].json() == requests[1].json()

    def test_fields_can_be_asked_for(self, admin: Api, room: Any) -> None:
        with Receiver() as receiver:
            hook = scripted(admin, receiver, room, "return { message: { text: 'x' } };")
            told(admin, room, hook)
        fields = json.dumps({"prepareSentMessage": 1, "ranPrepareScript": 1})
        [entry] = history(admin, hook, fields=fields)
        assert entry.keys() == {"_id", "prepareSentMessage", "ranPrepareScript"}

    def test_nothing_of_it_is_logged(self, tmp_path: Path) -> None:
        secret = unique("secret")
        with running(tmp_path) as server, Receiver([reply_json({"text": secret})]) as receiver:
            admin = server.admin()
            for prepare in (
                f"throw new Error('{secret}');",
                f"return {{ url: '{receiver.url}/{secret}', method: 'GET', auth: '{secret}:{secret}' }};",
                f"return {{ url: 'http://10.0.0.1/{secret}', method: 'GET' }};",
                f"return {{ message: {{ text: '{secret}', channel: '#{secret}' }} }};",
                f"console.log('{secret}'); return {{ url: '{secret}', method: '{secret}' }};",
            ):
                hook = outgoing(
                    admin,
                    receiver,
                    scriptEnabled=True,
                    skipTranspile=True,
                    script=script(prepare, f"throw new Error('{secret}');"),
                )
                say(admin, secret)
                finished(admin, hook)
                admin.post("integrations.remove", type="webhook-outgoing", integrationId=hook["_id"])
        log = (tmp_path / "server.log").read_text()
        assert log.count("script failed") == 2
        assert secret not in log


def test_a_disabled_one_stops_while_its_script_runs(own_server: Server) -> None:
    admin = own_server.admin()
    slow = (
        "const end = Date.now() + 700; while (Date.now() < end) {} return { message: { text: 'too late' } };"
    )
    with Receiver() as receiver:
        hook = outgoing(
            admin, receiver, scriptEnabled=True, skipTranspile=True, script=script(slow), scriptTimeLimit=5000
        )
        say(admin, "hello")
        until(lambda: history(admin, hook), "delivery")
        change(admin, hook, enabled=False)
        [entry] = finished(admin, hook)
    assert (entry["step"], entry["state"]) == ("cancelled", "cancelled")
    assert "too late" not in texts(admin)
