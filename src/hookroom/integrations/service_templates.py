"""Ready-made incoming webhooks for the services that people use: one folder each, below ``hookroom/templates``.

::

    <id>/template.json     name, what it shows, how its calls are verified, how its messages look
    <id>/script.js         runs in the sandbox like any user's
    <id>/README.md         how to set the service up
    <id>/fixtures/*.json   what the service sends, and the message that it becomes: tests, and examples

A template is copied into an integration when that is made; nothing of it is looked at afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from hookroom.rules.verification_settings import CHOSEN_BY_SERVICE

FOLDER: Final = "templates"


class Look(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """How messages look unless the integration says otherwise: the fields of that name of an integration."""

    alias: str | None = None
    avatar: str | None = None
    emoji: str | None = None


class ServiceTemplate(
    Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True, rename="camel"
):
    """One service. ``verification`` is an integration's field of that name, without the secret.

    ``service_makes_secret`` is for those that show the secret only when they have been given the address.
    """

    id: str = ""
    name: str
    description: str
    """One sentence: what its messages tell."""
    documentation: str
    """Where the service describes its webhooks."""
    verification: dict[str, Any] = field(default_factory=dict)
    service_makes_secret: bool = False
    look: Look = Look()
    events: tuple[str, ...]
    """What of the service's events it knows."""
    script: str = ""
    readme: str = ""

    @property
    def verifies(self) -> bool:
        """Whether the service's calls can be verified by more than the token in the address."""
        return bool(self.verification.get("scheme", "none") != "none")

    @property
    def awaits_secret(self) -> bool:
        """Whether calls can be verified only once the service has told its secret."""
        return self.service_makes_secret or self.verification.get("scheme") in CHOSEN_BY_SERVICE


class Example(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a service sends, and the message that it becomes (``None``: nothing is posted).

    ``payload`` is the body, JSON as its value and what is no JSON as its text.
    """

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""
    payload: Any
    message: dict[str, Any] | None


@cache
def service_templates() -> Mapping[str, ServiceTemplate]:
    """All of them by id, in the order of their names."""
    found = []
    for folder in _folder().iterdir():
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


@cache
def examples(template_id: str) -> Sequence[Example]:
    """The fixtures of a template that there is, by their names."""
    fixtures = _folder().joinpath(template_id, "fixtures").iterdir()
    return [_example(one) for one in sorted(fixtures, key=lambda one: one.name) if one.name.endswith(".json")]


def described(template: ServiceTemplate) -> dict[str, Any]:
    """A template for who chooses among them: all but its script and its examples."""
    return {
        "id": template.id,
        "name": template.name,
        "description": template.description,
        "documentation": template.documentation,
        "events": template.events,
        "verification": template.verification,
        "serviceMakesSecret": template.awaits_secret,
        "look": msgspec.to_builtins(template.look),
        "readme": template.readme,
    }


def _example(file: Traversable) -> Example:
    fixture = msgspec.json.decode(file.read_bytes())
    request = fixture["request"]
    return Example(
        name=file.name.removesuffix(".json"),
        headers=request.get("headers", {}),
        query=request.get("query", ""),
        payload=request["raw"] if "raw" in request else request["body"],
        message=fixture["message"],
    )


def _folder() -> Traversable:
    return files("hookroom").joinpath(FOLDER)
