"""The 9.0 upgrade check: does the script of an integration do the same when it is no longer transpiled?

From version 9.0 of the original there is no Babel: scripts run as they are written, in strict class bodies. Each
script is run both ways (``runs``), and the static pass says what else in it would change. One whose
only fault is an undeclared name is mended, and the mended one run as well: it is offered when it does the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import replace

from hookroom.integrations.script_host import ScriptHost, script_of
from hookroom.integrations.try_out.host import undisturbed
from hookroom.integrations.upgrade_check.requests import CheckRequest
from hookroom.integrations.upgrade_check.runs import Code, Compared, Comparison
from hookroom.rules.model import Integration
from hookroom.rules.script_comparison import Conclusion, Reason, Verdict, judge
from hookroom.scripting.model import CompileError, Finding, ScriptFailed

NATIVE: Final = "native already"

UNSUITABLE: Final = "no request is on record, and it fails on every sample: call it once, and check it again"

_PAYLOAD_ERRORS: Final = frozenset({"TypeError", "RangeError", "Error"})
"""What scripts throw when what they are sent is not what they expect. Anything else is a fault of their own."""

Judged = Literal["safe", "differs", "fails", "cannot-tell", "native already"]


class Place(Struct, frozen=True, kw_only=True):
    """A finding of the static pass; ``line`` and ``column`` count from 1."""

    rule: str
    severity: Literal["breaks", "differs", "note"]
    line: int
    column: int
    message: str


class Used(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the script was run on. ``left_out``: requests that there was no time for."""

    recorded: int
    samples: int
    left_out: int = 0


class MendedScript(Struct, frozen=True, kw_only=True):
    """The script with ``declared`` names declared; run natively, it did on every request what the script does now.

    ``verdict`` is ``cannot-tell`` where findings remain that no request has put to the test.
    """

    script: str
    declared: Sequence[str]
    verdict: Conclusion


class Report(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the check says of one integration. ``line`` and ``diff`` are those of the first reason that has one."""

    id: str = field(name="_id")
    name: str
    type: str
    enabled: bool
    script_enabled: bool
    verdict: Judged
    reasons: Sequence[Reason] = ()
    line: int | None = None
    diff: Sequence[str] = ()
    findings: Sequence[Place] = ()
    requests: Used = Used(recorded=0, samples=0)
    mended: MendedScript | UnsetType = UNSET
    applied: bool | UnsetType = UNSET
    not_applied: str | UnsetType = UNSET
    """Why a safe one was not changed after all."""


def has_source(integration: Integration) -> bool:
    """Whether there is a script to check, switched on or not."""
    return bool((integration.script or "").strip())


async def check(host: ScriptHost, integration: Integration, requests: Sequence[CheckRequest]) -> Report:
    """The report on the script of ``integration``, run on ``requests``.

    Raises ``ScriptFailed`` (``busy``, ``unavailable``, ``disabled``) when scripts cannot run at the moment.
    """
    if integration.skip_transpile:
        return _report(integration, NATIVE)
    source = integration.script or ""
    scripts = host.scripts
    transpiled = await _code(host, integration)
    native = await _code(host, replace(integration, skip_transpile=True, script_compiled=None))
    findings = await undisturbed(lambda: scripts.check(source))
    compared = await Comparison(scripts, transpiled, native).on(requests)
    verdict = judge(compared.trials, findings)
    if isinstance(transpiled, CompileError):
        verdict = _broken(transpiled, verdict)
    elif verdict.conclusion == "fails" and not any(one.recorded for one in requests):
        verdict = _on_samples(verdict, compared)
    report = _report(
        integration,
        verdict.conclusion,
        reasons=verdict.reasons,
        findings=[_place(one) for one in findings],
        requests=_used(requests, compared.left_out),
    )
    if verdict.conclusion in ("differs", "cannot-tell") and not isinstance(transpiled, CompileError):
        mended = await _mended(host, integration, transpiled, requests)
        return replace(report, mended=mended or UNSET)
    return report


async def _code(host: ScriptHost, integration: Integration) -> Code:
    """The script in the integration's mode, or why it does not compile. Raises ``ScriptFailed``."""
    if integration.script_compiled and not integration.skip_transpile:
        return script_of(integration, integration.script_compiled, host.setup)
    source, transpile = integration.script or "", not integration.skip_transpile
    try:
        made = await undisturbed(lambda: host.scripts.compile(source, transpile=transpile))
    except ScriptFailed as failure:
        if failure.kind in ("busy", "unavailable", "disabled"):
            raise
        return CompileError(name=failure.name, message=failure.message, stack=failure.stack)
    if made.error is not None:
        return made.error
    return script_of(integration, made.code or "", host.setup)


async def _mended(
    host: ScriptHost, integration: Integration, transpiled: Code, requests: Sequence[CheckRequest]
) -> MendedScript | None:
    """The script with its names declared, if that is all that it needs."""
    scripts = host.scripts
    source = integration.script or ""
    mended = await undisturbed(lambda: scripts.mend(source))
    if mended is None:
        return None
    text = mended.source
    native = await _code(host, replace(integration, script=text, skip_transpile=True, script_compiled=None))
    compared = await Comparison(scripts, transpiled, native).on(requests)
    if judge(compared.trials, ()).conclusion != "safe":
        return None
    remaining = await undisturbed(lambda: scripts.check(text))
    verdict = judge(compared.trials, remaining).conclusion
    return MendedScript(script=text, declared=mended.declared, verdict=verdict)


def _broken(error: CompileError, verdict: Verdict) -> Verdict:
    """A script that does not compile does not run today; that it would natively is worth knowing."""
    first = Reason(
        code="fails",
        text=f"it does not compile, so that it does not run today: {error.name}: {_first_line(error.message)}",
        line=error.line,
    )
    others = [one for one in verdict.reasons if one.code in ("works-only-natively", "finding")]
    return Verdict(conclusion="fails", reasons=(first, *others), compared=verdict.compared)


def _on_samples(verdict: Verdict, compared: Compared) -> Verdict:
    """Samples need not be what a script is sent: that it fails on all of them may be their fault."""
    errors = [one.error.name for trial in compared.trials for one in trial.native if one.error is not None]
    if not compared.loads or not _PAYLOAD_ERRORS.issuperset(errors):
        return verdict
    return Verdict(
        conclusion="cannot-tell",
        reasons=(Reason(code="nothing-ran", text=UNSUITABLE), *verdict.reasons),
        compared=verdict.compared,
    )


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _used(requests: Sequence[CheckRequest], left_out: int) -> Used:
    run = requests[: len(requests) - left_out]
    recorded = sum(one.recorded for one in run)
    return Used(recorded=recorded, samples=len(run) - recorded, left_out=left_out)


def _place(finding: Finding) -> Place:
    return Place(
        rule=finding.rule,
        severity=finding.severity,
        line=finding.line,
        column=finding.column + 1,
        message=finding.message,
    )


def _report(integration: Integration, verdict: Judged, **more: Any) -> Report:
    reasons: Sequence[Reason] = more.get("reasons", ())
    return Report(
        id=integration.id,
        name=integration.name,
        type=integration.type,
        enabled=integration.enabled,
        script_enabled=integration.script_enabled,
        verdict=verdict,
        line=next((one.line for one in reasons if one.line is not None), None),
        diff=next((one.differences for one in reasons if one.differences), ()),
        **more,
    )
