"""Links that let people into rooms: who makes them, who uses them, and what else they open."""

from __future__ import annotations

from typing import Any

import pytest
from tests.running import Api, unique


def invite(owner: Api, room_id: str, days: int = 0, max_uses: int = 0) -> Any:
    return owner.post("findOrCreateInvite", rid=room_id, days=days, maxUses=max_uses)


def test_one_link_of_a_kind_is_made_and_used(user: Api, stranger: Api, group: Any) -> None:
    first = invite(user, group["_id"], days=7, max_uses=5)
    assert first.keys() == {
        *("_id", "inviteToken", "rid", "userId", "days", "maxUses", "uses", "url", "success"),
        *("createdAt", "expires", "_updatedAt"),
    }
    assert (first["userId"], first["uses"]) == (user.user_id, 0)
    assert first["url"].endswith(f"/invite/{first['inviteToken']}")
    assert invite(user, group["_id"], days=7, max_uses=5) == first
    endless = invite(user, group["_id"])
    assert endless["_id"] != first["_id"]
    assert endless["expires"] is None

    assert Api(user.url).post("validateInviteToken", token=first["_id"])["valid"] is True
    for _ in range(2):  # Who is in the room uses nothing up.
        room = stranger.post("useInviteToken", token=first["inviteToken"])["room"]
        assert room == {"rid": group["_id"], "t": "p", "name": group["name"], "fname": group["fname"]}
        assert invite(user, group["_id"], days=7, max_uses=5)["uses"] == 1
    assert stranger.get("groups.info", roomId=group["_id"])["group"]["_id"] == group["_id"]


def test_links_are_listed_and_removed(admin: Api, user: Api, stranger: Api) -> None:
    room = user.new_channel()
    made = invite(user, room["_id"], max_uses=1)
    stored = {key: value for key, value in made.items() if key != "success"}
    listed = admin.call("GET", "listInvites").json()
    assert stored in listed
    user.refused("GET", "listInvites")
    own = invite(user, room["_id"])["_id"]
    assert stranger.refused("DELETE", f"removeInvite/{own}")["errorType"] == "not_authorized"
    assert user.call("DELETE", f"removeInvite/{own}").json() == {"success": True}
    # Whoever made one ends it, also when they may make none any longer.
    maker = {"roomId": room["_id"], "userId": stranger.user_id}
    user.post("channels.invite", **maker)
    user.post("channels.addModerator", **maker)
    theirs = invite(stranger, room["_id"], days=1)["_id"]
    user.post("channels.removeModerator", **maker)
    assert stranger.refused("DELETE", f"removeInvite/{made['_id']}")["errorType"] == "not_authorized"
    assert stranger.call("DELETE", f"removeInvite/{theirs}").json() == {"success": True}
    assert admin.call("DELETE", f"removeInvite/{made['_id']}").json() == {"success": True}
    answer = admin.refused("DELETE", f"removeInvite/{made['_id']}")
    assert answer["error"] == "Invalid Invitation _id [invalid-invitation-id]"
    assert answer["details"] == {"method": "removeInvite"}
    assert Api(user.url).post("validateInviteToken", token=made["_id"])["valid"] is False
    used = stranger.refused("POST", "useInviteToken", json={"token": made["_id"]})
    assert used["errorType"] == "error-invalid-token"


def test_a_link_into_a_team_leads_into_the_team(user: Api, stranger: Api) -> None:
    team = user.post("teams.create", name=unique("team"), type=1)["team"]
    used_up = invite(user, team["roomId"], max_uses=1)["_id"]
    stranger.post("useInviteToken", token=used_up)
    assert team["_id"] in [one["_id"] for one in stranger.get("teams.list")["teams"]]
    stranger.post("teams.leave", teamId=team["_id"])
    answer = stranger.refused("POST", "useInviteToken", json={"token": used_up})
    assert answer["error"] == "The invite token has expired. [error-invite-expired]"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"rid": "", "days": 1, "maxUses": 0}, "error-the-field-is-required"),
        ({"rid": "none", "days": 1, "maxUses": 0}, "not_authorized"),
        ({"days": 2}, "invalid-number-of-days"),
        ({"maxUses": 3}, "invalid-number-of-uses"),
        ({"days": "soon"}, "invalid-params"),
        ({"days": None, "maxUses": []}, "invalid-params"),
    ],
)
def test_bad_links_are_refused(user: Api, group: Any, body: dict[str, Any], code: str) -> None:
    whole = {"rid": group["_id"], "days": 1, "maxUses": 0, **body}
    assert user.refused("POST", "findOrCreateInvite", json=whole)["errorType"] == code


def test_who_may_not_make_links(admin: Api, user: Api, stranger: Api) -> None:
    room = user.new_channel()
    body = {"rid": room["_id"], "days": 1, "maxUses": 0}
    assert stranger.refused("POST", "findOrCreateInvite", json=body)["errorType"] == "not_authorized"
    # Who may anywhere must be in the room all the same.
    assert admin.refused("POST", "findOrCreateInvite", json=body)["errorType"] == "error-invalid-room"
    direct = admin.post("im.create", username=user.username())["room"]["rid"]
    body["rid"] = direct
    assert (
        admin.refused("POST", "findOrCreateInvite", json=body)["errorType"] == "error-room-type-not-allowed"
    )


def test_a_link_opens_the_registration_as_the_secret_does(admin: Api) -> None:
    room = admin.new_channel()
    token = invite(admin, room["_id"])["_id"]
    setting = "settings/Accounts_RegistrationForm"

    def register(secret: str) -> Any:
        name = unique("new")
        body = {"username": name, "email": f"{name}@example.com", "pass": "Correct-horse-1", "name": name}
        return Api(admin.url).call("POST", "users.register", json={**body, "secret": secret}).json()

    admin.post(setting, value="Secret URL")
    try:
        assert register("wrong")["errorType"] == "error-user-registration-secret"
        assert register(token)["success"] is True
        admin.post(setting, value="Disabled")
        assert register(token)["errorType"] == "error-user-registration-disabled"
    finally:
        admin.post(setting, value="Public")
