"""Deliveries sent: leased, tried, tried again ever later, given up."""

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import F, Q

from marketplace.kit.audit import record_act
from marketplace.kit.outgoing import Network, Reply, Undelivered, post
from marketplace.webhooks.models import (
    EXCERPT_CHARACTERS,
    Delivery,
    State,
    Webhook,
)
from marketplace.webhooks.queries import may_read_payload
from marketplace.webhooks.signing import signature

AGENT = "Stoa-Webhook/1"
LEASE = timedelta(minutes=2)  # longer than one attempt can take
BATCH = 200
MOST_UNDER_WAY = 32  # of all webhooks, by one worker's threads: the rest stay free
MOST_AT_ONCE = 2  # for one webhook, so that a slow receiver leaves room for others
MOST_ATTEMPTS = 7
FIRST_PAUSE = timedelta(seconds=30)
GROWTH = 4.0  # 30 seconds, 2, 8 and 32 minutes, 2 and 8 1/2 hours
FAILURES_UNTIL_DISABLED = 10
_dice = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to attempt, and how often that was tried before."""

    delivery_id: UUID
    attempts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended; `fault` is empty when the receiver was content."""

    fault: str = ""
    is_final: bool = True
    status: int | None = None
    excerpt: str = ""
    took_ms: int | None = None
    is_dropped: bool = False


@transaction.atomic
def lease_due(*, now: datetime) -> list[Due]:
    """Return what is due, oldest first; each is its caller's for two minutes.

    What was begun seven times and never ended, since its worker died, is given up.
    """
    _give_up_on_lost(now)
    busy = Counter(
        Delivery.objects.filter(state=State.WAITING, leased_until__gt=now).values_list(
            "webhook_id", flat=True
        )
    )
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    due = Delivery.objects.filter(free, state=State.WAITING, next_attempt_at__lte=now)
    full = [webhook for webhook, count in busy.items() if count >= MOST_AT_ONCE]
    rows = (
        due.exclude(webhook__in=full)
        .order_by("next_attempt_at", "id")
        .select_for_update(skip_locked=True)
        .values_list("id", "webhook_id", "attempts")[:BATCH]
    )
    taken: list[Due] = []
    room = MOST_UNDER_WAY - busy.total()
    for delivery_id, webhook_id, attempts in rows:
        if len(taken) < room and busy[webhook_id] < MOST_AT_ONCE:
            busy[webhook_id] += 1
            taken.append(Due(delivery_id, attempts))
    ids = [each.delivery_id for each in taken]
    Delivery.objects.filter(pk__in=ids).update(leased_until=now + LEASE)
    return taken


def _give_up_on_lost(now: datetime) -> None:
    lost = Delivery.objects.filter(
        state=State.WAITING, attempts__gte=MOST_ATTEMPTS, leased_until__lte=now
    )
    lost.update(
        state=State.FAILED,
        finished_at=now,
        leased_until=None,
        fault="Each attempt was broken off on our side.",
    )


def claim(due: Due, *, now: datetime) -> Delivery | None:
    """Begin an attempt; None if another has, or there is nothing to do any more."""
    waiting = Delivery.objects.filter(
        pk=due.delivery_id, state=State.WAITING, attempts=due.attempts
    )
    if not waiting.update(attempts=F("attempts") + 1, leased_until=now + LEASE):
        return None
    rows = Delivery.objects.select_related("webhook__owner", "repository__namespace")
    return rows.get(pk=due.delivery_id)


def deliver(
    deliveries: Sequence[Delivery], *, networks: Sequence[Network], now: datetime
) -> None:
    """Attempt claimed deliveries side by side, and write down how each went.

    Args:
        deliveries: as `claim` returned them.
        networks: what may be reached besides the open internet.
        now: the time of the attempt.

    Cost: as long as the slowest takes, which is some 15 seconds; threads wait, and touch
    no database.
    """
    with ThreadPoolExecutor(MOST_UNDER_WAY) as pool:
        sending = {}
        for delivery in deliveries:
            if why := _reason_to_drop(delivery):
                _settle(delivery, Outcome(why, is_dropped=True), at=now)
            else:
                sending[pool.submit(_attempted, delivery, networks, now)] = delivery
        for sent in as_completed(sending):
            outcome = sent.result()
            took = timedelta(milliseconds=outcome.took_ms or 0)
            _settle(sending[sent], outcome, at=now + took)


def _reason_to_drop(delivery: Delivery) -> str:
    if not delivery.webhook.is_enabled:
        return "The webhook was switched off."
    if not may_read_payload(delivery):
        return "It is not shared with you any more."
    return ""


def _attempted(
    delivery: Delivery, networks: Sequence[Network], now: datetime
) -> Outcome:
    body = orjson.dumps(delivery.payload)
    started = monotonic()
    try:
        reply = post(
            delivery.webhook.url,
            body=body,
            headers=_headers(delivery, body, now),
            networks=networks,
        )
    except Undelivered as fault:
        took_ms = int((monotonic() - started) * 1000)
        return Outcome(str(fault)[:300], is_final=fault.is_final, took_ms=took_ms)
    return Outcome(
        _fault_of(reply),
        is_final=reply.is_welcome or reply.is_final,
        status=reply.status,
        excerpt=reply.excerpt[:EXCERPT_CHARACTERS],
        took_ms=int((monotonic() - started) * 1000),
    )


def _headers(delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "X-Stoa-Event": delivery.event,
        "X-Stoa-Delivery": str(delivery.pk),
    }
    if secret := delivery.webhook.secret:
        headers["X-Webhook-Secret"] = secret
        headers["X-Stoa-Signature"] = signature(
            body, secret=secret, timestamp=int(now.timestamp())
        )
    return headers


def _fault_of(reply: Reply) -> str:
    if reply.is_welcome:
        return ""
    if 300 <= reply.status < 400:
        return f"It redirects ({reply.status}), and redirects are not followed."
    return f"The receiver answered {reply.status}."


@transaction.atomic
def _settle(delivery: Delivery, outcome: Outcome, *, at: datetime) -> None:
    """Write how an attempt ended, unless it went on for so long that it was given away."""
    if outcome.is_dropped:
        state = State.DROPPED
    elif not outcome.fault:
        state = State.DELIVERED
    elif outcome.is_final or delivery.attempts >= MOST_ATTEMPTS:
        state = State.FAILED
    else:
        state = State.WAITING
    ours = Delivery.objects.filter(
        pk=delivery.pk, state=State.WAITING, attempts=delivery.attempts
    )
    is_ours = ours.update(
        state=state,
        finished_at=None if state == State.WAITING else at,
        next_attempt_at=at + pause_after(delivery.attempts),
        leased_until=None,
        fault=outcome.fault,
        response_status=outcome.status,
        response_excerpt=outcome.excerpt,
        response_ms=outcome.took_ms,
    )
    if is_ours and state in {State.DELIVERED, State.FAILED}:
        _count(delivery.webhook, is_failure=state == State.FAILED, at=at)


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: ever longer, give or take a fifth.

    Nobody's receivers are to be hit all at once when they come back.
    """
    growth = GROWTH ** (min(attempts, MOST_ATTEMPTS) - 1)
    return FIRST_PAUSE * growth * _dice.uniform(0.8, 1.2)


def _count(webhook: Webhook, *, is_failure: bool, at: datetime) -> None:
    if not is_failure:
        Webhook.objects.filter(pk=webhook.pk, failures__gt=0).update(failures=0)
        return
    Webhook.objects.filter(pk=webhook.pk).update(failures=F("failures") + 1)
    why = f"{FAILURES_UNTIL_DISABLED} deliveries in a row failed."
    spent = Webhook.objects.enabled().filter(
        pk=webhook.pk, failures__gte=FAILURES_UNTIL_DISABLED
    )
    if spent.update(disabled_at=at, disabled_why=why):
        record_act(None, "disable_webhook", webhook, at=at, why=why)
