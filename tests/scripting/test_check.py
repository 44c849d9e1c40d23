"""The static pass of the upgrade check, and scripts mended."""

from __future__ import annotations

import pytest
from tests.scripting.sandboxes import Bench

from hookroom.scripting.model import Finding, Mended, ScriptFailed

GITLAB = """\
/* Posts merge requests. */
const COLORS = Object.freeze({ open: '#00f' });

class Script {
  process_incoming_request({ request }) {
    data = request.content;
    for (i = 0; i < data.labels.length; i++) {
      names = data.labels[i].title;
    }
    data.labels.forEach(function (label) {
      this.last = label;
    });
    COLORS.merged = '#0f0';
    return { content: { text: `${title}: ${names}` } };
    const title = data.title;
  }
}
"""

Seen = tuple[str, str, int, int]


def check(sandbox: Bench, source: str) -> list[Finding]:
    return list(sandbox.runner.run(sandbox.sandbox.check(source)))


def seen(sandbox: Bench, source: str) -> list[Seen]:
    return [(each.rule, each.severity, each.line, each.column) for each in check(sandbox, source)]


def mend(sandbox: Bench, source: str) -> Mended | None:
    return sandbox.runner.run(sandbox.sandbox.mend(source))


def test_findings_are_told_in_the_order_of_their_places(sandbox: Bench) -> None:
    assert seen(sandbox, GITLAB) == [
        ("undeclared-assignment", "breaks", 6, 4),
        ("undeclared-assignment", "breaks", 7, 9),
        ("undeclared-assignment", "breaks", 8, 6),
        ("this", "breaks", 11, 6),
        ("bad-write", "breaks", 13, 4),
        ("used-before-declaration", "breaks", 14, 33),
    ]


def test_findings_name_names_and_say_what_happens(sandbox: Bench) -> None:
    first, *_, last = check(sandbox, GITLAB)
    assert list(first.names) == ["data"]
    assert first.message == "`data` is assigned but not declared: natively that is a ReferenceError"
    assert list(last.names) == ["title"]


def test_columns_count_utf16_units(sandbox: Bench) -> None:
    assert seen(sandbox, "class Script { a() { '😀'; x = 1; } }") == [
        ("undeclared-assignment", "breaks", 1, 27)
    ]


def test_a_name_that_other_code_may_have_made_is_no_certain_error(sandbox: Bench) -> None:
    script = "function init() { cache = {}; }\nclass Script { a() { cache = { b: 1 }; } }"
    assert seen(sandbox, script) == [("undeclared-assignment", "differs", 2, 21)]


def test_all_that_babel_refuses_is_told_at_once(sandbox: Bench) -> None:
    script = "var a = 010;\nfunction f(b, b) { delete a; }\nwith (a) {}\nclass Script {}"
    assert seen(sandbox, script) == [
        ("octal", "differs", 1, 8),
        ("duplicate-parameter", "differs", 2, 14),
        ("delete-name", "differs", 2, 19),
        ("with", "differs", 3, 0),
    ]


@pytest.mark.parametrize(
    ("script", "note"),
    [
        ("class Script { a( { }", ("syntax", "note", 1, 21)),
        ("class Script { a() { list.each(function () { this.b(); }); } }", ("this", "note", 1, 45)),
        ("class Script { a(b) { eval(b); } }", ("eval", "note", 1, 22)),
    ],
)
def test_what_cannot_be_known_is_a_note(sandbox: Bench, script: str, note: Seen) -> None:
    assert seen(sandbox, script) == [note]


@pytest.mark.parametrize("script", ["", "// nothing\n", "class Script {}", "\ufeff/* x */"])
def test_nothing_is_found_in_nothing(sandbox: Bench, script: str) -> None:
    assert check(sandbox, script) == []
    assert mend(sandbox, script) is None


def test_findings_are_bounded(sandbox: Bench) -> None:
    body = "".join(f"x{number} = 1;\n" for number in range(1000))
    assert len(check(sandbox, f"class Script {{ a() {{ {body} }} }}")) == 200


@pytest.mark.alone
@pytest.mark.parametrize(
    "script",
    [
        # Each would cost more than its length squared to a pass that follows everything.
        "".join(f"function f{n}() {{ f{n + 1}(); f{n + 2}(); return x{n}; }}\n" for n in range(600))
        + "f0();\n"
        + "".join(f"const x{n} = 1;\n" for n in range(600)),
        "class Script { a() { " + "var a = b, b = a;" * 3000 + " } }",
        "class Script { a() { const a0 = {}; "
        + "".join(f"const a{n + 1} = a{n};" for n in range(2000))
        + "a2000.x = 1; } }",
        "class Script { a() { " + "(function () { return " * 30 + "this" + "; })()" * 30 + " } }",
        "class Script { a() { "
        + "".join(f"function f{n}(g) {{ f{(n * 7) % 400}(g); f{(n * 3) % 400}(g); }}" for n in range(400))
        + "f1(function () { return this.x; }); } }",
    ],
    ids=["calls", "redeclared", "chain", "nested", "callbacks"],
)
def test_no_script_takes_long(sandbox: Bench, script: str) -> None:
    # The sandbox stops what takes longer than it may, which would be a `ScriptFailed`.
    check(sandbox, script)


def test_what_is_nested_too_deeply_is_an_error(sandbox: Bench) -> None:
    with pytest.raises(ScriptFailed) as failed:
        check(sandbox, "(" * 100_000)
    assert failed.value.kind == "crash"
    assert check(sandbox, "class Script {}") == []


def test_a_mended_script_keeps_its_lines(sandbox: Bench) -> None:
    mended = mend(sandbox, GITLAB)
    assert mended is not None
    assert mended.declared == ["data", "i", "names"]
    assert mended.source == "var data, i, names; " + GITLAB
    assert [each.rule for each in check(sandbox, mended.source)] == [
        "this",
        "bad-write",
        "used-before-declaration",
    ]
    assert mend(sandbox, mended.source) is None


def test_names_that_need_nothing_are_not_declared(sandbox: Bench) -> None:
    script = "made = 1;\nclass Script { a() { made = 2; b = 3; let c; c = 4; d += 5; console = 6; } }"
    mended = mend(sandbox, script)
    assert mended is not None
    assert mended.declared == ["b"]


@pytest.mark.parametrize(
    "script",
    [
        "#!/usr/bin/node\nclass Script { a() { b = 1; } }",
        "with (x) {}\nclass Script { a() { b = 1; } }",
        "class {",
    ],
)
def test_what_is_not_read_in_both_modes_is_not_mended(sandbox: Bench, script: str) -> None:
    assert mend(sandbox, script) is None
