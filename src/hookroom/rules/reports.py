"""What people tell the moderators of a message or of a user.

Field names are the original's (``IModerationReport``): the encoded form is what ``moderation.reportInfo`` answers.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import field

from hookroom.rules.model import User, Value
from hookroom.rules.times import IsoTime

Kind = Literal["message", "user"]

NO_REASON = "No reason provided"


class Person(Value, frozen=True, kw_only=True):
    """A user as reports name one."""

    id: str = field(name="_id")
    username: str
    name: str | None = None
    created_at: IsoTime = field(name="createdAt")


class Dismissal(Value, frozen=True, kw_only=True):
    """Who closed a report, when, why, and what was done."""

    hidden_at: IsoTime = field(name="hiddenAt")
    moderated_by: str = field(name="moderatedBy")
    """Id of a user."""
    reason: str
    action: str


class Report(Value, frozen=True, kw_only=True):
    """A report: of ``message`` (as it was then, in ``room``), or of ``reported_user``."""

    id: str = field(name="_id")
    description: str
    reported_by: Person = field(name="reportedBy")
    message: dict[str, Any] | None = None
    room: dict[str, Any] | None = None
    reported_user: Person | None = field(name="reportedUser", default=None)
    hidden: bool | None = field(name="_hidden", default=None)
    moderation_info: Dismissal | None = field(name="moderationInfo", default=None)
    created_at: IsoTime = field(name="ts")
    updated_at: IsoTime = field(name="_updatedAt")

    @property
    def kind(self) -> Kind:
        """What it is about."""
        return "user" if self.message is None else "message"

    @property
    def user_id(self) -> str:
        """Whose message, or who, is reported."""
        if self.reported_user is not None:
            return self.reported_user.id
        found: str = self.author["_id"]
        return found

    @property
    def author(self) -> dict[str, Any]:
        """``u`` of the message."""
        return (self.message or {}).get("u") or {"_id": ""}


def person(user: User) -> Person:
    """``user`` as reports name one."""
    return Person(id=user.id, username=user.username, name=user.name, created_at=user.created_at)


def mentions(report: Report, selector: str) -> bool:
    """Whether a moderator who looks for ``selector`` wants this report; a blank one is all of them.

    Looked for, in any case, in the message, the description and the name of who is reported.
    """
    part = selector.strip().casefold()
    if not part:
        return True
    if report.reported_user is not None:
        texts = [report.reported_user.username, report.reported_user.name]
    else:
        author = report.author
        said = (report.message or {}).get("msg")
        texts = [said, report.description, author.get("username"), author.get("name")]
    return any(part in text.casefold() for text in texts if text)
