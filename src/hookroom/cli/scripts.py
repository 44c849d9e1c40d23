"""``hookroom script``: trying a script out, and checking it, without a server or a database."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts
import msgspec

from hookroom import logs
from hookroom.config import ConfigError, load
from hookroom.errors import HookroomError

if TYPE_CHECKING:
    from hookroom.integrations.try_out.host import Run
    from hookroom.integrations.upgrade_check.check import Report
    from hookroom.scripting.model import Argument, Method

app = cyclopts.App(name="script", help="Scripts of integrations, tried and checked as files.")

MethodName = Literal["process_incoming_request", "prepare_outgoing_request", "process_outgoing_response"]

_Flag = cyclopts.Parameter(negative=())
_Several = cyclopts.Parameter(negative=(), show_default=False)


@app.command
def run(
    file: Path,
    /,
    *,
    request: Path | None = None,
    header: Annotated[tuple[str, ...], _Several] = (),
    query: str = "",
    response: Path | None = None,
    status: int = 200,
    method: MethodName | None = None,
    fetches: Path | None = None,
    native: Annotated[bool, _Flag] = False,
    json: Annotated[bool, _Flag] = False,
) -> None:
    """Call a method of the script in a file, and print its console and what it returns.

    Nothing is posted, nothing called. Exits with 0, with 1 when the script fails, with 2 when it cannot be tried.

    Parameters
    ----------
    file:
        the script
    request:
        what it is called with: the body of an incoming call, or as JSON what the event of an outgoing webhook
        says; a JSON object `{"request": {...}}` is the whole argument (default: a sample)
    header:
        a header of the incoming call or of the answer, `Name: value`; may be repeated
    query:
        the query of the incoming call
    response:
        body of the answer that `process_outgoing_response` is to read
    status:
        status of that answer
    method:
        which method (default: `process_outgoing_response` with an answer, else the first of the others)
    fetches:
        answers to requests of the script, as JSON: `[{"url", "method", "status", "headers", "body"}]`
    native:
        do not transpile, as with `skipTranspile: true`
    json:
        print one JSON document, for programs
    """
    with _giving_up():
        result = asyncio.run(
            _run(
                file,
                request=request,
                headers=_headers(header),
                query=query,
                response=response,
                status=status,
                method=method,
                fetches=fetches,
                native=native,
            )
        )
    if json:
        _print_json(result)
    else:
        print(*_lines(result), sep="\n")
    sys.exit(0 if result.outcome == "returned" else 1)


@app.command
def check(
    file: Path,
    /,
    *,
    request: Annotated[tuple[Path, ...], _Several] = (),
    header: Annotated[tuple[str, ...], _Several] = (),
    json: Annotated[bool, _Flag] = False,
) -> None:
    """Say whether the script in a file does the same once it is not transpiled.

    Exits with 0 when it is safe, with 1 when it is not, with 2 when it cannot be checked.

    Parameters
    ----------
    file:
        the script
    request:
        what to run it on, as for `run`; may be repeated (default: samples)
    header:
        a header of all incoming calls, `Name: value`; may be repeated
    json:
        print one JSON document, for programs
    """
    with _giving_up():
        report = asyncio.run(_check(file, request, _headers(header)))
    if json:
        _print_json(report)
    else:
        from hookroom.cli.script_reports import lines_of

        print(*lines_of(report, stored=False), sep="\n")
    sys.exit(0 if report.verdict == "safe" else 1)


async def _run(
    file: Path,
    *,
    request: Path | None,
    headers: dict[str, str],
    query: str,
    response: Path | None,
    status: int,
    method: Method | None,
    fetches: Path | None,
    native: bool,
) -> Run:
    from hookroom.cli.local_scripts import in_file, read, read_script, script_host
    from hookroom.cli.script_arguments import given_fetches, incoming_of, prepare_of, process_of
    from hookroom.integrations.script_host import DoesNotCompile
    from hookroom.integrations.try_out.host import TryOutHost
    from hookroom.scripting.model import ScriptFailed

    integration = in_file(file, read_script(file), native=native)
    body = read(request) if request is not None else None
    answers = given_fetches(read(fetches)) if fetches is not None else []

    def argument(one: Method) -> Argument:
        match one:
            case "process_incoming_request":
                return incoming_of(body, headers, query)
            case "prepare_outgoing_request":
                return prepare_of(body)
            case _:
                answer = read(response) if response is not None else b""
                return process_of(body, status, headers, answer)

    if method is not None:
        wanted: Sequence[Method] = (method,)
    elif response is not None:
        wanted = ("process_outgoing_response",)
    else:
        wanted = ("process_incoming_request", "prepare_outgoing_request")
    async with script_host(load()) as local:
        host = TryOutHost(local, answers)
        for one in wanted:
            with contextlib.suppress(ScriptFailed, DoesNotCompile):
                await host.run(integration, one, argument(one))
            if host.runs[-1].outcome != "no-method":
                break
    return host.runs[-1]


async def _check(file: Path, requests: Sequence[Path], headers: dict[str, str]) -> Report:
    from hookroom.cli.local_scripts import in_file, read, read_script, script_host
    from hookroom.cli.script_arguments import check_request
    from hookroom.integrations.upgrade_check.check import check
    from hookroom.integrations.upgrade_check.requests import sample_requests

    source = read_script(file)
    outgoing = "process_incoming_request" not in source
    integration = in_file(file, source, outgoing=outgoing)
    given = [check_request(path.name, read(path), headers, outgoing=outgoing) for path in requests]
    async with script_host(load()) as host:
        return await check(host, integration, given or sample_requests(integration))


def _headers(given: Sequence[str]) -> dict[str, str]:
    headers = {}
    for one in given:
        name, colon, value = one.partition(":")
        if not colon or not name.strip():
            raise SystemExit(_usage(f"{one} is no header: write Name: value."))
        headers[name.strip().lower()] = value.strip()
    return headers


def _usage(text: str) -> int:
    print(text, file=sys.stderr)
    return 2


@contextlib.contextmanager
def _giving_up() -> Iterator[None]:
    logs.configure("error", "console")
    try:
        yield
    except (HookroomError, ConfigError) as error:
        raise SystemExit(_usage(str(error))) from None


def _print_json(value: object) -> None:
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _lines(run: Run) -> Iterator[str]:
    for line in run.console:
        yield f"[{line.level}] {line.text}"
    if run.console_dropped:
        yield f"({run.console_dropped} more lines)"
    for asked in run.fetches:
        yield f"asked for {asked.method} {asked.url}" + ("" if asked.answered else ", not carried out")
    took = f"{run.duration_ms:.1f} ms, {run.memory_bytes / 1024 / 1024:.1f} MB"
    if run.error is not msgspec.UNSET:
        error = run.error
        yield error.stack if error.message in error.stack else f"{error.name}: {error.message}"
        yield f"{run.method} failed ({error.kind}) after {took}"
    elif run.outcome == "no-method":
        yield f"The script has no method {run.method}."
    else:
        yield _shown(run.value)
        yield f"{run.method} returned after {took}"


def _shown(value: Any) -> str:
    if value is msgspec.UNSET:
        return "undefined"
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
