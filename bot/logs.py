"""Structured logs: one line an event, on standard error, with known secrets masked."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from notifiers.redactor import Redactor

_QUIET = (
    "aiohttp.access",
    "httpx",
    "httpcore",
    "slack_bolt",
    "slack_sdk",
    "uvicorn.access",
    "alembic",
)


class Masking:
    """A structlog processor that masks what the redactor knows, wherever it is in the event."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        return {name: self._masked(value) for name, value in event.items()}

    def _masked(self, value: Any) -> Any:
        """Objects are shown by their repr later: what hides a secret there becomes text now."""
        if isinstance(value, str | dict | list | tuple):
            return self._redactor.redact_json(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        shown = repr(value)
        masked = self._redactor.redact(shown)
        return value if masked == shown else masked


def set_up_logs(redactor: Redactor, *, level: str = "INFO", as_json: bool = False) -> None:
    """Sends structlog's and the standard library's events the same way. Call once at start.

    `as_json` is for what is read by programs; people at a terminal get columns.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        Masking(redactor),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                Masking(redactor),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
