"""In which order a call is checked: of all that is wrong with it, its sender is told the first.

The order is that of docs/reference/webhooks.md.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hooks.hooks import MISSING, Hook
from tests.hooks.limited import limited, of
from tests.running import Api

LARGE = 4096
SECRET = "a-secret-of-ours"
REFUSING = "class Script { process_incoming_request() { return { error: 'the script says no' }; } }"


class Sender:
    """Somebody who does everything wrong until told otherwise."""

    def __init__(self, hook: Hook) -> None:
        self.hook = hook
        self.path = f"{hook.path[:-1]}!"
        self.headers = {
            **of("192.0.2.1"),
            "Content-Type": "application/json",
            "Content-Encoding": "unheard-of",
            "Idempotency-Key": "known",
        }
        self.body = b"x" * (LARGE + 1)

    def call(self) -> httpx.Response:
        return self.hook.call(path=self.path, content=self.body, headers=self.headers)


def right_token(sender: Sender) -> None:
    sender.path = sender.hook.path


def right_address(sender: Sender) -> None:
    sender.headers |= of("203.0.113.5")


def enabled(sender: Sender) -> None:
    sender.hook.update(enabled=True)


def unlimited(sender: Sender) -> None:
    sender.hook.update(rateLimitCalls=None, rateLimitSeconds=None)


def smaller(sender: Sender) -> None:
    sender.body = b'["no object"]'


def verified(sender: Sender) -> None:
    sender.headers["X-Secret"] = SECRET


def known_encoding(sender: Sender) -> None:
    sender.headers["Content-Encoding"] = "gzip"


def packed(sender: Sender) -> None:
    sender.body = gzip.compress(b"{")


def readable(sender: Sender) -> None:
    sender.body = gzip.compress(b'{"text": "another"}')


def new_key(sender: Sender) -> None:
    sender.headers["Idempotency-Key"] = "new"


def without_script(sender: Sender) -> None:
    sender.hook.update(scriptEnabled=False)


Fix = Callable[[Sender], None]

STEPS: list[tuple[int, str, Fix]] = [
    (404, MISSING, right_token),
    (404, MISSING, right_address),
    (503, "Service Unavailable", enabled),
    (429, "too many requests", unlimited),
    (413, "over the limit", smaller),
    (401, "Unauthorized", verified),
    (415, "Content-Encoding", known_encoding),
    (400, "cannot be unpacked", packed),
    (400, "JSON", readable),
    (422, "another body", new_key),
    (400, "the script says no", without_script),
]


def test_the_first_that_is_wrong_is_told(tmp_path: Path) -> None:
    with limited(tmp_path, max_body_bytes=str(LARGE)) as (_, admin):
        hook = Hook(admin)
        assert hook.call(json={"text": "first"}, headers={"Idempotency-Key": "known"}).status_code == 200
        hook.update(
            enabled=False,
            scriptEnabled=True,
            script=REFUSING,
            allowedNetworks="203.0.113.0/24",
            rateLimitCalls=1,
            rateLimitSeconds=86_400,
            verification={"scheme": "header", "header": "X-Secret", "secret": SECRET},
        )
        sender = Sender(hook)
        for status, text, fix in STEPS:
            response = sender.call()
            if status == 429:
                # The first one is let through, to be refused for what comes next.
                assert response.status_code == 413
                response = sender.call()
            assert response.status_code == status, (fix.__name__, response.text)
            assert response.json()["success"] is False
            assert text in response.json()["error"]
            assert len(hook.messages()) == 1
            fix(sender)
        response = sender.call()
        assert response.json() == {"success": True}
        assert [one["msg"] for one in hook.messages()] == ["another", "first"]
        # A call that came before is not asked of the script, nor posted.
        hook.update(scriptEnabled=True)
        assert sender.call().headers["idempotent-replayed"] == "true"
        assert hook.token not in (tmp_path / "server.log").read_text()


def test_the_limit_of_an_address_comes_before_everything(tmp_path: Path) -> None:
    with limited(tmp_path, hooks_address_rate_calls="1") as (_, admin):
        hook = Hook(admin)
        sender = Sender(hook)
        assert sender.call().status_code == 404
        for path in (hook.path, sender.path, "/hooks/nobody/x"):
            sender.path = path
            assert sender.call().status_code == 429


def test_nobody_gets_an_answer_of_another_call_without_proof(admin: Api) -> None:
    verification = {"scheme": "header", "header": "X-Secret", "secret": SECRET}
    hook = Hook(admin, verification=verification)
    good = {"Idempotency-Key": "a", "X-Secret": SECRET}
    assert hook.post({"text": "x"}, headers=good) == {"success": True}
    hook.refused(401, "Unauthorized", json={"text": "x"}, headers={"Idempotency-Key": "a"})
    # Nor is a key taken by one that was refused.
    hook.refused(401, "Unauthorized", json={"text": "y"}, headers={"Idempotency-Key": "b"})
    assert hook.call(json={"text": "y"}, headers={**good, "Idempotency-Key": "b"}).status_code == 200
    assert [one["msg"] for one in hook.messages()] == ["y", "x"]


def test_a_get_is_verified_too(admin: Api) -> None:
    hook = Hook(admin, verification={"scheme": "header", "header": "X-Secret", "secret": SECRET})
    path = f"{hook.path}?text=x"
    hook.refused(401, "Unauthorized", method="GET", path=path)
    assert hook.call("GET", path, headers={"X-Secret": SECRET}).status_code == 200
    assert [one["msg"] for one in hook.messages()] == ["x"]


def test_a_password_is_asked_for(admin: Api) -> None:
    hook = Hook(admin, verification={"scheme": "basic", "secret": "user:correct-horse"})
    response = hook.call(json={"text": "x"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Basic ")
    assert hook.call(json={"text": "x"}, auth=("user", "correct-horse")).status_code == 200


@pytest.mark.parametrize("encoding", ["unheard-of", "gzip, unheard-of"])
def test_encodings_that_are_known_are_told(hook: Hook, encoding: str) -> None:
    response = hook.call(content=b"x", headers={"Content-Encoding": encoding})
    assert response.status_code == 415
    assert "gzip" in response.headers["accept-encoding"]


# Asking whether there is a webhook


def test_head(hook: Hook) -> None:
    response = hook.call("HEAD")
    assert (response.status_code, response.content) == (200, b"")
    assert hook.call("HEAD", f"{hook.path}?text=x").status_code == 200
    assert hook.call("HEAD", f"{hook.path[:-1]}!").status_code == 404
    hook.update(enabled=False)
    assert hook.call("HEAD").status_code == 503
    assert hook.messages() == []
    calls = hook.admin.get("integrations.calls", integrationId=hook.id)
    assert calls["total"] == 0


def test_head_needs_no_proof(admin: Api) -> None:
    hook = Hook(admin, verification={"scheme": "header", "header": "X-Secret", "secret": SECRET})
    assert hook.call("HEAD").status_code == 200


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/hooks/any/thing", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("/hooks/info/any/thing", {"GET", "OPTIONS"}),
        ("/hooks/add/any/thing", {"OPTIONS", "POST"}),
    ],
)
def test_options(hook: Hook, path: str, methods: set[str]) -> None:
    response: Any = hook.call("OPTIONS", path)
    assert (response.status_code, response.content) == (204, b"")
    assert set(response.headers["allow"].split(", ")) == methods
