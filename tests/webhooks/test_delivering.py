"""Deliveries attempted: signed, tried again ever later, given up; the row is the queue."""

import hashlib
import hmac
import json
from datetime import timedelta
from time import monotonic
from uuid import uuid4

import pytest
from django.utils import timezone

from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.services import delete_repository, share, unshare
from marketplace.kit import outgoing
from marketplace.kit.models import AuditRecord
from marketplace.privacy.services import forget_overdue
from marketplace.webhooks import services, tasks
from marketplace.webhooks.models import Delivery, State, Webhook
from marketplace.webhooks.services import Due, Item
from marketplace.webhooks.services.delivering import pause_after
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.kit.at_once import run_at_once
from tests.webhooks.receiver import OURSELVES

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def waiting(webhook, repository, **more):
    said = {
        "event": "update repo.content",
        "payload": {"repo": {"name": "rivers — ποτάμια"}},
        "created_at": NOON,
        "next_attempt_at": NOON,
        "record": uuid4(),
        **more,
    }
    return Delivery.objects.create(webhook=webhook, repository=repository, **said)


def attempt(delivery, *, at=NOON, networks=OURSELVES):
    """Claim a delivery as it is now and attempt it; return it anew."""
    delivery.refresh_from_db()
    claimed = services.claim(Due(delivery.pk, delivery.attempts), now=at)
    services.deliver([claimed], networks=networks, now=at)
    delivery.refresh_from_db()
    return delivery


@pytest.fixture
def hook(make, maria, receiver):
    def made(path="/200", **more):
        return make(maria, url=receiver.url(path), **more)

    return made


def test_what_is_sent_is_json_with_secret_and_signature(hook, repository, receiver):
    delivery = attempt(waiting(hook(), repository))

    headers, payload = receiver.last()
    body = receiver.requests[-1][2]
    timestamp, _, mac = headers["X-Stoa-Signature"][2:].partition(",v1=")
    wanted = hmac.new(b"sesame", f"{timestamp}.".encode() + body, hashlib.sha256)
    assert payload == {"repo": {"name": "rivers — ποτάμια"}}
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Webhook-Secret"] == "sesame"
    assert headers["X-Stoa-Delivery"] == str(delivery.pk)
    assert headers["X-Stoa-Event"] == "update repo.content"
    assert int(timestamp) == int(NOON.timestamp())
    assert mac == wanted.hexdigest()
    assert (delivery.state, delivery.attempts) == (State.DELIVERED, 1)
    assert (delivery.response_status, delivery.fault) == (200, "")
    assert delivery.response_ms is not None
    assert delivery.finished_at >= NOON


def test_without_a_secret_nothing_is_signed(hook, repository, receiver):
    attempt(waiting(hook(secret=""), repository))

    headers, _ = receiver.last()
    assert {"X-Stoa-Signature", "X-Webhook-Secret"} & headers.keys() == set()


def test_an_answer_with_a_nul_in_it_can_be_kept(hook, repository):
    assert attempt(waiting(hook(), repository)).response_excerpt == "thanks \ufffd"


@pytest.mark.parametrize("path", ["/500", "/429", "/silent", "/nul"])
def test_what_may_pass_is_tried_again_later(hook, repository, path):
    delivery = attempt(waiting(hook(path), repository))

    assert (delivery.state, delivery.attempts) == (State.WAITING, 1)
    assert delivery.fault
    assert delivery.leased_until is None
    pause = (delivery.next_attempt_at - NOON).total_seconds()
    assert 24 <= pause <= 40


@pytest.mark.parametrize("path", ["/404", "/410", "/301"])
def test_what_will_not_pass_has_failed(hook, repository, path):
    delivery = attempt(waiting(hook(path), repository))

    assert (delivery.state, delivery.attempts) == (State.FAILED, 1)
    assert delivery.response_status == int(path[1:])
    assert path[1:] in delivery.fault


def test_an_address_inside_is_not_reached_and_not_tried_again(
    hook, repository, receiver
):
    delivery = attempt(waiting(hook(), repository), networks=[])

    assert delivery.state == State.FAILED
    assert "not of the open internet" in delivery.fault
    assert receiver.requests == []


def test_after_seven_attempts_it_is_given_up(hook, repository, receiver):
    delivery = waiting(hook("/500"), repository)
    at = NOON
    for _ in range(7):
        assert delivery.state == State.WAITING
        delivery = attempt(delivery, at=at)
        at = delivery.next_attempt_at

    assert (delivery.state, len(receiver.requests)) == (State.FAILED, 7)
    assert services.lease_due(now=at + timedelta(days=1)) == []


def test_the_pauses_grow_and_are_not_all_alike():
    pauses = [pause_after(attempts) for attempts in range(1, 8)]

    assert pauses == sorted(pauses)
    assert timedelta(hours=6) < pauses[5] < timedelta(hours=11)
    assert len({pause_after(3) for _ in range(20)}) > 1


def test_ten_failures_in_a_row_switch_a_webhook_off(hook, repository, maria):
    webhook = hook("/404")
    for _ in range(10):
        attempt(waiting(webhook, repository))

    off = Webhook.objects.get()
    record = AuditRecord.objects.get(act="disable_webhook")
    assert off.disabled_why == "10 deliveries in a row failed."
    assert (record.actor, record.target_id) == (None, str(webhook.pk))
    dropped = attempt(waiting(webhook, repository))
    assert (dropped.state, dropped.fault) == (
        State.DROPPED,
        "The webhook was switched off.",
    )


def test_one_success_forgives_the_failures_before(hook, repository):
    webhook = hook("/200")
    Webhook.objects.update(failures=9)

    attempt(waiting(webhook, repository))

    assert (Webhook.objects.get().failures, Webhook.objects.get().is_enabled) == (
        0,
        True,
    )


def test_what_is_hidden_meanwhile_is_not_sent(make, maria, repository, receiver):
    nikos = UserFactory()
    share(
        maria, repository=repository, user=nikos, role=ShareRole.VIEWER, shared_at=NOON
    )
    webhook = make(nikos, url=receiver.url(), watched=[Item("user", "maria")])
    delivery = waiting(webhook, repository)
    unshare(maria, repository=repository, user=nikos, unshared_at=NOON)

    attempt(delivery)

    assert delivery.state == State.DROPPED
    assert receiver.requests == []


def test_the_end_of_a_repository_is_sent_to_who_could_see_it(
    hook, maria, repository, receiver
):
    webhook = hook()
    delete_repository(maria, repository=repository, deleted_at=NOON)

    assert attempt(waiting(webhook, repository)).state == State.DELIVERED


def test_nobody_suspended_is_sent_anything(hook, maria, repository, receiver):
    delivery = waiting(hook(), repository)
    maria.is_active = False
    maria.save(update_fields=["is_active"])

    assert attempt(delivery).state == State.DROPPED
    assert receiver.requests == []


class TestTheQueue:
    def test_what_is_due_is_leased_and_not_given_out_twice(self, make, maria):
        webhook = make(maria)
        due = waiting(webhook, RepositoryFactory(owner=maria))
        waiting(webhook, due.repository, next_attempt_at=NOON + MINUTE)

        assert services.lease_due(now=NOON) == [Due(due.pk, 0)]
        assert services.lease_due(now=NOON + SECOND) == []

    def test_what_a_dead_worker_had_is_given_out_again(self, make, maria):
        due = waiting(make(maria), RepositoryFactory(owner=maria))
        services.lease_due(now=NOON)
        services.claim(Due(due.pk, 0), now=NOON)

        assert services.lease_due(now=NOON + 3 * MINUTE) == [Due(due.pk, 1)]

    def test_a_message_that_comes_twice_is_one_attempt(self, make, maria):
        due = waiting(make(maria), RepositoryFactory(owner=maria))

        assert services.claim(Due(due.pk, 0), now=NOON) is not None
        assert services.claim(Due(due.pk, 0), now=NOON) is None
        assert services.claim(Due(uuid4(), 0), now=NOON) is None

    def test_who_was_given_up_does_not_overwrite_its_successor(self, hook, repository):
        delivery = waiting(hook(), repository)
        slow = services.claim(Due(delivery.pk, 0), now=NOON)
        quick = services.claim(Due(delivery.pk, 1), now=NOON + 3 * MINUTE)
        services.deliver([quick], networks=OURSELVES, now=NOON + 3 * MINUTE)

        services.deliver([slow], networks=[], now=NOON + 3 * MINUTE)

        delivery.refresh_from_db()
        assert (delivery.state, delivery.attempts) == (State.DELIVERED, 2)
        assert Webhook.objects.get().failures == 0

    def test_one_slow_receiver_leaves_room_for_others(self, make, maria):
        repository = RepositoryFactory(owner=maria)
        crowded, other = make(maria), make(maria)
        for number in range(5):
            waiting(crowded, repository, next_attempt_at=NOON - number * SECOND)
        waiting(other, repository)

        first = services.lease_due(now=NOON)
        second = services.lease_due(now=NOON)

        owners = Delivery.objects.filter(pk__in=[each.delivery_id for each in first])
        assert sorted(owners.values_list("webhook", flat=True)) == sorted(
            [crowded.pk, crowded.pk, other.pk]
        )
        assert second == []

    def test_a_crowd_waits_behind_its_own_and_holds_nobody_up(self, make, maria):
        repository = RepositoryFactory(owner=maria)
        crowded, other = make(maria), make(maria)
        for _ in range(205):
            waiting(crowded, repository, next_attempt_at=NOON - MINUTE)
        waiting(other, repository)

        leased = {
            each.delivery_id for _ in range(2) for each in services.lease_due(now=NOON)
        }

        told = Delivery.objects.filter(pk__in=leased, webhook=other)
        assert told.exists()

    def test_all_at_once_take_one_workers_threads_and_no_more(self, maria):
        repository = RepositoryFactory(owner=maria)
        webhooks = Webhook.objects.bulk_create(
            Webhook(owner=maria, url="https://x.org", domains=["repo"], created_at=NOON)
            for _ in range(40)
        )
        for webhook in webhooks:
            waiting(webhook, repository)

        assert len(services.lease_due(now=NOON)) == 32
        assert services.lease_due(now=NOON) == []

    def test_what_kills_its_worker_seven_times_is_given_up(self, make, maria):
        due = waiting(make(maria), RepositoryFactory(owner=maria))
        at = NOON
        for attempts in range(7):
            assert services.lease_due(now=at) == [Due(due.pk, attempts)]
            services.claim(Due(due.pk, attempts), now=at)
            at += 3 * MINUTE

        assert services.lease_due(now=at) == []
        due.refresh_from_db()
        assert (due.state, due.finished_at) == (State.FAILED, at)

    def test_the_slow_do_not_hold_up_the_quick(
        self, hook, repository, receiver, monkeypatch
    ):
        monkeypatch.setattr(outgoing, "DEADLINE_SECONDS", 1.0)
        slow = [waiting(hook("/slow"), repository) for _ in range(4)]
        quick = waiting(hook("/200"), repository)
        claimed = [services.claim(Due(each.pk, 0), now=NOON) for each in (*slow, quick)]
        started = monotonic()

        services.deliver(claimed, networks=OURSELVES, now=NOON)

        assert monotonic() - started < 3
        quick.refresh_from_db()
        assert quick.state == State.DELIVERED
        assert quick.finished_at < NOON + SECOND
        left = Delivery.objects.filter(state=State.WAITING, attempts=1)
        assert left.count() == 4

    def test_old_logs_are_forgotten_and_what_waits_is_kept(self, hook, repository):
        webhook = hook()
        attempt(waiting(webhook, repository))
        kept = waiting(webhook, repository)

        assert forget_overdue(at=NOON + timedelta(days=31)) == 1
        assert Delivery.objects.get() == kept


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_once(make, receiver):
    maria = UserFactory(username="maria")
    repository = RepositoryFactory(owner=maria)
    delivery = waiting(make(maria, url=receiver.url()), repository)

    def work():
        claimed = services.claim(Due(delivery.pk, 0), now=NOON)
        if claimed:
            services.deliver([claimed], networks=OURSELVES, now=NOON)
        return claimed

    outcomes = run_at_once(work, work)

    assert outcomes.count(None) == 1
    assert len(receiver.requests) == 1


def test_from_commit_to_receiver(
    make, maria, repository, receiver, settings, monkeypatch
):
    """The whole way, with Celery's messages handed over by hand."""
    settings.STOA = settings.STOA.model_copy(update={"webhook_networks": OURSELVES})
    messages = []
    monkeypatch.setattr(tasks.attempt, "delay", lambda *said: messages.append(said))
    make(maria, url=receiver.url())
    head = commit(repository, {"a.csv": "1"}, at=timezone.now())

    tasks.sweep()
    for message in json.loads(json.dumps(messages)):
        tasks.attempt(*message)

    sent = [json.loads(body) for _, _, body in receiver.requests]
    contents = [each for each in sent if each["event"]["scope"] == "repo.content"]
    assert [each["updatedRefs"][0]["newSha"] for each in contents] == [head.oid]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED}
