"""The paths of the ``/hooks`` endpoints."""

from __future__ import annotations

from typing import Any, Final

import falcon.asgi

from hookroom.hooks.endpoint import HookEdge
from hookroom.hooks.incoming import IncomingHook
from hookroom.hooks.zapier import AddHook, InfoHook, RemoveHook, SampleHook
from hookroom.services import Services

FORMS: Final = ("{integration_id}/{token}", "{integration_id}/{user_id}/{token}")
"""Both forms of every path: the short one, and the older one that names the user too."""


def mount(app: falcon.asgi.App[Any, Any], services: Services) -> None:
    """Add the endpoints to ``app``."""
    edge = HookEdge(services)
    resources = {
        "": IncomingHook(edge),
        "add/": AddHook(edge),
        "remove/": RemoveHook(edge),
        "sample/": SampleHook(edge),
        "info/": InfoHook(edge),
    }
    for prefix, resource in resources.items():
        for form in FORMS:
            app.add_route(f"/hooks/{prefix}{form}", resource)
