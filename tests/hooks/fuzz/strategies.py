"""Calls as Hypothesis makes them: it finds the smallest one that breaks a rule."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import strategies as st
from tests.hooks.fuzz.bodies import CHARSETS, ENCODINGS, ODD_ENCODINGS, TYPES, pack
from tests.hooks.fuzz.headers import NAMING, OTHERS, SIGNING
from tests.hooks.fuzz.odd import NUMBERS, TEXTS
from tests.hooks.fuzz.payloads import KEYS
from tests.hooks.fuzz.slack_parts import ATTACHMENT, BLOCKS, ELEMENTS, LINKS, PARTS

texts = st.text(max_size=8) | st.sampled_from([one for one in TEXTS + LINKS if len(one) < 400])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(NUMBERS) | texts
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def _objects(keys: tuple[str, ...], values: st.SearchStrategy[Any], **fixed: Any) -> st.SearchStrategy[Any]:
    objects = st.dictionaries(st.sampled_from(keys), values, min_size=1, max_size=4)
    return st.tuples(objects, st.fixed_dictionaries(fixed)).map(lambda pair: {**pair[0], **pair[1]})


elements = st.recursive(
    _objects(PARTS, texts | trees, type=st.sampled_from(ELEMENTS)),
    lambda inner: _objects(
        ("elements", "options"), st.lists(inner, max_size=2), type=st.sampled_from(ELEMENTS)
    ),
    max_leaves=4,
)
blocks = _objects(
    ("text", "fields", "elements", "accessory", "image_url", "alt_text", "title"),
    texts | elements | st.lists(elements, max_size=2),
    type=st.sampled_from(BLOCKS),
)
attachments = st.recursive(
    _objects(ATTACHMENT, texts | trees | st.lists(elements | blocks, max_size=2)),
    lambda inner: _objects(("attachments", "text"), st.lists(inner, max_size=2)),
    max_leaves=3,
)
payloads: Final = (
    _objects(KEYS, texts | trees)
    | st.fixed_dictionaries({"blocks": st.lists(blocks, max_size=2)})
    | st.fixed_dictionaries({"attachments": st.lists(attachments, max_size=2)})
    | trees
)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[dict[str, str], bytes]:
    """Headers that describe a body, and the body."""
    headers = {"Content-Type": draw(st.sampled_from(("application/json",) * 6 + TYPES))}
    if draw(st.integers(0, 5)):
        raw = json.dumps(draw(payloads), ensure_ascii=draw(st.booleans())).encode(errors="surrogatepass")
    else:
        raw = draw(st.binary(max_size=60) | texts.map(lambda text: text.encode(errors="surrogatepass")))
    if not draw(st.integers(0, 9)):
        raw = raw.decode(errors="replace").encode(draw(st.sampled_from(CHARSETS)), "replace")
    if not draw(st.integers(0, 7)):
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(st.binary(max_size=3)) + raw[at + draw(st.integers(0, 3)) :]
    if not draw(st.integers(0, 7)):
        said, true = draw(st.sampled_from(ENCODINGS + ODD_ENCODINGS)), draw(st.sampled_from(ENCODINGS))
        headers["Content-Encoding"] = said if draw(st.booleans()) else true
        raw = pack(true, raw)
    names = st.sampled_from((*NAMING, *SIGNING, *OTHERS))
    values = st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "S"]), max_size=20)
    return headers | draw(st.dictionaries(names, values, max_size=2)), raw
