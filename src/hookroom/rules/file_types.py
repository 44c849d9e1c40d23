"""Media types of uploaded files: reading them, guessing them from names, and which a server takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

UNKNOWN: Final = "application/octet-stream"

_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")

_EXTENSIONS: Final = """
    image/png png; image/jpeg jpg jpeg jpe jfif; image/gif gif; image/webp webp; image/avif avif;
    image/heic heic; image/heif heif; image/bmp bmp; image/tiff tif tiff; image/svg+xml svg svgz;
    image/x-icon ico; audio/mpeg mp3; audio/mp4 m4a; audio/aac aac; audio/ogg ogg oga opus; audio/wav wav;
    audio/flac flac; audio/webm weba; video/mp4 mp4 m4v; video/webm webm; video/ogg ogv; video/quicktime mov;
    video/x-msvideo avi; video/x-matroska mkv; text/plain txt log text conf ini; text/markdown md markdown;
    text/csv csv; text/tab-separated-values tsv; text/html html htm; text/css css; text/calendar ics;
    text/javascript js mjs; application/json json; application/yaml yaml yml; application/xml xml;
    application/xhtml+xml xhtml xht; application/pdf pdf; application/zip zip; application/gzip gz tgz;
    application/x-tar tar; application/x-7z-compressed 7z; application/x-bzip2 bz2; application/x-xz xz;
    application/zstd zst; application/vnd.rar rar; application/rtf rtf; application/wasm wasm;
    application/msword doc; application/vnd.ms-excel xls; application/vnd.ms-powerpoint ppt;
    application/vnd.openxmlformats-officedocument.wordprocessingml.document docx;
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx;
    application/vnd.openxmlformats-officedocument.presentationml.presentation pptx;
    application/vnd.oasis.opendocument.text odt; application/vnd.oasis.opendocument.spreadsheet ods;
    application/vnd.oasis.opendocument.presentation odp; application/epub+zip epub; font/woff woff;
    font/woff2 woff2; font/ttf ttf; font/otf otf
"""


def _by_extension() -> Iterator[tuple[str, str]]:
    for line in _EXTENSIONS.split(";"):
        media_type, *extensions = line.split()
        for extension in extensions:
            yield extension, media_type


_TYPE_OF: Final[Mapping[str, str]] = MappingProxyType(dict(_by_extension()))

_ACTIVE: Final = re.compile(r"(?:text/(?:html|xml|xsl|javascript)|(?:application|image)/(?:.*\+)?xml)")


def media_type(declared: str | None, name: str) -> str:
    """The type of a file called ``name`` whose sender says ``declared``: small letters, no parameters.

    Where the sender does not know (none, not one, or ``UNKNOWN``), what the name's extension stands for.
    """
    said = (declared or "").partition(";")[0].strip().lower()
    if said != UNKNOWN and _TYPE.fullmatch(said):
        return said
    return _TYPE_OF.get(name.rpartition(".")[2].lower(), UNKNOWN)


def type_group(media_type: str) -> str:
    """What comes before the slash: ``image``, by which listings are filtered."""
    return media_type.partition("/")[0]


def is_accepted(media_type: str, allowed: str, refused: str) -> bool:
    """Whether the server takes files of that type.

    ``allowed`` and ``refused`` are the settings ``FileUpload_MediaTypeWhiteList`` and ``…BlackList``: types
    separated by commas, ``*`` for any part of one (``image/*``). An empty white list allows all; the black
    list wins.
    """
    if any(_matches(one, media_type) for one in _listed(refused)):
        return False
    wanted = list(_listed(allowed))
    return not wanted or any(_matches(one, media_type) for one in wanted)


def is_active(media_type: str) -> bool:
    """Whether a browser would run what is in such a file, or load what it names, if it showed it."""
    return _ACTIVE.fullmatch(media_type) is not None


def _listed(setting: str) -> Iterator[str]:
    return (one for part in setting.split(",") if (one := part.strip().lower()))


def _matches(pattern: str, media_type: str) -> bool:
    parts = (re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), media_type) is not None
