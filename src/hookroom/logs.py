"""Log lines: for people on a console, or one JSON object each. They go to standard error."""

from __future__ import annotations

import logging
import sys
from typing import Final, Literal

import structlog

# Without local variables: they hold passwords and tokens.
_tracebacks: Final = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure(level: Literal["debug", "info", "warning", "error"], form: Literal["console", "json"]) -> None:
    """Set the form and the least level of all lines, also of the libraries' own."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers: list[structlog.typing.Processor] = (
        [_tracebacks, structlog.processors.JSONRenderer()]
        if form == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=_LEVELS[level], force=True)
    # Libraries tell of every start and stop; what they find wrong is enough.
    for library in ("uvicorn", "alembic", "asyncio", "aiohttp"):
        logging.getLogger(library).setLevel(max(_LEVELS[level], logging.WARNING))
