"""Whose status a connection wants to be told: the stream ``stream-user-presence``.

Clients name users as they show them, each time in another ``sub``: ``["", {added: [ids], removed: [ids]}]``. The
first one stays and is for all that the connection asks for; each further one changes it and ends with ``nosub``,
as in the original (``app/notifications/server/lib/Presence.ts``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, Final

from hookroom.errors import Refused
from hookroom.live.people import PRESENCE

if TYPE_CHECKING:
    from hookroom.live.event import Event
    from hookroom.realtime.session import Session

MAX_WATCHED: Final = 5000
"""Users that one connection may watch."""
MAX_ID: Final = 64
"""Characters of the id of a user."""


class Watching:
    """The users that ``session`` watches. A listener of the hub, once for each of them."""

    __slots__ = ("_session", "_users", "id")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._users: Set[str] = frozenset()
        self.id: str | None = None
        """The client's id of the subscription that stays."""

    def ask(self, id_: str, params: Sequence[Any]) -> bool:
        """Watch, or no longer, whom ``params`` name. Answers whether ``id_`` is the one that stays.

        Raises ``Refused``: ``not-allowed`` for who is not logged in, ``too-many-subscriptions``.
        """
        if self._session.user is None:
            raise Refused("not-allowed")
        options = _options(params)
        added = {*self._users, *_ids(options.get("added"))}
        wanted = added.difference(_ids(options.get("removed")))
        if len(wanted) > MAX_WATCHED:
            raise Refused("too-many-subscriptions", f"A connection may watch {MAX_WATCHED} users")
        hub = self._session.parts.services.hub
        for user_id in wanted - self._users:
            hub.listen(PRESENCE, user_id, self)
        for user_id in self._users - wanted:
            hub.leave(PRESENCE, user_id, self)
        self._users = wanted
        if self.id is None:
            self.id = id_
        return self.id == id_

    def hear(self, event: Event) -> None:
        """Tell the client, as long as it is somebody's."""
        if self._session.user is not None:
            self._session.connection.send(event)

    def stop(self) -> None:
        """Watch nobody."""
        for user_id in self._users:
            self._session.parts.services.hub.leave(PRESENCE, user_id, self)
        self._users, self.id = frozenset(), None


def _options(params: Sequence[Any]) -> Mapping[str, Any]:
    given = params[1] if len(params) > 1 else None
    if isinstance(given, dict) and isinstance(given.get("args"), list) and given["args"]:
        given = given["args"][0]  # How ``@rocket.chat/ddp-client`` passes what belongs to a subscription.
    return given if isinstance(given, dict) else {}


def _ids(given: object) -> Iterable[str]:
    listed = given if isinstance(given, list) else ()
    return (one for one in listed if isinstance(one, str) and 0 < len(one) <= MAX_ID)
