"""Block Kit's blocks in the model of our messages.

All text goes into the message's text, in the order of the blocks: that is what mentions people, what trigger
words are looked for in, and what a phone shows. Pictures and films follow as attachments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from hookroom.rules.slack.canvas import Canvas, Rendered, bold, kind_of, line_of, list_of, text_of
from hookroom.rules.slack.elements import BETWEEN, links
from hookroom.rules.slack.pieces import is_web
from hookroom.rules.slack.rich_text import rich_text
from hookroom.rules.slack.tables import table

MAX_BLOCKS: Final = 100
"""Most blocks that are shown (Slack takes 50)."""

MAX_INSIDE: Final = 3
"""Most levels of blocks inside blocks."""

# ``*Priority:*`` and its value on the next line, as fields are written: one line here.
_TITLED: Final = re.compile(r"(\*[^*\n]+\*:?)\n([^\n]+)")
_MARKDOWN_LINK: Final = re.compile(
    r"\]\((?!\s*(?:https?:|mailto:|[/#]))(?=\s*[a-z][a-z0-9+.-]*:)", re.IGNORECASE
)


def render(blocks: object) -> Rendered:
    """What ``blocks`` show. Never raises: what cannot be shown is left out, with a warning."""
    canvas = Canvas()
    if not isinstance(blocks, list):
        canvas.warn("blocks should be a list, ignoring the value")
        return canvas.done()
    if not all(isinstance(one, dict) for one in blocks):
        canvas.warn("a block is not shown: it is not an object")
    _all(blocks, canvas, 0)
    return canvas.done()


def _all(blocks: object, canvas: Canvas, depth: int) -> None:
    found = list_of(blocks)
    for block in found[:MAX_BLOCKS]:
        reader = _READERS.get(kind_of(block))
        if reader is not None:
            reader(block, canvas)
        else:
            _unknown(block, canvas, depth)
    if len(found) > MAX_BLOCKS:
        canvas.say(f"… {len(found) - MAX_BLOCKS} more blocks")
        canvas.warn(f"only the first {MAX_BLOCKS} blocks are shown")


def _header(block: dict[str, Any], canvas: Canvas) -> None:
    canvas.say(bold(line_of(block.get("text"))))


def _section(block: dict[str, Any], canvas: Canvas) -> None:
    lines = [text_of(block.get("text"))]
    given = block.get("fields")
    lines += [_TITLED.sub(r"\1 \2", text_of(one)) for one in given] if isinstance(given, list) else []
    accessory = block.get("accessory")
    if isinstance(accessory, dict):
        if accessory.get("type") == "image":
            _image(accessory, canvas)
        else:
            lines.append(links([accessory], canvas))
    canvas.say("\n".join(line for line in lines if line))


def _context(block: dict[str, Any], canvas: Canvas) -> None:
    elements = list_of(block.get("elements"))
    texts = [line for one in elements if one.get("type") != "image" and (line := line_of(one))]
    pictures = [one for one in elements if one.get("type") == "image"]
    if pictures and texts:
        canvas.warn("a picture in a context block is not shown")
    elif pictures:
        texts = [line for one in pictures if (line := line_of(_plain(one.get("alt_text"))))]
    canvas.say(BETWEEN.join(texts))


def _image(block: dict[str, Any], canvas: Canvas) -> None:
    slack_file = block.get("slack_file")
    url = block.get("image_url") or (slack_file.get("url") if isinstance(slack_file, dict) else None)
    title = line_of(block.get("title")) or line_of(_plain(block.get("alt_text")))
    if is_web(url):
        canvas.attach({**({"title": title} if title else {}), "image_url": url})
    else:
        canvas.warn("a picture is not shown: it has no http(s) link")
        canvas.say(title)


def _video(block: dict[str, Any], canvas: Canvas) -> None:
    shown: dict[str, Any] = {}
    title, text = line_of(block.get("title")), text_of(block.get("description"))
    names = [line_of(_plain(block.get(name))) for name in ("author_name", "provider_name")]
    author = BETWEEN.join(name for name in names if name)
    url = next((one for one in (block.get("title_url"), block.get("video_url")) if is_web(one)), None)
    if title := title or line_of(_plain(block.get("alt_text"))) or (url or ""):
        shown["title"] = title
    if url:
        shown["title_link"] = url
    if text:
        shown["text"] = text
    if author:
        shown["author_name"] = author
    if is_web(picture := block.get("thumbnail_url")):
        shown["image_url"] = picture
    if shown:
        canvas.attach(shown)


def _markdown(block: dict[str, Any], canvas: Canvas) -> None:
    text = block.get("text")
    if isinstance(text, str):
        canvas.say(_MARKDOWN_LINK.sub("] (", text))


def _table(block: dict[str, Any], canvas: Canvas) -> None:
    canvas.say(bold(line_of(_plain(block.get("caption")))))
    canvas.say(table(block, canvas))


def _left_out(block: dict[str, Any], canvas: Canvas) -> None:
    canvas.warn(f"a block is not shown: {kind_of(block)}")


def _unknown(block: dict[str, Any], canvas: Canvas, depth: int) -> None:
    """A type that came after this was written: whatever texts are where blocks have them."""
    canvas.warn(f"a block of a type that is not known is shown by its texts: {kind_of(block)}")
    for key in ("title", "subtitle", "text", "body", "description", "details", "output"):
        value = block.get(key)
        if isinstance(value, dict) and value.get("type") == "rich_text":
            canvas.say(rich_text(value, canvas))
        else:
            canvas.say(bold(line_of(value)) if key == "title" else text_of(value))
    for key in ("elements", "blocks", "content", "tasks", "actions"):
        inside = list_of(block.get(key))
        if inside and depth >= MAX_INSIDE:
            canvas.warn(f"blocks are more than {MAX_INSIDE} levels deep, ignoring those below")
        elif inside:
            _all(inside, canvas, depth + 1)


def _plain(value: object) -> dict[str, Any]:
    return {"type": "plain_text", "text": value}


_READERS: Final[Mapping[str, Callable[[dict[str, Any], Canvas], None]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "divider": lambda _, canvas: canvas.divide(),
    "image": _image,
    "video": _video,
    "markdown": _markdown,
    "rich_text": lambda block, canvas: canvas.say(rich_text(block, canvas)),
    "actions": lambda block, canvas: canvas.say(links(list_of(block.get("elements")), canvas)),
    "context_actions": lambda block, canvas: canvas.say(links(list_of(block.get("elements")), canvas)),
    "table": _table,
    "data_table": _table,
    **dict.fromkeys(
        ("button", "workflow_button", "overflow"), lambda one, canvas: canvas.say(links([one], canvas))
    ),
    **dict.fromkeys(("input", "file", "call"), _left_out),
}
