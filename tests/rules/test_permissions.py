from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.permissions import DEFAULT_PERMISSIONS, PermissionTable
from hookroom.rules.roles import DEFAULT_ROLES, DEFAULT_ROOM_ROLES

DEFAULT = PermissionTable()

permissions = st.sampled_from(sorted(DEFAULT_PERMISSIONS)) | st.text(max_size=8)
roles = st.sampled_from(sorted(DEFAULT_ROLES)) | st.text(max_size=8)
role_sets = st.frozensets(roles, max_size=5)
tables = st.builds(
    PermissionTable,
    st.dictionaries(permissions, role_sets, max_size=6),
    role_sets,
)


def test_roles_are_the_originals_and_in_wire_form() -> None:
    assert list(DEFAULT_ROLES) == [
        *("admin", "moderator", "leader", "owner", "user", "bot", "app", "guest", "anonymous")
    ]
    assert {"owner", "moderator", "leader"} == DEFAULT_ROOM_ROLES
    assert msgspec.json.decode(msgspec.json.encode(DEFAULT_ROLES["moderator"])) == {
        "_id": "moderator",
        "name": "moderator",
        "scope": "Subscriptions",
        "description": "Moderator",
        "protected": True,
        "mandatory2fa": False,
    }
    assert msgspec.json.decode(msgspec.json.encode(DEFAULT_ROLES["user"]))["description"] == ""


def test_every_holder_is_a_role() -> None:
    holders = {role for held_by in DEFAULT_PERMISSIONS.values() for role in held_by}
    assert holders == set(DEFAULT_ROLES) - {"leader"}


@pytest.mark.parametrize(
    ("permission", "holders"),
    [
        ("manage-incoming-integrations", {"admin"}),
        ("manage-outgoing-integrations", {"admin"}),
        ("manage-own-incoming-integrations", {"admin"}),
        ("manage-own-outgoing-integrations", {"admin"}),
        ("message-impersonate", {"bot", "app"}),
        ("api-bypass-rate-limit", {"admin", "bot", "app"}),
        ("add-user-to-any-p-room", set()),
        ("create-c", {"admin", "user", "bot", "app"}),
        ("delete-own-message", {"admin", "user"}),
        ("edit-message", {"admin", "owner", "moderator"}),
        ("post-readonly", {"admin", "owner", "moderator"}),
        ("view-c-room", {"admin", "user", "bot", "app", "anonymous"}),
        ("view-p-room", {"admin", "user", "anonymous", "guest"}),
        ("user-generate-access-token", {"admin"}),
    ],
)
def test_default_holders(permission: str, holders: set[str]) -> None:
    assert DEFAULT[permission] == holders
    assert len(DEFAULT_PERMISSIONS[permission]) == len(holders)


@pytest.mark.parametrize(
    "left_out", ["view-livechat-rooms", "access-federation", "manage-apps", "toggle-room-e2e-encryption"]
)
def test_permissions_of_what_there_is_not_are_left_out(left_out: str) -> None:
    assert left_out not in DEFAULT


@pytest.mark.parametrize(
    ("permission", "user_roles", "room_roles", "allowed"),
    [
        ("create-user", ("admin",), (), True),
        ("create-user", ("user",), (), False),
        ("create-user", (), (), False),
        ("message-impersonate", ("admin", "user"), (), False),
        ("message-impersonate", ("bot",), (), True),
        ("edit-room", ("user",), ("owner",), True),
        ("edit-room", ("user",), ("moderator",), True),
        ("edit-room", ("user",), ("leader",), False),
        ("edit-room", ("user", "owner"), (), False),
        ("edit-room", ("admin",), ("leader",), True),
        ("create-user", ("user",), ("admin",), False),
        ("no-such-permission", ("admin",), ("owner",), False),
        ("kick-user-from-any-p-room", ("admin",), ("owner",), False),
    ],
)
def test_allows(
    permission: str, user_roles: tuple[str, ...], room_roles: tuple[str, ...], allowed: bool
) -> None:
    assert DEFAULT.allows(permission, user_roles, room_roles) is allowed
    assert DEFAULT.allows(permission, frozenset(user_roles), list(room_roles)) is allowed


def test_a_new_room_role_counts_in_rooms_only() -> None:
    table = DEFAULT.with_roles("edit-room", ("host",))
    assert table.allows("edit-room", ("host",))
    in_rooms = table.with_room_roles((*table.room_roles, "host"))
    assert not in_rooms.allows("edit-room", ("host",))
    assert in_rooms.allows("edit-room", (), ("host",))


@given(tables, permissions, role_sets, role_sets)
def test_allows_is_what_the_words_say(
    table: PermissionTable, permission: str, user_roles: frozenset[str], room_roles: frozenset[str]
) -> None:
    holders = table.get(permission, frozenset())
    counted = {role for role in user_roles if role not in table.room_roles}
    counted |= {role for role in room_roles if role in table.room_roles}
    assert table.allows(permission, user_roles, room_roles) is bool(holders & counted)


@given(tables, permissions, role_sets)
def test_room_roles_never_count_everywhere(
    table: PermissionTable, permission: str, user_roles: frozenset[str]
) -> None:
    assert table.allows(permission, user_roles | table.room_roles) is table.allows(permission, user_roles)
    assert not table.allows(permission, table.room_roles)


@given(tables, permissions, role_sets, permissions)
def test_with_roles_changes_only_that_permission(
    table: PermissionTable, permission: str, new_roles: frozenset[str], other: str
) -> None:
    before = dict(table)
    changed = table.with_roles(permission, new_roles)
    assert changed[permission] == new_roles
    assert changed.room_roles == table.room_roles
    assert {**before, permission: new_roles} == dict(changed)
    assert dict(table) == before
    if other != permission:
        for role in (*new_roles, *table.get(other, ())):
            assert changed.allows(other, (role,), (role,)) is table.allows(other, (role,), (role,))


@given(tables, permissions, role_sets)
def test_with_roles_is_undone_by_the_old_ones(
    table: PermissionTable, permission: str, new_roles: frozenset[str]
) -> None:
    old = table.get(permission, frozenset())
    again = table.with_roles(permission, new_roles).with_roles(permission, old)
    assert dict(again) == {**table, permission: old}
