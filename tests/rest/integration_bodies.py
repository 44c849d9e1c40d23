"""Bodies of integrations.* that every server accepts: ``#general`` and ``rocket.cat`` always exist."""

from __future__ import annotations

from typing import Any

from tests.running import unique

URL = "http://127.0.0.1:9/hook"


def incoming(**fields: Any) -> dict[str, Any]:
    """A body for an incoming integration with ``fields`` in it; those that are ``...`` are left out."""
    body = {
        "type": "webhook-incoming",
        "name": unique("incoming"),
        "enabled": True,
        "username": "rocket.cat",
        "channel": "#general",
        "scriptEnabled": False,
        **fields,
    }
    return {name: value for name, value in body.items() if value is not ...}


def outgoing(**fields: Any) -> dict[str, Any]:
    """The same for an outgoing one."""
    return incoming(
        **{
            "type": "webhook-outgoing",
            "name": unique("outgoing"),
            "event": "sendMessage",
            "urls": [URL],
            **fields,
        }
    )
