"""``/api/docs``: the description of the API for people, and ``/api/docs/openapi.json`` for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

import falcon.asgi
import msgspec

from hookroom.rest.openapi.document import document
from hookroom.rest.routes import Routes

PATH: Final = "/api/docs"
DOCUMENT: Final = f"{PATH}/openapi.json"

_VENDOR: Final = Path(__file__).parents[2] / "vendor"
"""Where the build puts what comes from npm (Swagger UI)."""

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hookroom API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<main id="api"><noscript>Without JavaScript: <a href="/api/docs/openapi.json">openapi.json</a></noscript></main>
<script src="/api/docs/swagger-ui.js"></script>
<script src="/api/docs/start.js"></script>
</html>
"""

_START: Final = """SwaggerUIBundle({
  url: "/api/docs/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: false,
  validatorUrl: null
});
"""

_GUARDS: Final[Mapping[str, str]] = {
    # Swagger UI sets styles of elements; it loads and calls nothing but this server.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Page:
    """One text of the site, the same for everybody."""

    def __init__(self, content_type: str, content: bytes | Path) -> None:
        self._content_type = content_type
        self._content = content

    async def on_get(self, _request: falcon.asgi.Request, response: falcon.asgi.Response) -> None:
        """Answer with it; 404 where the package was built without it."""
        if isinstance(self._content, Path):
            try:
                self._content = self._content.read_bytes()
            except FileNotFoundError:
                raise falcon.HTTPNotFound from None
        for name, value in _GUARDS.items():
            response.set_header(name, value)
        response.content_type = self._content_type
        response.data = self._content


class Description:
    """The document; made when it is first asked for."""

    def __init__(self, families: Iterable[Routes]) -> None:
        self._families = tuple(families)

    @cached_property
    def _document(self) -> bytes:
        return msgspec.json.encode(document(self._families))

    async def on_get(self, _request: falcon.asgi.Request, response: falcon.asgi.Response) -> None:
        """Answer with it; any page may read it."""
        response.set_header("Access-Control-Allow-Origin", "*")
        response.content_type = "application/json"
        response.data = self._document


def mount(
    app: falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response], families: Iterable[Routes]
) -> None:
    """Add the site to ``app``."""
    text = "text/html; charset=utf-8"
    app.add_route(PATH, Page(text, _PAGE.encode()))
    app.add_route(DOCUMENT, Description(families))
    app.add_route(f"{PATH}/start.js", Page("text/javascript", _START.encode()))
    app.add_route(f"{PATH}/swagger-ui.js", Page("text/javascript", _VENDOR / "swagger-ui.js"))
    app.add_route(f"{PATH}/swagger-ui.css", Page("text/css", _VENDOR / "swagger-ui.css"))
