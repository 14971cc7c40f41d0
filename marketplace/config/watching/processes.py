"""What the processes of this host count: requests and tasks, and how long they took."""

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from marketplace.config.watching.folder import folder, make_folder

FAST_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LONG_SECONDS = (0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 3600.0)

own = CollectorRegistry()
REQUESTS = Histogram(
    "stoa_request_seconds",
    "How long requests took until their answer began, by the name of the route.",
    ["route", "method", "status"],
    buckets=FAST_SECONDS,
    registry=own,
)
TASKS = Histogram(
    "stoa_task_seconds",
    "How long tasks of Celery took, by name and how they ended.",
    ["task", "state"],
    buckets=LONG_SECONDS,
    registry=own,
)


def of_this_host() -> CollectorRegistry:
    """Return what all its processes counted, those too that have ended since."""
    make_folder()
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder()))  # type: ignore[no-untyped-call]
    return registry
