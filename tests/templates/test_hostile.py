"""Whatever a field of a real payload is replaced by: a template says nothing wrong, and throws nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.scripting.sandboxes import Bench
from tests.templates.test_fixtures import FIXTURES, request_of

from hookroom.integrations.service_templates import service_templates
from hookroom.rules.hook_message import MessageDraft, draft, is_empty
from hookroom.rules.mentions import named_in
from hookroom.rules.script_requests import incoming_argument
from hookroom.rules.script_results import Content, Nothing, Refusal, read_incoming
from hookroom.scripting.model import Limits

HOSTILE: Final = (
    "@all [x](javascript:alert(1)) *_`~ <https://evil.example|here>\n@here ](https://evil.example)"
)
REPLACEMENTS: Final[tuple[Any, ...]] = (None, "", HOSTILE, 7, [None], {}, {"a": HOSTILE})
CHANGES: Final[tuple[dict[str, Any], ...]] = ({}, *({"replacement": one} for one in REPLACEMENTS))
"""Left out, and replaced."""

FOR_ALL_FIELDS: Final = Limits(time_ms=10_000, memory_mb=32, wait_ms=5000)
"""One call runs the template once for each field of the payload, on whatever machine."""

EACH_FIELD: Final = Path(__file__).with_name("each_field.js").read_text()
SLIPPED: Final = re.compile(r"\bundefined\b|\bnull\b|\bNaN\b|\[object |function ")
FALSE_LINK: Final = re.compile(r"\]\((?!https?://)|\]\(https?://evil|<https?://[^>|]*\|")


def texts(message: MessageDraft) -> Iterator[str]:
    """All that a reader sees of ``message``."""
    yield message.text
    for attachment in message.attachments:
        yield from (
            value for key in ("text", "title", "pretext") if isinstance(value := attachment.get(key), str)
        )
        for field in attachment.get("fields", ()):
            yield field["title"]
            yield str(field["value"])


def is_json(path: Path) -> bool:
    """Whether the payload of a fixture has fields to replace."""
    return "body" in json.loads(path.read_text())["request"]


WITH_FIELDS: Final = [path for path in FIXTURES if is_json(path)]


@pytest.mark.parametrize("path", WITH_FIELDS, ids=[f"{one.parts[-3]}-{one.stem}" for one in WITH_FIELDS])
def test_each_field_replaced(sandbox: Bench, path: Path) -> None:
    request = json.loads(path.read_text())["request"]
    template = service_templates()[path.parts[-3]].script
    assert template.count("class Script ") == 1
    script = template.replace("class Script ", "class Template ") + EACH_FIELD
    for change in CHANGES:
        call = request_of({"request": {**request, "body": {"body": request["body"], **change}}})
        returned: Any = sandbox.call(
            script, incoming_argument(call), key=path.parts[-3], limits=FOR_ALL_FIELDS
        ).value
        for place, value in returned["response"]:
            said = read_incoming(value)
            assert isinstance(said, Nothing | Content | Refusal), (place, change, said)
            if isinstance(said, Content):
                message = draft(said.content)
                assert not is_empty(message), (place, change)
                for text in texts(message):
                    assert named_in(text).groups == (), (place, text)
                    assert not SLIPPED.search(text), (place, text)
                    assert not FALSE_LINK.search(text), (place, text)
