"""Incoming integrations made of a service's template: what a request leaves out, and what its sender does next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import to_builtins

from hookroom.errors import Refused
from hookroom.integrations.registry import Registry
from hookroom.integrations.service_templates import ServiceTemplate, service_templates
from hookroom.rules.integration_fields import INCOMING, Body
from hookroom.rules.model import Integration
from hookroom.workspace.workspace import Workspace

POSTER: Final = "rocket.cat"
"""Who posts unless the request says otherwise: every server has it, and it may use other names."""

_METHOD: Final = "addIncomingIntegration"


def template_named(template_id: str, method: str = _METHOD) -> ServiceTemplate:
    """The template with that id. Raises ``Refused``: ``error-invalid-template``."""
    found = service_templates().get(template_id)
    if found is None:
        raise Refused("error-invalid-template", "There is no such template", method=method)
    return found


def completed(body: Any) -> Any:
    """A request to create an integration, with what its ``template`` says where the request says nothing.

    It is what came in, before any schema. Without a template, or for another type of integration, it is left as it
    is. A request without ``channel`` has a blank one, which the rules refuse: where a service's messages may be
    read is for nobody to guess. Raises ``Refused``: ``error-invalid-template``.
    """
    if not isinstance(body, dict) or body.get("type", INCOMING) != INCOMING:
        return body
    template_id = body.get("template")
    if not isinstance(template_id, str) or not template_id:
        return body
    template = template_named(template_id)
    required = {
        "type": INCOMING,
        "name": template.name,
        "enabled": True,
        "username": POSTER,
        "channel": "",
        "scriptEnabled": True,
    }
    return {**required, **body, **_script(template, body), **_look(template, body), **_proof(template, body)}


def setup(ws: Workspace, registry: Registry, integration: Integration, body: Body) -> Mapping[str, Any]:
    """What the sender of ``body`` enters in the service: address, and secret where calls are verified.

    ``integration`` was just made of it. ``verified`` is whether calls are; where that has to wait for the
    service's own secret, ``hint`` says so, and ``verification`` is what to send with it.
    """
    template = template_named(integration.template or "")
    said: dict[str, Any] = {
        "url": f"{ws.site_url}/hooks/{integration.id}/{integration.token}",
        "verified": integration.verification is not None,
    }
    if integration.verification is not None:
        said["verification"] = to_builtins(integration.verification)
        if not _brought(body):
            said["secret"] = registry.secrets.of(integration.id, ws.now())[0].key
    elif template.awaits_secret and "verification" not in body:
        said["verification"] = template.verification
        said["hint"] = (
            f"{template.name} makes the secret: until it is set, only the token in the address is checked."
            " Send it as secret in this verification with integrations.update."
        )
    return said


def _script(template: ServiceTemplate, body: Body) -> dict[str, Any]:
    if body.get("script") is not None:
        return {}
    native = body.get("skipTranspile")
    return {"script": template.script, "skipTranspile": True if native is None else native}


def _look(template: ServiceTemplate, body: Body) -> dict[str, Any]:
    look: dict[str, Any] = to_builtins(template.look)
    if body.get("avatar") is not None or body.get("emoji") is not None:
        # One of the two is shown, and the avatar wins: the template's must not win over the request's emoji.
        look = {name: value for name, value in look.items() if name == "alias"}
    return {name: value for name, value in look.items() if body.get(name) is None}


def _proof(template: ServiceTemplate, body: Body) -> dict[str, Any]:
    if "verification" not in body:
        return (
            {} if template.awaits_secret or not template.verifies else {"verification": template.verification}
        )
    sent = body["verification"]
    if isinstance(sent, Mapping) and "scheme" not in sent:
        return {"verification": {**template.verification, **sent}}
    return {}


def _brought(body: Body) -> bool:
    sent = body.get("verification")
    return isinstance(sent, Mapping) and sent.get("secret") is not None
