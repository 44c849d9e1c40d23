"""Finding the resource of a path: those without variable parts in a dictionary, the others by Falcon's router.

Falcon's compares each new route with all of its siblings: with four hundred routes beside each other a tenth of a
second at every start, and the first request waits for the code that it makes of them.
"""

from __future__ import annotations

from typing import Any

from falcon.routing import CompiledRouter
from falcon.routing.util import set_default_responders

Found = tuple[object, Any, dict[str, Any], str | None]
"""Resource, its responders by method, the variable parts, and the route as it was added."""


class Router(CompiledRouter):
    """Falcon's router, with a dictionary before it."""

    __slots__ = ("_plain",)

    def __init__(self) -> None:
        super().__init__()
        self._plain: dict[str, tuple[object, Any]] = {}

    def add_route(self, uri_template: str, resource: object, **kwargs: Any) -> None:
        """Add a route. One without variable parts that is added twice answers as it was added last."""
        if "{" in uri_template:
            super().add_route(uri_template, resource, **kwargs)
            return
        responders = self.map_http_methods(resource, **kwargs)
        set_default_responders(responders, asgi=kwargs.get("_asgi", False))
        self._plain[uri_template] = (resource, responders)

    def find(self, uri: str, req: Any = None) -> Found | None:
        """The resource of a path, or ``None``."""
        found = self._plain.get(uri)
        if found is None:
            return super().find(uri, req)
        resource, responders = found
        return resource, responders, {}, uri
