"""Payloads that are made for Slack, posted to a real server, and what the room then shows."""

from __future__ import annotations

from typing import Any

import pytest
from tests.hooks.hooks import Hook
from tests.running import Api

A = "https://a.example/x"
PICTURE = "https://a.example/p.png"


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def test_a_message_of_blocks(hook: Hook) -> None:
    message = hook.posted(
        {
            "text": "Deployed web",
            "username": "CI",
            "icon_emoji": ":rocket:",
            "blocks": [
                {"type": "header", "text": {"type": "plain_text", "text": "Deployed web"}},
                section(f"<{A}|Build 5> &amp; tests are *green*"),
                {"type": "image", "image_url": PICTURE, "alt_text": "load"},
                {
                    "type": "actions",
                    "elements": [
                        {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": A}
                    ],
                },
            ],
            "attachments": [{"color": "good", "text": f"<{A}|log>", "footer": "ci", "ts": 1481302386}],
        }
    )
    assert message["msg"] == f"*Deployed web*\n\n[Build 5]({A}) & tests are *green*\n\n[Open]({A})"
    assert (message["alias"], message["emoji"]) == ("CI", ":rocket:")
    assert message["attachments"] == [
        {"title": "load", "image_url": PICTURE},
        {"color": "good", "text": f"[log]({A})\n_ci_", "ts": "2016-12-09T16:53:06.000Z"},
    ]


def test_links_are_found_in_what_is_shown(hook: Hook) -> None:
    message = hook.posted({"text": f"see <{A}|this> and <{A}y>."})
    assert message["msg"] == f"see [this]({A}) and {A}y."
    assert [one["url"] for one in message["urls"]] == [A, f"{A}y"]


def test_blocks_that_show_nothing_leave_the_text(hook: Hook) -> None:
    assert hook.posted({"text": "hello", "blocks": [{"type": "divider"}]})["msg"] == "hello"
    assert hook.posted({"text": "hello", "blocks": "?"})["msg"] == "hello"


def test_blocks_and_no_text_at_all_are_shown_as_they_came(hook: Hook) -> None:
    assert '"dance"' in hook.posted({"blocks": [{"type": "dance"}]})["msg"]


def test_mentions_need_the_right_to(admin: Api) -> None:
    hook = Hook(admin)
    hook.posted({"text": "joins the channel"})
    hook.refused(400, "error-action-not-allowed", json={"text": "<!here> down"})
    hook.refused(400, "error-action-not-allowed", json={"blocks": [section("<!channel> down")]})
    assert hook.posted({"text": "<@U024BE7LH|here> down, `<!here>`"})["msg"] == "here down, `<!here>`"
    ann = admin.new_user()
    message = hook.posted({"text": f"<@U024BE7LH|{ann.username()}> see <#C024BE7LR|{hook.room['name']}>"})
    assert [one["username"] for one in message["mentions"]] == [ann.username()]
    assert [one["name"] for one in message["channels"]] == [hook.room["name"]]


def test_threads(hook: Hook) -> None:
    first = hook.posted({"text": "first"})
    assert hook.posted({"text": "second", "thread_ts": first["_id"]})["tmid"] == first["_id"]
    assert "tmid" not in hook.posted({"text": "third", "thread_ts": "1503435956.000247"})


@pytest.mark.parametrize(("unfurl", "urls"), [(False, 0), (True, 1)])
def test_previews(hook: Hook, unfurl: bool, urls: int) -> None:
    message = hook.posted({"text": A, "unfurl_links": unfurl})
    assert message["parseUrls"] is unfurl
    assert len(message.get("urls") or ()) == urls


def test_a_button_that_runs_code_is_none(hook: Hook) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "x"}, "url": "javascript:alert(1)"}
    assert hook.posted({"blocks": [{"type": "actions", "elements": [button]}]})["msg"] == "x"
    hook.refused(400, json={"text": "x", "attachments": [{"title_link": "javascript:alert(1)"}]})


def test_other_payloads_stay_as_they_are(hook: Hook) -> None:
    for text in ("<b>a</b> < 5", "a <- b", f"`<{A}|x>`", "<!-- x -->", "<@everybody>"):
        assert hook.posted({"text": text})["msg"] == text
    assert hook.posted({"msg": f"<{A}|x> &amp;"})["msg"] == f"<{A}|x> &amp;"
    assert hook.posted({"text": f"<{A}|x>", "mrkdwn": False})["msg"] == f"<{A}|x>"


def test_clients_post_what_they_post(hook: Hook) -> None:
    text = f"<{A}|x> &amp; <!channel>"
    posted = hook.admin.post(
        "chat.postMessage", roomId=hook.room["_id"], text=text, attachments=[{"text": text, "footer": "f"}]
    )
    assert posted["message"]["msg"] == text
    assert posted["message"]["attachments"] == [{"text": text, "footer": "f"}]


def test_what_a_script_returns(hook: Hook) -> None:
    hook.update(
        scriptEnabled=True,
        skipTranspile=True,
        script="""class Script { process_incoming_request({ request }) {
            const text = { type: 'mrkdwn', text: request.content.said }
            return { content: { blocks: [{ type: 'section', text }] } } } }""",
    )
    assert hook.call(json={"said": f"<{A}|x>"}).json() == {"success": True}
    assert hook.messages()[0]["msg"] == f"[x]({A})"
