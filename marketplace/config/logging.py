"""structlog for every line of every process: JSON, with ids of request, run and trace."""

from typing import Any

import structlog

from marketplace.kit.tracing import current_trace, id_of


def add_trace(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Name the trace that a line belongs to, which run and page name too."""
    if trace := id_of(current_trace()):
        event["trace_id"] = trace
    return event


SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    add_trace,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]

# Locals hold passwords, tokens and what people sent: they stay out of the log.
_without_locals = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def logging_config(*, level: str, style: str) -> dict[str, Any]:
    """Return a dictConfig under which stdlib and structlog lines look the same."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderers: dict[str, list[structlog.typing.Processor]] = {
        "json": [
            structlog.processors.ExceptionRenderer(_without_locals),
            structlog.processors.JSONRenderer(),
        ],
        "console": [structlog.dev.ConsoleRenderer()],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "stoa": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *renderers[style],
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "stoa"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level},
            "django.server": {"level": "WARNING"},
            "celery": {"level": level},
            "botocore": {"level": "WARNING"},
            "onnx_ir": {"level": "WARNING"},
            "onnxscript": {"level": "WARNING"},
            "stripe": {"level": "WARNING"},
            "django.utils.autoreload": {"level": "WARNING"},
        },
    }
