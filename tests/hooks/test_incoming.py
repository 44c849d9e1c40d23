"""The way of a call: who is let in, what is answered, what the room gets (contract, section 3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.hooks.hooks import MISSING, Hook, payload
from tests.running import Api, Server, running, unique

from hookroom.hooks.endpoint import FAILURES

# The path


def test_a_text_becomes_a_message(hook: Hook) -> None:
    message = hook.posted({"text": "deployed"})
    assert message["msg"] == "deployed"
    assert message["bot"] == {"i": hook.id}
    assert message["u"]["username"] == "rocket.cat"
    assert message["rid"] == hook.room["_id"]
    assert message["groupable"] is False
    assert message["parseUrls"] is True
    assert message["ts"] == message["_updatedAt"]
    assert not {"alias", "avatar", "emoji", "attachments", "tmid"} & message.keys()


def test_the_older_form_of_the_path(hook: Hook) -> None:
    for user in (hook.integration["userId"], "anybody"):
        response = hook.call(path=f"/hooks/{hook.id}/{user}/{hook.token}", json={"text": user})
        assert response.json() == {"success": True}
        assert hook.messages()[0]["msg"] == user


def test_a_percent_encoded_token(hook: Hook) -> None:
    escaped = "".join(f"%{ord(letter):02x}" for letter in hook.token)
    url = httpx.URL(hook.admin.url, raw_path=f"/hooks/{hook.id}/{escaped}".encode())
    assert hook.http.post(url, json={"text": "escaped"}).json() == {"success": True}
    assert hook.messages()[0]["msg"] == "escaped"


def test_a_slash_at_the_end(hook: Hook) -> None:
    assert hook.call(path=f"{hook.path}/", json={"text": "x"}).json() == {"success": True}


@pytest.mark.parametrize(
    "path", ["/hooks", "/hooks/", "/hooks/x", "/hooks/add", "/hooks/a/b/c/d", "/hooks/info/a/b/c/d"]
)
def test_paths_that_are_none(admin: Api, path: str) -> None:
    response = admin.http.post(path, json={"text": "x"})
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {"success": False, "error": "API endpoint not found [error-not-found]"}


def test_an_unknown_id_and_a_wrong_token_look_the_same(hook: Hook) -> None:
    other = Hook(hook.admin)
    wrong = "x" * len(hook.token)
    for path in (
        f"/hooks/{hook.id}/{wrong}",
        f"/hooks/{hook.id}/{hook.token[:-1]}",
        f"/hooks/{hook.id}/{hook.token}x",
        f"/hooks/{hook.id}/{other.token}",
        f"/hooks/{hook.id}/%00",
        f"/hooks/{hook.id}/%ff",
        f"/hooks/{hook.id}/rocket.cat/{wrong}",
        f"/hooks/{hook.id}/{hook.token}/{wrong}",
        f"/hooks/{'0' * 24}/{hook.token}",
        f"/hooks/{hook.id.upper()}/{hook.token}",
    ):
        for method in ("POST", "GET"):
            response = hook.call(method, path)
            assert response.status_code == 404
            assert response.json() == {"success": False, "error": MISSING}
    assert hook.messages() == []


def test_an_outgoing_integration_takes_no_calls(hook: Hook) -> None:
    outgoing = hook.admin.post(
        "integrations.create",
        type="webhook-outgoing",
        name=unique("out"),
        enabled=True,
        username="rocket.cat",
        channel=f"#{hook.room['name']}",
        event="sendMessage",
        urls=["http://127.0.0.1:9/"],
        triggerWords=["never-said"],
        scriptEnabled=False,
    )["integration"]
    hook.refused(404, MISSING, path=f"/hooks/{outgoing['_id']}/{outgoing['token']}", json={"text": "x"})


def test_a_disabled_hook(hook: Hook) -> None:
    hook.update(enabled=False)
    hook.refused(503, "Service Unavailable", json={"text": "x"})
    hook.refused(404, MISSING, path=f"/hooks/{hook.id}/wrong", json={"text": "x"})
    hook.update(enabled=True)
    hook.posted({"text": "x"})


def test_a_hook_whose_user_is_gone(admin: Api) -> None:
    bot = admin.new_bot()
    hook = Hook(admin, username=bot.username())
    hook.posted({"text": "still here"})
    admin.post("users.delete", userId=bot.user_id)
    assert hook.call(json={"text": "x"}).status_code == 401
    error = hook.refused(401, json={"text": "x"})
    assert error == "You must be logged in to do this."
    hook.refused(404, MISSING, path=f"/hooks/{hook.id}/wrong", json={"text": "x"})


def test_a_hook_whose_user_is_deactivated(admin: Api) -> None:
    bot = admin.new_bot()
    hook = Hook(admin, username=bot.username())
    admin.post("users.setActiveStatus", userId=bot.user_id, activeStatus=False, confirmRelinquish=True)
    hook.refused(503, "Service Unavailable", json={"text": "x"})


def test_a_removed_hook(hook: Hook) -> None:
    hook.admin.post("integrations.remove", type="webhook-incoming", integrationId=hook.id)
    hook.refused(404, MISSING, json={"text": "x"})


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(hook: Hook, method: str) -> None:
    response = hook.call(method, json={"text": "x"})
    assert response.status_code == 405
    assert response.headers["content-type"] == "application/json"
    assert {"GET", "HEAD", "OPTIONS", "POST"} == set(response.headers["allow"].split(", "))
    assert response.json()["success"] is False
    assert response.json()["error"] == "Method Not Allowed: this is called with GET, POST"
    assert hook.messages() == []


# What is posted


@pytest.mark.parametrize(
    ("sent", "field", "value"),
    [
        ({"text": "a", "msg": "b"}, "msg", "a"),
        ({"msg": "b"}, "msg", "b"),
        ({"text": " \n a\n"}, "msg", "a"),
        ({"text": 5}, "msg", "5"),
        ({"text": "a", "username": "Deploys", "alias": "x"}, "alias", "Deploys"),
        ({"text": "a", "alias": "Deploys"}, "alias", "Deploys"),
        ({"text": "a", "icon_emoji": ":a:", "emoji": ":b:"}, "emoji", ":a:"),
        ({"text": "a", "emoji": ":b:"}, "emoji", ":b:"),
        ({"text": "a", "icon_url": "https://x.example/a", "avatar": "y"}, "avatar", "https://x.example/a"),
        ({"text": "a", "emoji": ":b:", "avatar": "https://x.example/a"}, "avatar", "https://x.example/a"),
        ({"text": "a", "emoji": ":b:", "avatar": "https://x.example/a"}, "emoji", None),
        ({"text": "a", "groupable": True}, "groupable", True),
        ({"text": "a", "parseUrls": False}, "parseUrls", False),
        ({"text": "a", "attachments": [{"text": "b"}]}, "parseUrls", False),
        ({"text": "a", "customFields": {"priority": 1}}, "customFields", {"priority": 1}),
        ({"text": "a", "bot": {"i": "forged"}, "_id": "forged", "rid": "GENERAL"}, "msg", "a"),
        ({"attachments": [{"msg": " b "}]}, "attachments", [{"text": "b"}]),
        ({"attachments": [{"msg": "b"}]}, "msg", ""),
        ({"text": "a", "attachments": {"text": "b"}}, "attachments", None),
        ({"text": "a", "attachments": "b"}, "attachments", None),
        (
            {"attachments": [{"title": "t", "fields": [{"title": "Errors", "value": 0, "short": True}]}]},
            "attachments",
            [{"title": "t", "fields": [{"title": "Errors", "value": 0, "short": True}]}],
        ),
    ],
)
def test_fields_of_a_message(hook: Hook, sent: dict[str, Any], field: str, value: Any) -> None:
    message = hook.posted(sent)
    assert message.get(field) == value
    assert message["bot"] == {"i": hook.id}
    assert message["_id"] != "forged"


def test_what_the_integration_gives_where_the_body_says_nothing(admin: Api) -> None:
    hook = Hook(admin, alias="Deploys", avatar="https://x.example/a.png", emoji=":rocket:")
    message = hook.posted({"text": "a"})
    assert (message["alias"], message["avatar"]) == ("Deploys", "https://x.example/a.png")
    assert "emoji" not in message
    message = hook.posted({"text": "a", "username": "Builds", "icon_emoji": ":hammer:"})
    assert (message["alias"], message["emoji"]) == ("Builds", ":hammer:")
    assert "avatar" not in message


def test_a_reply_in_a_thread(hook: Hook) -> None:
    first = hook.posted({"text": "build started"})
    assert hook.post({"text": "build done", "tmid": first["_id"]}) == {"success": True}
    assert [one["msg"] for one in hook.messages() if one.get("tmid") == first["_id"]] == ["build done"]


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"text": {"a": 1}}, "text must be a string, not an object"),
        ({"text": "a", "alias": ["x"]}, "alias must be a string, not an array"),
        ({"text": "a", "groupable": "often"}, "groupable must be true or false"),
        ({"text": "a", "separateResponse": "often"}, "separateResponse must be true or false"),
        ({"text": "a", "customFields": 5}, "customFields must be an object"),
        ({"text": "a", "avatar": "javascript:alert(1)"}, "Invalid href value provided (avatar)"),
        (
            {"attachments": [{"title_link": "javascript:alert(1)"}]},
            "Invalid href value provided (attachments[0].title_link)",
        ),
        ({"attachments": ["x"]}, "attachments[0] must be an object"),
        (
            {"attachments": [{"fields": [{"title": "x"}]}]},
            "Invalid attachment field, title and value is required",
        ),
        ({"text": ""}, "Nothing to post: the payload has neither text nor attachments"),
        ({"text": " ", "attachments": []}, "Nothing to post: the payload has neither text nor attachments"),
        ({"attachments": [{}]}, "Nothing to post: the payload has neither text nor attachments"),
        ({"alias": "x"}, "Nothing to post: the payload has neither text nor attachments"),
    ],
)
def test_payloads_that_are_refused(hook: Hook, sent: Any, error: str) -> None:
    hook.refused(400, error, json=sent)


@pytest.mark.parametrize("sender", ["alertmanager", "grafana", "github-push", "gitlab-push", "slack-style"])
def test_what_real_services_send_is_shown(hook: Hook, sender: str) -> None:
    sent = payload(sender)
    message = hook.posted(sent)
    if sender == "slack-style":
        assert message["alias"] == "backup"
        assert message["emoji"] == ":floppy_disk:"
        assert message["attachments"][0]["fields"][2] == {"title": "Errors", "value": 0, "short": True}
    else:
        told = next(sent[name] for name in ("title", "status", "object_kind", "ref") if name in sent)
        assert told in message["msg"]


def test_an_empty_call_posts_nothing(hook: Hook) -> None:
    before = hook.everything()
    nothing: list[dict[str, Any]] = [{}, {"json": {}}, {"content": b" \n"}, {"content": b"\xef\xbb\xbf"}]
    for options in nothing:
        response = hook.call(**options)
        assert (response.status_code, response.json()) == (200, {"success": True})
    assert hook.call("GET").json() == {"success": True}
    assert hook.everything() == before


def test_the_query_of_a_get_is_the_payload(hook: Hook) -> None:
    answer = hook.call("GET", params={"text": "a & b", "username": "Door", "groupable": "true"})
    assert answer.json() == {"success": True}
    message = hook.messages()[0]
    assert (message["msg"], message["alias"], message["groupable"]) == ("a & b", "Door", True)
    hook.refused(400, method="GET", params={"text": "x", "channel": "#general"})
    hook.refused(400, method="GET", params={"alias": "x"})


# Scripts that do not run


def test_a_script_that_is_off_or_blank_does_not_matter(hook: Hook) -> None:
    script = "class Script { process_incoming_request() { return { content: { text: 'scripted' } }; } }"
    for fields in ({"scriptEnabled": False, "script": script}, {"scriptEnabled": True, "script": " \n"}):
        hook.update(**fields)
        assert hook.posted({"text": "no script runs here"})["msg"] == "no script runs here"


# Wrong tokens are limited


def test_wrong_tokens_are_limited_and_right_ones_are_not(tmp_path: Path) -> None:
    with running(tmp_path, test_mode=False) as server:
        path = _sample_path(server)
        with httpx.Client(base_url=server.url, trust_env=False) as http:
            for _ in range(FAILURES):
                response = http.post(path[:-1] + "!", json={"text": "x"})
                assert response.status_code == 404
            response = http.post(path[:-1] + "!", json={"text": "x"})
            assert response.status_code == 429
            assert 0 < int(response.headers["retry-after"]) <= 60
            assert response.json()["error"].endswith("[error-too-many-requests]")
            assert http.post(path, json={"text": "still welcome"}).json() == {"success": True}
    log = (tmp_path / "server.log").read_text()
    assert log.count("wrong id or token") == FAILURES
    assert path.rpartition("/")[2] not in log
    assert "!" not in log


def _sample_path(server: Server) -> str:
    line = next(line for line in server.greeting if "/hooks/" in line)
    return "/hooks/" + line.partition("/hooks/")[2].split()[0].strip("'\"")
