"""Query schemas of ``channels.getIntegrations`` and ``groups.getIntegrations``.

The original's schema refuses the paging that its description offers; here it is accepted.
"""

from __future__ import annotations

from typing import Final

from hookroom.rest.paging import PARAMETERS
from hookroom.rest.validation import Schema


def _room_and(flag: str) -> Schema:
    return Schema(
        {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {
                        room: {"type": "string"},
                        flag: {"type": "string", "nullable": True},
                        **PARAMETERS,
                    },
                    "required": [room],
                    "additionalProperties": False,
                }
                for room in ("roomId", "roomName")
            ]
        }
    )


OF_CHANNEL: Final = _room_and("includeAllPublicChannels")
OF_GROUP: Final = _room_and("includeAllPrivateGroups")
