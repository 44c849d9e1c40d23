"""Schemas of ``moderation.*`` and ``chat.reportMessage``."""

from __future__ import annotations

from typing import Any, Final

from hookroom.rest.validation import Schema

_TEXT: Final = {"type": "string"}
_ID: Final = {"type": "string", "minLength": 1}
_OPTIONAL_TEXT: Final = {"type": "string", "nullable": True}
_OPTIONAL_NUMBER: Final = {"type": "number", "nullable": True}
_PAGE: Final = {"count": _OPTIONAL_NUMBER, "offset": _OPTIONAL_NUMBER, "sort": _OPTIONAL_TEXT}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


REPORT_MESSAGE: Final = Schema(_object(["messageId", "description"], messageId=_TEXT, description=_TEXT))
REPORT_USER: Final = Schema(_object(["userId", "description"], userId=_TEXT, description=_TEXT))
BETWEEN: Final = Schema(
    _object([], latest=_OPTIONAL_TEXT, oldest=_OPTIONAL_TEXT, selector=_OPTIONAL_TEXT, **_PAGE)
)
OF_USER: Final = Schema(_object(["userId"], userId=_ID, selector=_OPTIONAL_TEXT, **_PAGE))
OF_MESSAGE: Final = Schema(_object(["msgId"], msgId=_ID, selector=_OPTIONAL_TEXT, **_PAGE))
INFO: Final = Schema(_object(["reportId"], reportId=_ID))
DELETE: Final = Schema(_object(["userId"], userId=_ID, reason=_OPTIONAL_TEXT))
DISMISS: Final = Schema(
    {
        "oneOf": [
            _object([name], **{name: _ID}, reason=_OPTIONAL_TEXT, action=_OPTIONAL_TEXT)
            for name in ("msgId", "userId")
        ]
    }
)
DISMISS_USER: Final = Schema(_object(["userId"], userId=_ID, reason=_OPTIONAL_TEXT, action=_OPTIONAL_TEXT))
