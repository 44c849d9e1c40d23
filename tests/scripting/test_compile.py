"""Errors of scripts are told in places of the user's source, in both modes."""

from __future__ import annotations

import pytest
from tests.scripting.sandboxes import Bench

from hookroom.rules.source_map import parse_frame
from hookroom.scripting.model import CompileError, ScriptFailed

SCRIPT = """\
const pick = ({ user }) => user.name;

class Script {
  process_incoming_request({ request }) {
    const names = request.content.users
      .map((one) => {
        return pick(one);
      });
    return { content: { text: names.join() } };
  }

  async prepare_outgoing_request({ request }) {
    await null;
    for (const [key, value] of Object.entries(request.params)) {
      request[key] = value.toUpperCase();
    }
    return request;
  }

  process_outgoing_response({ response: { content } }) {
    return JSON.parse(content);
  }
}
"""

BOTH = pytest.mark.parametrize("transpile", [True, False], ids=["transpiled", "native"])


def failure(sandbox: Bench, source: str, *, transpile: bool, **options: object) -> ScriptFailed:
    with pytest.raises(ScriptFailed) as failed:
        sandbox.once(source, transpile=transpile, **options)  # type: ignore[arg-type]
    return failed.value


def functions_and_lines(stack: str) -> list[tuple[str, int | None]]:
    frames = [frame for line in stack.splitlines() if (frame := parse_frame(line))]
    return [(frame.function, frame.line) for frame in frames]


@BOTH
def test_an_error_has_the_line_it_was_thrown_on(sandbox: Bench, transpile: bool) -> None:
    users: list[object] = [{}]
    error = failure(sandbox, SCRIPT, transpile=transpile, argument={"request": {"content": {"users": users}}})
    assert (error.kind, error.name, error.line) == ("throw", "TypeError", 1)
    frames = functions_and_lines(error.stack)
    assert [frames[0], frames[-1]] == [("pick", 1), ("process_incoming_request", 6)]
    assert [line for _, line in frames[:-1]] == [1, 7, None]
    assert "hookroom:" not in error.stack


@BOTH
def test_an_error_in_an_async_method_has_its_line(sandbox: Bench, transpile: bool) -> None:
    params = {"request": {"params": {"a": 1}}}
    error = failure(sandbox, SCRIPT, transpile=transpile, argument=params, method="prepare_outgoing_request")
    assert (error.name, error.line) == ("TypeError", 15)
    assert "_callee" not in error.stack
    assert "asyncGeneratorStep" not in error.stack


@BOTH
def test_an_error_in_the_engines_own_code_has_the_line_of_its_call(sandbox: Bench, transpile: bool) -> None:
    argument = {"request": {}, "response": {"content": "{"}}
    error = failure(
        sandbox, SCRIPT, transpile=transpile, argument=argument, method="process_outgoing_response"
    )
    assert (error.name, error.line) == ("SyntaxError", 21)


@BOTH
def test_an_error_on_loading_has_its_line(sandbox: Bench, transpile: bool) -> None:
    error = failure(sandbox, "// a comment\n\nnothing.here;\nclass Script {}", transpile=transpile)
    assert (error.kind, error.name, error.line, error.column) == ("load", "ReferenceError", 3, 1)


@BOTH
def test_the_first_line_counts_from_its_first_character(sandbox: Bench, transpile: bool) -> None:
    error = failure(sandbox, "nothing; class Script {}", transpile=transpile)
    assert (error.line, error.column) == (1, 1)


def compile_error(sandbox: Bench, source: str, *, transpile: bool) -> CompileError:
    compiled = sandbox.runner.run(sandbox.sandbox.compile(source, transpile=transpile))
    assert compiled.code is None
    assert compiled.error is not None
    return compiled.error


def test_babels_message_keeps_its_drawing(sandbox: Bench) -> None:
    error = compile_error(sandbox, "class Script {\n  a( {\n}", transpile=True)
    assert (error.name, error.line, error.column) == ("SyntaxError", 3, 2)
    assert error.message == (
        'Unexpected token, expected "," (3:1)\n\n  1 | class Script {\n  2 |   a( {\n> 3 | }\n    |  ^'
    )
    assert error.stack == f"SyntaxError: {error.message}\n    at script:3:2"


@BOTH
@pytest.mark.parametrize(
    ("source", "line"),
    [("class Script {\n  a() { return 1 +; }\n}", 2), ("\nlet a;\nlet a;", 3), ("return 1;", 1)],
)
def test_what_is_no_javascript_is_refused(sandbox: Bench, transpile: bool, source: str, line: int) -> None:
    error = compile_error(sandbox, source, transpile=transpile)
    assert (error.name, error.line) == ("SyntaxError", line)
    assert error.message
    assert error.column is not None


@BOTH
@pytest.mark.parametrize("source", ["// nothing", "/* */", "'use strict';", " "])
def test_a_script_without_a_statement_compiles_to_something(
    sandbox: Bench, transpile: bool, source: str
) -> None:
    compiled = sandbox.runner.run(sandbox.sandbox.compile(source, transpile=transpile))
    assert compiled.error is None
    assert compiled.code


def test_a_map_that_a_script_brings_changes_nothing(sandbox: Bench) -> None:
    own = (
        "//# sourceMappingURL=data:application/json;base64,"
        "eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbImEudHMiXSwibmFtZXMiOltdLCJtYXBwaW5ncyI6IkFBVUEifQ=="
    )
    for transpile in (True, False):
        error = failure(sandbox, f"\nnothing.here;\nclass Script {{}}\n{own}", transpile=transpile)
        assert error.line == 2
