"""What is unread for whom, on both databases: messages, mentions, threads, and the settings that count them."""

from __future__ import annotations

from typing import Any

from tests.running import Api, Server


def test_what_is_unread(own_server: Server) -> None:
    admin = own_server.admin()
    ann, bob, cat = (admin.new_user() for _ in range(3))
    names = {api: api.username() for api in (ann, bob, cat)}
    room = admin.new_channel(members=list(names.values()))["_id"]

    def say(api: Any, text: str, **fields: Any) -> Any:
        return api.post("chat.sendMessage", message={"rid": room, "msg": text, **fields})["message"]

    def state(api: Any) -> tuple[Any, ...]:
        found = api.get("subscriptions.getOne", roomId=room)["subscription"]
        return tuple(found[name] for name in ("alert", "unread", "userMentions", "groupMentions"))

    def seen_by_all() -> None:
        for api in names:
            api.post("subscriptions.read", rid=room)

    say(ann, "hello")
    say(ann, f"@{names[bob]} and @{names[bob]} again")
    say(admin, f"@all, and @{names[bob]} above all")
    say(admin, "@here")
    assert state(bob) == (True, 3, 2, 1)
    assert state(cat) == (True, 2, 0, 2)
    # What one says oneself is nothing new, and does not hide what others said before.
    say(cat, f"@{names[cat]}: and I?")
    assert state(cat) == (True, 2, 0, 2)
    for value, unread in (("all_messages", 5), ("user_mentions_only", 2), ("group_mentions_only", 1)):
        admin.post("settings/Unread_Count", value=value)
        assert state(bob)[1] == unread
    admin.post("settings/Unread_Count", value="user_and_group_mentions_only")
    assert bob.get("channels.counters", roomId=room)["userMentions"] == 2
    seen_by_all()
    assert state(bob) == state(cat) == (False, 0, 0, 0)

    # A message that was deleted leaves the one before it unread; one of the system is none.
    say(ann, "stays")
    gone = say(ann, f"@{names[bob]} goes")
    ann.post("chat.delete", roomId=room, msgId=gone["_id"])
    assert state(bob) == (True, 0, 0, 0)
    seen_by_all()
    admin.post("channels.setTopic", roomId=room, topic="nothing to see")
    assert state(bob) == (False, 0, 0, 0)

    # Whom one ignores says nothing.
    bob.get("chat.ignoreUser", rid=room, userId=ann.user_id, ignore="true")
    say(ann, f"@{names[bob]}, @all?")
    assert (state(bob), state(cat)) == ((False, 0, 0, 0), (True, 1, 0, 1))
    bob.get("chat.ignoreUser", rid=room, userId=ann.user_id, ignore="false")
    assert state(bob) == (True, 1, 1, 0)
    seen_by_all()

    # Threads: unread for those who follow, until they answer or look at them.
    first = say(ann, "a question")
    seen_by_all()
    say(bob, f"see @{names[cat]}, @all", tmid=first["_id"])

    def threads(api: Any) -> tuple[Any, ...]:
        found = api.get("subscriptions.getOne", roomId=room)["subscription"]
        return tuple(found.get(name) for name in ("alert", "tunread", "tunreadUser", "tunreadGroup"))

    one = [first["_id"]]
    assert threads(ann) == (True, one, None, one)
    assert threads(cat) == (True, one, one, one)
    assert threads(bob) == (False, None, None, None)
    assert state(cat) == (True, 0, 0, 0), "what only a thread shows is not counted"
    asked = admin.get("subscriptions.getOne", roomId=room)["subscription"]
    assert not {"lr", "tunread"} & asked.keys(), "who does not follow is not told"
    moment = cat.get("subscriptions.getOne", roomId=room)["subscription"]
    assert moment["lr"] == moment["_updatedAt"] > first["ts"]
    cat.post("subscriptions.read", rid=room)
    assert threads(cat)[:2] == (True, one), "reading the room leaves its threads"
    cat.post("subscriptions.read", rid=room, readThreads=True)
    assert threads(cat) == (False, None, None, None)
    say(cat, "an answer", tmid=first["_id"])
    changed = ann.get("subscriptions.get", updatedSince=moment["_updatedAt"])["update"]
    assert [entry["rid"] for entry in changed] == [room]
    assert threads(ann)[1] == threads(bob)[1] == one

    # A mention of a team is one of its members. Where a room is too large, nobody mentions all of it.
    team = admin.post("teams.create", name="crew", type=0, members=[names[cat]])["team"]
    seen_by_all()
    say(ann, f"@{team['name']}, @all: a meeting")
    assert (state(cat), state(bob)) == ((True, 1, 1, 0), (True, 1, 0, 1))
    seen_by_all()
    admin.post("settings/Message_MaxAll", value=2)
    say(ann, "@all")
    assert (state(cat), state(bob)) == ((True, 0, 0, 0), (True, 0, 0, 0))

    # A direct room counts everything, unless it is told otherwise.
    direct = ann.post("im.create", username=names[bob])["room"]["_id"]
    for text in ("one", f"@{names[bob]} two"):
        ann.post("chat.postMessage", roomId=direct, text=text)
    room = direct
    assert state(bob) == (True, 2, 1, 0)
    admin.post("settings/Unread_Count_DM", value="mentions_only")
    assert state(bob) == (True, 1, 1, 0)


def test_notification_settings_of_a_room(admin: Api) -> None:
    ann = admin.new_user()
    room = admin.new_channel(members=[ann.username()])["_id"]

    def subscription() -> Any:
        return ann.get("subscriptions.getOne", roomId=room)["subscription"]

    before = subscription()
    ann.post(
        "rooms.saveNotification",
        roomId=room,
        notifications={
            "desktopNotifications": "mentions",
            "muteGroupMentions": "1",
            "hideUnreadStatus": "1",
            "audioNotificationValue": "chime",
        },
    )
    kept = subscription()
    assert {name: kept[name] for name in kept.keys() - before.keys()} == {
        "desktopNotifications": "mentions",
        "desktopPrefOrigin": "subscription",
        "muteGroupMentions": True,
        "hideUnreadStatus": True,
        "audioNotificationValue": "chime",
    }
    assert kept["_updatedAt"] > before["_updatedAt"]
    admin.post("chat.postMessage", roomId=room, text="@all")
    assert (subscription()["groupMentions"], subscription()["unread"], subscription()["alert"]) == (
        0,
        0,
        True,
    )
    ann.post("users.setPreferences", userId=ann.user_id, data={"desktopNotifications": "nothing"})
    ann.post(
        "rooms.saveNotification",
        roomId=room,
        notifications={"desktopNotifications": "default", "muteGroupMentions": "0"},
    )
    back = subscription()
    assert (back["desktopNotifications"], back["desktopPrefOrigin"]) == ("nothing", "user")
    assert back["groupMentions"] == 1
    assert "muteGroupMentions" not in back
    for body, error in (
        ({"notifications": {"muteGroupMentions": "1"}}, "The 'roomId' param is required"),
        ({"roomId": room}, "The 'notifications' param is required"),
        ({"roomId": room, "notifications": {}}, "The 'notifications' param is required"),
        (
            {"roomId": room, "notifications": {"color": "1"}},
            "Invalid settings field [error-invalid-settings]",
        ),
        (
            {"roomId": room, "notifications": {"muteGroupMentions": "yes"}},
            "Invalid settings value [error-invalid-settings]",
        ),
        (
            {"roomId": room, "notifications": {"desktopNotifications": "some"}},
            "Invalid settings value [error-invalid-settings]",
        ),
        (
            {"roomId": "none", "notifications": {"muteGroupMentions": "1"}},
            "Invalid subscription [error-invalid-subscription]",
        ),
    ):
        assert ann.refused("POST", "rooms.saveNotification", json=body)["error"] == error
