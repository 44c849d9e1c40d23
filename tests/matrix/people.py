"""Calls of accounts, logins, roles, permissions and settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.matrix.world import PASSWORD, Case, Sent, World, body, query
from tests.running import unique


def new_account() -> dict[str, Any]:
    """What makes an account."""
    name = unique("account")
    return {"username": name, "name": name, "email": f"{name}@example.com"}


def own(**options: Any) -> Any:
    """A call that somebody new makes for themselves."""

    def make(w: World) -> Sent:
        w.as_new()
        return Sent(options=options)

    return make


def with_token(w: World) -> Sent:
    """The name of a personal access token that the caller has."""
    if w.role != "anonymous":
        w.as_new()
        w.root.post("permissions.addRole", permissionId="create-personal-access-tokens", role="user")
        w.caller.post("users.generatePersonalAccessToken", tokenName="one")
    return body(tokenName="one")


def a_role_of_somebody(w: World) -> Sent:
    w.root.post("roles.addUserToRole", roleId=w.role_id, username=w.somebody.username())
    return body(roleId=w.role_id, username=w.somebody.username())


CALLS: Final[Mapping[str, Case]] = {
    "POST login": Case("yyyyy", lambda w: body(user=w.somebody.username(), password=PASSWORD)),
    "GET logout": Case("nyyyy", own()),
    "POST logout": Case("nyyyy", own()),
    "GET me": Case("nyyyy", lambda w: query()),
    "GET pw.getPolicy": Case("yyyyy", lambda w: query()),
    "POST users.create": Case("nnnny", lambda w: body(**new_account(), password=PASSWORD)),
    "POST users.register": Case("ynnnn", lambda w: body(**new_account(), **{"pass": PASSWORD})),
    "POST users.update": Case(
        "nnnny", lambda w: body(userId=w.somebody.user_id, data={"name": "Another name"})
    ),
    "POST users.updateOwnBasicInfo": Case("nyyyy", own(json={"data": {"bio": "short"}})),
    "POST users.delete": Case("nnnny", lambda w: body(userId=w.somebody.user_id)),
    "POST users.deleteOwnAccount": Case("nnnnn", own(json={"password": PASSWORD})),
    "POST users.setActiveStatus": Case(
        "nnnny", lambda w: body(userId=w.somebody.user_id, activeStatus=False)
    ),
    "GET users.checkUsernameAvailability": Case("nyyyy", lambda w: query(username=unique("free"))),
    "GET users.requestDataDownload": Case("nyyyy", lambda w: query(fullExport="true")),
    "GET users.getPreferences": Case("nyyyy", lambda w: query()),
    "POST users.setPreferences": Case("nyyyy", own(json={"data": {"language": "de"}})),
    "GET users.info": Case("nyyyy", lambda w: query(userId=w.somebody.user_id)),
    "GET users.list": Case("nyyyy", lambda w: query(count=3)),
    "GET users.listByStatus": Case("nyyyy", lambda w: query(count=3)),
    "GET users.autocomplete": Case("nyyyy", lambda w: query(selector={"term": "user"})),
    "POST users.setStatus": Case("nyyyy", own(json={"status": "away"})),
    "GET users.getStatus": Case("nyyyy", lambda w: query(userId=w.somebody.user_id)),
    "GET users.getPresence": Case("nyyyy", lambda w: query(userId=w.somebody.user_id)),
    "GET users.presence": Case("nyyyy", lambda w: query()),
    "POST users.createToken": Case("nnnny", lambda w: body(userId=w.somebody.user_id, secret="the-secret")),
    "POST users.generatePersonalAccessToken": Case("nyyyy", own(json={"tokenName": "two"})),
    "POST users.regeneratePersonalAccessToken": Case("nyyyy", with_token),
    "POST users.removePersonalAccessToken": Case("nyyyy", with_token),
    "GET users.getPersonalAccessTokens": Case("nyyyy", lambda w: query()),
    "POST users.logout": Case("nyyyy", own(json={})),
    "POST users.logoutOtherClients": Case("nyyyy", own()),
    "POST users.removeOtherTokens": Case("nyyyy", own()),
    "GET roles.list": Case("nyyyy", lambda w: query()),
    "GET roles.sync": Case("nyyyy", lambda w: query(updatedSince="2026-01-01T00:00:00.000Z")),
    "POST roles.create": Case("nnnny", lambda w: body(name=unique("role"))),
    "POST roles.update": Case("nnnny", lambda w: body(roleId=w.role_id, name=unique("role"))),
    "POST roles.delete": Case("nnnny", lambda w: body(roleId=w.role_id)),
    "POST roles.addUserToRole": Case(
        "nnnny", lambda w: body(roleId=w.role_id, username=w.somebody.username())
    ),
    "POST roles.removeUserFromRole": Case("nnnny", a_role_of_somebody),
    "GET roles.getUsersInRole": Case("nnnny", lambda w: query(role="admin")),
    "GET roles.getUsersInPublicRoles": Case("nyyyy", lambda w: query()),
    "GET permissions.listAll": Case("nyyyy", lambda w: query()),
    "POST permissions.update": Case(
        "nnnny", lambda w: body(permissions=[{"_id": "view-logs", "roles": ["admin"]}])
    ),
    "POST permissions.addRole": Case("nnnny", lambda w: body(permissionId="view-logs", role=w.role_id)),
    "POST permissions.removeRole": Case("nnnny", lambda w: body(permissionId="view-logs", role=w.role_id)),
    "GET settings.public": Case("yyyyy", lambda w: query(count=3)),
    "GET settings": Case("nyyyy", lambda w: query(count=3)),
    "POST settings": Case("nnnny", lambda w: body(settings=[{"_id": "Site_Name", "value": "Hookroom"}])),
    "GET settings/{setting_id}": Case("nnnny", lambda w: Sent("settings/Site_Name")),
    "POST settings/{setting_id}": Case(
        "nnnny", lambda w: Sent("settings/Site_Name", {"json": {"value": "Hookroom"}})
    ),
}
