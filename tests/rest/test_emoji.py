"""Emoji that the server has of its own."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.rules.pictures import png
from tests.running import Api, Server, tick, unique


@pytest.fixture(scope="module")
def person(admin: Api) -> Api:
    return admin.new_user()


def sent(api: Api, path: str, content: bytes | None = None, **fields: str) -> httpx.Response:
    files: dict[str, Any] = {name: (None, text) for name, text in fields.items()}
    if content is not None:
        files["emoji"] = ("a.bin", content, "text/plain")
    return api.call("POST", f"emoji-custom.{path}", files=files)


def known(api: Api, **query: Any) -> dict[str, Any]:
    return {one["name"]: one for one in api.get("emoji-custom.list", **query)["emojis"]["update"]}


def picture(api: Api, name: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{api.url}/emoji-custom/{name}", headers=headers, trust_env=False)


def test_an_emoji_is_made_shown_changed_and_removed(admin: Api, person: Api) -> None:
    name, other = unique("party").replace("-", "_"), unique("fete")
    assert sent(admin, "create", png(2, 2), name=f":{name.upper()}:", aliases=f"{other}, {name}").json() == {
        "success": True
    }
    made = known(person)[name]
    assert made == {
        "_id": made["_id"],
        "name": name,
        "aliases": [other],
        "extension": "png",
        "etag": made["etag"],
        "_updatedAt": made["_updatedAt"],
    }
    assert person.get("emoji-custom.all", name=other)["emojis"] == [made]
    for address in (f"{name}.png", f"{other}.gif", name):
        shown = picture(person, address)
        assert (shown.content, shown.headers["content-type"]) == (png(2, 2), "image/png")
    assert picture(person, f"{name}.png", **{"If-None-Match": shown.headers["etag"]}).status_code == 304
    message = person.post("chat.postMessage", channel="#general", text="x")["message"]
    for code in (f":{name}:", other, ":wave_tone3:"):
        person.post("chat.react", messageId=message["_id"], emoji=code)

    tick()
    renamed = unique("again")
    changed = sent(admin, "update", _id=made["_id"], name=renamed)
    assert changed.json() == {"success": True}
    assert (picture(person, name).status_code, picture(person, renamed).content) == (404, png(2, 2))
    assert sent(admin, "update", png(3, 3), _id=made["_id"], name=renamed).status_code == 200
    assert picture(person, renamed).content == png(3, 3)
    assert list(known(person, updatedSince=made["_updatedAt"])) == [renamed]

    admin.post("emoji-custom.delete", emojiId=made["_id"])
    assert picture(person, renamed).status_code == 404
    changes = person.get("emoji-custom.list", updatedSince=made["_updatedAt"])["emojis"]
    assert [one["_id"] for one in changes["remove"]] == [made["_id"]]
    assert renamed not in known(person)
    # What was put on a message can be taken away, and not put on another.
    person.post("chat.react", messageId=message["_id"], emoji=name)
    body = {"messageId": message["_id"], "emoji": name}
    assert person.refused("POST", "chat.react", json=body)["error"] == (
        "Invalid emoji provided. [error-not-allowed]"
    )


@pytest.mark.parametrize(
    ("content", "fields", "code"),
    [
        (b"<svg/>", {"name": "svg"}, "emoji-is-not-image"),
        (b"", {"name": "empty"}, "emoji-is-not-image"),
        (png(2, 2), {}, "error-the-field-is-required"),
        (png(2, 2), {"name": "a/b"}, "error-input-is-not-a-valid-field"),
        (png(2, 2), {"name": "good", "aliases": "<b>"}, "error-input-is-not-a-valid-field"),
        (None, {"name": "no-file"}, "invalid-field"),
    ],
)
def test_what_is_no_emoji(admin: Api, content: bytes | None, fields: dict[str, str], code: str) -> None:
    response = sent(admin, "create", content, **fields)
    assert (response.status_code, response.json()["errorType"]) == (400, code)
    assert known(admin).keys().isdisjoint({*fields.values()})


def test_who_may(admin: Api, person: Api) -> None:
    assert sent(person, "create", png(2, 2), name="x").json()["errorType"] == "not_authorized"
    assert sent(person, "update", _id="x", name="x").json()["errorType"] == "not_authorized"
    answer = person.refused("POST", "emoji-custom.delete", json={"emojiId": "x"})
    assert answer["errorType"] == "not_authorized"
    assert admin.refused("POST", "emoji-custom.delete", json={})["error"] == (
        'The "emojiId" params is required!'
    )
    assert sent(admin, "update", _id="nothing", name="x").json()["error"] == "Emoji not found."
    answer = person.refused("GET", "emoji-custom.list", params={"updatedSince": "soon"})
    assert answer["errorType"] == "error-roomId-param-invalid"


def test_a_name_is_one_emojis_alone(own_server: Server) -> None:
    """On both databases."""
    admin = own_server.admin()
    assert sent(admin, "create", png(2, 2), name="one", aliases="two").status_code == 200
    for fields in ({"name": "two"}, {"name": "three", "aliases": "one"}):
        answer = sent(admin, "create", png(3, 3), **fields).json()
        assert answer["errorType"] == "Custom_Emoji_Error_Name_Or_Alias_Already_In_Use"
    assert list(known(admin)) == ["one"]
    one = known(admin)["one"]
    assert sent(admin, "update", _id=one["_id"], name="two", aliases="one").status_code == 200
    assert known(admin)["two"]["aliases"] == ["one"]
