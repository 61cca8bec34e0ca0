"""Structured logs on standard error: one line per event, with ids, never with a secret.

`get(name)` gives a logger: `log.info("polled", source=source.id, new=3)`. What libraries log through `logging` goes
the same way, and the last step before a line is written blots out secrets, in messages, fields and tracebacks alike.
"""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from vedette.secrets import redact

# Libraries that tell more than an operator wants, some of it secret: the least level of each that is let through.
_TAMED = {
    "aiosmtplib": logging.WARNING,
    "alembic": logging.WARNING,
    "apscheduler": logging.WARNING,
    "asyncio": logging.WARNING,
    "charset_normalizer": logging.WARNING,
    "filelock": logging.WARNING,
    "hpack": logging.WARNING,
    "htmldate": logging.ERROR,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "mail.log": logging.WARNING,
    "pebble": logging.WARNING,
    "protego": logging.WARNING,
    "readability": logging.ERROR,
    "scrapy": logging.WARNING,
    "slack_sdk": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "trafilatura": logging.CRITICAL,
    "twisted": logging.WARNING,
    "urllib3": logging.WARNING,
}

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Renders an event and redacts the finished line, so that nothing a renderer adds can slip through."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure(level: str = "info", format: str = "console", stream: TextIO | None = None) -> None:
    """Send every log of this process to `stream` (standard error): `format` console or json, from `level` up.

    May be called again; the last call counts.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        _Formatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(format, stream)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in _TAMED.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _report_crash


def _renderers(format: str, stream: TextIO) -> list[Processor]:
    if format == "json":
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=24
        )
    ]


def get(name: str, **ids: Any) -> structlog.stdlib.BoundLogger:
    """The logger of a module; `ids` are put on each of its lines."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name, **ids)
    return logger


def _report_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of an error that nobody expected, redacted."""
    import traceback

    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))
