"""Until when messages may be edited and deleted."""

from __future__ import annotations

import pytest

from hookroom.rules.message_limits import may_still_delete, may_still_edit


@pytest.mark.parametrize(
    ("seconds", "minutes", "edit", "delete"),
    [
        (0, 0, True, True),
        (10**9, 0, True, True),
        (0, 1, True, True),
        (59, 1, True, True),
        (60, 1, False, True),
        (89, 1, False, True),
        (90, 1, False, False),
        (299, 5, True, True),
        (300, 5, False, True),
        (330, 5, False, False),
    ],
)
def test_limits(seconds: int, minutes: int, edit: bool, delete: bool) -> None:
    assert may_still_edit(seconds * 1000, minutes) is edit
    assert may_still_delete(seconds * 1000, minutes) is delete
