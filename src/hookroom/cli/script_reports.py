"""Reports of the upgrade check as lines to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from hookroom.integrations.upgrade_check.check import MendedScript, Report
from hookroom.rules.script_comparison import Reason

WIDTH: Final = 16
"""Columns of the verdict; what is said of it is indented so far."""
MOST_REQUESTS: Final = 3
"""Names of requests that are listed with a reason."""

_INDENT: Final = " " * WIDTH


def lines_of(report: Report, *, stored: bool = True) -> Iterator[str]:
    """The verdict on one integration, and under it why, where, and what mends it; with its id where it has one."""
    about = [report.type.removeprefix("webhook-")]
    if stored:
        about.append(report.id)
    if not (report.enabled and report.script_enabled):
        about.append("switched off")
    if report.verdict != "native already":
        about.append(_run_on(report))
    verdict = report.verdict.replace("-", " ")
    yield f"{verdict.ljust(WIDTH)}{report.name} ({', '.join(about)})"
    for reason in report.reasons:
        yield from _reason(reason)
    told = {(one.line, one.text) for one in report.reasons}
    for finding in report.findings:
        if finding.severity != "note" and not any(finding.message in text for _, text in told):
            yield f"{_INDENT}line {finding.line}: {finding.message}"
    if isinstance(report.mended, MendedScript):
        yield from _mended(report.mended)
    if report.applied is True:
        yield f"{_INDENT}transpiling is turned off"
    elif report.not_applied is not UNSET:
        yield f"{_INDENT}not changed: {report.not_applied}"


def _run_on(report: Report) -> str:
    used = report.requests
    parts = [(used.recorded, "recorded request"), (used.samples, "sample")]
    told = [f"{count} {name}{'' if count == 1 else 's'}" for count, name in parts if count]
    if used.left_out:
        told.append(f"no time for {used.left_out} more")
    return ", ".join(told) or "no requests"


def _reason(reason: Reason) -> Iterator[str]:
    place = "" if reason.line is None else f"line {reason.line}: "
    requests = reason.requests[:MOST_REQUESTS]
    more = len(reason.requests) - len(requests)
    seen = f" [{'; '.join(requests)}{f'; {more} more' if more else ''}]" if requests else ""
    yield f"{_INDENT}{place}{reason.text}{seen}"
    for difference in reason.differences:
        yield f"{_INDENT}  {difference}"


def _mended(mended: MendedScript) -> Iterator[str]:
    names = ", ".join(mended.declared)
    yield f"{_INDENT}With this in front of it the script does natively what it does now: var {names};"
    if mended.verdict != "safe":
        yield f"{_INDENT}  (what was found beside that was not seen to run)"
