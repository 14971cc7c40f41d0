"""How the installation is watched: figures, traces and faults."""

from pydantic import BaseModel, Field


class Watching(BaseModel):
    """Where Prometheus asks, and where traces and faults are sent."""

    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65_535,
        description="Workers answer /metrics on this port to whoever reaches it, so "
        "bind it inside; the site's own /metrics takes a token of staff. 0 is off.",
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="Where METRICS_PORT listens."
    )
    otlp_endpoint: str = Field(
        default="",
        pattern="^(|https?://.+)$",
        description="An OpenTelemetry collector's HTTP address, such as "
        "http://127.0.0.1:4318: requests and runs are traced. Takes the extra `watch`.",
    )
    trace_share: float = Field(
        default=1.0, ge=0, le=1, description="The share of requests that is traced."
    )
    sentry_dsn: str = Field(
        default="",
        pattern="^(|https?://.+)$",
        description="Where faults are reported, without values of variables, bodies, "
        "addresses or people. Sentry or what speaks like it. Takes the extra `watch`.",
    )
