"""The table of routes: what each one needs, who may call it, who answers it.

A family of endpoints is a file with a ``Routes`` of its own and a decorated function for each endpoint. The
table is also what the reference documentation is generated from.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from hookroom.rest.call import Answer, Call, Content
from hookroom.rest.validation import Schema

Handler = Callable[[Call], Awaitable[Answer | Content]]
Method = Literal["GET", "POST", "PUT", "DELETE"]
Login = Literal["required", "optional"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A limit of its own: ``calls`` per ``window_ms`` for each address. ``None`` in its place: no limit.

    ``setting`` is the server setting that holds ``calls``, if there is one.
    """

    calls: int
    window_ms: int
    setting: str = ""


DEFAULT_RATE = Rate(-1, -1)
"""The limit of the settings ``API_Enable_Rate_Limiter_*``."""


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. ``permissions``: the caller needs one of them, else 403 for the route as a whole.

    One that ``streams`` reads its body itself, as it comes in (``Call.incoming``), and sees to its size. With
    ``two_factor`` a caller who has turned on a second factor must have shown it (``people.second_factor``) not
    long ago, or shows it now; ``"each time"``: now.
    """

    method: Method
    path: str
    handler: Handler
    login: Login
    permissions: tuple[str, ...]
    body: Schema | None
    query: Schema | None
    rate: Rate | None
    streams: bool = False
    file_field: str = "file"
    """The field that holds the file, of one that streams."""
    content: tuple[int, str] | None = None
    """Status and media type of a success that is no JSON."""
    two_factor: bool | Literal["each time"] = False

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0]


class Routes:
    """The routes of one family."""

    def __init__(self, family: str) -> None:
        self.family = family
        self.routes: list[Route] = []

    def add(
        self,
        method: Method,
        *paths: str,
        login: Login = "required",
        permissions: Iterable[str] = (),
        body: Schema | None = None,
        query: Schema | None = None,
        rate: Rate | None = DEFAULT_RATE,
        streams: bool = False,
        file_field: str = "file",
        content: tuple[int, str] | None = None,
        two_factor: bool | Literal["each time"] = False,
    ) -> Callable[[Handler], Handler]:
        """Register a handler under ``/api/v1/<path>`` for each of ``paths``."""

        def register(handler: Handler) -> Handler:
            for path in paths:
                self.routes.append(
                    Route(
                        method,
                        path,
                        handler,
                        login,
                        tuple(permissions),
                        body,
                        query,
                        rate,
                        streams,
                        file_field,
                        content,
                        two_factor,
                    )
                )
            return handler

        return register

    def get(self, *paths: str, **options: Any) -> Callable[[Handler], Handler]:
        """``add`` for GET."""
        return self.add("GET", *paths, **options)

    def post(self, *paths: str, **options: Any) -> Callable[[Handler], Handler]:
        """``add`` for POST."""
        return self.add("POST", *paths, **options)
