"""Faults of ours, told to Sentry or what speaks like it: where, and never with what.

Messages of exceptions hold what people sent (a duplicate key names an address), so they
stay in our own log, which the ids of request and trace lead to.
"""

from importlib.metadata import version
from typing import Any

import sentry_sdk
import structlog
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import LoggingIntegration

from marketplace.config.env import Environment
from marketplace.kit.tracing import current_trace, id_of

SENT = frozenset(
    {
        *("event_id", "timestamp", "platform", "level", "exception", "transaction"),
        *("release", "environment", "sdk", "tags", "modules", "type"),
    }
)


def begin(environment: Environment, **given: Any) -> None:
    """Report unhandled faults of this process to SENTRY_DSN.

    `given` is what else the library shall be told, such as another transport.
    """
    sentry_sdk.init(
        dsn=environment.sentry_dsn,
        release=f"stoa@{version('stoa')}",
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=True,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        default_integrations=True,
        integrations=[
            DjangoIntegration(transaction_style="url"),
            CeleryIntegration(),
            LoggingIntegration(level=None, event_level=None),
        ],
        before_send=bare,
        **given,
    )


def bare(event: Any, _hint: Any) -> Any:
    """Return what may leave: the kind of the fault, where it is, and ids of our own."""
    kept = {key: value for key, value in event.items() if key in SENT}
    for fault in kept.get("exception", {}).get("values", []):
        fault["value"] = ""
    ids = {
        "request_id": str(
            structlog.contextvars.get_contextvars().get("request_id", "")
        ),
        "trace_id": id_of(current_trace()),
    }
    kept["tags"] = {name: said for name, said in ids.items() if said}
    return kept
