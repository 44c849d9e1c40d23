"""The methods of the realtime API over REST: ``method.call/{method}`` and ``method.callAnon/{method}``.

The call and its answer are messages of the realtime protocol, as texts. The method is the one that the message
names; its form in the path, where it may have slashes, does not matter (clients write ``rooms:get`` too).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from hookroom.errors import Failure, HookroomError, MethodFailed, Refused
from hookroom.methods.errors import ddp_error
from hookroom.methods.registry import MethodCall, named
from hookroom.methods.table import METHODS
from hookroom.rest.call import Answer, Call
from hookroom.rest.routes import Routes
from hookroom.rest.schemas.method_calls import MESSAGE

routes = Routes("Methods")

_encode: Final = msgspec.json.Encoder().encode


@routes.post("method.call/{method:path}", body=MESSAGE, rate=None)
async def call_method(call: Call) -> Answer:
    """Call a method of the realtime API."""
    return await _answer(call)


@routes.post("method.callAnon/{method:path}", login="optional", body=MESSAGE, rate=None)
async def call_method_as_anybody(call: Call) -> Answer:
    """Call a method of the realtime API that needs no login."""
    return await _answer(call)


async def _answer(call: Call) -> Answer:
    message = _read(call.body["message"])
    name, params, reply = message.get("method"), message.get("params", []), message.get("id")
    if not isinstance(name, str) or not isinstance(params, list):
        raise Failure("Invalid method call")
    made = MethodCall(
        services=call.services,
        address=call.address,
        caller=call.caller,
        token=call.token,
        header=call.header,
        method=name,
    )
    head = {"msg": "result", **({} if reply is None else {"id": reply})}
    try:
        result = await named(METHODS, name)(made, params)
    except HookroomError as error:
        raise MethodFailed(_encode({**head, "error": ddp_error(error, name)}).decode()) from error
    return {"message": _encode(head if result is None else {**head, "result": result}).decode()}


def _read(text: str) -> dict[str, Any]:
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        raise Refused("error-invalid-json", "The message is not valid JSON") from None
    if not isinstance(message, dict):
        raise Failure("Invalid method call")
    return message
