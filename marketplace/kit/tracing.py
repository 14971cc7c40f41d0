"""The trace that the work of now belongs to, as W3C Trace Context writes it.

Rooms speak OpenTelemetry's API alone, which does nothing by itself. Whether spans are
recorded and sent is the frame's affair (`config.watching`); a trace has its id anyway, so
that the record of a run, its page and the log of request and worker name the same one.
https://www.w3.org/TR/trace-context/
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

HEADER = "traceparent"
LONGEST = 55
_wire = TraceContextTextMapPropagator()


def current_trace() -> str:
    """Return the `traceparent` of what is done now, empty outside any trace."""
    carrier: dict[str, str] = {}
    _wire.inject(carrier)
    return carrier.get(HEADER, "")


def id_of(traceparent: str) -> str:
    """Return the 32 hex digits that name the trace, empty if there is none."""
    return traceparent.split("-")[1] if traceparent else ""


def fresh_trace() -> str:
    """Return the `traceparent` of a new trace of which no spans are recorded."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


@contextmanager
def within(traceparent: str) -> Iterator[None]:
    """Do what the block does as a part of a trace; empty changes nothing."""
    if not traceparent:
        yield
        return
    token = context.attach(_wire.extract({HEADER: traceparent}, context.Context()))
    try:
        yield
    finally:
        context.detach(token)


def is_traced() -> bool:
    """Whether what is done now belongs to a trace."""
    return trace.get_current_span().get_span_context().is_valid
