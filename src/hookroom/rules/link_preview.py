"""What a web page says of itself, as messages show a link to it: its title and its ``meta`` tags.

Names are those of the original's ``meta`` (``AfterSaveOEmbed.ts``): ``og:title`` is ``ogTitle``. Pages may be
hostile: one walk finds the tags, and each of them, which is short, is taken apart by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

from hookroom.rules.charsets import codec_of

MAX_TAGS: Final = 60
"""Tags of a page that a preview keeps."""
MAX_VALUE: Final = 1000
"""Characters of each that it keeps."""
MAX_NAME: Final = 60
MAX_PREVIEWED: Final = 5
"""A message with more links to other servers has no preview of any (``MAX_EXTERNAL_URL_PREVIEWS``)."""

_TAG: Final = re.compile(r"<(meta|link|title)(?=[\s>/])[^<>]{0,4000}>", re.IGNORECASE)
_TITLE: Final = re.compile(r"[^<]{0,4000}")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CHARSET: Final = re.compile(rb"<meta\b[^>]{0,300}?charset=[\"']?([\w-]{1,30})", re.IGNORECASE)
_HEAD: Final = 4096
"""Bytes in which a page says what it is written in (the HTML standard gives it 1024)."""
_KINDS: Final = ("og", "fb", "twitter", "oembed", "msapplication")
_NOT_SHOWN: Final = (("<!--", "-->"), ("<script", "</script"), ("<style", "</style"), ("<svg", "</svg"))
_OEMBED: Final = "application/json+oembed"


def is_page(content_type: str) -> bool:
    """Whether a body of that ``Content-Type`` may be a web page."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind in ("", "text/html", "application/xhtml+xml")


def read(body: bytes, content_type: str, url: str) -> dict[str, str]:
    """What the page at ``url`` says of itself; ``body`` may be cut off anywhere."""
    text = _text(body, content_type)
    meta: dict[str, str] = {}
    for name, value in _said(_shown(text), url):
        value = value.strip()[:MAX_VALUE]
        if value and len(name) <= MAX_NAME and len(meta) < MAX_TAGS and _is_kept(name):
            meta.setdefault(name, value)
    return meta


def camel_case(name: str) -> str:
    """``og:image:width`` as ``ogImageWidth``."""
    found = [word.lower() for word in _WORD.findall(name)]
    return "".join(found[:1] + [word.capitalize() for word in found[1:]])


def may_be_previewed(url: str) -> bool:
    """Whether ``url`` is one that a preview can be made of: ``http`` or ``https``, with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def redirected(url: str, location: str) -> str | None:
    """Where a redirect from ``url`` leads; ``None`` where no preview can be made of that."""
    try:
        to = urljoin(url, location.strip())
    except ValueError:
        return None
    return to if may_be_previewed(to) else None


def _is_kept(name: str) -> bool:
    small = name.lower()
    return "title" in small or "description" in small or small.startswith(_KINDS)


def _said(text: str, url: str) -> Iterator[tuple[str, str]]:
    for found in _TAG.finditer(text):
        kind = found[1].lower()
        if kind == "title":
            title = _TITLE.match(text, found.end())
            yield "pageTitle", unescape(title[0]) if title else ""
            continue
        attributes = _attributes(found[0])
        if kind == "meta":
            name = attributes.get("property") or attributes.get("name")
            if name:
                yield camel_case(name), attributes.get("content", "")
        elif attributes.get("type", "").lower() == _OEMBED and (
            to := redirected(url, attributes.get("href", ""))
        ):
            yield "oembedUrl", to


def _attributes(tag: str) -> Mapping[str, str]:
    reading = _Reading()
    reading.feed(tag)
    return reading.attributes


class _Reading(HTMLParser):
    """Reads one tag."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, str] = {}

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the attributes, of a repeated one the first."""
        for name, value in attrs:
            self.attributes.setdefault(name, value or "")


def _shown(text: str) -> str:
    """Without what is no part of the page: comments, scripts, styles and drawings."""
    for begins, ends in _NOT_SHOWN:
        kept = []
        at = 0
        # Where lowering changes the length the pieces are off by a little: no harm in a preview.
        small = text.lower()
        while (start := small.find(begins, at)) >= 0:
            kept.append(text[at:start])
            at = small.find(ends, start + len(begins))
            if at < 0:
                return "".join(kept)
            at += len(ends)
        text = "".join((*kept, text[at:]))
    return text


def _text(body: bytes, content_type: str) -> str:
    codec = codec_of(content_type)
    if codec is None and (named := _CHARSET.search(body, 0, _HEAD)):
        codec = codec_of(f"text/html; charset={named[1].decode()}")
    return body.decode(codec or "utf-8", "replace")
