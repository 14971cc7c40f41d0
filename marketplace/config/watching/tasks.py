"""Celery's side: each task continues the trace of its run, and is timed."""

from contextlib import ExitStack
from time import perf_counter
from typing import Any

import structlog
from celery.signals import task_postrun, task_prerun, worker_ready
from prometheus_client import start_http_server

from marketplace.config.env import environment
from marketplace.config.watching.processes import TASKS, of_this_host
from marketplace.kit.tracing import HEADER, is_traced, within

log = structlog.get_logger(__name__)
_begun: dict[str, tuple[float, ExitStack]] = {}


@task_prerun.connect
def begin(task_id: str, task: Any, **_: object) -> None:
    """Note when a task began; without spans that are recorded, take up its trace."""
    trace = "" if is_traced() else getattr(task.request, HEADER, None) or ""
    held = ExitStack()
    held.enter_context(within(trace))
    _begun[task_id] = (perf_counter(), held)


@task_postrun.connect
def end(task_id: str, task: Any, state: str | None, **_: object) -> None:
    began, held = _begun.pop(task_id, (None, None))
    if began is None or held is None:
        return
    held.close()
    TASKS.labels(task.name, state or "UNKNOWN").observe(perf_counter() - began)


@worker_ready.connect
def answer_prometheus(**_: object) -> None:
    """Have a worker's first process answer for all of its host, where one says so."""
    if not environment.metrics_port:
        return
    where = (environment.metrics_port, environment.metrics_host)
    try:
        start_http_server(*where, registry=of_this_host())
    except OSError as fault:  # another worker of this host answers already
        log.warning("metrics_port_taken", port=where[0], why=str(fault))
