"""Settings of the server as a whole: names, limits, what may be called, troubleshooting."""

from __future__ import annotations

from typing import Final

from hookroom.rules import unread
from hookroom.rules.settings.making import group, select
from hookroom.rules.settings.setting import Setting

GENERAL: Final = (
    *group(None, True, {"uniqueID": ""}),
    Setting(id="Language", type="language", default="", public=True, group="General"),
    *group(
        "General",
        True,
        {
            "Site_Url": "",
            "Site_Name": "Hookroom",
            "First_Channel_After_Login": "",
            "Favorite_Rooms": True,
            "UTF8_User_Names_Validation": "[0-9a-zA-Z-_.]+",
            "UTF8_Channel_Names_Validation": "[0-9a-zA-Z-_.]+",
            "UTF8_Names_Slugify": True,
            "API_Embed": True,
            "API_Embed_In_Messages": False,
            "API_Upper_Count_Limit": 100,
            "API_User_Limit": 500,
        },
    ),
    *group("General", True, {"Notifications_Max_Room_Members": 100}),
    select("General", "Unread_Count", "user_and_group_mentions_only", "|".join(unread.COUNTS)),
    select("General", "Unread_Count_DM", unread.ALL, "|".join(unread.COUNTS_DIRECT)),
    *group(
        "General",
        False,
        {
            "API_Default_Count": 50,
            "API_EmbedIgnoredHosts": "localhost, 127.0.0.1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16",
            "API_Enable_Direct_Message_History_EndPoint": False,
            "API_Allow_Infinite_Count": True,
            "API_Enable_CORS": False,
            "API_CORS_Origin": "*",
            "API_Enable_Shields": True,
            "API_Shield_Types": "*",
            "API_Shield_user_require_auth": False,
            "Allow_Invalid_SelfSigned_Certs": False,
            "SSRF_Allowlist": "",
            "SSRF_Denylist": "",
        },
    ),
    *group(
        "Rate Limiter",
        False,
        {
            "API_Enable_Rate_Limiter": True,
            "API_Enable_Rate_Limiter_Limit_Calls_Default": 10,
            "API_Enable_Rate_Limiter_Limit_Time_Default": 60_000,
            "Rate_Limiter_Limit_RegisterUser": 1,
            "DDP_Rate_Limit_IP_Enabled": True,
            "DDP_Rate_Limit_IP_Requests_Allowed": 120_000,
            "DDP_Rate_Limit_IP_Interval_Time": 60_000,
            "DDP_Rate_Limit_User_Enabled": True,
            "DDP_Rate_Limit_User_Requests_Allowed": 1200,
            "DDP_Rate_Limit_User_Interval_Time": 60_000,
            "DDP_Rate_Limit_Connection_Enabled": True,
            "DDP_Rate_Limit_Connection_Requests_Allowed": 600,
            "DDP_Rate_Limit_Connection_Interval_Time": 60_000,
            "DDP_Rate_Limit_User_By_Method_Enabled": True,
            "DDP_Rate_Limit_User_By_Method_Requests_Allowed": 20,
            "DDP_Rate_Limit_User_By_Method_Interval_Time": 10_000,
            "DDP_Rate_Limit_Connection_By_Method_Enabled": True,
            "DDP_Rate_Limit_Connection_By_Method_Requests_Allowed": 10,
            "DDP_Rate_Limit_Connection_By_Method_Interval_Time": 10_000,
        },
    ),
    *group("Layout", True, {"Accounts_ShowFormLogin": True, "UI_Allow_room_names_with_special_chars": False}),
    *group("Troubleshoot", True, {"Presence_broadcast_disabled": False}),
)
