"""Integrations as lines to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from hookroom.cli.columns import columns
from hookroom.cli.integrations_at import Document

SCHEME_NONE: Final = "no, by the token in the address only"

_LABEL: Final = 10
"""Columns of what stands before a value."""


def address_of(integration: Document, server: str) -> str | None:
    """Where an incoming one is called; ``None`` for an outgoing one."""
    if integration["type"] != "webhook-incoming":
        return None
    return f"{server}/hooks/{integration['_id']}/{integration['token']}"


def table(integrations: Sequence[Document]) -> Iterator[str]:
    """One line for each, below a header."""
    header = ("id", "name", "kind", "on", "channel", "as", "template", "owner")
    yield from columns([header, *(_row(one) for one in integrations)])


def template_table(templates: Sequence[Document]) -> Iterator[str]:
    """One line for each template, below a header."""
    yield from columns(
        [("id", "name", "tells of"), *((one["id"], one["name"], one["description"]) for one in templates)]
    )


def lines_of(integration: Document, server: str) -> Iterator[str]:
    """What an integration is, without its script and with the address that it is called at."""
    yield f"{integration['name']} ({integration['_id']})"
    state = "yes" if integration["enabled"] else "no"
    if reason := integration.get("disabledReason"):
        state = f"{state}. {reason}"
    said = [
        ("kind", _kind(integration)),
        ("on", state),
        ("event", integration.get("event")),
        ("channel", ", ".join(integration["channel"])),
        ("posts as", integration["username"]),
        ("address", address_of(integration, server)),
        *(("calls", url) for url in integration.get("urls") or ()),
        ("template", integration.get("template")),
    ]
    if integration["type"] == "webhook-incoming":
        said.append(("verified", integration.get("verification", {}).get("scheme", SCHEME_NONE)))
    error = integration.get("scriptError")
    said += [
        ("script", f"does not run: {error['message']}" if error else _script(integration)),
        ("owner", _owner(integration)),
        ("changed", integration["_updatedAt"]),
    ]
    yield from (f"{label.ljust(_LABEL)}{value}" for label, value in said if value)


def made_lines(answer: Document, server: str, readme: str | None) -> Iterator[str]:
    """What to do with an integration that was just made: address, secret, and the template's ``readme``."""
    integration, setup = answer["integration"], answer.get("setup", {})
    name, channels = integration["name"], ", ".join(integration["channel"])
    yield f"Made {name} ({integration['_id']}): it posts to {channels} as {integration['username']}."
    yield ""
    yield f"Address:  {setup.get('url') or address_of(integration, server)}"
    if secret := setup.get("secret"):
        yield f"Secret:   {secret}"
    elif "hint" in setup:
        yield "Secret:   the service makes it. Until you set it, only the token in the address is checked:"
        yield f"          hookroom integration set-secret {integration['_id']}"
    if error := integration.get("scriptError"):
        yield f"Its script does not run: {error['message']}"
    if readme is not None:
        yield ""
        # The title says what the first line says.
        yield readme.partition("\n")[2].strip()


def _row(one: Document) -> tuple[str, ...]:
    return (
        one["_id"],
        one["name"],
        _kind(one),
        "yes" if one["enabled"] else "no",
        ", ".join(one["channel"]),
        one["username"],
        one.get("template") or "",
        _owner(one),
    )


def _kind(one: Document) -> str:
    kind: str = one["type"]
    return kind.removeprefix("webhook-")


def _owner(one: Document) -> str:
    owner = one["_createdBy"]
    name: str = owner.get("username") or owner["_id"]
    return name


def _script(one: Document) -> str | None:
    if not one["scriptEnabled"] or not (one.get("script") or "").strip():
        return None
    return "runs natively" if one.get("skipTranspile") else "runs transpiled"
