"""The sessions of this node: by user, by the token they logged in with, by address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hookroom.rules.client_address import counted_as
from hookroom.workspace.rate_limit import Windows

if TYPE_CHECKING:
    from hookroom.realtime.session import Session


Sessions = dict["Session", None]


class People:
    """All sessions that are open."""

    def __init__(self) -> None:
        self._all: dict[Session, None] = {}
        self._users: dict[str, Sessions] = {}
        self._tokens: dict[str, Sessions] = {}
        self._addresses: dict[str, Sessions] = {}
        self._windows: dict[str, Windows] = {}

    def __bool__(self) -> bool:
        return bool(self._all)

    def all(self) -> Iterable[Session]:
        """Everybody, as a list that does not change."""
        return tuple(self._all)

    def at(self, address: str) -> int:
        """How many sessions an address has (see ``counted_as``)."""
        return len(self._addresses.get(address, ()))

    def sessions_of(self, user_id: str) -> Iterable[Session]:
        """Those of a user."""
        return tuple(self._users.get(user_id, ()))

    def sessions_with(self, token_hash: str) -> Iterable[Session]:
        """Those that logged in with a token."""
        return tuple(self._tokens.get(token_hash, ()))

    def come(self, session: Session) -> None:
        """A session is open."""
        self._all[session] = None
        _put(self._addresses, counted_as(session.address), session)

    def go(self, session: Session) -> None:
        """It is closed."""
        self._all.pop(session, None)
        _take(self._addresses, counted_as(session.address), session)

    def logged_in(self, session: Session, user_id: str, token_hash: str) -> None:
        """It is a user's from now on."""
        _put(self._users, user_id, session)
        _put(self._tokens, token_hash, session)

    def logged_out(self, session: Session, user_id: str, token_hash: str) -> None:
        """It is no longer."""
        _take(self._users, user_id, session)
        _take(self._tokens, token_hash, session)

    def windows(self, whose: str) -> Windows:
        """What is counted of the calls of a user or an address, also when their sessions come and go."""
        found = self._windows.get(whose)
        if found is None:
            found = self._windows[whose] = Windows()
        return found

    def forget_past(self, now: int) -> None:
        """Let go of what was counted and is over; ``now`` is in epoch milliseconds."""
        self._windows = {
            whose: windows for whose, windows in self._windows.items() if not windows.forget_past(now)
        }


def _put(groups: dict[str, Sessions], key: str, session: Session) -> None:
    groups.setdefault(key, {})[session] = None


def _take(groups: dict[str, Sessions], key: str, session: Session) -> None:
    sessions = groups.get(key)
    if sessions is not None:
        sessions.pop(session, None)
        if not sessions:
            del groups[key]
