"""Which characters a body is made of: what its bytes say, what its ``Content-Type`` says, what is likely."""

from __future__ import annotations

import re
from typing import Final

# A closed table: looking up names that senders make up would import modules and fill a cache for ever.
_CODECS: Final = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1"), "latin-1"),
    **{f"windows-125{n}": f"cp125{n}" for n in range(9)},
    **{f"cp125{n}": f"cp125{n}" for n in range(9)},
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{name: name for name in ("utf-16", "utf-16le", "utf-16be", "utf-32", "koi8-r", "koi8-u")},
    **{name: name for name in ("shift_jis", "euc-jp", "euc-kr", "big5", "gb18030")},
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
}
_CHARSET: Final = re.compile(r""";\s*charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)
_PROLOG: Final = re.compile(rb"""\s*<\?xml[^>]{0,100}?\bencoding\s*=\s*["']([\w.-]{1,30})["']""")

# Those of UTF-32 come first: the one of UTF-16 is how one of them begins.
_MARKS: Final = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_TWO_BYTES: Final = (
    (re.compile(rb"(?:[\t\n\r -~]\0){2}"), "utf-16-le"),
    (re.compile(rb"(?:\0[\t\n\r -~]){2}"), "utf-16-be"),
)

# Control characters, bytes that are none in windows-1252, and more letters with accents in a row than words have.
_NOT_WESTERN: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]|[\x80-\xff]{4}")


class WrongCharset(ValueError):
    """A text is not in the charset that is declared for it."""


def codec_of(content_type: str) -> str | None:
    """Python's name of the charset in ``content_type``, ``None`` for none and for those not known."""
    found = _CHARSET.search(content_type)
    return _CODECS.get(found[1].lower()) if found else None


def in_utf8(body: bytes, codec: str | None = None) -> bytes:
    """``body`` in UTF-8; ``codec`` is that of ``codec_of``.

    A byte order mark of UTF-16 or UTF-32 beats what is declared. Without either, an XML declaration counts;
    UTF-16 is known by the zeros in it; and a text that is in no place UTF-8 is taken for windows-1252, which
    is what Windows PowerShell and old scripts send (and what browsers do, WHATWG Encoding). What is none of these,
    or is declared as UTF-8, comes back as it is. Raises ``WrongCharset``.
    """
    codec = next((one for mark, one in _MARKS if body.startswith(mark)), codec)
    if codec is None and (named := _PROLOG.match(body)):
        codec = _CODECS.get(named[1].decode().lower())
    if codec == "utf-8":
        return body
    if codec is not None:
        try:
            return body.decode(codec).removeprefix("\ufeff").encode()
        except UnicodeError:
            raise WrongCharset from None
    if body.isascii() and b"\0" not in body[:4]:
        return body
    for looks, one in _TWO_BYTES:
        if looks.match(body):
            try:
                return body.decode(one).encode()
            except UnicodeError:
                return body
    return _western(body)


def _western(body: bytes) -> bytes:
    try:
        body.decode()
    except UnicodeDecodeError:
        # One character of UTF-8 shows that the rest was meant to be, and is damaged.
        if not _NOT_WESTERN.search(body) and body.decode("utf-8", "ignore").isascii():
            return body.decode("cp1252").encode()
    return body
