"""``query``, ``fields`` and ``sort``: what a listing shows of which documents, and in which order.

Clients write them as the original's database would read them (contract, section 1). Here they are values:
parsed against a list of known fields and operators, then applied to documents in memory. Nothing of them
reaches a database. A field's name is a path with dots; on its way through a list every element counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeGuard

from hookroom.rules.text_pattern import text_pattern
from hookroom.rules.times import iso, millis

Document = Mapping[str, Any]
Test = Callable[[Document], bool]
Order = tuple[tuple[str, Literal[1, -1]], ...]
"""Paths with 1 for ascending and -1 for descending, the most important first."""

MAX_CONDITIONS: Final = 100
MAX_DEPTH: Final = 6
"""Of ``$and``, ``$or`` and ``$nor`` in each other."""


class QueryError(ValueError):
    """A query, sort or projection that is not allowed; the text says why."""


def is_known(path: str, known: Collection[str]) -> bool:
    """Whether ``path`` is one of ``known`` or below one of them."""
    return path in known or any(path.startswith(f"{root}.") for root in known)


def order(value: object, sortable: Collection[str]) -> Order:
    """The order that ``sort`` asks for."""
    if not isinstance(value, dict):
        raise QueryError("must be object")
    for path, direction in value.items():
        if path not in sortable:
            raise QueryError(f"Invalid sort parameter: {path[:_SHOWN]}")
        if direction not in (1, -1) or isinstance(direction, bool):
            raise QueryError(f"Invalid sort parameter: {path}")
    return tuple((path, 1 if direction == 1 else -1) for path, direction in value.items())


def sorted_by(documents: Iterable[Document], by: Order) -> list[Document]:
    """``documents`` in that order; equals keep theirs. What is absent comes first, as in the original.

    A list counts as the least of its elements, in a descending order as the greatest.
    """
    out = list(documents)
    for path, direction in reversed(by):
        pick = max if direction < 0 else min
        out.sort(key=lambda one: pick(map(_rank, _elements(one, path)), default=_ABSENT), reverse=pick is max)
    return out


class Projection(NamedTuple):
    """Which fields a listing shows: only ``paths``, or all but them. The ``_id`` is shown with any."""

    paths: tuple[str, ...] = ()
    only: bool = False
    hide_id: bool = False

    def of(self, document: Document) -> dict[str, Any]:
        """What is shown of ``document``."""
        if self.only:
            out: dict[str, Any] = {}
            for path in self.paths if self.hide_id else ("_id", *self.paths):
                _take(document, path.split("."), out)
            return out
        hidden = ("_id", *self.paths) if self.hide_id else self.paths
        out = dict(document)
        for path in hidden:
            out = _without(out, path.split("."))
        return out


def projection(value: object, known: Collection[str]) -> Projection:
    """The projection that ``fields`` asks for: 1 or true to show, 0 or false to hide, not both."""
    if not isinstance(value, dict):
        raise QueryError("must be object")
    for path, shown in value.items():
        if shown not in (0, 1) or not (path == "_id" or is_known(path, known)):
            raise QueryError(f"Invalid fields parameter: {path[:_SHOWN]}")
    hide_id = value.get("_id") in (0, False) and "_id" in value
    rest = {path: bool(shown) for path, shown in value.items() if path != "_id"}
    if len(set(rest.values())) > 1:
        raise QueryError("fields are either shown or hidden, not both")
    only = any(rest.values()) or (not rest and "_id" in value and not hide_id)
    return Projection(tuple(rest), only, hide_id)


def condition(value: object, known: Collection[str]) -> Test:
    """The test that ``query`` asks for; ``known`` are the fields it may speak of."""
    return _Parser(known).all_of(value, 0)


def values(document: Document, path: str) -> list[Any]:
    """What is at ``path``: nothing, one value, or those of every element of the lists on the way."""
    found: list[Any] = [document]
    for name in path.split("."):
        found = [
            one[name]
            for value in found
            for one in (value if isinstance(value, list | tuple) else (value,))
            if isinstance(one, Mapping) and name in one
        ]
    return found


def _elements(document: Document, path: str) -> Iterable[Any]:
    for value in values(document, path):
        yield from value if isinstance(value, list | tuple) else (value,)


_SHOWN: Final = 64
_ABSENT: Final = (0, 0)


class _Parser:
    def __init__(self, known: Collection[str]) -> None:
        self._known = known
        self._conditions = 0

    def all_of(self, value: object, depth: int) -> Test:
        if not isinstance(value, dict):
            raise QueryError("must be object")
        tests = [self._one(name, operand, depth) for name, operand in value.items()]
        return lambda document: all(test(document) for test in tests)

    def _one(self, name: str, operand: object, depth: int) -> Test:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise QueryError(f"more than {MAX_CONDITIONS} conditions")
        if not name.startswith("$"):
            return self._field(name, operand)
        if name not in ("$and", "$or", "$nor"):
            raise QueryError(f"Invalid operation: {name[:_SHOWN]}")
        if not isinstance(operand, list) or not operand:
            raise QueryError(f"Invalid parameter for operation: {name}")
        if depth >= MAX_DEPTH:
            raise QueryError("must not be nested so deeply")
        tests = [self.all_of(branch, depth + 1) for branch in operand]
        if name == "$and":
            return lambda document: all(test(document) for test in tests)
        wanted = name == "$or"
        return lambda document: any(test(document) for test in tests) is wanted

    def _field(self, path: str, operand: object) -> Test:
        if not is_known(path, self._known):
            raise QueryError(f"Invalid attribute: {path[:_SHOWN]}")
        if not _has_operators(operand):
            operand = {"$eq": operand}
        tests = [
            self._operator(name, value, operand) for name, value in operand.items() if name != "$options"
        ]
        if not tests:
            raise QueryError("Invalid operation: $options")
        return lambda document: (lambda found: all(test(found) for test in tests))(values(document, path))

    def _operator(self, name: str, operand: object, all_operators: Mapping[str, object]) -> _Check:
        self._conditions += 1
        match name:
            case "$exists":
                return lambda found: bool(found) is bool(operand)
            case "$regex":
                return _regex(operand, all_operators.get("$options", ""))
            case "$in" | "$nin":
                if not isinstance(operand, list) or len(operand) > MAX_CONDITIONS:
                    raise QueryError(f"Invalid parameter for operation: {name}")
                choices = [_literal(one) for one in operand]
                return _some(lambda value: any(_equal(value, one) for one in choices), name == "$in")
            case "$eq" | "$ne":
                wanted = _literal(operand)
                return _some(lambda value: _equal(value, wanted), name == "$eq")
            case "$gt" | "$gte" | "$lt" | "$lte":
                kind, limit = _rank(_literal(operand))
                compare = _COMPARISONS[name]
                return _some(
                    lambda value: _rank(value)[0] == kind and compare(_rank(value)[1], limit), wanted=True
                )
        raise QueryError(f"Invalid operation: {name[:_SHOWN]}")


_Check = Callable[[Sequence[Any]], bool]
"""Of what is found at a path."""

_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "$gt": lambda value, limit: bool(value > limit),
    "$gte": lambda value, limit: bool(value >= limit),
    "$lt": lambda value, limit: bool(value < limit),
    "$lte": lambda value, limit: bool(value <= limit),
}


def _some(test: Callable[[Any], bool], wanted: bool) -> _Check:
    """Whether some value passes; nothing at all counts as null, and a list as itself and its elements."""

    def check(found: Sequence[Any]) -> bool:
        passed = any(
            test(value) or (isinstance(value, list | tuple) and any(map(test, value)))
            for value in (found or (None,))
        )
        return passed is wanted

    return check


def _regex(source: object, options: object) -> _Check:
    if not isinstance(source, str) or not isinstance(options, str) or set(options) - set("ims"):
        raise QueryError("Invalid parameter for operation: $regex")
    try:
        pattern = text_pattern(source, ignore_case="i" in options)
    except ValueError as error:
        raise QueryError(f"Invalid parameter for operation: $regex, {error}") from None
    return _some(lambda value: isinstance(value, str) and pattern.found_in(value), wanted=True)


def _has_operators(operand: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(operand, dict) and any(name.startswith("$") for name in operand if name != "$date")


def _literal(value: object) -> object:
    if isinstance(value, dict) and value.keys() == {"$date"}:
        moment = value["$date"]
        try:
            return iso(int(moment) if isinstance(moment, int | float) else millis(str(moment)))
        except (ValueError, OverflowError):
            raise QueryError("Invalid parameter for operation: $date") from None
    if isinstance(value, dict | list):
        raise QueryError("a field is compared with a text, number, true, false, null or date")
    return value


def _equal(value: object, wanted: object) -> bool:
    return _rank(value) == _rank(wanted)


def _rank(value: object) -> tuple[int, Any]:
    """Values of one kind compare with each other; the kinds are in the original's order."""
    match value:
        case bool():
            return (5, value)
        case None:
            return _ABSENT
        case int() | float():
            return (1, value)
        case str():
            return (2, value)
        case _:
            return (3, 0)


def _take(source: Document, path: Sequence[str], out: dict[str, Any]) -> None:
    name, *rest = path
    if name not in source:
        return
    value = source[name]
    if not rest:
        out[name] = value
    elif isinstance(value, Mapping):
        _take(value, rest, out.setdefault(name, {}))
    elif isinstance(value, list | tuple):
        taken = out.setdefault(name, [{} for one in value if isinstance(one, Mapping)])
        for one, target in zip((one for one in value if isinstance(one, Mapping)), taken, strict=True):
            _take(one, rest, target)


def _without(source: Document, path: Sequence[str]) -> dict[str, Any]:
    name, *rest = path
    out = dict(source)
    if not rest:
        out.pop(name, None)
    elif isinstance(value := out.get(name), Mapping):
        out[name] = _without(value, rest)
    elif isinstance(value, list | tuple):
        out[name] = [_without(one, rest) if isinstance(one, Mapping) else one for one in value]
    return out
