"""The validator against the contract's cases, and its own promises."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contract.cases import Case, cases

from hookroom.errors import InvalidParams, Refused
from hookroom.rest import bodies
from hookroom.rest.schemas.integrations import SCHEMAS
from hookroom.rest.validation import Schema

CASES: dict[str, list[Case]] = defaultdict(list)
for _case in cases():
    CASES[_case.endpoint].append(_case)


def outcome(schema: Schema, value: Any, *, fully: bool = False) -> str:
    """What the schema answers, as JSON: ``1`` and ``true`` and ``1.0`` are told apart."""
    try:
        return json.dumps((schema.check_fully if fully else schema.check)(value), sort_keys=True)
    except InvalidParams as refused:
        return str(refused)


# The contract


def test_the_contract_has_all_its_cases() -> None:
    assert sum(map(len, CASES.values())) == 2162
    assert CASES.keys() == SCHEMAS.keys()


@pytest.mark.parametrize("endpoint", SCHEMAS)
@pytest.mark.parametrize("fully", [False, True], ids=["quick", "full"])
def test_an_endpoint_answers_as_the_contract_says(endpoint: str, fully: bool) -> None:
    wrong = []
    for case in CASES[endpoint]:
        expected = case.error or json.dumps(case.coerced, sort_keys=True)
        if (got := outcome(SCHEMAS[endpoint], case.input, fully=fully)) != expected:
            wrong.append(f"{case.name}\n  expected {expected}\n  got      {got}")
    assert not wrong, "\n".join(wrong)


OUTGOING: dict[str, Any] = {
    "type": "webhook-outgoing",
    "name": "Notify",
    "enabled": True,
    "username": "rocket.cat",
    "channel": "#general",
    "event": "sendMessage",
    "scriptEnabled": False,
}


@pytest.mark.parametrize("endpoint", ["POST /api/v1/integrations.create", "PUT /api/v1/integrations.update"])
@pytest.mark.parametrize(
    "more", [{"triggerWords": "!a, !b"}, {"targetChannel": "#ops"}, {"triggerWords": ""}]
)
def test_what_the_published_page_shows_is_taken_as_it_is(endpoint: str, more: dict[str, Any]) -> None:
    assert SCHEMAS[endpoint].check(OUTGOING | more) == OUTGOING | more


@pytest.mark.parametrize("words", ["a", ["a", "b"]])
def test_a_subscription_takes_words_as_a_string_or_a_list(words: Any) -> None:
    body = {
        "event": "newMessageOnChannel",
        "name": "z",
        "target_url": "http://x",
        "data": {"trigger_words": words},
    }
    assert SCHEMAS["POST /hooks/add"].check(body) == body


# AJV, keyword by keyword. Each row was also put to AJV 8 itself, with coerceTypes.

OK = None
ONE_OF = "must match exactly one schema in oneOf"
ANY_OF = "must match a schema in anyOf"
STRING_THEN_NUMBER = {"oneOf": [{"type": "string", "minLength": 9}, {"type": "number"}]}

AJV: list[tuple[dict[str, Any], Any, Any, list[str] | None]] = [
    # schema, value, coerced, errors
    ({"type": "string"}, None, "", OK),
    ({"type": "string"}, 1e21, "1e+21", OK),
    ({"type": "string"}, 1.0, "1", OK),
    ({"type": "string"}, 1e-7, "1e-7", OK),
    ({"type": "string"}, [], None, ["must be string"]),
    ({"type": "string", "nullable": True}, None, None, OK),
    ({"type": "string", "nullable": True}, 0, "0", OK),
    ({"type": "boolean"}, "false", False, OK),
    ({"type": "boolean"}, 1, True, OK),
    ({"type": "boolean"}, None, False, OK),
    ({"type": "boolean"}, "", None, ["must be boolean"]),
    ({"type": "boolean", "nullable": True}, "", None, OK),
    ({"type": "boolean"}, 2, None, ["must be boolean"]),
    ({"type": "number"}, "0x1F", 31, OK),
    ({"type": "number"}, " 1.5e1\t", 15, OK),
    ({"type": "number"}, " ", 0, OK),
    ({"type": "number"}, "", None, ["must be number"]),
    ({"type": "number"}, "1_0", None, ["must be number"]),
    ({"type": "number"}, True, 1, OK),
    ({"type": "integer"}, "1.0", 1, OK),
    ({"type": "integer"}, 1.5, None, ["must be integer"]),
    ({"type": "null"}, False, None, OK),
    ({"type": "null"}, "a", None, ["must be null"]),
    ({"type": "array"}, "a", None, ["must be array"]),
    ({"type": "object"}, None, None, ["must be object"]),
    ({"type": ["number", "boolean"]}, "x", None, ["must be number,boolean"]),
    ({"type": ["number", "boolean"], "nullable": True}, "x", None, ["must be number,boolean,null"]),
    ({"type": ["boolean", "number"]}, "1", 1, OK),
    ({"type": "number", "maximum": 5}, "6", None, ["must be <= 5"]),
    ({"type": "number", "minimum": 0.5}, "0", None, ["must be >= 0.5"]),
    ({"type": "number", "exclusiveMaximum": 5}, 5, None, ["must be < 5"]),
    ({"type": "number", "exclusiveMinimum": 5}, 5, None, ["must be > 5"]),
    ({"type": "string", "maxLength": 2}, 100, None, ["must NOT have more than 2 characters"]),
    ({"type": "string", "minLength": 2}, "😀", None, ["must NOT have fewer than 2 characters"]),
    ({"type": "string", "pattern": "^a.$"}, "a\n", None, ['must match pattern "^a.$"']),
    ({"type": "string", "pattern": "b$"}, "b\n", None, ['must match pattern "b$"']),
    ({"type": "string", "pattern": "^\\d+$"}, "٣", None, ['must match pattern "^\\d+$"']),
    ({"type": "string", "pattern": "^\\S$"}, "\ufeff", None, ['must match pattern "^\\S$"']),
    (
        {"type": "string", "format": "date-time"},
        "2026-13-01T00:00:00Z",
        None,
        ['must match format "date-time"'],
    ),
    (
        {"type": "string", "format": "date-time"},
        "2026-01-02T03:04:05.678+01:00",
        "2026-01-02T03:04:05.678+01:00",
        OK,
    ),
    ({"type": "string", "enum": ["1", "a"]}, 1, "1", OK),
    ({"enum": [1, "a"]}, True, None, ["must be equal to one of the allowed values"]),
    ({"const": 1}, "1", None, ["must be equal to constant"]),
    ({"type": "array", "maxItems": 1}, [1, 2], None, ["must NOT have more than 1 items"]),
    ({"type": "array", "minItems": 1}, [], None, ["must NOT have fewer than 1 items"]),
    ({"type": "array", "items": {"type": "string"}}, [1, None], ["1", ""], OK),
    (
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        [1, 2, "1", "2"],
        None,
        ["must NOT have duplicate items (items ## 3 and 1 are identical)"],
    ),
    (
        {"type": "array", "uniqueItems": True},
        [{"a": 1}, [], {"a": 1.0}, []],
        None,
        ["must NOT have duplicate items (items ## 1 and 3 are identical)"],
    ),
    ({"type": "array", "uniqueItems": True}, [1, True, "1", [True], [1]], [1, True, "1", [True], [1]], OK),
    ({"type": "object", "required": ["a", "b"]}, {"a": 1}, None, ["must have required property 'b'"]),
    (
        {"type": "object", "properties": {"a": {}}, "additionalProperties": False, "required": ["a"]},
        {"b": 1},
        None,
        ["must have required property 'a'"],
    ),
    (
        {"type": "object", "properties": {"a": {"type": "null"}}, "additionalProperties": False},
        {"a": 1, "b": 1},
        None,
        ["must NOT have additional properties"],
    ),
    ({"type": "object", "additionalProperties": {"type": "string"}}, {"a": 1}, {"a": "1"}, OK),
    # The schema's order of properties counts, not the value's.
    (
        {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "boolean"}}},
        {"b": "x", "a": "x"},
        None,
        ["must be number"],
    ),
    # A lone object is checked after the branches; a wrong type in a branch does not hide the general keywords.
    (
        {"type": "object", "required": ["a"], "anyOf": [{"type": "array"}]},
        "x",
        None,
        ["must be array", ANY_OF],
    ),
    (
        {"anyOf": [{"type": "number", "enum": [1]}, {"type": "array"}]},
        "x",
        None,
        ["must be number", "must be equal to one of the allowed values", "must be array", ANY_OF],
    ),
    # A failed branch leaves its coercion behind, and so does one after the valid one.
    (STRING_THEN_NUMBER, 5, 5, OK),
    ({"oneOf": [{"type": "string", "minLength": 9}, {}]}, 5, "5", OK),
    ({"oneOf": [{"type": "number"}, {"type": "string", "minLength": 9}]}, 5, "5", OK),
    ({"oneOf": [{"type": "number"}, {"type": "string"}]}, 5, None, [ONE_OF]),
    ({"oneOf": [{"type": "number"}, {}, {"type": "array"}]}, 5, None, [ONE_OF]),
    ({"oneOf": [{"type": "array"}, {}, {"type": "string"}]}, "a", None, ["must be array", ONE_OF]),
    ({"anyOf": [{"type": "array"}, {"type": "string"}, {"type": "number"}]}, 5, "5", OK),
    (
        {"type": "object", "properties": {"a": {"oneOf": [{"type": "array"}, STRING_THEN_NUMBER]}}},
        {"a": "x"},
        None,
        ["must be array", "must NOT have fewer than 9 characters", "must be number", ONE_OF, ONE_OF],
    ),
]


@pytest.mark.parametrize(("schema", "value", "coerced", "errors"), AJV)
def test_a_keyword_does_what_ajv_does(
    schema: dict[str, Any], value: Any, coerced: Any, errors: list[str] | None
) -> None:
    expected = str(InvalidParams(errors)) if errors else json.dumps(coerced, sort_keys=True)
    assert outcome(Schema(schema), value) == expected
    assert outcome(Schema(schema), value, fully=True) == expected


@pytest.mark.parametrize(
    "value", ["Infinity", "-Infinity", "1e999", "9" * 400, "NaN", float("inf"), float("nan")]
)
def test_nothing_becomes_a_number_that_json_cannot_carry(value: Any) -> None:
    assert outcome(Schema({"type": "number"}), value) == "must be number [invalid-params]"


def test_whole_numbers_keep_their_digits() -> None:
    assert Schema({"type": "string"}).check(12345678901234567890) == "12345678901234567890"


def test_a_number_without_end_has_no_text() -> None:
    assert outcome(Schema({"type": "string"}), 10**5000) == "must be string [invalid-params]"


def test_also_takes_a_type_as_it_is() -> None:
    schema = Schema({"type": "array", "items": {"type": "string"}, "nullable": True, "also": ["string"]})
    assert [schema.check(value) for value in ("a,b", "", [1], None, 0)] == ["a,b", "", ["1"], None, None]
    assert outcome(schema, 1) == "must be array [invalid-params]"


@pytest.mark.parametrize(
    "schema",
    [
        {"minLenght": 1},
        {"type": "text"},
        {"type": []},
        {"nullable": True},
        {"type": "string", "format": "colour"},
        {"type": "string", "pattern": "[\\s]"},
        {"properties": {"a": {"default": 1}}},
        {"oneOf": [{"$ref": "#"}]},
    ],
)
def test_what_a_schema_cannot_say_is_refused_at_once(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Schema(schema)


def test_deep_nesting_is_refused() -> None:
    deep: Any = "end"
    for _ in range(100_000):
        deep = {"a": [deep]}
    schema = Schema({"type": "object", "properties": {"b": {"type": "string"}}})
    assert outcome(schema, {"a": deep, "b": 1}) == "must not be nested so deeply [invalid-params]"


# Properties

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
odd_values: st.SearchStrategy[Any] = st.sampled_from(
    [
        "",
        "0",
        "true",
        "false",
        " ",
        "12",
        0,
        1,
        -2.5,
        None,
        True,
        False,
        [],
        {},
        "9" * 30,
        [1],
        [""],
        {"a": 1},
    ]
)


@st.composite
def near_bodies(draw: st.DrawFn) -> tuple[str, Any]:
    """An endpoint and a valid input of it with some fields changed: most arbitrary JSON fails at the first."""
    endpoint = draw(st.sampled_from(sorted(SCHEMAS)))
    case = draw(st.sampled_from([case for case in CASES[endpoint] if case.valid]))
    changed = draw(st.dictionaries(st.sampled_from(sorted(case.input) or ["count"]), odd_values, max_size=4))
    return endpoint, case.input | changed


@given(near=near_bodies())
def test_a_check_is_idempotent_and_leaves_its_input_alone(near: tuple[str, Any]) -> None:
    endpoint, value = near
    before = json.dumps(value)
    try:
        checked = SCHEMAS[endpoint].check(value)
    except InvalidParams:
        checked = None
    assert json.dumps(value) == before
    if checked is not None:
        assert json.dumps(SCHEMAS[endpoint].check(checked)) == json.dumps(checked)


@given(value=json_values)
def test_a_check_raises_nothing_but_invalid_params(value: Any) -> None:
    before = json.dumps(value)
    for schema in SCHEMAS.values():
        outcome(schema, value)
        outcome(schema, OUTGOING | {"urls": value})
    assert json.dumps(value) == before


names = st.sampled_from(["a", "b", "c"])
type_names = st.sampled_from(["string", "number", "integer", "boolean", "null", "array", "object"])
sizes = st.integers(0, 3)


def subschemas(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas of the supported keywords around ``inner`` ones."""
    return st.fixed_dictionaries(
        {"type": type_names | st.lists(type_names, min_size=1, max_size=3, unique=True)},
        optional={
            "nullable": st.booleans(),
            "also": st.lists(type_names, max_size=1),
            "minLength": sizes,
            "pattern": st.sampled_from(["^[a-z]*$", "\\d", "^.$", "^\\S+$"]),
            "maximum": sizes,
            "exclusiveMinimum": sizes,
            "enum": st.lists(st.sampled_from([0, 1.0, True, "1", None, ""]), min_size=1, max_size=3),
            "maxItems": sizes,
            "uniqueItems": st.booleans(),
            "items": inner,
            "required": st.lists(names, max_size=2, unique=True),
            "properties": st.dictionaries(names, inner, max_size=3),
            "additionalProperties": st.booleans() | inner,
            "oneOf": st.lists(inner, min_size=1, max_size=3),
            "anyOf": st.lists(inner, min_size=1, max_size=3),
        },
    )


schemas = st.recursive(st.fixed_dictionaries({"type": type_names}), subschemas, max_leaves=8)
small_values = st.recursive(
    odd_values | st.text("a1 \n", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@given(schema=schemas, values=st.lists(small_values, min_size=1, max_size=8))
def test_the_quick_way_agrees_with_the_full_one(schema: dict[str, Any], values: list[Any]) -> None:
    built = Schema(schema)
    for value in values:
        assert outcome(built, value) == outcome(built, value, fully=True)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"n":57.0}', 57),
        (b'{"n":5.7e1}', 57),
        (b'{"n":-0.0}', 0),
        (b'{"n":57.5}', 57.5),
        (b'{"n":1e300}', 1e300),
        (b'{"n":57}', 57),
    ],
)
def test_a_whole_number_is_one_however_it_is_written(body: bytes, value: float) -> None:
    read = bodies.decode("application/json", body)["n"]

    assert read == value
    assert type(read) is type(value)


def test_a_number_that_is_too_great_is_none() -> None:
    with pytest.raises(Refused) as refused:
        bodies.decode("application/json", b'{"n":1e400}')

    assert refused.value.code == "error-invalid-json"
