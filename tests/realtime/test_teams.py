"""Who hears a public channel of a team without being in it: whom the team lets see it, and no longer."""

from __future__ import annotations

from tests.realtime.client import connected
from tests.running import Api, Server, unique

ROOM = "stream-room-messages"
MINE = "__my_messages__"


def test_who_leaves_a_private_team_hears_its_channels_no_more(server: Server, admin: Api) -> None:
    owner, member, stranger = admin.new_user(), admin.new_user(), admin.new_user()
    team = owner.post("teams.create", name=unique("team"), type=1, members=[member.user_id])["team"]
    room = owner.post("channels.create", name=unique("room"), extraData={"teamId": team["_id"]})["channel"]
    own = member.new_channel()["_id"]
    with connected(server.url, member) as client, connected(server.url, stranger) as other:
        assert other.refused(ROOM, room["_id"]) == "not-allowed"
        for event in (room["_id"], MINE):
            client.subscribe(ROOM, event, False)
        owner.post("chat.postMessage", roomId=room["_id"], text="plans")
        for name in (room["_id"], MINE):
            message, about = client.said(name)
            assert (message["msg"], about["roomParticipant"]) == ("plans", False)

        owner.post("teams.removeMember", teamId=team["_id"], userId=member.user_id)
        assert client.next("nosub")["error"]["error"] == "not-allowed"
        owner.post("chat.postMessage", roomId=room["_id"], text="secret")
        member.post("chat.postMessage", roomId=own, text="my own")
        assert "secret" not in client.texts(MINE, "my own")
        assert client.refused(ROOM, room["_id"]) == "not-allowed"
