"""Whom a message is shown to as a notification, and what a member may say about it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tests.rules.values import a_message

from hookroom.errors import Refused
from hookroom.rules import notification_settings
from hookroom.rules.notifications import Occasion, tells

ALL = [{"_id": "all", "username": "all"}]
ANN = [{"_id": "ann", "username": "ann", "type": "user"}]


@pytest.mark.parametrize(
    ("told", "message", "occasion", "settings"),
    [
        (True, {}, {}, {}),
        (False, {}, {}, {"disableNotifications": True}),
        (False, {}, {"default": "mentions"}, {}),
        (False, {}, {"default": "nothing"}, {}),
        (True, {"mentions": ANN}, {"default": "mentions"}, {}),
        (True, {"mentions": ALL}, {"default": "mentions"}, {}),
        (False, {"mentions": ALL}, {}, {"muteGroupMentions": True}),
        (True, {"mentions": ALL + ANN}, {}, {"muteGroupMentions": True}),
        (False, {}, {}, {"desktopNotifications": "mentions"}),
        (True, {}, {"in_teams": frozenset({"ann"})}, {"desktopNotifications": "mentions"}),
        (True, {}, {"room_type": "d"}, {"desktopNotifications": "mentions"}),
        (False, {"mentions": ANN}, {}, {"desktopNotifications": "nothing"}),
        (False, {}, {"crowded": True}, {}),
        (False, {"mentions": ALL}, {"crowded": True}, {}),
        (True, {"mentions": ANN}, {"crowded": True}, {}),
        (True, {}, {"crowded": True}, {"desktopNotifications": "all"}),
        (False, {"thread_id": "t"}, {}, {}),
        (True, {"thread_id": "t"}, {"followers": frozenset({"ann"})}, {"desktopNotifications": "mentions"}),
        (True, {"thread_id": "t", "shown_in_room": True}, {}, {}),
        (
            True,
            {"text": "The BUILD broke"},
            {},
            {"desktopNotifications": "mentions", "userHighlights": ["build"]},
        ),
    ],
)
def test_who_is_told(
    told: bool, message: dict[str, Any], occasion: dict[str, Any], settings: dict[str, Any]
) -> None:
    said = Occasion(**{"message": replace(a_message(), **message), "room_type": "c", **occasion})
    assert tells(said, "ann", status="online", settings=settings, ignored=False) is told
    assert not tells(said, "ann", status="busy", settings=settings, ignored=False)
    assert not tells(said, "ann", status="online", settings=settings, ignored=True)
    assert not tells(said, said.message.user.id, status="online", settings=settings, ignored=False)


def test_settings_go_back_to_what_the_user_prefers() -> None:
    kept = notification_settings.changed({}, "emailNotifications", "all")
    assert kept == {"emailNotifications": "all", "emailPrefOrigin": "subscription"}
    own = {"emailNotificationMode": "nothing", "desktopNotifications": "default", "highlights": ["build"]}
    assert notification_settings.shown(kept, own) == {**kept, "userHighlights": ["build"]}
    assert notification_settings.changed(kept, "emailNotifications", "default") == {}
    assert notification_settings.shown({}, own) == {
        "emailNotifications": "nothing",
        "emailPrefOrigin": "user",
        "userHighlights": ["build"],
    }
    for field, value in (
        ("color", "1"),
        ("hideUnreadStatus", "2"),
        ("unreadAlert", 1),
        ("unreadAlert", "x" * 101),
    ):
        with pytest.raises(Refused):
            notification_settings.changed(kept, field, value)
