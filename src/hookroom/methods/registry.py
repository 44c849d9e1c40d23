"""The table of methods: what each is called, who may call it, who answers it.

A family of methods is a file with a ``Methods`` of its own and a decorated function for each method, as the routes
of REST are. The realtime API calls them over a connection, ``method.call`` of REST without one.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from hookroom.errors import NotLoggedIn, Refused
from hookroom.people import second_factor
from hookroom.people.second_factor import Shown
from hookroom.rules.ddp import from_ddp, to_ddp
from hookroom.rules.model import User
from hookroom.rules.second_factor import place_of
from hookroom.services import Services
from hookroom.storage.tables.tokens import Token
from hookroom.workspace.workspace import Workspace

Login = Literal["required", "optional"]


class Connection(Protocol):
    """The connection of the realtime API that a method came over."""

    @property
    def id(self) -> str:
        """Its session, as ``connected`` told the client; 17 characters."""
        ...

    def login(self, user: User, token: Token) -> None:
        """Everything that comes from now on comes from ``user``, for as long as ``token`` is valid."""
        ...

    def logout(self) -> None:
        """Everything that comes from now on comes from nobody; what only users may hear ends."""
        ...


def _no_header(_name: str) -> str | None:
    return None


@dataclass(slots=True)
class MethodCall:
    """Who calls a method, from where, and what it may use."""

    services: Services
    address: str
    """Of the caller's computer, as far as proxies are believed."""
    caller: User | None = None
    token: Token | None = None
    """What the caller logged in with."""
    connection: Connection | None = None
    """``None`` over REST."""
    header: Callable[[str], str | None] = _no_header
    """A header of the request by name; over a connection there is none."""
    method: str = ""
    """The name it is called by."""
    code: str | None = None
    code_method: str | None = None
    """The second factor that came as a last parameter of its own (``{twoFactorCode, twoFactorMethod}``)."""

    @property
    def shown(self) -> Shown:
        """What the call brings as a second factor, in its parameters or its headers, and where from."""
        return Shown(
            code=self.code or self.header("X-2fa-Code"),
            method=self.code_method or self.header("X-2fa-Method"),
            token=self.token,
            place=place_of(self.address, self.header("User-Agent") or ""),
        )

    @property
    def ws(self) -> Workspace:
        """The workspace."""
        return self.services.ws

    @property
    def user(self) -> User:
        """Who calls. Raises ``NotLoggedIn`` in a method that anybody may call."""
        if self.caller is None:
            raise NotLoggedIn
        return self.caller


Handler = Callable[..., Awaitable[Any]]
"""``async (call, *params)``: parameters and answer are JSON values with dates as REST has them (ISO 8601)."""


@dataclass(frozen=True, slots=True)
class Method:
    """One method. Its handler takes ``takes`` parameters (``None``: any), ``needs`` of them without a default."""

    name: str
    handler: Handler
    login: Login
    needs: int
    takes: int | None
    two_factor: bool = False
    """Whether a caller who has turned on a second factor must show it."""

    async def __call__(self, call: MethodCall, params: Sequence[Any]) -> Any:
        """Answer a call whose parameters and result are as on the wire (dates as EJSON).

        As in JavaScript, parameters that are missing are ``None`` and those too many are not looked at. Raises the
        handler's ``HookroomError``; ``NotLoggedIn`` where the caller must be somebody.
        """
        if self.login == "required" and call.caller is None:
            raise NotLoggedIn
        call.method = self.name
        last = params[-1] if params else None
        if isinstance(last, dict) and last.keys() == {"twoFactorCode", "twoFactorMethod"}:
            call.code, call.code_method = str(last["twoFactorCode"]), str(last["twoFactorMethod"])
            params = params[:-1]
        if self.two_factor:
            await second_factor.check(call.ws, call.user, call.shown)
        try:
            given = [from_ddp(one) for one in params[: self.takes]]
        except RecursionError:
            raise Refused("400", "Match error: parameters are nested too deeply") from None
        given += [None] * (self.needs - len(given))
        return to_ddp(await self.handler(call, *given))


class Methods:
    """The methods of one family."""

    def __init__(self, family: str) -> None:
        self.family = family
        self.methods: list[Method] = []

    def add(
        self, *names: str, login: Login = "required", two_factor: bool = False
    ) -> Callable[[Handler], Handler]:
        """Register a handler under each of ``names``."""

        def register(handler: Handler) -> Handler:
            parameters = list(inspect.signature(handler).parameters.values())[1:]
            any_number = any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters)
            needs = sum(
                one.default is inspect.Parameter.empty and one.kind is not inspect.Parameter.VAR_POSITIONAL
                for one in parameters
            )
            takes = None if any_number else len(parameters)
            self.methods += [Method(name, handler, login, needs, takes, two_factor) for name in names]
            return handler

        return register


def by_name(families: Iterable[Methods]) -> Mapping[str, Method]:
    """The methods of all families. ``ValueError`` where two have one name."""
    found: dict[str, Method] = {}
    for family in families:
        for method in family.methods:
            if method.name in found:
                message = f"two methods are called {method.name}"
                raise ValueError(message)
            found[method.name] = method
    return found


def named(methods: Mapping[str, Method], name: str) -> Method:
    """The method of that name. Raises ``Refused`` (404), as Meteor answers, where there is none."""
    method = methods.get(name)
    if method is None:
        raise Refused("404", f"Method '{name}' not found", status=404)
    return method
