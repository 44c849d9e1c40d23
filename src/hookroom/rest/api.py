"""The REST API: all families of routes on one Falcon application."""

from __future__ import annotations

from collections.abc import Iterator

import falcon.asgi
import msgspec

from hookroom.rest import (
    avatars,
    channels,
    chat,
    chat_lists,
    cleaning,
    commands,
    custom_statuses,
    deployment,
    direct,
    discussions,
    emoji,
    exports,
    file_listings,
    groups,
    health,
    history,
    info,
    integration_calls,
    integration_editing,
    integration_history,
    integration_scripts,
    integration_signing,
    integration_templates,
    integration_verification,
    integrations,
    invites,
    left_out,
    link_previews,
    login,
    login_services,
    mail,
    method_calls,
    moderation,
    nothing_there,
    oauth_apps,
    permissions,
    roles,
    room_administration,
    room_integrations,
    rooms,
    search,
    settings,
    shields,
    statistics,
    subscriptions,
    team_members,
    team_rooms,
    teams,
    threads,
    tokens,
    translation,
    two_factor,
    uploads,
    user_listings,
    user_status,
    users,
    webdav,
)
from hookroom.rest.cors import Cors
from hookroom.rest.endpoint import JSON, Endpoint
from hookroom.rest.failures import answer_failure
from hookroom.rest.openapi import site
from hookroom.rest.router import Router
from hookroom.rest.routes import Route, Routes
from hookroom.services import Services
from hookroom.workspace.rate_limit import Windows

WebApp = falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response]

FAMILIES: tuple[Routes, ...] = (
    login.routes,
    login_services.routes,
    mail.routes,
    users.routes,
    user_listings.routes,
    user_status.routes,
    avatars.routes,
    emoji.routes,
    custom_statuses.routes,
    commands.routes,
    oauth_apps.routes,
    tokens.routes,
    two_factor.routes,
    roles.routes,
    permissions.routes,
    settings.routes,
    info.routes,
    deployment.routes,
    statistics.routes,
    shields.routes,
    translation.routes,
    webdav.routes,
    chat.routes,
    chat_lists.routes,
    threads.routes,
    discussions.routes,
    history.routes,
    search.routes,
    cleaning.routes,
    link_previews.routes,
    integrations.routes,
    integration_history.routes,
    integration_calls.routes,
    integration_editing.routes,
    integration_scripts.routes,
    integration_signing.routes,
    integration_templates.routes,
    integration_verification.routes,
    room_integrations.routes,
    channels.routes,
    groups.routes,
    direct.routes,
    rooms.routes,
    room_administration.routes,
    subscriptions.routes,
    teams.routes,
    team_members.routes,
    team_rooms.routes,
    invites.routes,
    moderation.routes,
    uploads.routes,
    file_listings.routes,
    exports.routes,
    method_calls.routes,
    nothing_there.routes,
    left_out.routes,
)


def all_routes() -> Iterator[Route]:
    """Every route of the API."""
    for family in FAMILIES:
        yield from family.routes


def mount(app: WebApp, services: Services) -> None:
    """Add the API to ``app``."""
    limiter = Windows()
    endpoints: dict[str, Endpoint] = {}
    for route in all_routes():
        endpoint = endpoints.get(route.path)
        if endpoint is None:
            endpoint = endpoints[route.path] = Endpoint(services, limiter)
        endpoint.add(route)
    for path, endpoint in endpoints.items():
        app.add_route(f"/api/v1/{path}", endpoint)
    left_out.mount(app)
    app.add_route(health.ALIVE, health.Alive())
    for path in health.READY:
        app.add_route(path, health.Ready(services.ws.db))
    app.add_middleware(Cors(services.ws.settings))
    # Clients look here before they know of a version of the API.
    app.add_route("/api/info", endpoints["info"])
    # So the published description writes it.
    app.add_route("/licenses.maxActiveUsers", endpoints["licenses.maxActiveUsers"])
    site.mount(app, FAMILIES)


def application() -> WebApp:
    """A Falcon application whose own answers (no such route, wrong method) have the contract's shape."""
    app = falcon.asgi.App(router=Router())
    app.req_options.keep_blank_qs_values = True
    app.req_options.auto_parse_qs_csv = False
    app.set_error_serializer(_serialize)
    app.add_error_handler(Exception, _failed)
    return app


def _serialize(
    _request: falcon.asgi.Request, response: falcon.asgi.Response, error: falcon.HTTPError
) -> None:
    response.content_type = JSON
    response.data = msgspec.json.encode({"success": False, "error": _text(error)})


def _text(error: falcon.HTTPError) -> str:
    if error.status_code == 404:
        return "API endpoint not found [error-not-found]"
    return (error.description or error.title or "").rstrip(".") or str(error.status_code)


async def _failed(
    request: falcon.asgi.Request, response: falcon.asgi.Response, error: Exception, _params: object
) -> None:
    answer_failure(response, error, request.path)
