"""Removing a stretch of a room's history over REST."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rest.files import link, upload
from tests.running import Api, tick

EVER = {"oldest": "2020-01-01T00:00:00.000Z", "latest": "2100-01-01T00:00:00.000Z"}


def said(user: Api, room: Any, text: str, **more: Any) -> Any:
    tick()
    return user.post("chat.postMessage", roomId=room["_id"], text=text, **more)["message"]


def left(user: Api, room: Any) -> list[str]:
    """The texts of what people wrote that is left, the oldest first; those of threads too."""
    found = user.get("channels.messages", roomId=room["_id"], count=0)["messages"]
    return [one["msg"] for one in reversed(found) if "t" not in one]


def cleaned(user: Api, room: Any, **what: Any) -> int:
    answer = user.post("rooms.cleanHistory", **{"roomId": room["_id"], **EVER, **what})
    assert answer.keys() == {"_id", "count", "success"}
    assert answer["_id"] == room["_id"]
    count: int = answer["count"]
    return count


@pytest.fixture
def own(user: Api, admin: Api) -> Any:
    """A room that the administrator owns and ``user`` writes in."""
    room = admin.new_channel()
    user.post("channels.join", roomId=room["_id"])
    return room


def test_what_is_kept_and_what_goes(admin: Api, user: Api, own: Any) -> None:
    first = said(admin, own, "one")
    said(user, own, "two")
    pinned = said(admin, own, "pinned")
    admin.post("chat.pinMessage", messageId=pinned["_id"])
    said(user, own, "answer", tmid=first["_id"])
    last = said(admin, own, "last")
    stretch = {"oldest": first["ts"], "latest": last["ts"]}
    assert cleaned(admin, own, **stretch, limit=1, excludePinned=True, users=["nobody"]) == 0
    assert cleaned(admin, own, **stretch, ignoreThreads="true", excludePinned=1, users=[user.username()]) == 1
    assert left(admin, own) == ["one", "pinned", "answer", "last"]
    # The stretch without its ends: what pinning said is a message of the room, and goes too.
    assert cleaned(admin, own, **stretch, excludePinned=True) == 2
    assert left(admin, own) == ["one", "pinned", "last"]
    assert "tcount" not in admin.get("chat.getMessage", msgId=first["_id"])["message"]
    assert cleaned(admin, own, **stretch, inclusive=True, limit=1) == 1
    assert left(admin, own) == ["pinned", "last"]
    assert cleaned(admin, own) >= 2
    assert left(admin, own) == []
    room = admin.get("rooms.info", roomId=own["_id"])["room"]
    assert (room["msgs"], room.get("lastMessage")) == (0, None)
    gone = admin.get("chat.getDeletedMessages", roomId=own["_id"], since=EVER["oldest"], count=0)["messages"]
    assert {first["_id"], pinned["_id"], last["_id"]} <= {one["_id"] for one in gone}


def test_files_go_with_their_messages_or_alone(admin: Api, own: Any) -> None:
    said(admin, own, "no file")
    kept = upload(admin, own)
    path = link(kept)
    assert admin.http.get(path).status_code == 200
    assert cleaned(admin, own, filesOnly=True) == 1
    assert admin.http.get(path).status_code == 404
    message = admin.get("chat.getMessage", msgId=kept["_id"])["message"]
    assert "file" not in message
    assert message["attachments"] == [{"color": "#FD745E", "text": "_File removed by prune_"}]
    path = link(upload(admin, own))
    cleaned(admin, own)
    assert admin.http.get(path).status_code == 404


def test_discussions_go_unless_they_are_kept(admin: Api, own: Any) -> None:
    discussion = admin.post("rooms.createDiscussion", prid=own["_id"], t_name="about")["discussion"]
    assert cleaned(admin, own, ignoreDiscussion=True) >= 0
    assert admin.get("rooms.info", roomId=discussion["_id"])["room"]["prid"] == own["_id"]
    assert cleaned(admin, own) >= 1
    admin.refused("GET", "rooms.info", params={"roomId": discussion["_id"]})


def test_refusals(admin: Api, user: Api, stranger: Api, group: Any, own: Any) -> None:
    body: dict[str, Any] = {"roomId": own["_id"], **EVER}
    assert user.refused("POST", "rooms.cleanHistory", json=body)["errorType"] == "error-not-allowed"
    hidden = stranger.refused("POST", "rooms.cleanHistory", json={**body, "roomId": group["_id"]})
    assert "access" in hidden["error"]
    for wrong, code in (
        ({"latest": "soon"}, "error-invalid-date"),
        ({"oldest": "99999-01-01"}, "error-invalid-date"),
        ({"limit": -1}, "invalid-params"),
        ({"users": "x"}, "invalid-params"),
        ({"roomId": "nowhere"}, "error-room-not-found"),
    ):
        assert admin.refused("POST", "rooms.cleanHistory", json={**body, **wrong})["errorType"] == code
    del body["latest"]
    assert admin.refused("POST", "rooms.cleanHistory", json=body)["errorType"] == "invalid-params"
