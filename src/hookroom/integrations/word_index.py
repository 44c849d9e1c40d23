"""Integrations by trigger word: which words does a text have, without trying each of them.

Words that a message must start with are looked up by the first characters of the text, once for each length that
a word has. Words that it may have anywhere are found by a piece of up to ``PIECE`` characters of each: the pieces
of the text are looked up, however many words there are. Of a word's pieces the one is taken that fewest others
have, so that words that begin alike do not meet (``deploy-service-1``, ``deploy-service-2``, …).

Case counts, and white space is text like any other (``rules.triggers.trigger_word``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hookroom.rules.model import Integration

HEAD: Final = 64
"""Characters by which longer words are found that a message must start with."""
PIECE: Final = 4
"""Characters of the pieces by which words are found that a message may have anywhere."""
LOOKED_AT: Final = 64
"""Pieces of a word that are considered when it is added."""
SCANNED: Final = 256
"""Up to so many pieces are searched for in the text one by one, which is quicker than the text's in them."""

_Named = dict[str, Integration]
"""Integrations by id."""


class Beginnings:
    """Integrations by words that a message must start with."""

    __slots__ = ("_lengths", "_long", "_words")

    def __init__(self) -> None:
        self._words: dict[str, _Named] = {}
        self._long: dict[str, list[str]] = {}
        self._lengths: dict[int, int] = {}
        """How many words have each length, up to ``HEAD``."""

    def __len__(self) -> int:
        return len(self._words)

    def add(self, word: str, integration: Integration) -> None:
        """Have ``integration`` found by ``word``."""
        known = self._words.get(word)
        if known is not None:
            known[integration.id] = integration
            return
        self._words[word] = {integration.id: integration}
        length = min(len(word), HEAD)
        self._lengths[length] = self._lengths.get(length, 0) + 1
        if len(word) > HEAD:
            self._long.setdefault(word[:HEAD], []).append(word)

    def remove(self, word: str, integration_id: str) -> None:
        """Forget one that was added for ``word``."""
        known = self._words.get(word)
        if known is None or known.pop(integration_id, None) is None or known:
            return
        del self._words[word]
        length = min(len(word), HEAD)
        self._lengths[length] -= 1
        if not self._lengths[length]:
            del self._lengths[length]
        if len(word) > HEAD:
            alike = self._long[word[:HEAD]]
            alike.remove(word)
            if not alike:
                del self._long[word[:HEAD]]

    def found(self, text: str) -> Iterator[Integration]:
        """Those with a word that ``text`` starts with; one with several may come several times."""
        for length in self._lengths:
            head = text[:length]
            if len(head) < length:
                continue
            if (known := self._words.get(head)) is not None:
                yield from known.values()
            if length == HEAD:
                for word in self._long.get(head, ()):
                    if text.startswith(word):
                        yield from self._words[word].values()


class Anywhere:
    """Integrations by words that a message may have anywhere."""

    __slots__ = ("_pieces", "_words")

    def __init__(self) -> None:
        self._words: dict[str, _Named] = {}
        self._pieces: dict[int, dict[str, list[str]]] = {}
        """By length of the piece: the words that are found by it."""

    def __len__(self) -> int:
        return len(self._words)

    def add(self, word: str, integration: Integration) -> None:
        """Have ``integration`` found by ``word``."""
        known = self._words.get(word)
        if known is not None:
            known[integration.id] = integration
            return
        self._words[word] = {integration.id: integration}
        pieces = self._pieces.setdefault(min(len(word), PIECE), {})
        rarest = min(_pieces_of(word), key=lambda piece: len(pieces.get(piece, ())))
        pieces.setdefault(rarest, []).append(word)

    def remove(self, word: str, integration_id: str) -> None:
        """Forget one that was added for ``word``."""
        known = self._words.get(word)
        if known is None or known.pop(integration_id, None) is None or known:
            return
        del self._words[word]
        size = min(len(word), PIECE)
        pieces = self._pieces[size]
        piece = next(piece for piece in _pieces_of(word) if word in pieces.get(piece, ()))
        pieces[piece].remove(word)
        if not pieces[piece]:
            del pieces[piece]
        if not pieces:
            del self._pieces[size]

    def found(self, text: str) -> Iterator[Integration]:
        """Those with a word that ``text`` has; one with several may come several times."""
        for size, pieces in self._pieces.items():
            if len(pieces) <= SCANNED:
                shared = [piece for piece in pieces if piece in text]
            else:
                in_text = {text[i : i + size] for i in range(len(text) - size + 1)}
                shared = [piece for piece in in_text if piece in pieces]
            for piece in shared:
                for word in pieces[piece]:
                    if word in text:
                        yield from self._words[word].values()


def _pieces_of(word: str) -> list[str]:
    """The first pieces of ``word``, each of ``PIECE`` characters; a shorter word is one itself."""
    last = max(0, len(word) - PIECE)
    return [word[i : i + PIECE] for i in range(min(last + 1, LOOKED_AT))]
