"""What is secret in a call of an incoming webhook, and does not go into its record.

Two things are: what is named like a secret (headers and parameters of the query), and every text that is one of
the integration's own secrets, wherever it stands: proxies repeat the address that was called, with its token, in
headers of their own. Bodies are not touched: they are what the call says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote, unquote_plus

from msgspec.structs import replace

from hookroom.integrations.recording import HEADER_SIZE, HEADERS, MASK
from hookroom.storage.tables.script_notes import ConsoleLine, ScriptFailure

LEAST: Final = 6
"""Characters of the shortest text that is looked for wherever it may stand: shorter ones are in any text."""

_NAMED: Final = (
    r"auth(?!or(?!iz))|cookie|token|secret|signature|hmac|passw|passphrase|pwd|credential|session|jwt|bearer"
    r"|csrf|xsrf|(?<!idempotency)(?<!idempotency[-_])key$|(?:^|[-_])(?:sig|otp|pin)(?:$|[-_])"
)
_SECRET: Final = re.compile(_NAMED, re.IGNORECASE)

_IN_TEXT: Final = re.compile(
    r"(?<=//)[^/?#@\s]*(?=@)"  # user and password in a URL
    r"|(?<=\bbasic )\S+|(?<=\bbearer )\S+|(?<=\bdigest )\S+"
    r"|\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*",  # a JSON Web Token
    re.IGNORECASE,
)
_PARAMETER: Final = re.compile(r"(?<=[?&;])([^=&?#;\s]+)=([^&#;\s]*)")
_PIECE: Final = re.compile(r"[^\s;,]+")


class Masking:
    """Masks one call; ``secrets`` are the integration's own, ``header`` is one that brings a secret.

    What it has masked it masks as well in texts that a script wrote.
    """

    def __init__(self, secrets: Iterable[str], header: str | None = None) -> None:
        self._header = header.lower() if header else None
        self._secrets = {one for one in secrets if len(one) >= LEAST}
        self._found: set[str] = set()

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers, whose names are in small letters: the first of them, their values up to a length."""
        kept: dict[str, str] = {}
        for name, value in list(headers.items())[:HEADERS]:
            if name == self._header or _is_secret(name):
                self._hide(value)
                kept[name] = MASK
            else:
                kept[name] = self.value(value)[:HEADER_SIZE]
        return kept

    def query(self, query: str) -> str:
        """A query string, as it was sent."""
        return "&".join(map(self._parameter, query.split("&"))) if query else ""

    def value(self, text: str) -> str:
        """A text that may name a secret, or the address of something."""
        if "@" in text or " " in text or "eyJ" in text:
            text = _IN_TEXT.sub(self._masked, text)
        if "=" in text:
            text = _PARAMETER.sub(self._masked_parameter, text)
        if len(text) >= LEAST:
            text = _without(text, self._secrets)
        if "%" in text and _without(plain := unquote(text), self._secrets) != plain:
            return MASK
        return text

    def written(self, text: str) -> str:
        """A text that the integration's script wrote, who saw the call as it was."""
        return _without(text, self._secrets | self._found)

    def console(self, lines: Sequence[ConsoleLine]) -> Sequence[ConsoleLine]:
        """What the script wrote with ``console``."""
        return [replace(line, text=self.written(line.text)) for line in lines]

    def failure(self, failure: ScriptFailure) -> ScriptFailure:
        """Why the script came to nothing, in its own words."""
        return replace(
            failure,
            name=self.written(failure.name),
            message=self.written(failure.message),
            stack=self.written(failure.stack),
        )

    def _parameter(self, part: str) -> str:
        name, equals, value = part.partition("=")
        if equals and _is_secret(unquote_plus(name)):
            self._hide(value)
            self._hide(unquote_plus(value))
            return f"{self._decoded(name)}={MASK}"
        return f"{self._decoded(name)}{equals}{self._decoded(value)}"

    def _decoded(self, text: str) -> str:
        plain = unquote_plus(text)
        masked = self.value(plain)
        return text if masked == plain else quote(masked, safe="*:/?&=")

    def _masked(self, match: re.Match[str]) -> str:
        self._hide(match[0])
        return MASK

    def _masked_parameter(self, match: re.Match[str]) -> str:
        if not _is_secret(match[1]):
            return match[0]
        self._hide(match[2])
        return f"{match[1]}={MASK}"

    def _hide(self, value: str) -> None:
        self._found.update(one for one in (value, *_PIECE.findall(value)) if len(one) >= LEAST)


def _without(text: str, secrets: Iterable[str]) -> str:
    found = [one for one in secrets if one in text]
    # The longest first: one may begin with another.
    for secret in sorted(found, key=len, reverse=True) if found else ():
        text = text.replace(secret, MASK)
    return text


@lru_cache(maxsize=2048)
def _is_secret(name: str) -> bool:
    return _SECRET.search(name) is not None
