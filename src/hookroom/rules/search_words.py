"""What a text is searched by: its words without case and accents, the same on every database.

The databases' own ideas of a word differ. So texts are taken apart here, and a database is given words that it
only has to tell apart at spaces. A word is a run of letters and digits; of scripts that are written without
spaces, and of emoji, each character is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, Literal

from hookroom.rules.model import Message

MAX_WORD: Final = 64
"""Characters of a word that count; what follows is left out of the index and of a query alike."""
MAX_WORDS: Final = 12_000
"""Words of a message that are indexed. PostgreSQL tells no positions apart beyond 16,383."""
MAX_TIMES: Final = 250
"""Times that one word of a message is indexed: PostgreSQL keeps 255 positions of each."""

MARK: Final = "\ue000"
"""Begins what is no word of the text but a property of the message; no text has it as a letter."""

Property = Literal["url", "pin", "location", "file", "image", "audio", "video"]
"""What a message may have, and be searched by."""

_PLAIN: Final = re.compile(r"[a-z0-9]+")
_SPACELESS: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3100, 0x312F),  # Bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Ideographs
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


def words(text: str) -> list[str]:
    """The words of ``text`` in their order, in the form in which they are compared."""
    if text.isascii():
        found = _PLAIN.findall(text.lower())
        return [word[:MAX_WORD] for word in found] if len(text) > MAX_WORD else found
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    found = []
    begun: list[str] = []
    for character in folded:
        kind = _kind(character)
        if kind == "letter":
            begun.append(character)
            continue
        if kind == "mark":
            continue
        if begun:
            found.append("".join(begun)[:MAX_WORD])
            begun = []
        if kind == "word":
            found.append(character)
    if begun:
        found.append("".join(begun)[:MAX_WORD])
    return found


def may_grow(word: str) -> bool:
    """Whether ``word`` stands for all words that begin with it: one letter, or one character of a script
    without spaces, stands for itself alone."""
    return len(word) > 1


def indexed(message: Message) -> str:
    """Everything that ``message`` is found by, as words with spaces between them.

    First those of its text and of what its attachments say, then its properties.
    """
    attachments = message.attachments or ()
    titles = [title for one in attachments for title in _texts(one, ("title",))]
    described = [text for one in attachments for text in _texts(one, ("description",))]
    said = [text for one in attachments for text in _texts(one, ("pretext", "text"))]
    parts = [words(part) for part in (message.text, *said, *titles, *described)]
    found = _joined(parts)
    found.append(of_room(message.room_id))
    found.append(by_user(message.user.id))
    people = {one.get("_id") for one in message.mentions or ()}
    found += sorted(mentioning(one) for one in people if isinstance(one, str))
    found += [having(one) for one in _properties(message)]
    found += sorted({titled(word) for title in titles for word in words(title)})
    found += sorted({describing(word) for text in described for word in words(text)})
    return " ".join(found)


def of_room(room_id: str) -> str:
    """The word that every message of a room has."""
    return _id("r", room_id)


def by_user(user_id: str) -> str:
    """The word of the messages that a user wrote."""
    return _id("f", user_id)


def mentioning(user_id: str) -> str:
    """The word of the messages that mention a user."""
    return _id("m", user_id)


def having(what: Property) -> str:
    """The word of the messages that have a property."""
    return f"{MARK}h{what}"


def titled(word: str) -> str:
    """The word of the messages with an attachment whose title has ``word``."""
    return f"{MARK}t{word}"


def describing(word: str) -> str:
    """The word of the messages with an attachment whose description has ``word``."""
    return f"{MARK}d{word}"


def _id(kind: str, value: str) -> str:
    # In hexadecimal: ids differ by case, and words do not.
    return f"{MARK}{kind}{value.encode('utf-8', 'surrogatepass').hex()}"


def _texts(attachment: dict[str, object], names: Sequence[str]) -> list[str]:
    return [value for name in names if isinstance(value := attachment.get(name), str) and value]


def _joined(parts: Iterable[list[str]]) -> list[str]:
    """All words, with a mark between the parts, and in place of those that are too many of one."""
    found: list[str] = []
    for part in parts:
        if found and part:
            found.append(MARK)
        found += part
    del found[MAX_WORDS:]
    if len(found) > MAX_TIMES:
        times: dict[str, int] = {}
        for i, word in enumerate(found):
            times[word] = times.get(word, 0) + 1
            if times[word] > MAX_TIMES:
                found[i] = MARK
    return found


def _properties(message: Message) -> list[Property]:
    has: dict[Property, bool] = {
        "url": bool(message.urls),
        "pin": bool(message.pinned),
        "file": bool(message.files or message.file),
        "image": _shows(message, "image"),
        "audio": _shows(message, "audio"),
        "video": _shows(message, "video"),
    }
    return [what for what, there in has.items() if there]


def _shows(message: Message, kind: Literal["image", "audio", "video"]) -> bool:
    return any(str(one.get("type", "")).startswith(f"{kind}/") for one in message.files or ()) or any(
        one.get(f"{kind}_url") for one in message.attachments or ()
    )


@lru_cache(maxsize=4096)
def _kind(character: str) -> Literal["letter", "mark", "word", ""]:
    code = ord(character)
    if unicodedata.combining(character):
        return "mark"
    if any(first <= code <= last for first, last in _SPACELESS):
        return "word" if unicodedata.category(character)[0] in "LMN" else ""
    category = unicodedata.category(character)
    if category[0] in "LMN":
        # Variation selectors and the like are marks without a class of their own.
        return "mark" if category in ("Mn", "Me") and not _spoken(code) else "letter"
    return "word" if category == "So" else ""


def _spoken(code: int) -> bool:
    # Vowel signs of the scripts of South and South-East Asia; marks of a general kind lie elsewhere.
    return 0x0900 <= code <= 0x1CFF or 0xA800 <= code <= 0xABFF or 0x11000 <= code <= 0x11FFF
