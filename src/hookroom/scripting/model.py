"""What is asked of the sandbox and what comes of it (contract, section 5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import UNSET, Struct, UnsetType

from hookroom.errors import HookroomError

Method = Literal["process_incoming_request", "prepare_outgoing_request", "process_outgoing_response"]

METHODS: Final[tuple[Method, ...]] = (
    "process_incoming_request",
    "prepare_outgoing_request",
    "process_outgoing_response",
)


class Limits(Struct, frozen=True, kw_only=True):
    """What one call may use. A call that takes more is stopped and its script's state is that of before.

    ``time_ms`` bounds the time in which the script itself runs, ``wait_ms`` the whole call with all that it
    waits for; ``memory_mb`` is the size of the script's memory, its own data and the engine's.
    """

    time_ms: int
    memory_mb: int
    wait_ms: int


class Script(Struct, frozen=True, kw_only=True):
    """A script as it runs.

    ``key`` is whose instance it is (the integration's id): top-level variables, ``Store`` and the instance of
    ``class Script`` live on under it until ``code``, ``legacy`` or the memory limit differ. ``name`` is what
    errors call it.
    ``legacy`` scripts (transpiled ones, or all where the server says so) have ``HTTP`` and ``_``.
    """

    key: str
    name: str
    code: str
    legacy: bool
    limits: Limits


class Line(Struct, frozen=True):
    """A line that the script wrote with ``console``."""

    level: str
    text: str


class Fetch(Struct, frozen=True, kw_only=True):
    """A request that a script makes while it runs, by ``fetch`` or ``HTTP``."""

    url: str
    method: str = "GET"
    headers: Sequence[tuple[str, str]] = ()
    body: str | None = None
    auth: str | None = None
    timeout_ms: int | None = None
    allow_self_signed: bool = False


class Fetched(Struct, frozen=True, kw_only=True):
    """Its answer; ``body`` is what came, read as UTF-8."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: str
    url: str
    status_text: str = ""


class FetchFailed(HookroomError):
    """No answer was had; the text is shown to the script."""


Fetcher = Callable[[Fetch], Awaitable[Fetched]]
"""Carries out a script's requests. Raises ``FetchFailed``."""


class Steady(Struct, frozen=True, kw_only=True):
    """Makes a run repeatable: the seed of ``Math.random`` and the time that ``Date`` tells (epoch ms)."""

    seed: int
    now_ms: int


class Ran(Struct, frozen=True, kw_only=True):
    """A call that came to its end.

    ``value`` is what the method returned, as JSON has it, or settled to; ``UNSET`` for ``undefined``.
    ``has_method`` is false where the script has no such method (``value`` is ``UNSET`` then).
    ``duration_ms`` is the time in which the script ran; ``memory_bytes`` the size of its memory.
    """

    has_method: bool
    value: Any | UnsetType = UNSET
    console: Sequence[Line] = ()
    console_dropped: int = 0
    duration_ms: float = 0.0
    memory_bytes: int = 0


FailureKind = Literal[
    "load",
    "throw",
    "time",
    "memory",
    "stuck",
    "wait",
    "crash",
    "busy",
    "disabled",
    "unavailable",
]
"""Why a call came to nothing.

``load``: the script could not be evaluated, or its class not be made. ``throw``: the method threw, or what it
returned is no JSON. ``time``, ``memory``, ``wait``: a limit. ``stuck``: its promise can never settle.
``crash``: the engine gave up (a stack overflow inside of it, say). ``busy``: too many calls wait.
``disabled``: scripts are turned off here. ``unavailable``: there is no sandbox at the moment.
"""


class ScriptFailed(HookroomError):
    """A call of a script that came to nothing. The texts are the script's own and may be shown to its owner.

    ``line`` and ``column`` (both 1-based) are those of the user's source, where they are known.
    """

    status = 500

    def __init__(
        self,
        kind: FailureKind,
        message: str,
        *,
        name: str = "Error",
        stack: str = "",
        line: int | None = None,
        column: int | None = None,
        console: Sequence[Line] = (),
        console_dropped: int = 0,
        duration_ms: float = 0.0,
        memory_bytes: int = 0,
    ) -> None:
        super().__init__(message)
        self.kind: FailureKind = kind
        self.name = name
        self.message = message
        self.stack = stack
        self.line = line
        self.column = column
        self.console = console
        self.console_dropped = console_dropped
        self.duration_ms = duration_ms
        self.memory_bytes = memory_bytes


Argument = Mapping[str, Any]
"""What a method is called with: ``{"request": {...}}``, for answers also ``"response"``."""


class Compiled(Struct, frozen=True, kw_only=True):
    """A script made ready to run: ``code``, or why it cannot run. Exactly one of the two is set."""

    code: str | None = None
    error: CompileError | None = None


class CompileError(Struct, frozen=True, kw_only=True):
    """Why a script does not compile; ``line`` is 1-based, ``column`` too."""

    name: str
    message: str
    stack: str = ""
    line: int | None = None
    column: int | None = None


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place in a script that means something else once the script is not transpiled.

    ``breaks``: throws natively, or does not compile. ``differs``: another result. ``note``: worth knowing.
    ``line`` is 1-based, ``column`` 0-based (Babel's).
    """

    rule: str
    severity: Literal["breaks", "differs", "note"]
    line: int
    column: int
    message: str
    names: Sequence[str] = ()


class Mended(Struct, frozen=True, kw_only=True):
    """A script with ``declared`` names declared in front of it."""

    source: str
    declared: Sequence[str]
