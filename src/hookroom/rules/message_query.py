"""The language in which messages are searched for, the original's as far as an index answers it.

Words (each must occur, and stands for all that begin with it), ``"phrases"`` (these words in this order), and
operators: ``from:name``, ``from:me``, ``mention:name``, ``has:star``, ``has:url``, ``has:link``, ``has:location``,
``has:map``, ``is:pinned``, ``has:pin``, ``before:``, ``after:`` and ``on:`` with a date (``31/12/2025`` or
``2025-12-31``), ``order:asc`` or ``desc``, ``file-title:`` and ``file-desc:``
(``apps/meteor/server/lib/parseMessageSearchQuery.ts``). Ours are ``is:starred``, ``has:file``, ``has:image``,
``has:audio`` and ``has:video``. Regular expressions are refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, NamedTuple

from msgspec import Struct

from hookroom.errors import Refused
from hookroom.rules.search_words import Property, may_grow, words
from hookroom.rules.times import millis

MAX_TEXT: Final = 1000
"""Most characters of a query."""
MAX_WORDS: Final = 40
"""Most words of a query."""
MAX_NAMES: Final = 20
"""Most users that one kind of operator names."""

FOR_EVER: Final = 2**42
"""Later than all messages, in epoch milliseconds."""

Order = Literal["newest", "oldest"]


class Phrase(NamedTuple):
    """Words that follow each other. ``grows``: the last one stands for all that begin with it."""

    words: tuple[str, ...]
    grows: bool = False


class MessageQuery(Struct, frozen=True, kw_only=True):
    """What is searched for: all conditions hold. Times are epoch milliseconds: ``since`` <= time < ``until``."""

    phrases: tuple[Phrase, ...] = ()
    authors: tuple[str, ...] = ()
    """User names, one of whom wrote the message; ``me`` is who searches."""
    mentioned: tuple[str, ...] = ()
    """User names, one of whom the message mentions."""
    starred: bool = False
    """By who searches."""
    having: tuple[Property, ...] = ()
    titles: tuple[str, ...] = ()
    """Beginnings of words in titles of attachments."""
    descriptions: tuple[str, ...] = ()
    since: int = 0
    until: int = FOR_EVER
    order: Order = "newest"

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for: an order alone finds nothing."""
        return self == MessageQuery(order=self.order)


def read(text: str, *, utc_offset: float = 0) -> MessageQuery:
    """What ``text`` asks for. Days begin at midnight where the offset from UTC is ``utc_offset`` hours.

    Raises ``Refused``: ``error-search-text-too-long``, ``error-search-too-many-words``,
    ``error-search-regex-not-supported``, ``error-invalid-date``.
    """
    if len(text) > MAX_TEXT:
        raise Refused("error-search-text-too-long", f"A search takes at most {MAX_TEXT} characters")
    reading = _Reading(utc_offset)
    rest = _OPERATOR.sub(reading.take, text)
    _check_no_regex(rest)
    phrases = [Phrase(tuple(words(quoted))) for quoted in _QUOTED.findall(rest)]
    for piece in _QUOTED.sub(" ", rest).split():
        found = tuple(words(piece))
        if found:
            phrases.append(Phrase(found, may_grow(found[-1])))
    asked = tuple(dict.fromkeys(phrase for phrase in phrases if phrase.words))
    if (
        sum(len(phrase.words) for phrase in asked) + len(reading.titles) + len(reading.descriptions)
        > MAX_WORDS
    ):
        raise Refused("error-search-too-many-words", f"A search takes at most {MAX_WORDS} words")
    if max(len(reading.authors), len(reading.mentioned)) > MAX_NAMES:
        raise Refused("error-search-too-many-words", f"A search names at most {MAX_NAMES} users")
    return MessageQuery(
        phrases=asked,
        authors=tuple(reading.authors),
        mentioned=tuple(reading.mentioned),
        starred=reading.starred,
        having=tuple(sorted(reading.having)),
        titles=tuple(reading.titles),
        descriptions=tuple(reading.descriptions),
        since=reading.since,
        until=reading.until,
        order=reading.order,
    )


_QUOTED: Final = re.compile(r'"([^"]*)"')
_NAME: Final = r"@?(?P<{}>[^\s\"]+)"
_VALUE: Final = r"(?:\"(?P<{0}_quoted>[^\"]*)\"|(?P<{0}>[^\s\"]+))"
_OPERATOR: Final = re.compile(
    r"(?<![^\s])(?:"
    rf"from:{_NAME.format('author')}"
    rf"|mention:{_NAME.format('mentioned')}"
    r"|(?:has|is):(?P<what>star|starred|url|link|pin|pinned|location|map|file|image|audio|video)(?!\S)"
    r"|(?P<when>before|after|on):"
    r"(?:(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})"
    r"|(?P<year_first>\d{4})-(?P<month_second>\d{1,2})-(?P<day_last>\d{1,2}))(?!\S)"
    r"|(?:order|sort):(?P<order>asc|desc)(?:end(?:ing)?)?(?!\S)"
    rf"|file-title:{_VALUE.format('title')}"
    rf"|file-desc:{_VALUE.format('description')}"
    r")",
    re.IGNORECASE,
)
_PROPERTIES: Final[dict[str, Property]] = {
    "url": "url",
    "link": "url",
    "pin": "pin",
    "pinned": "pin",
    "location": "location",
    "map": "location",
    "file": "file",
    "image": "image",
    "audio": "audio",
    "video": "video",
}
_REGEX: Final = re.compile(r"\s*/(.+)/[imxs]*\s*", re.DOTALL)
_PLAIN: Final = re.compile(r"[\w\s/-]*")


class _Reading:
    """What the operators of a query said so far."""

    def __init__(self, utc_offset: float) -> None:
        self._offset = timedelta(hours=utc_offset if abs(utc_offset) <= 24 else 0)
        self.authors: dict[str, None] = {}
        self.mentioned: dict[str, None] = {}
        self.starred = False
        self.having: set[Property] = set()
        self.titles: dict[str, None] = {}
        self.descriptions: dict[str, None] = {}
        self.since = 0
        self.until = FOR_EVER
        self.order: Order = "newest"

    def take(self, found: re.Match[str]) -> str:
        """Note one operator; nothing of it is left in the text."""
        part = found.groupdict()
        if part["author"]:
            self.authors[part["author"].casefold()] = None
        elif part["mentioned"]:
            self.mentioned[part["mentioned"].casefold()] = None
        elif what := part["what"]:
            if what.lower() in ("star", "starred"):
                self.starred = True
            else:
                self.having.add(_PROPERTIES[what.lower()])
        elif when := part["when"]:
            self._narrow(when.lower(), *self._day(part))
        elif order := part["order"]:
            self.order = "oldest" if order.lower() == "asc" else "newest"
        else:
            title = part["title"] or part["title_quoted"]
            description = part["description"] or part["description_quoted"]
            self.titles.update(dict.fromkeys(words(title or "")))
            self.descriptions.update(dict.fromkeys(words(description or "")))
        return " "

    def _narrow(self, when: str, begins: int, ends: int) -> None:
        if when != "after":
            self.until = min(self.until, begins if when == "before" else ends)
        if when != "before":
            self.since = max(self.since, ends if when == "after" else begins)

    def _day(self, part: dict[str, str | None]) -> tuple[int, int]:
        year, month, day = (
            int(part[first] or part[second] or 0)
            for first, second in (("year", "year_first"), ("month", "month_second"), ("day", "day_last"))
        )
        try:
            begins = datetime(year, month, day, tzinfo=UTC) - self._offset
            ends = begins + timedelta(days=1)
        except (ValueError, OverflowError):
            raise Refused("error-invalid-date", f"There is no such day: {day}/{month}/{year}") from None
        return max(0, millis(begins.isoformat())), max(0, millis(ends.isoformat()))


def _check_no_regex(text: str) -> None:
    found = _REGEX.fullmatch(text)
    if found and not _PLAIN.fullmatch(found[1]):
        raise Refused(
            "error-search-regex-not-supported",
            "Regular expressions cannot be searched for; search for words",
        )
