"""Translating messages: the setting ``AutoTranslate_Enabled`` is off; there is no service that would translate."""

from __future__ import annotations

from typing import Any, Final

from hookroom.errors import Failure, LeftOut
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas.rooms import OPTIONAL_TEXT, TEXT, strict
from hookroom.rest.validation import Schema

routes = Routes("Translation")

_LANGUAGES: Final = Schema(strict(["targetLanguage"], targetLanguage=TEXT))
_ANY: Final[dict[str, Any]] = {}
_SAVE: Final = Schema(
    strict(
        ["roomId", "field", "value"],
        roomId=TEXT,
        field={"type": "string", "enum": ["autoTranslate", "autoTranslateLanguage"]},
        value=_ANY,
        defaultLanguage=OPTIONAL_TEXT,
    )
)
_TRANSLATE: Final = Schema(strict(["messageId"], messageId=TEXT, targetLanguage=OPTIONAL_TEXT))


@routes.get("autotranslate.getSupportedLanguages", query=_LANGUAGES)
async def get_languages(call: Call) -> Answer:
    """The languages that messages are translated to: refused while translation is off."""
    raise _refusal(call)


@routes.post("autotranslate.saveSettings", body=_SAVE)
async def save(call: Call) -> Answer:
    """What is translated in a room: refused while translation is off."""
    raise _refusal(call)


@routes.post("autotranslate.translateMessage", body=_TRANSLATE)
async def translate(call: Call) -> Answer:
    """Translate a message: refused while translation is off."""
    raise _refusal(call)


def _refusal(call: Call) -> Failure | LeftOut:
    if not call.ws.settings["AutoTranslate_Enabled"]:
        return Failure("AutoTranslate is disabled.")
    return LeftOut("Translating messages is left out: this server knows no service that would.")
