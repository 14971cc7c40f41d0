"""What the whole site is like now, read from the rows and the broker when it is asked.

So it does not matter which process answers, and nothing is lost when one dies. Each
function below costs one query.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db.models import Count, Min
from kombu.exceptions import OperationalError
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from licensing.models import Inbox
from marketplace.front.queries import orders_to_confirm
from marketplace.kit.models import AuditRecord, Inspection
from marketplace.webhooks.queries import sending
from training.runs.models import BROUGHT, WORKER_SILENT_AFTER, LostLeases
from training.runs.queries import ended_since, queue_states, workers_of_late

LATELY = timedelta(hours=1)
BROKER_SECONDS = 3
QUEUES = ("default", "runs", "predictions", "large", "gpu")  # of the broker


class Site(Collector):
    """All figures of the site at one time."""

    def __init__(self, *, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        yield from runs(self._now)
        yield from ended(self._now)
        yield from leases()
        yield from workers(self._now)
        yield from inspections(self._now)
        yield from webhooks(self._now)
        yield from orders(self._now)
        yield from payments(self._now)
        yield from audit(self._now)
        yield from broker()


def runs(now: datetime) -> Iterator[Metric]:
    """Tell of what waits and runs, by the queue that the rows name."""
    states = queue_states()
    yield _gauge(
        "stoa_runs",
        "Runs that wait (QUEUED) or are with a worker (RUNNING).",
        ["queue", "state"],
        [
            ([each.queue, state], count)
            for each in states
            for state, count in (("QUEUED", each.queued), ("RUNNING", each.running))
        ],
    )
    yield _gauge(
        "stoa_run_oldest_seconds",
        "How long the run has waited that was queued first.",
        ["queue"],
        [
            ([each.queue], _age(each.oldest_queued_at, now))
            for each in states
            if each.oldest_queued_at
        ],
    )


def ended(now: datetime) -> Iterator[Metric]:
    counted = ended_since(now - LATELY, queues=(*QUEUES, *BROUGHT))
    yield _gauge(
        "stoa_runs_ended_last_hour",
        "Runs that ended in the last hour, by how.",
        ["state"],
        [([state], counted.get(state, 0)) for state in ("SUCCEEDED", "FAILED")],
    )


def leases() -> Iterator[Metric]:
    lost = CounterMetricFamily(
        "stoa_leases_lost",
        "Runs whose worker fell silent, since the site began, and what became of them.",
        labels=["queue", "outcome"],
    )
    for row in LostLeases.objects.order_by("queue"):
        lost.add_metric([row.queue, "requeued"], row.requeued)
        lost.add_metric([row.queue, "failed"], row.failed)
    yield lost


def workers(now: datetime) -> Iterator[Metric]:
    """Tell when each worker was heard of, and how many hands each queue has."""
    reports = list(workers_of_late(now=now))
    hands: dict[str, int] = {}
    for report in reports:
        is_alive = now - report.seen_at <= WORKER_SILENT_AFTER
        for queue in report.queues:
            hands[queue] = hands.get(queue, 0) + report.concurrency * is_alive
    yield _gauge(
        "stoa_worker_silent_seconds",
        "Since when a worker that lived within a day was not heard of; it reports "
        "itself every half minute.",
        ["worker"],
        [([each.hostname], _age(each.seen_at, now)) for each in reports],
    )
    yield _gauge(
        "stoa_worker_is_safe",
        "Whether the worker's sandbox holds strangers' code.",
        ["worker", "sandbox"],
        [([each.hostname, each.sandbox], each.is_safe) for each in reports],
    )
    yield _gauge(
        "stoa_queue_hands",
        "How many tasks the live workers of a queue do at once.",
        ["queue"],
        [([queue], count) for queue, count in sorted(hands.items())],
    )


def inspections(now: datetime) -> Iterator[Metric]:
    """Tell what the last looks found: ledger, storage, boards."""
    found = list(Inspection.objects.order_by("name"))
    yield _gauge(
        "stoa_inspection_faults",
        "What did not agree at the last look: entries and orders of the ledger, "
        "contents in quarantine, boards.",
        ["inspection"],
        [([each.name], each.faults) for each in found],
    )
    yield _gauge(
        "stoa_inspection_age_seconds",
        "How long ago that was looked at.",
        ["inspection"],
        [([each.name], _age(each.looked_at, now)) for each in found],
    )


def webhooks(now: datetime) -> Iterator[Metric]:
    counted = sending(now=now, since=now - LATELY)
    yield _gauge(
        "stoa_webhook_deliveries",
        "Deliveries that should have been tried (overdue), and those given up in the "
        "last hour (failed).",
        ["state"],
        [([state], counted[state]) for state in ("overdue", "failed")],
    )
    yield _gauge(
        "stoa_webhooks_disabled",
        "Webhooks switched off, by their owners or after many failures.",
        [],
        [([], counted["disabled"])],
    )


def orders(now: datetime) -> Iterator[Metric]:
    waiting = orders_to_confirm().aggregate(count=Count("pk"), first=Min("placed_at"))
    yield _gauge(
        "stoa_orders_to_confirm",
        "Orders that wait for money.",
        [],
        [([], waiting["count"])],
    )
    yield _gauge(
        "stoa_order_oldest_seconds",
        "How long the order has waited for money that was placed first.",
        [],
        [([], _age(waiting["first"] or now, now))],
    )


def payments(now: datetime) -> Iterator[Metric]:
    waiting = Inbox.objects.filter(handled_at__isnull=True)
    told = waiting.aggregate(count=Count("pk"), first=Min("received_at"))
    yield _gauge(
        "stoa_payment_events_waiting",
        "Events of payment providers that were taken in and not yet acted upon.",
        [],
        [([], told["count"])],
    )
    yield _gauge(
        "stoa_payment_event_oldest_seconds",
        "How long the event has waited that came first.",
        [],
        [([], _age(told["first"] or now, now))],
    )


def audit(now: datetime) -> Iterator[Metric]:
    """Tell how far behind the sealer is: it goes every five seconds, if all goes."""
    first = AuditRecord.objects.filter(is_sealed=False).aggregate(at=Min("at"))["at"]
    yield _gauge(
        "stoa_audit_unsealed_seconds",
        "How long the record of the audit trail has waited for its seal that is oldest; "
        "grows when beat, or the queue default, stands still.",
        [],
        [([], _age(first or now, now))],
    )


def broker() -> Iterator[Metric]:
    """Tell how many messages lie in the broker, and whether it answers at all."""
    depths: dict[str, int] = {}
    try:
        with current_app.connection_for_read() as link:
            link.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)
            for queue in QUEUES:
                depths[queue] = _depth(link, queue)
        is_up = True
    except (OperationalError, OSError):
        is_up = False
    yield _gauge("stoa_broker_up", "Whether the broker answers.", [], [([], is_up)])
    yield _gauge(
        "stoa_broker_messages",
        "Messages that no worker has taken from the broker yet.",
        ["queue"],
        [([queue], count) for queue, count in depths.items()],
    )


def _depth(link: Any, queue: str) -> int:
    """Return how many messages a queue holds; none if there is no such queue yet."""
    try:
        with link.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).message_count)
    except link.channel_errors:
        return 0


def _gauge(
    name: str,
    said: str,
    labels: list[str],
    values: Iterable[tuple[list[str], float]],
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, said, labels=labels)
    for of, value in values:
        family.add_metric(of, value)
    return family


def _age(since: datetime, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)
