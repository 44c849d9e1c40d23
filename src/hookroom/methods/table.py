"""All methods that there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hookroom.methods import (
    accounts,
    authorization,
    commands,
    histories,
    integrations,
    kept,
    listings,
    login,
    mail,
    membership,
    message_marks,
    moderation,
    notify,
    presence,
    room_changes,
    room_creation,
    room_lookup,
    room_marks,
    search,
    sending,
    settings,
    tokens,
    two_factor,
)
from hookroom.methods.registry import Method, Methods, by_name

FAMILIES: Final[tuple[Methods, ...]] = (
    login.methods,
    accounts.methods,
    tokens.methods,
    two_factor.methods,
    mail.methods,
    authorization.methods,
    settings.methods,
    presence.methods,
    kept.methods,
    listings.methods,
    room_lookup.methods,
    room_creation.methods,
    room_changes.methods,
    room_marks.methods,
    membership.methods,
    sending.methods,
    message_marks.methods,
    histories.methods,
    search.methods,
    moderation.methods,
    commands.methods,
    notify.methods,
    integrations.methods,
)
"""The families, each a file of its own."""

METHODS: Final[Mapping[str, Method]] = by_name(FAMILIES)
"""Every method by its name."""
