"""Calls that fail: which are made again, when, and what ends them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from tests.delivery.webhooks import change, channel, finished, history, outgoing, say, texts, until
from tests.receivers import Receiver, close, raw, reply, reply_json, too_many_requests
from tests.running import Api, Server


class TestRetries:
    def test_powers_of_ten(self, own_server: Server) -> None:
        admin = own_server.admin()
        script = [reply(500), reply(503, b"busy"), reply_json({"text": "third time lucky"})]
        with Receiver(script) as receiver:
            hook = outgoing(admin, receiver, retryFailedCalls=True, retryDelay="powers-of-ten")
            say(admin, "hello")
            requests = receiver.wait_for(3)
            [entry] = finished(admin, hook)
        assert len({request.headers["webhook-id"] for request in requests}) == 1
        assert {request.body for request in requests} == {requests[0].body}
        assert entry["_id"] == requests[0].headers["webhook-id"]
        attempts = entry["attempts"]
        assert [one["number"] for one in attempts] == [1, 2, 3]
        assert [one["status"] for one in attempts] == [500, 503, 200]
        assert entry["state"] == "succeeded"
        assert texts(admin).count("third time lucky") == 1

    @pytest.mark.parametrize(
        ("behaviour", "options", "step", "calls"),
        [
            (reply(500), {}, "failed-and-not-configured-to-retry", 1),
            (reply(404), {"retryFailedCalls": True}, "after-http-call", 1),
            (reply(302, headers=[("Location", "/x")]), {"retryFailedCalls": True}, "after-http-call", 1),
            (reply(500), {"retryFailedCalls": True, "retryCount": 1}, "too-many-retries", 2),
            (close(), {"retryFailedCalls": True, "retryCount": 1}, "too-many-retries", 2),
            (
                reply(500),
                {"retryFailedCalls": True, "retryDelay": "now-and-then"},
                "failed-and-retry-delay-is-invalid",
                1,
            ),
        ],
    )
    def test_ends(self, admin: Api, room: Any, behaviour: Any, options: Any, step: str, calls: int) -> None:
        with Receiver([behaviour]) as receiver:
            hook = outgoing(admin, receiver, channel(room), **options)
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
            assert len(receiver.requests) == calls
        state = "dead" if step == "too-many-retries" else "failed"
        assert (entry["step"], entry["state"], entry["error"]) == (step, state, True)
        assert len(entry["attempts"]) == calls

    def test_retry_after_is_obeyed(self, admin: Api, room: Any) -> None:
        with Receiver([too_many_requests(1), reply()]) as receiver:
            hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True)
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
        first, second = entry["attempts"]
        # The schedule alone would have come back after 0.1 s.
        assert seconds(second["startedAt"]) - seconds(first["startedAt"]) >= 1

    def test_gone_disables_the_integration(self, admin: Api, room: Any) -> None:
        with Receiver([reply(410)]) as receiver:
            hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True)
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
            assert entry["step"] == "after-process-http-status-410"
            stored = admin.get("integrations.get", integrationId=hook["_id"])["integration"]
            assert stored["enabled"] is False
            say(admin, "nobody listens", channel(room))
            assert len(history(admin, hook)) == 1

    def test_waiting_ones_end_when_it_is_disabled(self, own_server: Server) -> None:
        admin = own_server.admin()
        retrying: dict[str, Any] = {"retryFailedCalls": True, "retryDelay": "powers-of-two"}
        with Receiver([reply(500)]) as receiver, Receiver([reply(500), reply()]) as later:
            hook = outgoing(admin, receiver, triggerWords=["hello"], **retrying)
            outgoing(admin, later, triggerWords=["later"], **retrying)
            say(admin, "hello")
            until(lambda: history(admin, hook)[0]["state"] == "waiting", "waiting one")
            change(admin, hook, enabled=False)
            [entry] = history(admin, hook)
            assert (entry["state"], entry["finished"]) == ("cancelled", True)
            assert entry["errorStack"] == "The integration was disabled."
            assert len(entry["attempts"]) == 1
            change(admin, hook, enabled=True)
            say(admin, "later")
            # Its retry would have come before this one's.
            later.wait_for(2)
            assert len(receiver.requests) == 1
            assert history(admin, hook)[0]["state"] == "cancelled"

    def test_waiting_ones_end_when_the_url_is_taken_out(self, admin: Api, room: Any) -> None:
        with Receiver([reply(500)]) as receiver, Receiver() as other:
            hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True, retryDelay="powers-of-two")
            say(admin, "hello", channel(room))
            until(lambda: history(admin, hook)[0]["state"] == "waiting", "waiting one")
            change(admin, hook, urls=[other.url])
            [entry] = finished(admin, hook)
            assert entry["state"] == "cancelled"
            assert len(receiver.requests) == 1
            assert other.requests == []

    def test_waiting_ones_go_with_the_integration(self, admin: Api, room: Any) -> None:
        with Receiver([reply(500)]) as receiver:
            hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True)
            say(admin, "hello", channel(room))
            receiver.wait_for(2)
            admin.post("integrations.remove", type="webhook-outgoing", integrationId=hook["_id"])
            assert history(admin, hook) == []


class TestNotReached:
    @pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://", "nonsense"])
    def test_what_is_no_url_fails_at_once(self, admin: Api, room: Any, url: str) -> None:
        hook = outgoing(admin, url, channel(room), retryFailedCalls=True)
        say(admin, "hello", channel(room))
        [entry] = finished(admin, hook)
        assert (entry["state"], len(entry["attempts"])) == ("failed", 1)
        assert entry["httpError"]["message"]
        assert entry["httpResult"] is None

    def test_a_metadata_service_is_not_called(self, admin: Api, room: Any) -> None:
        hook = outgoing(admin, "http://169.254.169.254/latest/", channel(room), retryFailedCalls=True)
        say(admin, "hello", channel(room))
        [entry] = finished(admin, hook)
        assert "refused" in entry["httpError"]["message"]
        assert len(entry["attempts"]) == 1

    def test_an_answer_that_is_no_http_is_tried_again(self, admin: Api, room: Any) -> None:
        with Receiver([raw(b"nonsense\r\n\r\n"), reply()]) as receiver:
            hook = outgoing(admin, receiver, channel(room), retryFailedCalls=True)
            say(admin, "hello", channel(room))
            [entry] = finished(admin, hook)
        assert [one.get("status") for one in entry["attempts"]] == [None, 200]


def seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
