"""``hookroom integration``: webhooks made from templates, listed, switched on and off, removed."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

import cyclopts
import msgspec

from hookroom.cli.integrations_where import Where, run
from hookroom.errors import HookroomError

if TYPE_CHECKING:
    from hookroom.cli.integrations_at import Document, Integrations

app = cyclopts.App(
    name="integration",
    help="Integrations, in the database of a server that does not run, or with --server of one that does.",
)

_Flag = cyclopts.Parameter(negative=())
Json = Annotated[bool, cyclopts.Parameter(name="--json", negative=())]

_KEPT: Final = ("type", "scriptEnabled", "skipTranspile", "name", "enabled")
"""What an update names though it stays."""


@app.command
def create(
    *,
    channel: str,
    template: str | None = None,
    name: str | None = None,
    username: str | None = None,
    secret: str | None = None,
    unverified: Annotated[bool, _Flag] = False,
    where: Where | None = None,
    json_: Json = False,
) -> None:
    """Make an incoming webhook, and print its address, its secret, and how to set the service up.

    Parameters
    ----------
    channel:
        where it posts: `#channel` or `@user`, several with commas between
    template:
        the service (see `hookroom integration templates`); without one it takes messages as they are
    name:
        its name (default: the service's)
    username:
        who posts (default: rocket.cat)
    secret:
        the secret that the service made (default: one is made where the service takes it)
    unverified:
        do not verify calls, for a service that cannot prove who calls
    json_:
        print one JSON document, for programs
    """
    body: dict[str, Any] = {"type": "webhook-incoming", "channel": channel}
    if template:
        body["template"] = template
    else:
        body |= {
            "name": "Incoming webhook",
            "enabled": True,
            "username": "rocket.cat",
            "scriptEnabled": False,
        }
    body |= {key: value for key, value in (("name", name), ("username", username)) if value is not None}
    if secret is not None and (unverified or not template):
        sys.exit("--secret is for a --template, and not --unverified.")
    if secret is not None:
        body["verification"] = {"secret": secret}
    if unverified:
        body["verification"] = None

    async def work(integrations: Integrations) -> tuple[Document, str, str | None]:
        answer = await integrations.create(body)
        known = await integrations.templates() if template and not json_ else ()
        readme = next((one["readme"] for one in known if one["id"] == template), None)
        return answer, integrations.address, readme

    answer, address, readme = run(where, work)
    if json_:
        _print_json(answer)
        return
    from hookroom.cli.integration_reports import made_lines

    print(*made_lines(answer, address, readme), sep="\n")


@app.command
def templates(*, where: Where | None = None, json_: Json = False) -> None:
    """List the services that there are templates for.

    Parameters
    ----------
    json_:
        print one JSON document, for programs
    """
    if where is not None and where.server is not None:
        found = run(where, lambda integrations: integrations.templates())
    else:
        from hookroom.integrations.service_templates import described, service_templates

        found = [described(one) for one in service_templates().values()]
    if json_:
        _print_json({"templates": found})
        return
    from hookroom.cli.integration_reports import template_table

    _print_lines(template_table(found))


@app.command(name="list")
def list_all(*, where: Where | None = None, json_: Json = False) -> None:
    """List all integrations.

    Parameters
    ----------
    json_:
        print one JSON document, for programs
    """
    found = run(where, lambda integrations: integrations.listed())
    if json_:
        _print_json({"integrations": found})
        return
    from hookroom.cli.integration_reports import table

    _print_lines(table(found))


@app.command
def show(integration: str, /, *, where: Where | None = None, json_: Json = False) -> None:
    """Show an integration with its address.

    Parameters
    ----------
    integration:
        its id, or its name where no other has it
    json_:
        print one JSON document, for programs
    """

    async def work(integrations: Integrations) -> tuple[Document, str]:
        return await _found(integrations, integration), integrations.address

    found, address = run(where, work)
    from hookroom.cli.integration_reports import address_of, lines_of

    if json_:
        url = address_of(found, address)
        _print_json({"integration": found, **({"url": url} if url else {})})
    else:
        _print_lines(lines_of(found, address))


@app.command
def enable(integration: str, /, *, where: Where | None = None, json_: Json = False) -> None:
    """Switch an integration on; it starts afresh.

    Parameters
    ----------
    integration:
        its id, or its name where no other has it
    json_:
        print one JSON document, for programs
    """
    _switch(integration, True, where, json_)


@app.command
def disable(integration: str, /, *, where: Where | None = None, json_: Json = False) -> None:
    """Switch an integration off; what it still had to deliver is cancelled.

    Parameters
    ----------
    integration:
        its id, or its name where no other has it
    json_:
        print one JSON document, for programs
    """
    _switch(integration, False, where, json_)


@app.command
def set_secret(
    integration: str, secret: str | None = None, /, *, where: Where | None = None, json_: Json = False
) -> None:
    """Set the secret that calls of an incoming webhook are verified with; it takes the place of all others.

    Parameters
    ----------
    integration:
        its id, or its name where no other has it
    secret:
        the secret; without it, it is asked for, or read from the standard input
    json_:
        print one JSON document, for programs
    """
    text = secret or _ask()

    async def work(integrations: Integrations) -> Document:
        found = await _found(integrations, integration)
        if found["type"] != "webhook-incoming":
            raise HookroomError("Only calls of incoming integrations are verified.")
        verification = found.get("verification") or await _of_template(integrations, found)
        return await integrations.update(
            {
                **{name: found[name] for name in _KEPT if name in found},
                "integrationId": found["_id"],
                "channel": ",".join(found["channel"]),
                "verification": {**verification, "secret": text},
            }
        )

    changed = run(where, work)
    if json_:
        _print_json({"integration": changed})
    else:
        print(f"Calls of {changed['name']} ({changed['_id']}) are verified with that secret.")


@app.command
def remove(integration: str, /, *, where: Where | None = None, json_: Json = False) -> None:
    """Remove an integration with its history.

    Parameters
    ----------
    integration:
        its id, or its name where no other has it
    json_:
        print one JSON document, for programs
    """

    async def work(integrations: Integrations) -> Document:
        found = await _found(integrations, integration)
        await integrations.remove(found)
        return found

    removed = run(where, work)
    if json_:
        _print_json({"integration": removed})
    else:
        print(f"Removed {removed['name']} ({removed['_id']}).")


def _switch(wanted: str, enabled: bool, where: Where | None, json_: bool) -> None:
    async def work(integrations: Integrations) -> Document:
        found = await _found(integrations, wanted)
        return await integrations.set_enabled(found["_id"], enabled)

    changed = run(where, work)
    if json_:
        _print_json({"integration": changed})
    else:
        print(f"{changed['name']} ({changed['_id']}) is {'on' if enabled else 'off'}.")


async def _found(integrations: Integrations, wanted: str) -> Document:
    from hookroom.cli.integrations_at import find

    return await find(integrations, wanted)


async def _of_template(integrations: Integrations, integration: Document) -> Mapping[str, Any]:
    for template in await integrations.templates():
        if template["id"] == integration.get("template") and template["verification"]["scheme"] != "none":
            verification: Mapping[str, Any] = template["verification"]
            return verification
    raise HookroomError(
        "Nothing says how its calls are to be verified: set verification with integrations.update."
    )


def _ask() -> str:
    asked = getpass.getpass("Secret: ") if sys.stdin.isatty() else sys.stdin.readline()
    return asked.strip() or sys.exit("No secret was given.")


def _print_lines(lines: Iterable[str]) -> None:
    print(*lines, sep="\n")


def _print_json(value: object) -> None:
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
