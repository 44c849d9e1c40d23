"""Putting text, links and names together so that none changes its meaning through what it stands beside.

``see<https://a.example>now`` is three things in Slack; written one after the other they would be one link to
``https://a.examplenow``. Links are http(s) and e-mail only. A name can be a mention, but what somebody wrote as
the label of a link or of a person cannot become one.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from hookroom.rules.mentions import GROUPS
from hookroom.rules.times import iso

_URL: Final = re.compile(
    r"https?://[^\s/?#\\<>|\x00-\x1f\x7f][^\s<>|\x00-\x1f\x7f]*|mailto:[^\s<>|@\x00-\x1f\x7f]+@[^\s<>|@\x00-\x1f\x7f]+",
    re.IGNORECASE,
)
_ENTITY: Final = re.compile("&(amp|lt|gt);")
_ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">"}
# What would end a link's address or begin something else in the middle of it.
_ESCAPED: Final = str.maketrans({one: f"%{ord(one):02X}" for one in "()<>`"})
_USERNAME: Final = re.compile(r"[0-9a-zA-Z_.-]+")
_MENTION: Final = re.compile(r"(^|[\s>])@(?=\S)")
_ENDS_LINK: Final = re.compile(r"[.,;:!?]*(?:\s|$)")
_OPENS: Final = "([{<>*_~\"'"
_GOES_ON: Final = re.compile(r"[\w-]|[.@:][\w-]")
_GROUP_GOES_ON: Final = re.compile(r"[\w.-]|[@:][\w-]")

_Kind = Literal["text", "url", "name", "label"]


class Pieces:
    """A text that is being put together; ``plain`` writes links without Markdown, for titles."""

    def __init__(self, *, plain: bool = False) -> None:
        self._pieces: list[tuple[_Kind, str]] = []
        self._plain = plain

    def text(self, text: str) -> None:
        """Add text as it is."""
        if not text:
            return
        if self._pieces and self._pieces[-1][0] == "text":
            text = self._pieces.pop()[1] + text
        self._pieces.append(("text", text))

    def link(self, url: str, label: str = "") -> None:
        """Add a link; one that is neither http(s) nor e-mail is its label, with the address beside it."""
        label = _one_line(label)
        address = url[7:] if url[:7].lower() == "mailto:" else url
        if not is_safe(url):
            number = url[4:] if url[:4].lower() == "tel:" else url
            self.label(label if number in (label, "") else f"{label} ({number})" if label else number)
        elif not label or label in (url, address):
            self._pieces.append(("url", address))
        elif self._plain:
            self.label(f"{label} ({address})")
        else:
            self.text(markdown_link(url, label))

    def label(self, text: str) -> None:
        """Add what somebody called something, on one line; it mentions nobody."""
        if text := _one_line(text):
            self._pieces.append(("label", text))

    def user(self, name: str) -> None:
        """Add a person's name, as a mention where it can be one of a person."""
        name = name.removeprefix("@")
        if name not in GROUPS and _USERNAME.fullmatch(name):
            self._pieces.append(("name", f"@{name}"))
        else:
            self.label(name)

    def channel(self, name: str) -> None:
        """Add a channel's name."""
        name = name.removeprefix("#")
        if _USERNAME.fullmatch(name):
            self._pieces.append(("name", f"#{name}"))
        else:
            self.label(name)

    def group(self, name: str) -> None:
        """Add a mention of everybody (``all``) or of those who are online (``here``)."""
        self._pieces.append(("name", f"@{name}"))

    def __str__(self) -> str:
        """The text."""
        done = ""
        made: list[str] = []
        for i, (kind, value) in enumerate(self._pieces):
            follows = self._pieces[i + 1][1] if i + 1 < len(self._pieces) else ""
            if kind == "url":
                value = self._url(value, done, follows)
            elif kind == "name":
                value = _apart(value, done, follows)
            elif kind == "label" and done in ("@", "#"):
                value = f"\u200b{value}"
            made.append(value)
            done = value[-1:]
        return "".join(made)

    def _url(self, url: str, before: str, after: str) -> str:
        if self._plain or ((not before or before.isspace() or before == "(") and _ENDS_LINK.match(after)):
            return url
        return markdown_link(url if "://" in url else f"mailto:{url}", url)


def _one_line(label: str) -> str:
    return unmentioned(" ".join(label.split()))


def _apart(name: str, before: str, after: str) -> str:
    goes_on = _GROUP_GOES_ON if name[1:] in GROUPS else _GOES_ON
    left = "" if not before or before.isspace() or before in _OPENS else " "
    return f"{left}{name}{' ' if goes_on.match(after) else ''}"


def is_safe(url: object) -> bool:
    """Whether ``url`` is a link that a text may carry: http(s) or ``mailto:``."""
    return isinstance(url, str) and _URL.fullmatch(url) is not None


def is_web(url: object) -> bool:
    """Whether ``url`` is an http(s) link."""
    return isinstance(url, str) and is_safe(url) and "://" in url[:8]


def markdown_link(url: str, label: str) -> str:
    """``[label](url)``; the label cannot end early, nor the address."""
    return f"[{label.replace('](', '] (')}]({url.translate(_ESCAPED)})"


def unescaped(text: str) -> str:
    """``text`` with the three characters that Slack's senders escape."""
    return _ENTITY.sub(lambda found: _ENTITIES[found[1]], text) if "&" in text else text


def unmentioned(text: str) -> str:
    """``text`` in which no ``@`` begins a mention; it looks the same."""
    return _MENTION.sub("\\1\u200b@", text) if "@" in text else text


def moment(seconds: object) -> str | None:
    """A time as a text, in UTC; ``None`` for what is none."""
    try:
        at = iso(int(seconds) * 1000) if isinstance(seconds, int | str | float) else ""
    except (ValueError, OverflowError):
        return None
    return f"{at[:10]} {at[11:16]} UTC" if at else None


def emoji(name: str, tone: object = None) -> str:
    """``:name:``, with Slack's skin tone (2 to 6) as clients of ours write it (``:name_tone1:``)."""
    if isinstance(tone, int | str) and str(tone) in ("2", "3", "4", "5", "6"):
        return f":{name}_tone{int(tone) - 1}:"
    return f":{name}:"
