"""From places in compiled code to places in the script."""

from __future__ import annotations

import time
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.source_map import (
    MAX_MAPPINGS,
    MAX_STACK,
    BrokenMap,
    Frame,
    Original,
    Places,
    SourceMap,
    Stack,
    mapped_stack,
    parse_frame,
    split_map,
    with_map,
)

# What Babel 7.29 makes of a script, with the options of guest/compile.js.
SOURCE = """\
const pick = ({ user }) =>
  user?.name;

var found = pick({ user: null }) ?? missing.text;
"""
CODE = (
    '"use strict";var _pick;var pick=function pick(_ref){var user=_ref.user;return user===null||user===void 0'
    "?void 0:user.name};var found=(_pick=pick({user:null}))!==null&&_pick!==void 0?_pick:missing.text;"
)
COMPILED = SourceMap(
    "uBAAA,GAAM,CAAAA,IAAI,CAAG,QAAP,CAAAA,IAAIA,CAAAC,IAAA,KAAM,CAAAC,IAAI,CAAAD,IAAA,CAAJC,IAAI,OAClB,CAAAA,IAAI,SAAJA,IAAI,iBAAJA,IAAI,CAAEC,"
    "IAAI,EAEZ,GAAI,CAAAC,KAAK,EAAAC,KAAA,CAAGL,IAAI,CAAC,CAAEE,IAAI,CAAE,IAAK,CAAC,CAAC,UAAAG,KAAA,UAAAA,KAAA,CAAIC,OAAO,CAACC,IAAI",
    ("pick", "_ref", "user", "name", "found", "_pick", "missing", "text"),
)


def column_of(text: str, line: str) -> int:
    return line.index(text) + 1


@pytest.mark.parametrize(
    ("generated", "line", "original", "name"),
    [
        ("var pick", 1, "const pick", None),
        ("user.name", 2, "user", "user"),
        ("name}", 2, "name", "name"),
        ("found=", 4, "found", "found"),
        ("missing", 4, "missing", "missing"),
        ("text;", 4, "text", "text"),
    ],
)
def test_finds_what_babel_moved(generated: str, line: int, original: str, name: str | None) -> None:
    column = column_of(original, SOURCE.splitlines()[line - 1])
    assert Places(COMPILED).original(1, column_of(generated, CODE)) == Original(line, column, name)


def test_code_that_babel_added_comes_from_nowhere() -> None:
    assert Places(COMPILED).original(1, column_of("var _pick", CODE)) is None
    assert Places(COMPILED).original(2, 1) is None
    assert Places(COMPILED).original(0, 1) is None


def vlq(number: int) -> str:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    rest = -number << 1 | 1 if number < 0 else number << 1
    text = ""
    while True:
        rest, digit = rest >> 5, rest & 31
        text += digits[digit | 32 if rest else digit]
        if not rest:
            return text


Segment = tuple[int, tuple[int, int, int | None] | None]


@st.composite
def lines(draw: st.DrawFn) -> list[list[Segment]]:
    """Segments by generated line: the column, and the line, column and index of the name it comes from."""
    origin = st.tuples(st.integers(0, 2**20), st.integers(0, 2**20), st.none() | st.integers(0, 9))
    line = st.dictionaries(st.integers(0, 2**20), st.none() | origin, max_size=6)
    return [sorted(one.items()) for one in draw(st.lists(line, max_size=5))]


def encoded(lines: list[list[Segment]]) -> str:
    before = (0, 0, 0)
    written = []
    for line in lines:
        at, segments = 0, []
        for column, origin in line:
            text = vlq(column - at)
            at = column
            if origin is not None:
                name = before[2] if origin[2] is None else origin[2]
                text += "A" + vlq(origin[0] - before[0]) + vlq(origin[1] - before[1])
                text += "" if origin[2] is None else vlq(name - before[2])
                before = (origin[0], origin[1], name)
            segments.append(text)
        written.append(",".join(segments))
    return ";".join(written)


@given(lines(), st.integers(0, 6), st.integers(0, 2**20))
def test_a_place_is_that_of_the_segment_before(lines: list[list[Segment]], line: int, column: int) -> None:
    names = [f"name{index}" for index in range(10)]
    found = Places(SourceMap(encoded(lines), names)).original(line, column)
    before = [origin for at, origin in (lines[line - 1] if 0 < line <= len(lines) else []) if at < column]
    if not before or (origin := before[-1]) is None:
        assert found is None
    else:
        name = None if origin[2] is None else names[origin[2]]
        assert found == Original(origin[0] + 1, origin[1] + 1, name)


@pytest.mark.parametrize(
    "mappings",
    ["A!", "AA", "g", "AAAAAA", "ACAA", "AAAD", "AAAAK", "C,D", "ggggggggggggggggggggggggC", "D", "é"],
)
def test_broken_mappings_are_refused(mappings: str) -> None:
    with pytest.raises(BrokenMap):
        Places(SourceMap(mappings, ("a",)))


@given(st.text("ABCDghk,;!", max_size=40))
def test_any_mappings_are_read_or_refused(mappings: str) -> None:
    try:
        places = Places(SourceMap(mappings, ("a",)))
    except BrokenMap:
        return
    places.original(1, 1)


@given(st.text(), st.text("abcXYZ,;"), st.lists(st.text(max_size=5), max_size=3))
def test_the_map_is_kept_with_the_code(code: str, mappings: str, names: list[str]) -> None:
    assert split_map(with_map(code, mappings, names)) == (code, SourceMap(mappings, tuple(names)))


@given(st.text())
def test_code_without_a_map_is_left_alone(code: str) -> None:
    assert split_map(code) == (code, None)


@pytest.mark.parametrize(
    "map_of_another",
    [
        b64encode(b'{"version":3,"sources":["hook.ts"],"names":[],"mappings":"AAAA"}').decode(),
        b64encode(b'{"version":4,"sources":["script"],"names":[],"mappings":"AAAA"}').decode(),
        b64encode(b'{"version":3,"sources":["script"],"names":[1],"mappings":"AAAA"}').decode(),
        b64encode(b"[]").decode(),
        b64encode(b"\xff{").decode(),
        "not base64!",
        "é",
        "",
    ],
)
def test_a_map_that_is_not_ours_stays_part_of_the_code(map_of_another: str) -> None:
    script = "class Script {}\n//# sourceMappingURL=data:application/json;base64," + map_of_another
    assert split_map(script) == (script, None)


STACK = """\
    at pick (hookroom-script:1:118)
    at map (native)
    at <eval> (hookroom-script:1:190)
    at evaluate (native)
    at <anonymous> (hookroom:runtime/call:7:3)
"""


def test_a_stack_is_told_in_the_users_places() -> None:
    read = mapped_stack(STACK, COMPILED, generated="hookroom-script", display="deploys")
    assert read == Stack(
        "    at pick (deploys:2:7)\n    at map (native)\n    at <eval> (deploys:4:37)",
        line=2,
        column=7,
    )


def test_a_stack_of_a_script_that_is_not_compiled() -> None:
    stack = "    at f (code:1:8)\n    at g (code:12:3)\n    at code:1:1\n"
    read = mapped_stack(stack, None, generated="code", display="script")
    assert read == Stack("    at f (script:1:7)\n    at g (script:12:3)\n    at script:1:1", line=1, column=7)


def test_what_babel_made_is_not_shown() -> None:
    stack = "    at _classCallCheck (code:1:20)\n    at _callee$ (code:1:190)\n"
    read = mapped_stack(stack, COMPILED, generated="code", display="script")
    assert read == Stack("    at script:4:37", line=4, column=37)


def test_a_broken_map_leaves_the_places_in_the_code() -> None:
    read = mapped_stack("    at f (code:1:8)", SourceMap("!"), generated="code", display="script")
    assert read == Stack("    at f (script:1:7)", line=1, column=7)


def test_a_stack_that_a_script_made_up_is_bounded() -> None:
    read = mapped_stack("x" * 10 * MAX_STACK, None, generated="code", display="script")
    assert read == Stack("x" * MAX_STACK)


def test_a_map_that_its_author_made_up_costs_little() -> None:
    """A script that was not compiled may end in one, and throw at every call."""
    stack = "    at f (x:1:1)"
    large = SourceMap("AAAA;" * (MAX_MAPPINGS // 5 + 1))
    assert mapped_stack(stack, large, generated="x", display="script").text == "    at f (script:1:1)"
    most = SourceMap("AAAA;" * (MAX_MAPPINGS // 5))
    mapped_stack(stack, most, generated="x", display="script")
    started = time.perf_counter()
    assert mapped_stack(stack, most, generated="x", display="script").text == "    at f (script:1:1)"
    assert time.perf_counter() - started < 0.05


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("    at f (script.js:2:20)", Frame("f", "script.js", 2, 20)),
        ("    at get a (b (hookroom:x/y z:2:20)", Frame("get a (b", "hookroom:x/y z", 2, 20)),
        ("    at map (native)", Frame("map", "native")),
        ("    at script.js:2:6", Frame("", "script.js", 2, 6)),
        ("    at [Symbol.replace] (native)", Frame("[Symbol.replace]", "native")),
        ("    at <input>:1:2", Frame("", "<input>", 1, 2)),
        ("    at f (script.js:2:x)", Frame("f", "script.js:2:x")),
        ("    at somewhere", None),
        ("    at odd)", None),
        ("Error: no frame (a:1:2)", None),
        ("", None),
    ],
)
def test_frames(text: str, frame: Frame | None) -> None:
    assert parse_frame(text) == frame
    assert frame is None or str(frame) == text


@given(st.text("at (:)0123456789\nx<>", max_size=80))
def test_any_stack_is_read(stack: str) -> None:
    read = mapped_stack(stack, COMPILED, generated="x", display="script")
    assert (read.line is None) == (read.column is None)
