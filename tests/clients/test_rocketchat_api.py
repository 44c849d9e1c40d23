"""The Python client ``rocketchat_API``: a walk through all that it can do, against a real server.

Every public method is called here, or stands in ``LEFT_OUT``; a test at the end sees to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from rocketchat_API.APIExceptions.RocketExceptions import (  # type: ignore[import-untyped]
    RocketApiException,
    RocketAuthenticationException,
)
from rocketchat_API.rocketchat import RocketChat  # type: ignore[import-untyped]
from tests.rules import pictures
from tests.running import ADMIN, Server, unique

LEFT_OUT: Final = {
    "livechat": (
        *("livechat_rooms", "livechat_inquiries_list", "livechat_inquiries_take", "livechat_get_users"),
        *("livechat_create_user", "livechat_get_user", "livechat_delete_user", "livechat_register_visitor"),
        *("livechat_get_visitor", "livechat_room", "livechat_message", "livechat_messages_history"),
        *("livechat_inquiries_get_one", "livechat_get_appearance", "livechat_set_appearance"),
    ),
    "sold with a licence": (
        *("engagement_dashboard_new_users", "engagement_dashboard_active_users"),
        *("engagement_dashboard_chat_busier_hourly", "engagement_dashboard_chat_busier_weekly"),
        *("engagement_dashboard_users_by_time_of_day",),
    ),
    "end-to-end encryption": ("groups_set_encrypted",),
    "of the web client": (
        "assets_set_asset",
        "assets_unset_asset",
        "banners_dismiss",
        "custom_sounds_get_one",
    ),
    "of the class itself": ("call_api_get", "call_api_post", "call_api_put", "call_api_delete"),
}

# The client leaves the files that it sends for Python to close.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

called: set[str] = set()


class Noted(RocketChat):  # type: ignore[misc]
    """The client, noting which of its methods are called."""

    def __getattribute__(self, name: str) -> Any:
        if name in PUBLIC:
            called.add(name)
        return super().__getattribute__(name)


PUBLIC: Final = frozenset(name for name in dir(RocketChat) if not name.startswith("_")) - {"api_path"}


@pytest.fixture(scope="module")
def rocket(server: Server) -> Noted:
    """An administrator."""
    return Noted(ADMIN, ADMIN, server_url=server.url)


@pytest.fixture(scope="module")
def other(server: Server, rocket: Noted) -> Iterator[dict[str, str]]:
    """Another user: ``_id`` and ``username``; deleted at the end."""
    name = unique("reader")
    made = rocket.users_create(f"{name}@example.com", name, "Correct-horse-1", name, verified=True)
    yield {"_id": made["user"]["_id"], "username": name}
    assert rocket.users_delete(made["user"]["_id"], confirmRelinquish=True)["success"]


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of a small picture."""
    path: Path = tmp_path_factory.mktemp("pictures") / "dot.png"
    path.write_bytes(pictures.png(8, 8))
    return str(path)


def test_login_and_logout(server: Server, rocket: Noted) -> None:
    name = unique("leaver")
    Noted(server_url=server.url).users_register(f"{name}@example.com", name, "Correct-horse-1", name)
    own = Noted(name, "Correct-horse-1", server_url=server.url)
    assert own.login(f"{name}@example.com", "Correct-horse-1")["status"] == "success"
    user_id = own.me()["_id"]
    assert own.logout()["status"] == "success"
    with pytest.raises(RocketApiException):
        own.me()
    with pytest.raises(RocketAuthenticationException):
        Noted(name, "wrong", server_url=server.url)
    assert rocket.info()["success"]
    assert rocket.users_delete(user_id, confirmRelinquish=True)["success"]


def test_users(rocket: Noted, other: dict[str, str], picture: str) -> None:
    user_id, username = other["_id"], other["username"]
    assert rocket.users_info(user_id=user_id)["user"]["username"] == username
    assert rocket.users_info(username=username)["user"]["_id"] == user_id
    assert rocket.users_info(email=f"{username}@example.com")["user"]["_id"] == user_id
    assert username in {one["username"] for one in rocket.users_list(count=2)}
    assert rocket.users_get_presence(user_id=user_id)["presence"] == "offline"
    assert rocket.users_update(user_id, name="Somebody Else")["user"]["name"] == "Somebody Else"
    assert rocket.users_set_active_status(user_id, False)["user"]["active"] is False
    assert rocket.users_set_active_status(user_id, True)["user"]["active"] is True
    assert rocket.users_create_token(user_id, "")["data"]["userId"] == user_id
    assert rocket.users_set_preferences(user_id, {"useEmojis": False})["success"]
    assert "preferences" in rocket.users_get_preferences()
    assert rocket.users_set_status("walking", status="online")["success"]
    assert rocket.users_set_avatar(picture)["success"]
    assert rocket.users_get_avatar(username=username)
    assert rocket.users_reset_avatar(username=ADMIN)["success"]
    assert rocket.users_forgot_password(f"{username}@example.com")["success"]


def test_channels(rocket: Noted, other: dict[str, str]) -> None:
    user_id = other["_id"]
    name = unique("channel")
    room = rocket.channels_create(name, members=[other["username"]])["channel"]
    room_id = room["_id"]
    assert name in {one["name"] for one in rocket.channels_list()}
    assert name in {one["name"] for one in rocket.channels_list_joined()}
    assert rocket.channels_info(channel=name)["channel"]["_id"] == room_id
    assert rocket.channels_add_all(room_id)["success"]
    for grant, revoke in (
        (rocket.channels_add_moderator, rocket.channels_remove_moderator),
        (rocket.channels_add_leader, rocket.channels_remove_leader),
        (rocket.channels_add_owner, rocket.channels_remove_owner),
    ):
        assert grant(room_id, user_id)["success"]
        assert revoke(room_id, user_id)["success"]
    assert rocket.channels_moderators(room_id)["moderators"] == []
    assert [one["u"]["username"] for one in rocket.channels_roles(room_id)["roles"]] == [ADMIN]
    assert user_id in {one["_id"] for one in rocket.channels_members(room_id)}
    assert isinstance(rocket.channels_online(room_id)["online"], list)
    assert rocket.channels_counters(room_id)["joined"] is True
    assert list(rocket.channels_files(room_id)) == []
    assert list(rocket.channels_get_integrations(room_id)) is not None
    assert list(rocket.channels_get_all_user_mentions_by_channel(room_id)) == []
    assert list(rocket.channels_history(room_id, count=1, max_count=1)) is not None
    assert rocket.channels_archive(room_id)["success"]
    assert rocket.channels_unarchive(room_id)["success"]
    assert rocket.channels_close(room_id)["success"]
    assert rocket.channels_open(room_id)["success"]
    assert rocket.channels_kick(room_id, user_id)["success"]
    assert rocket.channels_invite(room_id, user_id)["success"]
    assert rocket.channels_set_default(room_id, True)["success"]
    assert rocket.channels_set_description(room_id, "what for")["description"] == "what for"
    assert rocket.channels_set_join_code(room_id, "secret")["success"]
    assert rocket.channels_set_read_only(room_id, True)["channel"]["ro"] is True
    assert rocket.channels_set_topic(room_id, "of today")["topic"] == "of today"
    assert rocket.channels_set_announcement(room_id, "hear")["announcement"] == "hear"
    assert rocket.channels_set_custom_fields(room_id, {"a": 1})["channel"]["customFields"] == {"a": 1}
    renamed = rocket.channels_rename(room_id, f"{name}-x")
    assert renamed["channel"]["name"] == f"{name}-x"
    assert rocket.channels_set_type(room_id, "p")["success"]
    assert rocket.groups_set_type(room_id, "c")["success"]
    assert rocket.channels_join(room_id, "secret")["success"]
    assert rocket.channels_add_owner(room_id, username=other["username"])["success"]
    assert rocket.channels_leave(room_id)["success"]
    assert rocket.channels_delete(room_id)["success"]


def test_groups(rocket: Noted, other: dict[str, str]) -> None:
    user_id, name = other["_id"], unique("group")
    room_id = rocket.groups_create(name)["group"]["_id"]
    assert name in {one["name"] for one in rocket.groups_list_all()}
    assert name in {one["name"] for one in rocket.groups_list()}
    assert rocket.groups_info(room_name=name)["group"]["_id"] == room_id
    assert rocket.groups_invite(room_id, user_id)["success"]
    for grant, revoke in (
        (rocket.groups_add_moderator, rocket.groups_remove_moderator),
        (rocket.groups_add_leader, rocket.groups_remove_leader),
        (rocket.groups_add_owner, rocket.groups_remove_owner),
    ):
        assert grant(room_id, user_id)["success"]
        assert revoke(room_id, user_id)["success"]
    assert rocket.groups_moderators(group=name)["moderators"] == []
    assert len(rocket.groups_roles(room_id)["roles"]) == 1
    assert user_id in {one["_id"] for one in rocket.groups_members(room_id)}
    assert isinstance(rocket.groups_online(room_id)["online"], list)
    assert list(rocket.groups_files(room_id)) == []
    assert list(rocket.groups_get_integrations(room_id)) is not None
    assert list(rocket.groups_history(room_id, max_count=3)) is not None
    assert rocket.groups_close(room_id)["success"]
    assert rocket.groups_open(room_id)["success"]
    assert rocket.groups_archive(room_id)["success"]
    assert rocket.groups_unarchive(room_id)["success"]
    assert rocket.groups_kick(room_id, user_id)["success"]
    assert rocket.groups_set_announcement(room_id, "hear")["announcement"] == "hear"
    assert rocket.groups_set_description(room_id, "what for")["description"] == "what for"
    assert rocket.groups_set_topic(room_id, "of today")["topic"] == "of today"
    assert rocket.groups_set_read_only(room_id, True)["group"]["ro"] is True
    assert rocket.groups_set_custom_fields({"a": 1}, room_id=room_id)["success"]
    assert rocket.groups_rename(room_id, f"{name}-x")["group"]["name"] == f"{name}-x"
    assert rocket.groups_invite(room_id, user_id)["success"]
    assert rocket.groups_add_owner(room_id, user_id)["success"]
    assert rocket.groups_leave(room_id)["success"]
    assert rocket.groups_delete(rocket.groups_create(unique("group"))["group"]["_id"])["success"]


def test_messages(rocket: Noted, other: dict[str, str]) -> None:
    room_id = rocket.channels_create(unique("chat"), members=[other["username"]])["channel"]["_id"]
    posted = rocket.chat_post_message("first words", channel=f"#{rocket.rooms_info(room_id)['room']['name']}")
    first = posted["message"]["_id"]
    answer = rocket.chat_send_message({"rid": room_id, "msg": "an answer", "tmid": first})["message"]["_id"]
    assert rocket.chat_get_message(first)["message"]["tcount"] == 1
    assert [one["_id"] for one in rocket.chat_get_thread_messages(first)] == [answer]
    assert [one["_id"] for one in rocket.chat_get_threads_list(room_id)] == [first]
    long_ago = "2020-01-01T00:00:00.000Z"
    assert rocket.chat_sync_thread_list(room_id, long_ago)["threads"]["update"]
    assert rocket.chat_sync_thread_messages(first, long_ago)["messages"]["update"]
    assert rocket.chat_sync_messages(room_id, long_ago)["result"]["updated"]
    assert rocket.chat_unfollow_message(first)["success"]
    assert rocket.chat_follow_message(first)["success"]
    assert rocket.chat_pin_message(first)["success"]
    assert [one["_id"] for one in rocket.chat_get_pinned_messages(room_id)] == [first]
    assert rocket.chat_unpin_message(first)["success"]
    assert rocket.chat_star_message(first)["success"]
    assert [one["_id"] for one in rocket.chat_get_starred_messages(room_id)] == [first]
    assert rocket.chat_unstar_message(first)["success"]
    assert rocket.chat_react(first)["success"]
    assert rocket.chat_update(room_id, first, "other words")["message"]["msg"] == "other words"
    assert [one["_id"] for one in rocket.chat_search(room_id, "other")] == [first]
    assert list(rocket.chat_get_mentioned_messages(room_id)) == []
    assert list(rocket.chat_get_discussions(room_id)) == []
    assert rocket.chat_report_message(first, "rude")["success"]
    assert rocket.chat_ignore_user(room_id, other["_id"])["success"]
    with pytest.raises(RocketApiException):
        rocket.chat_get_message_read_receipts(first)  # Sold with a licence in the original.
    assert rocket.chat_delete(room_id, answer)["success"]
    assert [one["_id"] for one in rocket.chat_get_deleted_messages(room_id, long_ago)] == [answer]
    # Nobody listens there: nothing is known of the page.
    assert rocket.chat_get_url_preview(room_id, "http://127.0.0.1:9/")["urlPreview"]["ignoreParse"] is True


def test_direct_rooms(rocket: Noted, other: dict[str, str]) -> None:
    room_id = rocket.dm_create(other["username"])["room"]["_id"]
    assert rocket.dm_create_multiple([other["username"], "rocket.cat"])["room"]["t"] == "d"
    rocket.chat_post_message("just us", room_id=room_id)
    assert room_id in {one["_id"] for one in rocket.dm_list()}
    assert room_id in {one["_id"] for one in rocket.dm_list_everyone()}
    assert [one["msg"] for one in rocket.dm_history(room_id)] == ["just us"]
    assert [one["msg"] for one in rocket.dm_messages(username=other["username"])] == ["just us"]
    with pytest.raises(RocketApiException):
        rocket.dm_messages_others(room_id)  # Switched off by a setting, as in the original.
    assert len(list(rocket.dm_members(room_id))) == 2
    assert list(rocket.dm_files(room_id)) == []
    assert rocket.dm_counters(room_id)["joined"] is True
    assert rocket.dm_set_topic(room_id, "plans")["topic"] == "plans"
    assert rocket.dm_close(room_id)["success"]
    assert rocket.dm_open(room_id)["success"]
    assert rocket.dm_delete(room_id)["success"]


def test_rooms(rocket: Noted, picture: str) -> None:
    room_id = rocket.channels_create(unique("rooms"))["channel"]["_id"]
    assert room_id in {one["_id"] for one in rocket.rooms_get()["update"]}
    assert rocket.rooms_favorite(room_id)["success"]
    assert rocket.rooms_info(room_id)["room"]["_id"] == room_id
    assert room_id in {one["_id"] for one in rocket.rooms_admin_rooms()}
    discussion = rocket.rooms_create_discussion(room_id, unique("aside"))["discussion"]
    assert discussion["prid"] == room_id
    file_id = rocket.rooms_media(room_id, picture)["file"]["_id"]
    assert rocket.rooms_media_confirm(room_id, file_id, msg="look")["message"]["file"]["_id"] == file_id
    assert rocket.rooms_clean_history(room_id, "2100-01-01T00:00:00.000Z", "2000-01-01T00:00:00.000Z")[
        "count"
    ]
    assert rocket.subscriptions_get()["update"]
    assert rocket.subscriptions_get_one(room_id)["subscription"]["rid"] == room_id
    rocket.chat_post_message("unread", room_id=room_id)
    assert rocket.subscriptions_unread(room_id)["success"]
    assert rocket.subscriptions_read(room_id)["success"]
    rocket.channels_invite(room_id, "rocket.cat")
    rocket.channels_add_owner(room_id, "rocket.cat")
    assert rocket.rooms_leave(room_id)["success"]


def test_teams(rocket: Noted, other: dict[str, str]) -> None:
    name, user_id = unique("team"), other["_id"]
    team_id = rocket.teams_create(name, 1)["team"]["_id"]
    assert name in {one["name"] for one in rocket.teams_list_all()}
    assert rocket.teams_info(team_name=name)["teamInfo"]["_id"] == team_id
    assert rocket.teams_add_members(team_id, members=[{"userId": user_id, "roles": ["member"]}])["success"]
    assert user_id in {one["user"]["_id"] for one in rocket.teams_members(team_id)}
    assert rocket.teams_update_member(team_id, member={"userId": user_id, "roles": ["owner"]})["success"]
    room_id = rocket.groups_create(unique("of-team"))["group"]["_id"]
    assert rocket.teams_add_rooms(team_id, rooms=[room_id])["rooms"][0]["_id"] == room_id
    assert rocket.teams_update_room(room_id, False)["room"]["_id"] == room_id
    assert room_id in {one["_id"] for one in rocket.teams_list_rooms(team_id)}
    own = rocket.headers["X-User-Id"]
    assert room_id in {one["_id"] for one in rocket.teams_list_rooms_of_user(team_id, user_id=own)}
    assert name in {one["name"] for one in rocket.teams_autocomplete(name)["teams"]}
    assert rocket.teams_remove_room(team_id, room_id=room_id)["success"]
    assert rocket.teams_remove_member(team_id, user_id=user_id)["success"]
    assert rocket.teams_delete(team_id)["success"]
    assert rocket.groups_convert_to_team(rocket.groups_create(unique("group"))["group"]["_id"])["success"]


def test_invites(rocket: Noted) -> None:
    room_id = rocket.channels_create(unique("invited"))["channel"]["_id"]
    invite = rocket.find_or_create_invite(room_id, 1, 5)
    assert invite["_id"] in {one["_id"] for one in rocket.list_invites()}
    assert rocket.validate_invite_token(invite["_id"])["valid"] is True
    assert rocket.use_invite_token(invite["_id"])["room"]["rid"] == room_id
    assert rocket.remove_invite(invite["_id"])
    with pytest.raises(RocketApiException):
        rocket.send_invitation_email(["somebody@example.com"])  # No mail server.


def test_integrations(rocket: Noted) -> None:
    name = unique("hook")
    made = rocket.integrations_create("webhook-incoming", name, True, "rocket.cat", "#general", False)
    integration_id = made["integration"]["_id"]
    assert rocket.integrations_get(integration_id)["integration"]["name"] == name
    assert name in {one["name"] for one in rocket.integrations_list()}
    changed = rocket.integrations_update(
        "webhook-incoming", f"{name}-x", True, "rocket.cat", "#general", False, integration_id
    )
    assert changed["integration"]["name"] == f"{name}-x"
    assert rocket.integrations_remove("webhook-incoming", integration_id)["success"]
    outgoing = rocket.integrations_create(
        "webhook-outgoing",
        name,
        False,
        "rocket.cat",
        "#general",
        False,
        event="sendMessage",
        urls=["http://127.0.0.1:9/"],
    )["integration"]["_id"]
    assert list(rocket.integrations_history(outgoing)) == []


def test_roles_and_permissions(rocket: Noted, other: dict[str, str]) -> None:
    assert rocket.roles_list()["roles"]
    role = rocket.roles_create(unique("role"))["role"]
    assert rocket.roles_add_user_to_role(role["_id"], other["username"])["success"]
    assert other["_id"] in {one["_id"] for one in rocket.roles_get_users_in_role(role["_id"])}
    assert rocket.roles_remove_user_from_role(role["_id"], other["username"])["success"]
    assert rocket.roles_sync("2020-01-01T00:00:00.000Z")["roles"]["update"]
    assert rocket.roles_delete(role["_id"])["success"]
    assert rocket.roles_get_users_in_public_roles()["users"]
    known = {one["_id"]: one["roles"] for one in rocket.permissions_list_all()["update"]}
    unchanged = [{"_id": "view-c-room", "roles": known["view-c-room"]}]
    assert rocket.permissions_update(unchanged)["success"]


def test_moderation(rocket: Noted, other: dict[str, str]) -> None:
    room_id = rocket.channels_create(unique("reported"))["channel"]["_id"]
    message_id = rocket.chat_post_message("bad words", room_id=room_id)["message"]["_id"]
    rocket.chat_report_message(message_id, "rude")
    report = next(iter(rocket.moderation_reports(message_id)))
    assert rocket.moderation_report_info(report["_id"])["report"]["_id"] == report["_id"]
    own = rocket.headers["X-User-Id"]
    assert own in {one["userId"] for one in rocket.moderation_reports_by_users()}
    assert rocket.moderation_user_reported_messages(own)["messages"]
    assert rocket.moderation_report_user(other["_id"], "rude too")["success"]
    assert list(rocket.moderation_user_reports())
    assert rocket.moderation_user_reports_by_user_id(other["_id"])["reports"]
    assert rocket.moderation_dismiss_reports(msg_id=message_id)["success"]
    assert rocket.moderation_dismiss_user_reports(other["_id"])["success"]
    rocket.chat_report_message(message_id, "still rude")
    assert rocket.moderation_user_delete_reported_messages(own)["success"]


def test_emoji_and_statuses(rocket: Noted, picture: str) -> None:
    name = unique("emoji").replace("-", "_")
    assert rocket.custom_emoji_create(name, picture, aliases=f"{name}_too")["success"]
    emoji = next(one for one in rocket.custom_emoji_all() if one["name"] == name)
    assert name in {one["name"] for one in rocket.custom_emoji_list()["emojis"]["update"]}
    assert rocket.custom_emoji_update(emoji["_id"], f"{name}_x", picture)["success"]
    assert rocket.custom_emoji_delete(emoji["_id"])["success"]
    status = rocket.custom_user_status_create(unique("status"), "busy")["customUserStatus"]
    assert status["_id"] in {one["_id"] for one in rocket.custom_user_status_list()}
    assert rocket.custom_user_status_update(status["_id"], unique("status"), "away")["success"]
    assert rocket.custom_user_status_delete(status["_id"])["success"]


def test_the_server(rocket: Noted) -> None:
    assert rocket.settings_get("Site_Name")["value"]
    assert rocket.settings_update("Site_Name", "Hookroom")["success"]
    assert list(rocket.settings(max_count=60))
    assert list(rocket.settings_public(max_count=60))
    assert isinstance(rocket.service_configurations()["configurations"], list)
    assert rocket.statistics()["totalUsers"]
    assert list(rocket.statistics_list()) is not None
    query = {"text": "rocket", "type": "users"}
    assert "rocket.cat" in {one["username"] for one in rocket.directory(query, count=10)}
    assert "rocket.cat" in {one["username"] for one in rocket.spotlight("rocket")["users"]}
    assert rocket.licenses_info()["license"] is not None
    assert rocket.licenses_max_active_users()["activeUsers"]
    assert rocket.banners("web")["banners"] == []
    assert list(rocket.custom_sounds_list()) == []
    assert rocket.banners_get_by_id("none", "web")["banners"] == []


def test_what_is_left_out_says_so(rocket: Noted) -> None:
    for call in (
        rocket.livechat_rooms,
        lambda: rocket.engagement_dashboard_new_users("2026-01-01", "2026-01-02"),
        lambda: rocket.groups_set_encrypted("GENERAL", True),
        lambda: rocket.banners_dismiss("none"),
        lambda: rocket.custom_sounds_get_one("none"),
        lambda: rocket.assets_unset_asset("logo"),
    ):
        with pytest.raises(RocketApiException) as refusal:
            call()
        assert refusal.value.status_code in (400, 404, 501)


def test_every_method_was_called() -> None:
    left_out = {name for names in LEFT_OUT.values() for name in names}
    assert left_out <= PUBLIC
    assert PUBLIC - left_out - called == set()
