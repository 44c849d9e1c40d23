"""``count``, ``offset``, ``sort``, ``fields`` and ``query`` of a listing (contract, section 1, "paging").

A route names what may be sorted by, shown and asked for; anything else is a 400 that says so. What is left is a
``Paging``: the database's own order and limits where a listing is long, ``pick`` where it is in memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from hookroom.errors import InvalidParams, Refused
from hookroom.rest.call import Call
from hookroom.rules import document_query
from hookroom.rules.document_query import Document, Order, Projection, QueryError, Test

EVERYTHING: Final = 2**53
"""The ``limit`` of a listing without one."""

MAX_TEXT: Final = 8192
"""Most characters of ``sort``, ``fields`` and ``query``."""

PARAMETERS: Final = {
    "count": {"type": "number", "nullable": True},
    "offset": {"type": "number", "nullable": True},
    "sort": {"type": "string", "nullable": True},
    "fields": {"type": "string", "nullable": True},
    "query": {"type": "string", "nullable": True},
}
"""Properties for the query schema of a route that pages."""


class Paging(Struct, frozen=True, kw_only=True):
    """Which part of a listing a caller wants."""

    count: int
    """Most items; 0 is all of them."""
    offset: int
    sort: Order
    """What was asked for, else the route's own order."""
    fields: Projection
    where: Test | None
    """The test of ``query``; ``None`` where nothing was asked."""

    @classmethod
    def of(
        cls,
        call: Call,
        *,
        sortable: Collection[str] = (),
        fields: Collection[str] = (),
        queryable: Collection[str] = (),
        order: Order = (),
    ) -> Paging:
        """What ``call`` asks for. The lists name fields by path; ``order`` holds where no ``sort`` is sent.

        Raises ``InvalidParams`` for a negative ``count`` or ``offset``, and ``Refused`` with
        ``error-invalid-<parameter>`` for what cannot be read or is not allowed.
        """
        query = call.query
        sort = _json(query, "sort")
        shown = _json(query, "fields")
        where = _json(query, "query")
        try:
            name = "sort"
            by = order if sort is None else document_query.order(sort, sortable)
            name = "fields"
            projection = Projection() if shown is None else document_query.projection(shown, fields)
            name = "query"
            test = None if where in (None, {}) else document_query.condition(where, queryable)
        except QueryError as error:
            raise _refused(name, str(error)) from None
        return cls(
            count=_count(call), offset=_whole(query, "offset", 0), sort=by, fields=projection, where=test
        )

    @property
    def limit(self) -> int:
        """``count`` as SQL wants it."""
        return self.count or EVERYTHING

    def answer(self, name: str, items: Sequence[Any], total: int) -> dict[str, Any]:
        """The fields of a paged answer: ``{name: items, count, offset, total}``."""
        return {name: items, "count": len(items), "offset": self.offset, "total": total}

    def pick(self, documents: Iterable[Document]) -> tuple[list[dict[str, Any]], int]:
        """The wanted part of a listing that is in memory whole, and how many there are."""
        kept = [one for one in documents if self.where is None or self.where(one)]
        picked = document_query.sorted_by(kept, self.sort)[self.offset : self.offset + self.limit]
        return [self.fields.of(one) for one in picked], len(kept)

    def picked(self, name: str, documents: Iterable[Document]) -> dict[str, Any]:
        """``answer`` of what ``pick`` takes."""
        return self.answer(name, *self.pick(documents))


def _count(call: Call) -> int:
    settings = call.ws.settings
    default: int = settings["API_Default_Count"]
    count = _whole(call.query, "count", default)
    if count == 0 and not settings["API_Allow_Infinite_Count"]:
        return default
    most: int = settings["API_Upper_Count_Limit"]
    return min(count, most)


def _whole(query: dict[str, Any], name: str, default: int) -> int:
    value = query.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return default
    try:
        number = int(value) if isinstance(value, int | str) else int(float(value))
    except (TypeError, ValueError, OverflowError):
        # Not invalid-params: some schemas let texts through (contract, validation.jsonl, integrations.list).
        raise _refused(name, "must be a number") from None
    if number < 0:
        raise InvalidParams(["must be >= 0"])
    return min(number, EVERYTHING)


def _json(query: dict[str, Any], name: str) -> Any:
    text = query.get(name)
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise InvalidParams(["must be string"])
    if len(text) > MAX_TEXT:
        raise _refused(name, f"over {MAX_TEXT} characters")
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise _refused(name, "must not be nested so deeply") from None
    except (msgspec.DecodeError, ValueError):
        raise _refused(name, "not valid JSON") from None


def _refused(name: str, why: str) -> Refused:
    return Refused(
        f"error-invalid-{name}",
        f"Invalid {name} parameter provided: {why}",
        details={"helperMethod": "parseJsonQuery"},
    )
