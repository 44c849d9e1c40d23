"""Who may do what: permissions, the roles that hold them by default, and the question itself.

Names and default holders are those of Rocket.Chat 8 (``authorization/constant/permissions.ts``), without the
permissions of what Hookroom does not have: omnichannel and its e-mail inboxes, federation, directory
services, calls, the app marketplace and end-to-end keys. The holders that integrations depend on are in the
contract: section 1, "rate limit", and section 2, "Default holders".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from hookroom.rules.roles import DEFAULT_ROOM_ROLES

_DEFAULT_HOLDERS: Final = {
    "": "add-user-to-any-p-room kick-user-from-any-p-room",
    "admin": """
        access-mailer access-permissions access-setting-permissions add-all-to-room add-oauth-service
        add-user-to-any-c-room assign-admin-role assign-roles bulk-register-user clean-channel-history
        clear-oembed-cache create-user delete-d delete-user edit-other-user-active-status
        edit-other-user-avatar edit-other-user-info edit-other-user-password edit-other-user-totp
        edit-privileged-setting edit-room-retention-policy get-server-info kick-user-from-any-c-room
        logout-other-user mail-messages manage-assets manage-cloud manage-emoji manage-incoming-integrations
        manage-moderation-actions manage-oauth-apps manage-outgoing-integrations
        manage-own-incoming-integrations manage-own-outgoing-integrations manage-selected-settings
        manage-sounds manage-user-status register-on-cloud remove-slackbridge-links restart-server run-import
        run-migration send-mail test-admin-options unarchive-room user-generate-access-token view-all-teams
        view-device-management view-engagement-dashboard view-full-other-user-info view-import-operations
        view-join-code view-logs view-moderation-console view-other-user-channels view-privileged-setting
        view-room-administration view-statistics view-user-administration
    """,
    "admin owner": """
        archive-room convert-team delete-c delete-p delete-team edit-team force-delete-message set-leader
        set-moderator set-owner set-react-when-readonly set-readonly view-all-team-channels
    """,
    "admin owner moderator": """
        add-team-member add-user-to-joined-room ban-user create-invite-links create-team-channel
        create-team-group delete-message delete-team-channel delete-team-group edit-message edit-room
        edit-room-avatar edit-team-channel edit-team-member move-room-to-team mute-user pin-message
        post-readonly remove-team-channel remove-user view-broadcast-member-list
    """,
    "admin owner moderator user": "mention-all mention-here view-outside-room",
    "admin user": """
        create-personal-access-tokens create-team delete-own-message export-messages-as-pdf
        mobile-upload-file test-push-notifications
    """,
    "admin user bot app": "create-c create-d create-p",
    "admin user bot app anonymous": "leave-c leave-p view-c-room",
    "admin user bot app guest": "view-d-room",
    "admin user anonymous": "preview-c-room",
    "admin user anonymous guest": "view-p-room",
    "admin user guest app": "start-discussion",
    "admin user owner app": "start-discussion-other-user",
    "admin bot app": "api-bypass-rate-limit join-without-join-code send-many-messages",
    "bot app": "bypass-time-limit-edit-and-delete message-impersonate",
    "guest bot app anonymous": "view-joined-room",
}

DEFAULT_PERMISSIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    dict(
        sorted(
            (permission, tuple(roles.split()))
            for roles, permissions in _DEFAULT_HOLDERS.items()
            for permission in permissions.split()
        )
    )
)
"""Permission -> the roles that hold it on a new server. Every permission there is has an entry."""


class PermissionTable(Mapping[str, frozenset[str]]):
    """An immutable map of permission -> roles that answers ``allows``.

    ``room_roles`` are the ids of all roles whose scope is ``Subscriptions``. A change makes a new table, so
    that whoever holds one sees no half-made change.
    """

    __slots__ = ("_by_scope", "_roles", "_room_roles")

    def __init__(
        self,
        permissions: Mapping[str, Iterable[str]] = DEFAULT_PERMISSIONS,
        room_roles: Iterable[str] = DEFAULT_ROOM_ROLES,
    ) -> None:
        self._room_roles = frozenset(room_roles)
        self._roles = {permission: frozenset(roles) for permission, roles in permissions.items()}
        # Split by scope once, so that a question is at most two set operations.
        self._by_scope = {
            permission: (roles - self._room_roles, roles & self._room_roles)
            for permission, roles in self._roles.items()
        }

    def __getitem__(self, permission: str) -> frozenset[str]:
        """The roles that hold ``permission``. Raises ``KeyError`` when there is no such permission."""
        return self._roles[permission]

    def __iter__(self) -> Iterator[str]:
        return iter(self._roles)

    def __len__(self) -> int:
        return len(self._roles)

    @property
    def room_roles(self) -> frozenset[str]:
        """Ids of the roles that are held in a room."""
        return self._room_roles

    def allows(self, permission: str, user_roles: Collection[str], room_roles: Collection[str] = ()) -> bool:
        """Whether a holder of these roles has ``permission``; nobody has an unknown one.

        ``user_roles`` are the user's own, ``room_roles`` those of the subscription to the room in question.
        A role counts only where its scope is: ``owner`` among a user's own roles gives nothing, nor does
        ``admin`` among a subscription's.
        """
        held = self._by_scope.get(permission)
        if held is None:
            return False
        anywhere, in_room = held
        return not anywhere.isdisjoint(user_roles) or not in_room.isdisjoint(room_roles)

    def with_roles(self, permission: str, roles: Iterable[str]) -> PermissionTable:
        """This table with ``roles`` as the only holders of ``permission``, new or not."""
        return PermissionTable({**self._roles, permission: roles}, self._room_roles)

    def with_room_roles(self, room_roles: Iterable[str]) -> PermissionTable:
        """This table after a change of the roles whose scope is a room; these are all of them."""
        return PermissionTable(self._roles, room_roles)
