"""The little language of the template for any JSON: its README is true, and what a mapping may say works."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest
from tests.scripting.sandboxes import Bench
from tests.templates.test_fixtures import request_of

from hookroom.integrations.service_templates import service_templates
from hookroom.rules.hook_message import draft
from hookroom.rules.script_requests import incoming_argument
from hookroom.rules.script_results import Content, Nothing, read_incoming

TEMPLATE: Final = service_templates()["generic-json"]
BLOCK: Final = re.compile(r"```json\n(.*?)```", re.DOTALL)
ROW: Final = re.compile(r"^\| (`.*?`) \| (`.*`) \|$", re.MULTILINE)
ZERO_WIDTH: Final = "\u200b"

found = BLOCK.search(TEMPLATE.readme)
assert found
BODY: Final[dict[str, Any]] = json.loads(found[1])
NOTHING: Final = {
    "TEXT": "",
    "LINK": "",
    "DETAILS": "",
    "ROWS": {"of": "", "text": "", "most": 0},
    "FIELDS": {},
    "COLOR": {"by": "", "values": {}, "otherwise": "blue"},
    "SKIP_WHEN": {},
}


def code(cell: str) -> str:
    """What stands in a table's cell: between one or two backticks, with its bars escaped."""
    inside = cell[2:-2] if cell.startswith("``") else cell[1:-1]
    return inside.strip().replace(r"\|", "|")


EXAMPLES: Final = [
    (code(written), code(gives))
    for written, gives in ROW.findall(TEMPLATE.readme.partition("| written | gives |")[2])
]


def mapped(**constants: Any) -> str:
    """The template's script with other constants at its top; what is not given maps nothing."""
    script = TEMPLATE.script
    for name, value in {**NOTHING, **constants}.items():
        script = replaced(script, f"const {name}", f"{json.dumps(value)};")
    return script


def replaced(script: str, name: str, value: str) -> str:
    """``script`` with another value of the constant that begins with ``name``."""
    changed, count = re.subn(
        rf"^{name} = .*?;\n", lambda _: f"{name} = {value}\n", script, count=1, flags=re.DOTALL | re.MULTILINE
    )
    assert count == 1, name
    return changed


def said(sandbox: Bench, body: Any = BODY, *, query: str = "room=ops", **constants: Any) -> Any:
    """What the mapping makes of ``body``."""
    call = request_of({"request": {"body": body, "query": query, "headers": {"x-event": "Deploy"}}})
    ran = sandbox.once(mapped(**constants), incoming_argument(call), transpile=False)
    return read_incoming(ran.value)


def message(sandbox: Bench, body: Any = BODY, **constants: Any) -> dict[str, Any]:
    """The text and the one attachment that the mapping makes of ``body``."""
    content = said(sandbox, body, **constants)
    assert isinstance(content, Content), content
    drafted = draft(content.content)
    return {"text": drafted.text, "below": drafted.attachments[0] if drafted.attachments else {}}


def test_the_readme_has_examples() -> None:
    assert len(EXAMPLES) >= 25


@pytest.mark.parametrize(("written", "gives"), EXAMPLES, ids=[written for written, _ in EXAMPLES])
def test_what_the_readme_says(sandbox: Bench, written: str, gives: str) -> None:
    # A value of its own in front, so that a text without any is no call that the mapping does not know.
    text = message(sandbox, {"at": "!", **BODY}, TEXT="{{at}}" + written)["text"]
    assert text.replace(ZERO_WIDTH, "") == f"!{gives}"


@pytest.mark.parametrize(
    ("text", "link", "gives"),
    [
        ("[{{a}}] b", "https://example.com/{{id | url}}", "[A](https://example.com/x%2Fy) b"),
        ("b [{{a}} c]", "{{no}}", "b *A c*"),
        ("[{{no}}] {{a}}", "https://example.com/", "A · [open](https://example.com/)"),
        ("{{a}}", "https://example.com/", "A · [open](https://example.com/)"),
        ("{{a}}", "javascript:alert(1)", "A"),
        ("[here](https://example.com/) {{a}}", "", "[here](https://example.com/) A"),
        ("{{ a|or 'x' }}", "", "A"),
        ("{{a | or '}} | [x]'}}{{no | or '}} | (x)'}}", "", "A}} | (x)"),
        ("{{a | constructor}}{{__proto__}}{{constructor.name}}{{a.length}}", "", "A"),
        ("{{a {{a}} }}", "", "{{a A }}"),
        ("{{a | shout}} {{a |}} {{}}{{|}}", "", "A A"),
        ("{{b | wrap '(' ')'}}{{a}}", "", "A"),
        ("{{n | number 99}}", "", "7.5000000000"),
        ("{{n | number 'x'}} {{a | number}} {{a | date}} {{n | date}}", "", "7.5 A A 7.5"),
        ("{{list[].v | number 1 | join ' / '}}", "", "1.0 / x / 3.0"),
        ("{{list[5].v}}{{list.v}}{{list[].w}}{{a[]}}{{a}}", "", "A"),
        ("{{list[].v | join ' ' 'x'}} {{list | count | json 'x'}}", "", "1 x 3 `4`"),
        ("{{list | json 12}}", "", '`[{"v":1},{"…`'),
        ("{{d | date}}", "", "2026-03-02 08:15 UTC"),
    ],
)
def test_text_and_link(sandbox: Bench, text: str, link: str, gives: str) -> None:
    body = {
        "a": "A",
        "id": "x/y",
        "n": 7.5,
        "list": [{"v": 1}, {"v": "x"}, {"v": None}, {"v": "3"}],
        "d": "Mon, 02 Mar 2026 09:15:00 +0100",
    }
    assert message(sandbox, body, TEXT=text, LINK=link)["text"] == gives


def test_lines_rows_and_fields_are_there_if_they_have_a_value(sandbox: Bench) -> None:
    shown = message(
        sandbox,
        TEXT="{{alert.state}}",
        DETAILS="{{alert.owner}}\nOwner: {{alert.owner | or 'nobody'}}\nas it is",
        ROWS={"of": "items", "text": "{{name}} of {{$.alert.state}}", "most": 2},
        FIELDS={"Owner": "{{alert.owner}}", "Who": "{{alert.owner | or 'nobody'}}", "On": "{{on}}"},
        COLOR={"by": "alert.state", "values": {"ok": "green", "FIRING": "#123456"}, "otherwise": "blue"},
    )
    assert shown["below"] == {
        "text": "Owner: nobody\nas it is\na of firing\nb of firing\nand 1 more",
        "color": "#123456",
        "fields": [
            {"title": "Who", "value": "nobody", "short": True},
            {"title": "On", "value": "true", "short": True},
        ],
    }


def test_rows_of_plain_values(sandbox: Bench) -> None:
    shown = message(sandbox, TEXT="{{on}}", ROWS={"of": "tags[]", "text": "- {{.}}", "most": 9})
    assert shown["below"]["text"] == "- x\n- y"


@pytest.mark.parametrize(
    ("when", "skips"),
    [
        ({"alert.state": ["pending", "FIRING"]}, True),
        ({"alert.state": ["pending"]}, False),
        ({"alert.owner": [""]}, True),
        ({"alert.state": [""]}, False),
        ({"tags[]": ["y"]}, True),
        ({"tags | count": [2]}, True),
        ({"on": [True]}, True),
        ({"$headers.x-event": ["deploy"]}, True),
        ({"$query.room": ["dev"], "who": ["x"]}, False),
    ],
)
def test_skipping(sandbox: Bench, when: dict[str, list[Any]], skips: bool) -> None:
    content = said(sandbox, TEXT="{{alert.state}}", SKIP_WHEN=when)
    assert isinstance(content, Nothing if skips else Content)


def test_a_call_that_does_not_fit_shows_itself(sandbox: Bench) -> None:
    shown = message(sandbox, {"temperature": 21.4, "door": None}, TEXT="{{alert.name | or 'Alert'}}")
    assert shown["below"]["text"] == '```\n{\n "temperature": 21.4\n}\n```'


def test_values_are_no_templates(sandbox: Bench) -> None:
    body = {"a": "{{b | raw}} [x]", "b": "*secret*"}
    assert message(sandbox, body, TEXT="{{a}}")["text"] == "{{b | raw}} (x)"


def test_the_example_of_the_readme(sandbox: Bench) -> None:
    example = re.search(r"^For `(\{.*\})`:\n\n```js\n(.*?)```", TEMPLATE.readme, re.DOTALL | re.MULTILINE)
    assert example
    script = TEMPLATE.script
    for name, line in re.findall(r"^(const \w+) = (.*;)$", example[2], re.MULTILINE):
        script = replaced(script, name, line)
    body = {**json.loads(example[1]), "log": "https://example.com/log"}
    ran = sandbox.once(script, incoming_argument(request_of({"request": {"body": body}})))
    content = read_incoming(ran.value)
    assert isinstance(content, Content)
    assert draft(content.content).text == "[shop 1.4.2](https://example.com/log) was deployed by *anna*"
