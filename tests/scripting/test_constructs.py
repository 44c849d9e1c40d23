"""Constructs that the two modes take differently: as in Node with the real Babel, and named by the static pass."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from tests.node import node
from tests.scripting.constructs import ARGUMENT, CONSTRUCTS, METHOD, Construct
from tests.scripting.sandboxes import Bench

from hookroom.rules.source_map import SourceMap, split_map
from hookroom.scripting import assets
from hookroom.scripting.model import Compiled, Finding, ScriptFailed

REFERENCE = Path(__file__).with_name("reference.cjs")

Answer = dict[str, Any]
"""``{"value": …}``, ``{}`` for undefined, or ``{"error": name}``."""


Answers = dict[str, dict[str, Any]]
"""By name of a construct: the answers ``transpiled`` and ``native``, and what is ``compiled``."""


@pytest.fixture(scope="session")
def answers() -> Answers:
    """What is true of each construct."""
    asked = [
        {"name": each.name, "source": each.source, "method": METHOD, "argument": ARGUMENT}
        for each in CONSTRUCTS
    ]
    done = subprocess.run(
        [node(), REFERENCE, assets.BABEL],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return dict(json.loads(done.stdout))


_compiled: dict[tuple[str, bool], Compiled] = {}


def compile_script(sandbox: Bench, source: str, *, transpile: bool) -> Compiled:
    """Once each: it takes a tenth of a second."""
    key = (source, transpile)
    if key not in _compiled:
        _compiled[key] = sandbox.runner.run(sandbox.sandbox.compile(source, transpile=transpile))
    return _compiled[key]


def ours(sandbox: Bench, source: str, *, transpile: bool) -> Answer:
    compiled = compile_script(sandbox, source, transpile=transpile)
    if compiled.code is None:
        assert compiled.error is not None
        return {"error": compiled.error.name}
    try:
        ran = sandbox.once(compiled.code, ARGUMENT, legacy=False)
    except ScriptFailed as failure:
        return {"error": failure.name}
    return {} if ran.value is UNSET else {"value": ran.value}


def test_no_two_constructs_share_a_name() -> None:
    assert len({construct.name for construct in CONSTRUCTS}) == len(CONSTRUCTS)
    assert sum(construct.rule is not None for construct in CONSTRUCTS) >= 40


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda each: each.name)
def test_both_modes_answer_as_node_and_babel_do(
    construct: Construct, answers: Answers, sandbox: Bench
) -> None:
    expected = answers[construct.name]
    assert (expected["transpiled"] != expected["native"]) == (construct.rule is not None), expected
    assert ours(sandbox, construct.source, transpile=True) == expected["transpiled"]
    assert ours(sandbox, construct.source, transpile=False) == expected["native"]


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda each: each.name)
def test_compiled_scripts_and_their_maps_are_babels(
    construct: Construct, answers: Answers, sandbox: Bench
) -> None:
    compiled = compile_script(sandbox, construct.source, transpile=True)
    expected = answers[construct.name]["compiled"]
    if expected is None:
        assert compiled.code is None
    else:
        assert compiled.code is not None
        code, source_map = split_map(compiled.code)
        assert code == expected["code"]
        assert source_map == SourceMap(expected["mappings"], tuple(expected["names"]))


def findings_of(sandbox: Bench, source: str) -> list[Finding]:
    return list(sandbox.runner.run(sandbox.sandbox.check(source)))


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda each: each.name)
def test_the_static_pass_names_what_differs(construct: Construct, sandbox: Bench) -> None:
    telling = {each.rule for each in findings_of(sandbox, construct.source) if each.severity != "note"}
    assert telling == ({construct.rule} if construct.rule else set())


@pytest.mark.parametrize(
    "construct",
    [each for each in CONSTRUCTS if each.rule == "undeclared-assignment"],
    ids=lambda each: each.name,
)
def test_a_mended_script_does_natively_what_it_does_today(
    construct: Construct, answers: Answers, sandbox: Bench
) -> None:
    mended = sandbox.runner.run(sandbox.sandbox.mend(construct.source))
    assert mended is not None
    assert ours(sandbox, mended.source, transpile=False) == answers[construct.name]["transpiled"]
    assert findings_of(sandbox, mended.source) == []
