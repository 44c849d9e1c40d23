"""Each fixture of each service's template: the message that it becomes, in the sandbox, in both modes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from tests.scripting.sandboxes import Bench

import hookroom
from hookroom.integrations.service_templates import service_templates
from hookroom.rules.hook_message import MessageDraft, draft, is_empty
from hookroom.rules.incoming_body import decode
from hookroom.rules.script_requests import IncomingCall, incoming_argument
from hookroom.rules.script_results import Content, Nothing, read_incoming

FOLDER: Final = Path(hookroom.__file__).parent / "templates"
FIXTURES: Final = sorted(FOLDER.glob("*/fixtures/*.json"))
FEWEST: Final = 3
"""Fixtures of each service."""


def request_of(fixture: dict[str, Any]) -> IncomingCall:
    """The call that a fixture describes: ``body`` as JSON, or ``raw`` as it is."""
    request = fixture["request"]
    raw = request["raw"].encode() if "raw" in request else json.dumps(request["body"]).encode()
    headers = {"content-type": "application/json", **request.get("headers", {})}
    decoded = decode(headers["content-type"], raw)
    return IncomingCall(
        integration_id="0" * 24,
        token="token",
        path=f"/hooks/{'0' * 24}/token",
        query=request.get("query", ""),
        headers=headers,
        content=decoded.content,
        content_raw=decoded.raw,
        is_form=decoded.kind == "form",
        poster={"_id": "rocket.cat", "name": "Rocket.Cat", "username": "rocket.cat"},
    )


def shown(message: MessageDraft) -> dict[str, Any]:
    """What a fixture says of a message: what is in it, as it is stored."""
    document: dict[str, Any] = json.loads(msgspec.json.encode(message))
    fields = ("text", "alias", "avatar", "emoji", "attachments")
    return {name: document[name] for name in fields if document[name]}


@pytest.mark.parametrize("transpile", [False, True], ids=["native", "transpiled"])
@pytest.mark.parametrize("path", FIXTURES, ids=[f"{one.parts[-3]}-{one.stem}" for one in FIXTURES])
def test_a_fixture_becomes_its_message(sandbox: Bench, path: Path, transpile: bool) -> None:
    fixture = json.loads(path.read_text())
    script = service_templates()[path.parts[-3]].script
    ran = sandbox.once(script, incoming_argument(request_of(fixture)), transpile=transpile)
    said = read_incoming(ran.value)
    if fixture["message"] is None:
        assert isinstance(said, Nothing)
        return
    assert isinstance(said, Content), said
    message = draft(said.content)
    assert not is_empty(message)
    assert shown(message) == fixture["message"]
    assert len(message.text) <= 1000, "terse"
    assert message.warnings == ()


@pytest.mark.parametrize("name", sorted(service_templates()))
def test_a_template_is_complete(name: str) -> None:
    template = service_templates()[name]
    assert len(list((FOLDER / name / "fixtures").glob("*.json"))) >= FEWEST
    assert template.description.endswith(".")
    assert template.readme.startswith(f"# {template.name}\n")
    assert template.documentation.startswith("https://")
    assert template.events


@pytest.mark.parametrize("name", sorted(service_templates()))
@pytest.mark.parametrize("body", ["{}", "[]", "null", '"text"', "7", '{"a": {"b": [null, {}]}}'])
def test_what_the_service_never_sends_is_no_error(sandbox: Bench, name: str, body: str) -> None:
    """Not a message without content, and not an exception: nothing, a refusal, or some message."""
    call = request_of({"request": {"raw": body}})
    ran = sandbox.once(service_templates()[name].script, incoming_argument(call))
    said = read_incoming(ran.value)
    if isinstance(said, Content):
        assert not is_empty(draft(said.content))
