"""The answer to what nobody expected: a 500 with an id that the log carries, and nothing else."""

from __future__ import annotations

import falcon.asgi
import msgspec
import structlog

from hookroom.rules.ids import random_id

log = structlog.get_logger()


def failure_body(error: Exception, route: str) -> bytes:
    """Log ``error`` with its stack under a new id; the body of the answer names that id."""
    failure_id = random_id(12)
    log.error("request failed", failure=failure_id, route=route, exc_info=error)
    return msgspec.json.encode(
        {
            "success": False,
            "error": f"Something went wrong on the server; its log has it as {failure_id}. [error-internal]",
            "errorType": "error-internal",
        }
    )


def answer_failure(response: falcon.asgi.Response, error: Exception, route: str) -> None:
    """Answer 500 with the body of ``failure_body``."""
    response.status = 500
    response.content_type = "application/json"
    response.data = failure_body(error, route)
