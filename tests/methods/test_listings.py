"""What clients ask for as they start, by methods."""

from __future__ import annotations

from tests.methods.calls import method
from tests.rules.pictures import png
from tests.running import Api, unique


def test_they_are_what_rest_lists(admin: Api) -> None:
    user, name = admin.new_user(), unique("party").replace("-", "_")
    admin.call("POST", "emoji-custom.create", files={"emoji": ("a.png", png(2, 2)), "name": (None, name)})
    admin.post("custom-user-status.create", name=name)
    as_rest = [
        ("listEmojiCustom", user.get("emoji-custom.list")["emojis"]["update"]),
        ("listCustomUserStatus", user.get("custom-user-status.list", count=0)["statuses"]),
    ]
    for called, listed in as_rest:
        shown = {one["_id"]: one for one in method(user, called)}
        assert any(one["name"] == name for one in listed)
        assert [{**shown[one["_id"]], "_updatedAt": ""} for one in listed] == [
            {**one, "_updatedAt": ""} for one in listed
        ]


def test_what_there_is_none_of(admin: Api) -> None:
    assert method(admin, "listCustomSounds") == []
    assert method(admin, "license:getModules") == []
    assert method(admin, "license:isEnterprise") is False
