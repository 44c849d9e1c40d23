"""Schemas of services' templates: asking for them, and creating integrations of them. Ours."""

from __future__ import annotations

from typing import Any, Final

from hookroom.integrations.from_template import completed
from hookroom.rest.schemas.integrations import CREATE
from hookroom.rest.validation import Schema

TEMPLATES: Final = Schema(
    {
        "type": "object",
        "properties": {"id": {"type": "string", "nullable": True, "maxLength": 64}},
        "additionalProperties": False,
    }
)


class CreateSchema(Schema):
    """The contract's schema of ``integrations.create``; what a template knows may be left out."""

    __slots__ = ()

    def check(self, value: Any) -> Any:
        """See ``Schema``. Raises ``Refused`` (``error-invalid-template``) too."""
        return super().check(completed(value))


CREATE_OF_TEMPLATE: Final = CreateSchema(CREATE.source)
