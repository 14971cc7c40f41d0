"""OpenTelemetry: spans of requests, tasks and queries, sent to a collector by OTLP."""

from importlib.metadata import version

from django.http import HttpRequest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.django import DjangoInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Span

from marketplace.config.env import Environment

OF_PEOPLE = (  # under the names of old and new conventions
    *("http.url", "http.target", "url.full", "url.query", "url.path"),
    *("http.user_agent", "user_agent.original"),
    *("http.client_ip", "client.address", "client.port"),
    *("net.peer.ip", "net.peer.port", "network.peer.address", "network.peer.port"),
)


def begin(environment: Environment) -> None:
    """Send spans to OTLP_ENDPOINT from a thread of this process."""
    address = environment.otlp_endpoint.rstrip("/")
    begin_with(
        OTLPSpanExporter(endpoint=f"{address}/v1/traces"), share=environment.trace_share
    )


def begin_with(exporter: SpanExporter, *, share: float) -> TracerProvider:
    """Give spans to `exporter`, of a share of all traces from 0 to 1.

    Which these are the trace's id says, and not whoever asks: so all processes choose
    the same ones, and no stranger chooses for us.
    """
    provider = TracerProvider(
        resource=Resource.create(
            {"service.name": "stoa", "service.version": version("stoa")}
        ),
        sampler=TraceIdRatioBased(share),
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument(
        tracer_provider=provider,
        request_hook=without_people,
        excluded_urls="healthz,readyz,api/v1/operator/metrics",
    )
    celery = CeleryInstrumentor()  # type: ignore[no-untyped-call]  # as it was made
    celery.instrument(tracer_provider=provider)
    PsycopgInstrumentor().instrument(tracer_provider=provider)
    return provider


def without_people(span: Span, _request: HttpRequest) -> None:
    """Blank what tells who asked, or for what by name; the route stays."""
    told = getattr(span, "attributes", None) or {}  # none of a span not recorded
    for name in OF_PEOPLE:
        if name in told:
            span.set_attribute(name, "")
