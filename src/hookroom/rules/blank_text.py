"""Whether a text shows anything. Spaces and controls do not, nor do characters that are there but not drawn."""

from __future__ import annotations

import re
from typing import Final

# Space and controls; Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt); and the Braille pattern
# that has no dots, which people use to post nothing.
_INK: Final = re.compile(
    "[^\\s\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def is_blank(text: str) -> bool:
    """Whether a reader of ``text`` sees nothing."""
    return _INK.search(text) is None
