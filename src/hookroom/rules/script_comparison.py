"""The verdict of the 9.0 upgrade check: does a script that is transpiled today do the same when it runs natively?

A script is called in both modes with the same requests, each call twice with the same seed and clock::

    no call could be made ───────────────────────────────────▶ cannot-tell
    some call differs between the modes ─────────────────────▶ differs
    some call differs between its own repeats ───────────────▶ cannot-tell (not repeatable)
    all calls of a method fail, in both modes the same way ──▶ fails
    all calls agree ─┬─ code that would not, not seen to run ─▶ cannot-tell (the finding)
                     └─ no such code ────────────────────────▶ safe

A native error where the transpiled script returned is a difference whether or not the script is repeatable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, Protocol

from msgspec import UNSET, Struct, UnsetType

from hookroom.rules.json_difference import Difference, differences, told
from hookroom.rules.script_wording import MAX_MESSAGE_LENGTH, normalised, without_stack

MAX_REASONS: Final = 20

State = Literal["returned", "no-method", "threw", "stopped"]
"""``threw``: loading the script or the method ended in an error. ``stopped``: a limit, or the engine gave up."""
Conclusion = Literal["safe", "differs", "fails", "cannot-tell"]
Code = Literal[
    "nothing-ran",
    "throws-natively",
    "works-only-natively",
    "result",
    "error",
    "calls",
    "console",
    "not-repeatable",
    "fails",
    "finding",
]


class Raised(Struct, frozen=True, kw_only=True):
    """An error of a script, at a place of the user's source (both from 1), where that is known."""

    name: str
    message: str
    line: int | None = None
    column: int | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of one call in one mode.

    ``value`` is what was returned, as JSON has it (``UNSET`` for ``undefined``); ``error`` is set when ``state``
    is ``threw`` or ``stopped``. ``console`` has a text per line, ``calls`` the script's own requests as JSON
    objects, in their order.
    """

    state: State
    value: Any | UnsetType = UNSET
    error: Raised | None = None
    console: Sequence[str] = ()
    calls: Sequence[dict[str, Any]] = ()


class Trial(Struct, frozen=True, kw_only=True):
    """One request to one method, and what came of it: an outcome per repeat; none when it could not be run."""

    request: str
    method: str
    transpiled: Sequence[Outcome]
    native: Sequence[Outcome]


class Finding(Protocol):
    """What the static pass says of a place in the script."""

    @property
    def severity(self) -> Literal["breaks", "differs", "note"]:
        """``breaks``: throws natively. ``differs``: comes to something else. ``note``: worth knowing."""
        ...

    @property
    def line(self) -> int:
        """Counts from 1."""
        ...

    @property
    def column(self) -> int:
        """Counts within the line."""
        ...

    @property
    def message(self) -> str:
        """For the script's owner."""
        ...


class Reason(Struct, frozen=True, kw_only=True):
    """Why a verdict is what it is: what requests to which method showed it, and the line of the user's source.

    ``differences`` are lines to read, from the transpiled result to the native one.
    """

    code: Code
    text: str
    method: str | None = None
    requests: Sequence[str] = ()
    line: int | None = None
    differences: Sequence[str] = ()


class Verdict(Struct, frozen=True, kw_only=True):
    """The conclusion on a script, drawn from ``compared`` requests. A ``safe`` one may have notes as reasons."""

    conclusion: Conclusion
    reasons: Sequence[Reason]
    compared: int


def judge(trials: Iterable[Trial], findings: Iterable[Finding]) -> Verdict:
    """The verdict on a script from what it did, and from what is known of its code."""
    ran = [trial for trial in trials if _could_run(trial)]
    if not ran:
        return _verdict("cannot-tell", [Reason(code="nothing-ran", text="no request could be run")], 0)
    if different := [reason for trial in ran if (reason := _difference(trial))]:
        return _verdict("differs", different, len(ran))
    if unsteady := [reason for trial in ran if (reason := _unsteadiness(trial))]:
        return _verdict("cannot-tell", unsteady, len(ran))
    if failing := list(_failures(ran)):
        return _verdict("fails", failing, len(ran))
    seen = sorted(findings, key=lambda finding: (finding.line, finding.column))
    doubtful = any(finding.severity != "note" for finding in seen)
    return _verdict(
        "cannot-tell" if doubtful else "safe", [_of_finding(finding) for finding in seen], len(ran)
    )


def _could_run(trial: Trial) -> bool:
    outcomes = (*trial.transpiled, *trial.native)
    return bool(trial.transpiled and trial.native) and any(one.state != "no-method" for one in outcomes)


def _difference(trial: Trial) -> Reason | None:
    transpiled, native = trial.transpiled[0], trial.native[0]
    if _never(trial.transpiled, "returned") and _always(trial.native, "returned"):
        return _reason(
            trial, "works-only-natively", f"it works only natively; transpiled, {_how(transpiled)}"
        )
    if _always(trial.transpiled, "returned") and _never(trial.native, "returned"):
        line = native.error.line if native.error else None
        return _reason(trial, "throws-natively", f"natively, {_how(native)}", line=line)
    if _unsteadiness(trial) is not None:
        return None
    line = native.error.line if native.error else None
    if transpiled.state != native.state or _error(transpiled) != _error(native):
        text = f"transpiled, {_how(transpiled)}; natively, {_how(native)}"
        return _reason(trial, "error", text, line=line)
    parts: tuple[tuple[Code, str, Iterator[Difference]], ...] = (
        ("result", "the results differ", differences(transpiled.value, native.value)),
        ("calls", "the requests it makes differ", _of_lists(transpiled.calls, native.calls, "calls")),
        ("console", "the console differs", _of_lists(_console(transpiled), _console(native), "console")),
    )
    for code, text, found in parts:
        if lines := told(found):
            return _reason(trial, code, text, differences=lines)
    return None


def _unsteadiness(trial: Trial) -> Reason | None:
    for mode, repeats in (("transpiled", trial.transpiled), ("native", trial.native)):
        first = repeats[0]
        for other in repeats[1:]:
            if not agree(first, other):
                lines = told(differences(first.value, other.value))
                text = f"not repeatable: {mode}, it does not come to the same with the same seed and clock"
                return _reason(trial, "not-repeatable", text, differences=lines)
    return None


def _failures(trials: Sequence[Trial]) -> Iterator[Reason]:
    for method in dict.fromkeys(trial.method for trial in trials):
        own = [trial for trial in trials if trial.method == method]
        if all(trial.native[0].state in ("threw", "stopped") for trial in own):
            for trial in own:
                error = trial.native[0].error
                text = f"in both modes {_how(trial.native[0])}"
                yield _reason(trial, "fails", text, line=error.line if error else None)


def agree(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are the same to whoever calls: result, error, requests made and console lines.

    Errors are compared by name and by what their message says in either mode, not by their place.
    """
    return (
        one.state == other.state
        and _error(one) == _error(other)
        and not told(differences(one.value, other.value))
        and not told(_of_lists(one.calls, other.calls, ""))
        and _console(one) == _console(other)
    )


def _of_lists(before: Sequence[Any], after: Sequence[Any], path: str) -> Iterator[Difference]:
    return differences(list(before), list(after), path=path)


def _error(outcome: Outcome) -> tuple[str, str] | None:
    error = outcome.error
    if error is None:
        return None
    # Babel and the engine word what they cannot parse in ways of their own.
    return error.name, "" if error.name == "SyntaxError" else normalised(error.message)


def _how(outcome: Outcome) -> str:
    if outcome.state == "returned":
        return "it returns"
    if outcome.state == "no-method":
        return "there is no such method"
    verb = "it throws" if outcome.state == "threw" else "it is stopped"
    if outcome.error is None:
        return verb
    message = outcome.error.message.strip()
    if len(message) > MAX_MESSAGE_LENGTH:
        message = f"{message[:MAX_MESSAGE_LENGTH]}…"
    place = "" if outcome.error.line is None else f" (line {outcome.error.line})"
    return f"{verb} {outcome.error.name}: {message}{place}"


def _always(outcomes: Sequence[Outcome], state: State) -> bool:
    return all(one.state == state for one in outcomes)


def _never(outcomes: Sequence[Outcome], state: State) -> bool:
    return all(one.state != state for one in outcomes)


def _reason(
    trial: Trial, code: Code, text: str, *, line: int | None = None, differences: Sequence[str] = ()
) -> Reason:
    return Reason(
        code=code,
        text=text,
        method=trial.method,
        requests=(trial.request,),
        line=line,
        differences=tuple(differences),
    )


def _of_finding(finding: Finding) -> Reason:
    text = finding.message if finding.severity == "note" else f"not seen to run: {finding.message}"
    return Reason(code="finding", text=text, line=finding.line)


def _verdict(conclusion: Conclusion, reasons: Iterable[Reason], compared: int) -> Verdict:
    """Reasons that say the same of several requests become one."""
    merged: dict[tuple[object, ...], Reason] = {}
    for reason in reasons:
        key = (reason.code, reason.text, reason.method, reason.line, reason.differences)
        before = merged.get(key)
        requests = (*before.requests, *reason.requests) if before else reason.requests
        merged[key] = Reason(
            code=reason.code,
            text=reason.text,
            method=reason.method,
            requests=requests,
            line=reason.line,
            differences=reason.differences,
        )
    return Verdict(
        conclusion=conclusion,
        reasons=tuple(list(merged.values())[:MAX_REASONS]),
        compared=compared,
    )


def _console(outcome: Outcome) -> list[str]:
    return [without_stack(line) for line in outcome.console]
