"""``updatedSince``: the moment since which a client asks what changed."""

from __future__ import annotations

from hookroom.errors import Refused
from hookroom.rest.call import Call
from hookroom.rules.times import millis


def since(call: Call, code: str, name: str, *, shown: str | None = None) -> int | None:
    """Epoch milliseconds of the query parameter ``name``, ``None`` without one.

    Raises ``Refused`` with ``code`` for what is no date; ``shown`` is what the message calls the parameter.
    """
    text = call.query.get(name)
    if not text:
        return None
    try:
        return millis(str(text))
    except (ValueError, OverflowError):
        raise Refused(code, f'The "{shown or name}" query parameter must be a valid date.') from None
