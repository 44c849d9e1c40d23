"""Every error that Hookroom raises on purpose, in one tree, each with its wire form.

The shapes are those of the Rocket.Chat API (contract, section 1): a refusal answers 400 with
``{"success": false, "error": "<reason> [<code>]", "errorType": "<code>"}``; a plain failure has no code;
webhook endpoints answer the bare text. Messages of these errors are meant for the caller: they never
carry secrets, stack traces or database text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class HookroomError(Exception):
    """Root of the tree. ``status`` is the HTTP status; ``wire()`` the JSON body."""

    status = 500

    def wire(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"success": False, "error": str(self)}


class Failure(HookroomError):
    """A plain failure: a message without a code in it (``No integration found.``).

    A few of the original's have a code beside the message all the same: ``code`` is its ``errorType``.
    """

    status = 400

    def __init__(self, message: str, *, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def wire(self) -> dict[str, Any]:
        """The body of the answer."""
        return {**super().wire(), **({"errorType": self.code} if self.code else {})}


class Refused(HookroomError):
    """An operation refused for a reason with a code, the original's ``Meteor.Error``.

    ``Refused("error-invalid-room", "Invalid room", method="sendMessage")`` answers
    ``{"error": "Invalid room [error-invalid-room]", "errorType": "error-invalid-room",
    "details": {"method": "sendMessage"}}``. Without a reason the text is ``[code]``.
    """

    status = 400

    def __init__(
        self,
        code: str,
        reason: str = "",
        *,
        details: Mapping[str, Any] | None = None,
        method: str | None = None,
        status: int = 400,
    ) -> None:
        self.code = code
        self.reason = reason
        self.details = {"method": method} if method and details is None else details
        self.status = status
        super().__init__(f"{reason} [{code}]" if reason else f"[{code}]")

    def wire(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {"success": False, "error": str(self), "errorType": self.code}
        if self.details:
            body["details"] = dict(self.details)
        return body


class InvalidParams(Refused):
    """A body or query that its schema refuses; ``messages`` are the validator's, in order."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("invalid-params", "\n ".join(messages))


class NotLoggedIn(HookroomError):
    """No valid token came with a request that needs one (401)."""

    status = 401

    def __init__(self, message: str = "You must be logged in to do this.") -> None:
        super().__init__(message)

    def wire(self) -> dict[str, Any]:
        """The body of the answer: the original repeats the text under two names."""
        return {"success": False, "status": "error", "message": str(self), "error": str(self)}


class LoginRefused(Refused):
    """Right name and password, but this account may not log in, or not yet (401)."""

    def __init__(self, code: str, reason: str, *, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, reason, details=details, status=401)

    def wire(self) -> dict[str, Any]:
        """The body of the answer."""
        details = {"details": dict(self.details)} if self.details else {}
        return {"success": False, "status": "error", "error": self.code, "message": self.reason, **details}


class Forbidden(Refused):
    """The whole route is closed to this caller (403)."""

    def __init__(self) -> None:
        super().__init__(
            "error-unauthorized",
            "User does not have the permissions required for this action",
            status=403,
        )

    def wire(self) -> dict[str, Any]:
        """The body of the answer (no ``errorType`` on this one)."""
        return {"success": False, "error": str(self)}


class NotFound(HookroomError):
    """No such route or resource (404)."""

    status = 404


class TooLarge(Refused):
    """A body over the configured limit, in bytes (413)."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "error-too-large", f"The request body is over the limit of {limit} bytes", status=413
        )


class TooManyRequests(Refused):
    """Over the rate limit (429); ``retry_after`` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(
            "error-too-many-requests",
            "Error, too many requests. Please slow down. You must wait "
            f"{retry_after} seconds before trying this endpoint again.",
            details={"timeToReset": retry_after * 1000, "seconds": retry_after},
            status=429,
        )

    def wire(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"success": False, "error": str(self)}


class MethodFailed(HookroomError):
    """A method called through REST failed: its answer, as a message of the realtime protocol (400)."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__("The method failed")
        self.message = message

    def wire(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"message": self.message, "success": False}


class LeftOut(HookroomError):
    """A route of the original that Hookroom leaves out on purpose (501)."""

    status = 501


class HookFailure(HookroomError):
    """A refusal of a ``/hooks`` endpoint: the bare text, no code (contract, section 3).

    ``fields`` are further fields of the answer.
    """

    status = 400

    def __init__(self, message: str, *, status: int = 400, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.fields = fields

    def wire(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"success": False, "error": str(self), **self.fields}


class UnknownEncoding(HookFailure):
    """A body packed in a way that nobody here unpacks (415); ``accepted`` belongs into ``Accept-Encoding``."""

    def __init__(self, accepted: str) -> None:
        super().__init__(
            f"The request body has a Content-Encoding that is not known; known are {accepted}", status=415
        )
        self.accepted = accepted


class NotVerified(HookFailure):
    """A call of a webhook does not prove who sent it (401).

    ``reason`` is for histories and counters: the caller is told nothing of it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("Unauthorized", status=401)
        self.reason = reason


class Overloaded(HookFailure):
    """Too much to do at the moment (503); ``retry_after`` is in whole seconds."""

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message, status=503)
        self.retry_after = retry_after


class ScriptRefusal(HookroomError):
    """The script of an incoming webhook refuses the call; ``body`` is the script's whole answer."""

    status = 400

    def __init__(self, body: Mapping[str, Any]) -> None:
        error = body.get("error")
        super().__init__(error if isinstance(error, str) else "The script refused the call")
        self.body = body

    def wire(self) -> dict[str, Any]:
        """The body of the answer."""
        return dict(self.body)
