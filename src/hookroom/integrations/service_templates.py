"""Ready-made incoming webhooks for the services that people use: one folder each, below ``hookroom/templates``.

::

    <id>/template.json     name, what it shows, how its calls are verified, how its messages look
    <id>/script.js         runs in the sandbox like any user's
    <id>/README.md         how to set the service up
    <id>/fixtures/*.json   what the service sends, and the message that it becomes: tests, and examples

A template is copied into an integration when that is made; nothing of it is looked at afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from msgspec import Struct, field

FOLDER: Final = "templates"


class Look(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """How messages look unless the integration says otherwise: the fields of that name of an integration."""

    alias: str | None = None
    avatar: str | None = None
    emoji: str | None = None


class ServiceTemplate(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True, rename="camel"
):
    """One service. ``verification`` is an integration's field of that name, without the secret."""

    id: str = ""
    name: str
    description: str
    """One sentence: what its messages tell."""
    documentation: str
    """Where the service describes its webhooks."""
    verification: dict[str, Any] = field(default_factory=dict)
    look: Look = Look()
    events: tuple[str, ...]
    """What of the service's events it knows."""
    script: str = ""
    readme: str = ""


@cache
def service_templates() -> Mapping[str, ServiceTemplate]:
    """All of them by id, in the order of their names."""
    found = []
    for folder in files("hookroom").joinpath(FOLDER).iterdir():
        if not folder.is_dir() or not folder.joinpath("template.json").is_file():
            continue
        read = msgspec.json.decode(folder.joinpath("template.json").read_bytes(), type=ServiceTemplate)
        found.append(
            msgspec.structs.replace(
                read,
                id=folder.name,
                script=folder.joinpath("script.js").read_text("utf-8"),
                readme=folder.joinpath("README.md").read_text("utf-8"),
            )
        )
    return {one.id: one for one in sorted(found, key=lambda one: one.name.casefold())}
