"""The verdict of the 9.0 upgrade check."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Struct

from hookroom.rules.script_comparison import (
    MAX_REASONS,
    Outcome,
    Raised,
    Reason,
    State,
    Trial,
    Verdict,
    agree,
    judge,
)
from hookroom.rules.script_wording import MAX_MESSAGE_LENGTH, normalised, without_stack

INCOMING = "process_incoming_request"
OUTGOING = "prepare_outgoing_request"


class Found(Struct, frozen=True):
    severity: Literal["breaks", "differs", "note"]
    line: int = 4
    column: int = 2
    message: str = "`total` is never declared"


def returned(value: Any = UNSET, **more: Any) -> Outcome:
    return Outcome(state="returned", value=value, **more)


def threw(name: str = "TypeError", message: str = "no", line: int | None = None) -> Outcome:
    return Outcome(state="threw", error=Raised(name=name, message=message, line=line))


STOPPED = Outcome(state="stopped", error=Raised(name="Error", message="took more than 500 ms"))
NO_METHOD = Outcome(state="no-method")
HELLO = returned({"content": {"text": "hello"}})
UNDECLARED = threw("ReferenceError", "total is not defined", 4)


def trial(
    transpiled: Outcome | list[Outcome],
    native: Outcome | list[Outcome],
    request: str = "a push",
    method: str = INCOMING,
) -> Trial:
    return Trial(
        request=request,
        method=method,
        transpiled=transpiled if isinstance(transpiled, list) else [transpiled] * 2,
        native=native if isinstance(native, list) else [native] * 2,
    )


def judged(*trials: Trial, findings: tuple[Found, ...] = ()) -> Verdict:
    return judge(trials, findings)


def only_reason(verdict: Verdict) -> Reason:
    (reason,) = verdict.reasons
    return reason


def test_what_does_the_same_is_safe() -> None:
    assert judged(trial(HELLO, HELLO), trial(returned(), returned())) == Verdict(
        conclusion="safe", reasons=(), compared=2
    )


def test_a_native_error_is_a_difference_at_its_line() -> None:
    verdict = judged(trial(HELLO, HELLO), trial(HELLO, UNDECLARED, "an issue"))
    assert verdict.conclusion == "differs"
    assert only_reason(verdict) == Reason(
        code="throws-natively",
        text="natively, it throws ReferenceError: total is not defined (line 4)",
        method=INCOMING,
        requests=("an issue",),
        line=4,
    )


def test_requests_that_show_the_same_are_told_together() -> None:
    verdict = judged(trial(HELLO, UNDECLARED, "one"), trial(returned(1), UNDECLARED, "two"))
    assert only_reason(verdict).requests == ("one", "two")


def test_what_works_only_natively_differs() -> None:
    reason = only_reason(judged(trial(threw("SyntaxError", "'with' in strict mode. (1:0)", 1), HELLO)))
    assert reason.code == "works-only-natively"
    assert reason.text == (
        "it works only natively; transpiled, it throws SyntaxError: 'with' in strict mode. (1:0) (line 1)"
    )


def test_results_that_differ_are_shown() -> None:
    verdict = judged(trial(HELLO, returned({"content": {"text": "hallo"}})))
    assert verdict.conclusion == "differs"
    assert only_reason(verdict).differences == ('content.text: "hello" → "hallo"',)


def test_requests_that_differ_are_shown() -> None:
    one = returned(calls=[{"method": "GET", "url": "https://a.example/1"}])
    two = returned(calls=[{"method": "GET", "url": "https://a.example/undefined"}])
    reason = only_reason(judged(trial(one, two)))
    assert reason.code == "calls"
    assert reason.differences == ('calls[0].url: "https://a.example/1" → "https://a.example/undefined"',)


def test_console_lines_that_differ_are_shown() -> None:
    reason = only_reason(judged(trial(returned(console=["log: 1"]), returned(console=["log: 2"]))))
    assert reason.code == "console"
    assert reason.differences == ('console[0]: "log: 1" → "log: 2"',)


def test_a_logged_stack_is_no_difference() -> None:
    transpiled = "error: TypeError: no\n    at f (script:1:10)\n    at _callee (native)\n"
    native = "error: TypeError: no\n    at f (script:1:12)\n"
    assert judged(trial(returned(console=[transpiled]), returned(console=[native]))).conclusion == "safe"


def test_a_script_that_fails_today_fails() -> None:
    error = threw(message="cannot read property 'x' of undefined", line=3)
    native = threw(message="Cannot convert undefined or null to object", line=3)
    verdict = judged(trial(error, native, "one"), trial(error, native, "two"))
    assert verdict.conclusion == "fails"
    reason = only_reason(verdict)
    assert (reason.code, reason.line, reason.requests) == ("fails", 3, ("one", "two"))


def test_a_method_that_always_fails_is_enough() -> None:
    verdict = judged(trial(HELLO, HELLO, method=OUTGOING), trial(threw(), threw()))
    assert (verdict.conclusion, only_reason(verdict).method) == ("fails", INCOMING)


def test_one_request_that_a_script_cannot_take_is_no_failure() -> None:
    assert judged(trial(HELLO, HELLO), trial(threw(), threw(), "odd")).conclusion == "safe"


def test_a_limit_broken_in_both_modes_is_a_failure() -> None:
    assert judged(trial(STOPPED, STOPPED)).conclusion == "fails"
    reason = only_reason(judged(trial(HELLO, STOPPED)))
    assert reason.text == "natively, it is stopped Error: took more than 500 ms"


def test_other_errors_differ() -> None:
    verdict = judged(trial(threw("TypeError", "a"), threw("ReferenceError", "b", 7)))
    assert (verdict.conclusion, only_reason(verdict).code, only_reason(verdict).line) == (
        "differs",
        "error",
        7,
    )


def test_syntax_errors_are_worded_in_two_ways() -> None:
    babel = threw("SyntaxError", "'return' outside of function. (1:0)\n\n> 1 | return", 1)
    assert judged(trial(babel, threw("SyntaxError", "return not in a function", 1))).conclusion == "fails"


@pytest.mark.parametrize("severity", ["breaks", "differs"])
def test_code_that_was_not_seen_to_run_leaves_doubt(severity: Literal["breaks", "differs"]) -> None:
    verdict = judged(trial(HELLO, HELLO), findings=(Found(severity),))
    assert verdict.conclusion == "cannot-tell"
    assert only_reason(verdict) == Reason(
        code="finding", text="not seen to run: `total` is never declared", line=4
    )


def test_notes_leave_no_doubt() -> None:
    verdict = judged(trial(HELLO, HELLO), findings=(Found("note"),))
    assert (verdict.conclusion, only_reason(verdict).text) == ("safe", "`total` is never declared")


def test_a_difference_outweighs_findings() -> None:
    assert judged(trial(HELLO, UNDECLARED), findings=(Found("breaks"),)).conclusion == "differs"


def test_nothing_that_ran_tells_nothing() -> None:
    for verdict in (judged(), judged(trial([], [])), judged(trial(NO_METHOD, NO_METHOD))):
        assert (verdict.conclusion, only_reason(verdict).code) == ("cannot-tell", "nothing-ran")
        assert verdict.compared == 0


def test_what_cannot_be_repeated_cannot_be_compared() -> None:
    verdict = judged(trial([returned(1), returned(2)], [returned(3), returned(4)]))
    assert verdict.conclusion == "cannot-tell"
    reason = only_reason(verdict)
    assert reason.text.startswith("not repeatable: transpiled")
    assert reason.differences == ("value: 1 → 2",)


def test_an_error_is_seen_in_what_cannot_be_repeated() -> None:
    assert judged(trial([returned(1), returned(2)], UNDECLARED)).conclusion == "differs"
    assert judged(trial([returned(1), returned(2)], [UNDECLARED, returned(1)])).conclusion == "cannot-tell"


@pytest.mark.parametrize(
    ("transpiled", "native"),
    [
        ('"a" is read-only', "'a' is read-only"),
        ("_count2 is not defined", "count is not defined"),
        ("Cannot destructure undefined", "Cannot convert undefined or null to object"),
        (
            "Invalid attempt to spread non-iterable instance.\nIn order to be iterable, non-array objects …",
            "value is not iterable",
        ),
        ("Cannot call a class as a function", "class constructors must be invoked with 'new'"),
        ("Private element is not present on this object", "private class field '#x' does not exist"),
    ],
)
def test_messages_that_mean_the_same(transpiled: str, native: str) -> None:
    assert normalised(transpiled) == normalised(native)
    assert normalised(transpiled) != normalised("total is not defined")


@pytest.mark.parametrize(
    ("one", "other"),
    [("a is not defined", "b is not defined"), ("not a function", "value is not iterable"), ("", "x")],
)
def test_messages_that_do_not(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_long_messages_are_cut() -> None:
    reason = only_reason(judged(trial(HELLO, threw(message="x" * 10_000))))
    assert len(reason.text) < MAX_MESSAGE_LENGTH + 100


def test_only_stacks_are_taken_from_a_line() -> None:
    text = "met at 5:30\n    at f (script:1:10)\nat noon\n    at map (native)"
    assert without_stack(text) == "met at 5:30\nat noon"


def test_reasons_are_bounded() -> None:
    many = [trial(returned(index), returned(-index - 1), str(index)) for index in range(100)]
    assert len(judged(*many).reasons) == MAX_REASONS


STATES: st.SearchStrategy[State] = st.sampled_from(["returned", "no-method", "threw", "stopped"])


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    state = draw(STATES)
    failed = state in ("threw", "stopped")
    names = st.sampled_from(["Error", "TypeError", "SyntaxError"])
    error = st.builds(Raised, name=names, message=st.text(max_size=4), line=st.none() | st.integers(1, 9))
    return Outcome(
        state=state,
        value=draw(st.sampled_from([UNSET, None, 1, "a", {"a": [1]}])) if state == "returned" else UNSET,
        error=draw(error) if failed else None,
        console=draw(st.lists(st.text(max_size=3), max_size=2)),
        calls=draw(st.lists(st.fixed_dictionaries({"url": st.text(max_size=2)}), max_size=1)),
    )


REPEATED = outcomes().map(lambda one: [one, one])


@given(st.lists(outcomes()), st.lists(st.sampled_from([Found("breaks"), Found("note")])))
def test_equal_outcomes_never_differ(same: list[Outcome], findings: list[Found]) -> None:
    verdict = judge([trial(one, one) for one in same], findings)
    assert verdict.conclusion != "differs"


@given(st.lists(st.tuples(REPEATED, REPEATED)))
def test_whether_it_differs_does_not_depend_on_the_direction(pairs: list[tuple[list[Outcome], ...]]) -> None:
    there = judge([trial(one, other) for one, other in pairs], [])
    back = judge([trial(other, one) for one, other in pairs], [])
    assert there.conclusion == back.conclusion


@given(st.lists(st.tuples(REPEATED, REPEATED), min_size=1))
def test_it_differs_exactly_when_an_outcome_does(pairs: list[tuple[list[Outcome], ...]]) -> None:
    verdict = judge([trial(one, other) for one, other in pairs], [])
    assert (verdict.conclusion == "differs") == any(
        not agree(one[0], other[0]) for one, other in pairs if {one[0].state, other[0].state} != {"no-method"}
    )


@given(outcomes(), outcomes())
def test_agreement_is_mutual(one: Outcome, other: Outcome) -> None:
    assert agree(one, one)
    assert agree(one, other) == agree(other, one)
