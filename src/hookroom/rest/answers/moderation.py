"""Reports to moderators."""

from __future__ import annotations

from typing import Final

TABLE: Final = """
POST chat.reportMessage moderation.reportUser moderation.dismissReports moderation.dismissUserReports
        moderation.user.deleteReportedMessages ->
GET moderation.reportsByUsers moderation.userReports moderation.reports -> reports: object[], page
GET moderation.user.reportedMessages -> user: object|null, messages: object[], page
GET moderation.user.reportsByUserId -> user: object|null, reports: object[], page
GET moderation.reportInfo -> report: object
"""
