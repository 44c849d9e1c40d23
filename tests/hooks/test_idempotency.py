"""A call that comes again posts nothing again and gets the first answer: whoever sends it, whenever, wherever."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hooks.hooks import Hook
from tests.running import Api, Server, running, unique

REPLAYED = "idempotent-replayed"
OTHER_BODY = "This Idempotency-Key was used before with another body: nothing was posted"

COUNTING = """
class Script {
    process_incoming_request({ request }) {
        const runs = (Store.get('runs') || 0) + 1;
        Store.set('runs', runs);
        return RESULT;
    }
}
"""


def counting(result: str) -> dict[str, Any]:
    """Fields of an integration whose script returns ``result``, which may name ``runs``."""
    return {"scriptEnabled": True, "skipTranspile": True, "script": COUNTING.replace("RESULT", result)}


def twice(hook: Hook, headers: dict[str, str], **options: Any) -> tuple[httpx.Response, httpx.Response]:
    """The same call two times: both must be answered alike, and the second as a repetition."""
    first = hook.call(headers=headers, **options)
    second = hook.call(headers=headers, **options)
    assert first.status_code == second.status_code == 200, (first.text, second.text)
    assert REPLAYED not in first.headers
    assert second.headers[REPLAYED] == "true"
    assert second.content == first.content
    assert second.headers["content-type"] == "application/json"
    return first, second


def texts(api: Api, room_id: str) -> list[str]:
    """Of all messages of a room, in order."""
    found: list[str] = []
    while True:
        page = api.get("channels.messages", roomId=room_id, count=100, offset=len(found))["messages"]
        found += ["" if "t" in one else one["msg"] for one in page]
        if len(page) < 100:
            return sorted(filter(None, found))


# Who calls a delivery what


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"Idempotency-Key": "K"}, {"text": "x"}),
        ({"webhook-id": "K"}, {"text": "x"}),
        ({"webhook-id": "K", "webhook-timestamp": "1700000000"}, {"text": "x"}),
        ({"svix-id": "K"}, {"text": "x"}),
        ({"X-GitHub-Delivery": "K", "X-GitHub-Event": "push"}, {"text": "x"}),
        ({"X-Gitlab-Event-UUID": "K"}, {"text": "x"}),
        ({"X-Shopify-Webhook-Id": "K"}, {"text": "x"}),
        ({"X-Shopify-Event-Id": "K", "X-Shopify-Topic": "orders/create"}, {"text": "x"}),
        ({"X-Atlassian-Webhook-Identifier": "K"}, {"text": "x"}),
        ({"X-Request-UUID": "K", "X-Attempt-Number": "1"}, {"text": "x"}),
        ({"I-Twilio-Idempotency-Token": "K"}, {"text": "x"}),
        ({"x-amz-sns-message-id": "K"}, {"text": "x"}),
        ({"ce-id": "K", "ce-source": "/a"}, {"text": "x"}),
        ({"Stripe-Signature": "t=1,v1=x"}, {"text": "x", "id": "K"}),
        ({"X-Slack-Signature": "v0=x"}, {"text": "x", "event_id": "K"}),
        ({"X-Trello-Webhook": "x"}, {"text": "x", "action": {"id": "K"}}),
        ({"X-PagerDuty-Signature": "v1=x"}, {"text": "x", "event": {"id": "K"}}),
    ],
)
def test_names_of_deliveries(hook: Hook, headers: dict[str, str], content: dict[str, Any]) -> None:
    for key in ("one", "two"):
        named = {name: value.replace("K", key) for name, value in headers.items()}
        twice(hook, named, json=json.loads(json.dumps(content).replace('"K"', f'"{key}"')))
    assert len(hook.messages()) == 2


@pytest.mark.parametrize("name", ["X-Request-Id", "X-Gitlab-Webhook-UUID", "X-Hook-UUID", "Request-ID"])
def test_ids_of_something_else_name_nothing(hook: Hook, name: str) -> None:
    for _ in range(2):
        response = hook.call(json={"text": "x"}, headers={name: "same"})
        assert REPLAYED not in response.headers
    assert len(hook.messages()) == 2


def test_keys_are_of_one_integration(hook: Hook) -> None:
    other = Hook(hook.admin)
    for one in (hook, other):
        twice(one, {"Idempotency-Key": "shared"}, json={"text": "x"})
        assert len(one.messages()) == 1


def test_one_header_is_not_another(hook: Hook) -> None:
    for name in ("Idempotency-Key", "X-GitHub-Delivery", "svix-id"):
        twice(hook, {name: "same"}, json={"text": "x"})
    assert len(hook.messages()) == 3


def test_a_get_counts_as_well(hook: Hook) -> None:
    twice(hook, {"Idempotency-Key": "a"}, method="GET", path=f"{hook.path}?text=once")
    assert [one["msg"] for one in hook.messages()] == ["once"]


def test_a_form_and_a_packed_body(hook: Hook) -> None:
    twice(hook, {"Idempotency-Key": "a"}, data={"payload": '{"text": "form"}'})
    assert [one["msg"] for one in hook.messages()] == ["form"]


# Another body


def test_another_body_under_the_same_key_is_an_error(hook: Hook) -> None:
    headers = {"Idempotency-Key": "a"}
    hook.post({"text": "first"}, headers=headers)
    hook.refused(422, OTHER_BODY, json={"text": "second"}, headers=headers)
    twice(hook, {"Idempotency-Key": "b"}, json={"text": "second"})
    again = hook.call(json={"text": "first"}, headers=headers)
    assert again.headers[REPLAYED] == "true"


def test_ids_that_services_make_are_believed(hook: Hook) -> None:
    for text in ("first", "second"):
        hook.post({"text": text}, headers={"X-GitHub-Delivery": "a"})
    assert [one["msg"] for one in hook.messages()] == ["first"]


@pytest.mark.parametrize("name", ["webhook-id", "X-Gitlab-Event-UUID", "X-Request-UUID"])
def test_ids_that_may_be_of_several_deliveries_lose_nothing(hook: Hook, name: str) -> None:
    for text in ("first", "second", "first"):
        hook.post({"text": text}, headers={name: "a"})
    assert [one["msg"] for one in hook.messages()] == ["second", "first"]


# What is not remembered


def test_what_failed_is_done_when_it_comes_again(hook: Hook) -> None:
    headers = {"Idempotency-Key": "a"}
    hook.refused(400, json={"text": "x", "channel": "#elsewhere"}, headers=headers)
    hook.update(enabled=False)
    hook.refused(503, json={"text": "x"}, headers=headers)
    hook.update(enabled=True)
    hook.refused(400, content=b"{", headers={**headers, "Content-Type": "application/json"})
    twice(hook, headers, json={"text": "x"})
    assert len(hook.messages()) == 1


def test_what_posted_nothing_is_not_remembered(hook: Hook) -> None:
    headers = {"Idempotency-Key": "a"}
    for _ in range(2):
        response = hook.call(content=b"", headers=headers)
        assert response.json() == {"success": True}
        assert REPLAYED not in response.headers
    twice(hook, headers, json={"text": "x"})


def test_it_may_be_switched_off(hook: Hook) -> None:
    hook.update(idempotencyHours=0)
    for _ in range(2):
        assert REPLAYED not in hook.call(json={"text": "x"}, headers={"Idempotency-Key": "a"}).headers
    assert len(hook.messages()) == 2


def test_after_its_time_a_key_is_new(own_server: Server) -> None:
    hook = Hook(own_server.admin(), idempotencyHours=0.5 / 3600)
    scripted = Hook(
        own_server.admin(), idempotencyHours=0.5 / 3600, **counting("{ content: { text: `${runs}` } }")
    )
    for one in (hook, scripted):
        seen = 0
        # Until it was new three times: what is over must not be in the way of what comes after it.
        while seen < 3:
            response = one.call(json={"text": "x"}, headers={"Idempotency-Key": "a"})
            assert response.status_code == 200
            seen += REPLAYED not in response.headers
        assert len(one.messages()) == seen
    assert [one["msg"] for one in scripted.messages()] == ["3", "2", "1"]


# Answers


def test_separate_answers_are_the_same_again(free_hook: Hook, admin: Api) -> None:
    one, other = admin.new_channel(), admin.new_channel()
    content = {
        "text": "x",
        "channel": [f"#{one['name']}", "#nowhere-at-all", f"#{other['name']}", f"#{one['name']}"],
        "separateResponse": True,
    }
    first, _ = twice(free_hook, {"Idempotency-Key": "a"}, json=content)
    answers = first.json()["responses"]
    assert [set(one) for one in answers] == [
        {"channel", "message"},
        {"channel", "error"},
        {"channel", "message"},
    ]
    for room in (one, other):
        assert len(free_hook.messages(room["_id"])) == 1


def test_separate_answers_that_all_failed_are_not_remembered(free_hook: Hook) -> None:
    content = {"text": "x", "channel": ["#nowhere-a", "#nowhere-b"], "separateResponse": True}
    for _ in range(2):
        free_hook.refused(400, json=content, headers={"Idempotency-Key": "a"})


def test_several_rooms(free_hook: Hook, admin: Api) -> None:
    rooms = [admin.new_channel() for _ in range(3)]
    twice(
        free_hook,
        {"Idempotency-Key": "a"},
        json={"text": "x", "channel": [f"#{room['name']}" for room in rooms]},
    )
    for room in rooms:
        assert len(free_hook.messages(room["_id"])) == 1


def test_of_an_answer_that_is_too_large_the_success_is_kept(free_hook: Hook, admin: Api) -> None:
    rooms = [admin.new_channel() for _ in range(20)]
    names = [f"#{room['name']}" for room in rooms]
    content = {"text": "x" * 4900, "channel": names, "separateResponse": True}
    first = free_hook.call(json=content, headers={"Idempotency-Key": "a"})
    assert len(first.content) > 64 * 1024
    second = free_hook.call(json=content, headers={"Idempotency-Key": "a"})
    assert second.headers[REPLAYED] == "true"
    assert second.json() == {"success": True}
    assert all(len(free_hook.messages(room["_id"])) == 1 for room in rooms)


# Scripts


@pytest.mark.parametrize(
    ("result", "answer", "messages"),
    [
        ("{ content: { text: `${runs}` } }", {"success": True}, ["1"]),
        ("{ content: { text: `${runs}` }, response: { runs } }", {"runs": 1, "success": True}, ["1"]),
        ("{ response: { runs } }", {"runs": 1, "success": True}, []),
        ("undefined", {"success": True}, []),
    ],
)
def test_a_script_runs_once(admin: Api, result: str, answer: Any, messages: list[str]) -> None:
    hook = Hook(admin, **counting(result))
    first, _ = twice(hook, {"Idempotency-Key": "a"}, json={"text": "x"})
    assert first.json() == answer
    assert [one["msg"] for one in hook.messages()] == messages
    hook.refused(422, OTHER_BODY, json={"text": "y"}, headers={"Idempotency-Key": "a"})


@pytest.mark.parametrize(
    "result", ["{ error: 'no' }", "{ content: {} }", "(() => { throw new Error('x') })()"]
)
def test_a_script_that_refused_runs_again(admin: Api, result: str) -> None:
    hook = Hook(admin, **counting(f"runs < 3 ? {result} : {{ response: {{ runs }} }}"))
    for _ in range(2):
        hook.refused(400, json={"text": "x"}, headers={"Idempotency-Key": "a"})
    first, _ = twice(hook, {"Idempotency-Key": "a"}, json={"text": "x"})
    assert first.json()["runs"] == 3


# At once


def at_once(count: int, call: Any) -> list[httpx.Response]:
    """``call(number)`` from so many threads that all begin together."""
    ready = threading.Barrier(count)

    def run(number: int) -> httpx.Response:
        ready.wait()
        response: httpx.Response = call(number)
        return response

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def only_one_was_first(responses: list[httpx.Response]) -> None:
    assert {one.status_code for one in responses} == {200}, [one.text for one in responses]
    assert len({one.content for one in responses}) == 1
    assert sum(REPLAYED not in one.headers for one in responses) == 1


@pytest.mark.parametrize("scripted", [False, True])
def test_many_at_once_on_one_node(own_server: Server, scripted: bool) -> None:
    fields = counting("{ content: { text: 'x' }, response: { runs } }") if scripted else {}
    hook = Hook(own_server.admin(), **fields)
    for key in ("a", "b"):
        responses = at_once(
            20, lambda _, key=key: hook.call(json={"text": "x"}, headers={"Idempotency-Key": key})
        )
        only_one_was_first(responses)
    assert len(hook.messages()) == 2
    if scripted:
        assert hook.call(json={}, headers={"Idempotency-Key": "c"}).json()["runs"] == 3


def test_one_of_those_that_wait_goes_on_when_the_first_failed(admin: Api) -> None:
    hook = Hook(admin, **counting("runs < 3 ? { error: 'no' } : { content: { text: 'x' } }"))
    responses = at_once(10, lambda _: hook.call(json={"text": "x"}, headers={"Idempotency-Key": "a"}))
    assert sorted(one.status_code for one in responses) == [200] * 8 + [400] * 2
    assert len(hook.messages()) == 1


def test_pairs_at_once_on_two_nodes(postgres_url: str, tmp_path: Path) -> None:
    with (
        running(tmp_path / "one", database_url=postgres_url) as one,
        running(tmp_path / "two", database_url=postgres_url) as two,
    ):
        hook = Hook(one.admin())
        free = Hook(one.admin(), overrideDestinationChannelEnabled=True)
        scripted = Hook(one.admin(), **counting("{ content: { text: request.content.text } }"))
        rooms = [one.admin().new_channel()["name"] for _ in range(2)]
        wait_until_known(two, hook, free, scripted)
        several = {"channel": [f"#{name}" for name in rooms], "separateResponse": True}
        for number in range(50):
            target, more = ((hook, {}), (free, several), (scripted, {}))[number % 3]
            content = {"text": f"message {number}", **more}

            def call(node: int, target: Hook = target, content: Any = content) -> httpx.Response:
                url = (one, two)[node % 2].url + target.path
                headers = {"Idempotency-Key": content["text"]}
                return httpx.post(url, json=content, headers=headers, timeout=30, trust_env=False)

            responses = at_once(4, call)
            only_one_was_first(responses)
        for number in range(50):
            target = (hook, free, scripted)[number % 3]
            again = httpx.post(
                two.url + target.path,
                json={"text": f"message {number}", **(several if target is free else {})},
                headers={"Idempotency-Key": f"message {number}"},
                trust_env=False,
            )
            assert again.headers[REPLAYED] == "true"
        posted = sorted(message["msg"] for target in (hook, scripted) for message in target.messages())
        assert posted == sorted(f"message {number}" for number in range(50) if number % 3 != 1)
        for name in rooms:
            room = one.admin().get("channels.info", roomName=name)["channel"]
            told = sorted(message["msg"] for message in free.messages(room["_id"]))
            assert told == sorted(f"message {number}" for number in range(50) if number % 3 == 1)


def test_crossing_calls_on_two_nodes(postgres_url: str, tmp_path: Path) -> None:
    """Both nodes write the same keys to the same room at once, in opposite orders: nobody gets an error."""
    with (
        running(tmp_path / "one", database_url=postgres_url) as one,
        running(tmp_path / "two", database_url=postgres_url) as two,
    ):
        hook = Hook(one.admin())
        wait_until_known(two, hook)
        for turn in range(4):
            keys = [f"{turn}-{number}" for number in range(30)]
            orders = (keys, keys[::-1])

            def call(number: int, orders: Any = orders) -> httpx.Response:
                node, key = number % 2, orders[number % 2][number // 2]
                return httpx.post(
                    (one, two)[node].url + hook.path,
                    json={"text": key},
                    headers={"Idempotency-Key": key},
                    timeout=30,
                    trust_env=False,
                )

            responses = at_once(60, call)
            assert {response.status_code for response in responses} == {200}, [r.text for r in responses]
            assert sum(REPLAYED in response.headers for response in responses) == 30
        posted = texts(hook.admin, hook.room["_id"])
        assert posted == sorted(f"{turn}-{number}" for turn in range(4) for number in range(30))


def wait_until_known(node: Server, *hooks: Hook) -> None:
    """Until ``node`` knows the webhooks, which were made on another."""
    for hook in hooks:
        while httpx.head(node.url + hook.path, trust_env=False).status_code != 200:
            pass


# Restarts and crashes


def database_at(database_url: str, data: Path) -> dict[str, Any]:
    return {"data": data, "database_url": database_url}


def test_a_restart_forgets_nothing(database_url: str, tmp_path: Path) -> None:
    at = database_at(database_url, tmp_path / "data")
    result = "{ content: { text: 'x' }, response: { runs } }"
    with running(**at) as server:
        hook, scripted = Hook(server.admin()), Hook(server.admin(), **counting(result))
        firsts = [
            httpx.post(server.url + one.path, json={"text": "x"}, headers={"X-GitHub-Delivery": "a"})
            for one in (hook, scripted)
        ]
        server.kill()
    with running(**at) as server:
        for one, first in zip((hook, scripted), firsts, strict=True):
            for _ in range(2):
                again = httpx.post(
                    server.url + one.path, json={"text": "x"}, headers={"X-GitHub-Delivery": "a"}
                )
                assert again.status_code == 200
                assert again.headers[REPLAYED] == "true"
                assert again.content == first.content
        admin = server.admin()
        for one in (hook, scripted):
            found = admin.get("channels.messages", roomId=one.room["_id"])["messages"]
            assert len([message for message in found if "t" not in message]) == 1
        new = httpx.post(server.url + scripted.path, json={}, headers={"X-GitHub-Delivery": "b"})
        # What a script stored went with the process: had it run again for the others, this would be more.
        assert new.json() == {"runs": 1, "success": True}


def test_kills_between_calls_lose_and_double_nothing(database_url: str, tmp_path: Path) -> None:
    at = database_at(database_url, tmp_path / "data")
    sent = [unique("message") for _ in range(120)]
    hook: Hook | None = None
    for turn in range(4):
        with running(**at) as server:
            if hook is None:
                hook = Hook(server.admin())
            path = server.url + hook.path
            stop = threading.Event()
            done = threading.Semaphore(0)

            def send(text: str, path: str = path, stop: threading.Event = stop, done: Any = done) -> None:
                try:
                    if not stop.is_set():
                        httpx.post(
                            path, json={"text": text}, headers={"Idempotency-Key": text}, trust_env=False
                        )
                except httpx.HTTPError:
                    stop.set()
                finally:
                    done.release()

            with ThreadPoolExecutor(16) as threads:
                for text in sent:
                    threads.submit(send, text)
                for _ in range(20 + 25 * turn):
                    done.acquire()
                server.kill()
    assert hook is not None
    with running(**at) as server:
        for text in sent:
            response = httpx.post(
                server.url + hook.path,
                json={"text": text},
                headers={"Idempotency-Key": text},
                trust_env=False,
            )
            assert response.json() == {"success": True}
        assert texts(server.admin(), hook.room["_id"]) == sorted(sent)


# Many senders


def test_200_senders_who_repeat_themselves(own_server: Server) -> None:
    senders, calls = 200, 20
    hooks = [Hook(own_server.admin()) for _ in range(4)]
    failures: list[str] = []

    async def send(sender: int, http: httpx.AsyncClient) -> None:
        path = hooks[sender % len(hooks)].path
        for call in range(calls):
            # Of two calls in a row the second is the first once more.
            key = f"{sender}-{call // 2 * 2}"
            response = await http.post(path, json={"text": key}, headers={"Idempotency-Key": key})
            if response.json() != {"success": True} or (REPLAYED in response.headers) is not bool(call % 2):
                failures.append(response.text)

    async def send_all() -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        client = httpx.AsyncClient(base_url=own_server.url, limits=limits, timeout=60, trust_env=False)
        async with client as http:
            await asyncio.gather(*(send(sender, http) for sender in range(senders)))

    asyncio.run(send_all())
    assert failures == []
    posted = [text for hook in hooks for text in texts(hook.admin, hook.room["_id"])]
    assert sorted(posted) == sorted(f"{s}-{call}" for s in range(senders) for call in range(0, calls, 2))
