"""Settings of what happens in rooms: messages, threads, search, files."""

from __future__ import annotations

from typing import Final

from hookroom.rules.settings.making import group, select
from hookroom.rules.settings.setting import Setting

_SYSTEM_MESSAGE_TYPES: Final = (
    *("uj", "ujt", "ul", "ult", "ru", "removed-user-from-team", "au", "added-user-to-team", "mute_unmute"),
    *("r", "ut", "wm", "rm", "subscription-role-added", "subscription-role-removed", "room-archived"),
    *("room-unarchived", "room_changed_privacy", "room_changed_avatar", "room_changed_topic"),
    *("room_changed_announcement", "room_changed_description", "room_e2e_enabled", "room_e2e_disabled"),
    *("room-removed-read-only", "room-set-read-only", "room-disallowed-reacting", "room-allowed-reacting"),
    *("user-added-room-to-team", "user-converted-to-channel", "user-converted-to-team"),
    *("user-deleted-room-from-team", "user-removed-room-from-team"),
)

ROOMS: Final = (
    *group(
        "Message",
        True,
        {
            "Message_AllowEditing": True,
            "Message_AllowEditing_BlockEditInMinutes": 0,
            "Message_AllowDeleting": True,
            "Message_AllowDeleting_BlockDeleteInMinutes": 0,
            "Message_AllowDirectMessagesToYourself": True,
            "Message_ShowDeletedStatus": False,
            "Message_KeepHistory": False,
            "Message_MaxAllowedSize": 5000,
            "Message_AllowPinning": True,
            "Message_AllowStarring": True,
            "AutoTranslate_Enabled": False,
            "Message_MaxAll": 0,
            "DirectMesssage_maxUsers": 8,
        },
    ),
    *group(
        "Message",
        False,
        {
            "Message_CustomFields_Enabled": False,
            "Message_CustomFields": '{"properties": {"priority": {"enum": ["low", "medium", "high"]}}}',
        },
    ),
    select("Message", "Message_ErasureType", "Delete", "Keep|Delete|Unlink"),
    Setting(
        id="Hide_System_Messages",
        type="multiSelect",
        default=(),
        public=True,
        group="Message",
        values=_SYSTEM_MESSAGE_TYPES,
    ),
    *group(
        "Search",
        True,
        {"Search.defaultProvider.GlobalSearchEnabled": False, "Search.defaultProvider.PageSize": 10},
    ),
    *group("Threads", True, {"Threads_enabled": True}),
    *group("Discussion", True, {"Discussion_enabled": True}),
    *group(
        "FileUpload",
        True,
        {
            "FileUpload_Enabled": True,
            "FileUpload_Enabled_Direct": True,
            "FileUpload_MaxFileSize": 104_857_600,
            "FileUpload_MediaTypeWhiteList": "",
            "FileUpload_MediaTypeBlackList": "image/svg+xml",
            "FileUpload_ProtectFiles": True,
        },
    ),
    *group(
        "FileUpload",
        False,
        {
            "FileUpload_Restrict_to_room_members": True,
            "FileUpload_Restrict_to_users_who_can_access_room": False,
        },
    ),
)
