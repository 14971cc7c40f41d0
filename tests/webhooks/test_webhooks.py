"""Webhooks made, changed, switched off and on, deleted."""

import pytest
from django.core.exceptions import PermissionDenied

from marketplace.accounts.models import Role
from marketplace.catalog.permissions import ShareRole
from marketplace.catalog.services import share
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from marketplace.webhooks import services
from marketplace.webhooks.models import Delivery, State, Watched, Webhook
from marketplace.webhooks.queries import webhooks_of
from marketplace.webhooks.services import (
    BadSecret,
    DeliveryWaits,
    Item,
    NothingToWatch,
    TooManyWebhooks,
    WebhookDisabled,
)
from tests.factories.accounts import (
    NOON,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory

pytestmark = pytest.mark.django_db


def watched_by(webhook):
    return {(each.type, each.name) for each in webhook.watched.all()}


def test_a_webhook_watches_people_organisations_and_repositories(
    make, maria, repository
):
    OrganisationFactory(name="acme")
    model = RepositoryFactory(model=True, public=True, name="tiny")

    webhook = make(
        maria,
        watched=[
            Item("user", "MARIA"),
            Item("org", "acme"),
            Item("dataset", "maria/River-Levels"),
            Item("model", str(model)),
            Item("user", "maria"),
        ],
    )

    assert watched_by(webhook) == {
        ("user", "maria"),
        ("org", "acme"),
        ("dataset", "maria/river-levels"),
        ("model", str(model)),
    }
    assert webhook.domains == ["repo", "discussion"]
    assert AuditRecord.objects.filter(act="create_webhook").count() == 1
    assert "sesame" not in str(list(AuditRecord.objects.values()))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("dataset", "maria/none"),
        ("dataset", "maria"),
        ("dataset", "nikos/hidden"),
        ("model", "maria/river-levels"),
        ("user", "acme"),
        ("org", "maria"),
        ("user", "\0"),
        ("dataset", "a/\0"),
        ("space", "maria/x"),
        ("", ""),
        ("x" * 300, "y" * 300),
    ],
)
def test_what_one_cannot_see_or_is_not_there_cannot_be_watched(
    make, maria, repository, kind, name
):
    OrganisationFactory(name="acme")
    RepositoryFactory(owner=UserFactory(username="nikos"), name="hidden")

    with pytest.raises(NothingToWatch):
        make(maria, watched=[Item("user", "maria"), Item(kind, name)])

    assert not Webhook.objects.exists()
    assert not Watched.objects.exists()


def test_what_is_hidden_and_what_is_not_there_are_refused_alike(make, maria):
    RepositoryFactory(owner=UserFactory(username="nikos"), name="hidden")
    said = []
    for name in ("nikos/hidden", "nikos/absent"):
        with pytest.raises(NothingToWatch) as refusal:
            make(maria, watched=[Item("dataset", name)])
        said.append(str(refusal.value).replace(name, ""))

    assert said[0] == said[1]


@pytest.mark.parametrize("many", [0, 101])
def test_a_webhook_watches_one_to_a_hundred_things(make, maria, many):
    with pytest.raises(NothingToWatch, match="1 to 100"):
        make(maria, watched=[Item("user", "maria")] * many)


@pytest.mark.parametrize(
    "secret", ["x" * 201, "a\r\nb", "a\0", "κλειδί", " a", "a ", "\x7f"]
)
def test_a_secret_must_fit_into_a_header(make, maria, secret):
    with pytest.raises(BadSecret):
        make(maria, secret=secret)


def test_there_are_no_other_domains(make, maria):
    with pytest.raises(Malformed, match="there is no orders"):
        make(maria, domains=["repo", "orders"])


def test_a_person_has_fifty_webhooks_at_most(make, maria):
    Webhook.objects.bulk_create(
        Webhook(owner=maria, url="https://x.org", domains=["repo"], created_at=NOON)
        for _ in range(50)
    )

    with pytest.raises(TooManyWebhooks):
        make(maria)


def test_what_is_not_said_stays_as_it_is(make, maria, repository):
    webhook = make(maria)

    services.update_webhook(
        maria, webhook=webhook, domains=["discussion"], updated_at=NOON
    )

    kept = webhooks_of(maria).get()
    assert (kept.url, kept.secret) == ("https://example.org/hook", "sesame")
    assert kept.domains == ["discussion"]
    assert watched_by(kept) == {("user", "maria")}


def test_what_cannot_be_watched_changes_nothing(make, maria):
    webhook = make(maria)

    with pytest.raises(NothingToWatch):
        services.update_webhook(
            maria,
            webhook=webhook,
            url="https://other.example",
            watched=[Item("org", "none")],
            updated_at=NOON,
        )

    kept = webhooks_of(maria).get()
    assert kept.url == "https://example.org/hook"
    assert watched_by(kept) == {("user", "maria")}


def test_a_moved_repository_is_watched_under_its_new_name(make, maria, repository):
    webhook = make(maria, watched=[Item("dataset", "maria/river-levels")])
    repository.name = "rivers"
    repository.save(update_fields=["name"])

    assert watched_by(webhooks_of(maria).get(pk=webhook.pk)) == {
        ("dataset", "maria/rivers")
    }


def test_only_its_owner_acts_on_a_webhook(make, maria, repository):
    webhook = make(maria)
    editor, staff = UserFactory(), UserFactory(is_staff=True)
    share(
        maria, repository=repository, user=editor, role=ShareRole.EDITOR, shared_at=NOON
    )
    for other in (editor, staff):
        with pytest.raises(PermissionDenied):
            services.update_webhook(other, webhook=webhook, secret="x", updated_at=NOON)
        with pytest.raises(PermissionDenied):
            services.set_enabled(other, webhook=webhook, enabled=False, at=NOON)
        with pytest.raises(PermissionDenied):
            services.delete_webhook(other, webhook=webhook, deleted_at=NOON)

    kept = Webhook.objects.get()
    assert (kept.secret, kept.is_enabled) == ("sesame", True)


def test_a_webhook_is_switched_off_and_on_with_its_failures_forgotten(make, maria):
    webhook = make(maria)
    Webhook.objects.update(failures=9)

    services.set_enabled(maria, webhook=webhook, enabled=False, at=NOON)
    off = Webhook.objects.get()
    services.set_enabled(maria, webhook=off, enabled=True, at=NOON)
    services.set_enabled(maria, webhook=off, enabled=True, at=NOON)

    on = Webhook.objects.get()
    assert (off.disabled_at, on.disabled_at, on.failures) == (None, None, 0)
    acts = AuditRecord.objects.filter(target_kind="webhooks.webhook")
    assert sorted(acts.values_list("act", flat=True)) == [
        "create_webhook",
        "disable_webhook",
        "enable_webhook",
    ]


def test_staff_switch_off_and_nobody_else_does(make, maria):
    webhook = make(maria)
    with pytest.raises(PermissionDenied):
        services.switch_off(UserFactory(), webhook=webhook, at=NOON)

    services.switch_off(UserFactory(is_staff=True), webhook=webhook, at=NOON)

    assert Webhook.objects.get().disabled_why.startswith("The operator")


def test_a_deleted_webhook_takes_its_log_along(make, maria, repository):
    webhook = make(maria)
    delivery(webhook, repository)

    services.delete_webhook(maria, webhook=webhook, deleted_at=NOON)

    assert not Delivery.objects.exists()
    assert AuditRecord.objects.filter(act="delete_webhook").exists()


def delivery(webhook, repository, state=State.FAILED, **more):
    return Delivery.objects.create(
        webhook=webhook,
        repository=repository,
        event="update repo.content",
        payload={"event": 1},
        state=state,
        created_at=NOON,
        next_attempt_at=NOON,
        finished_at=None if state == State.WAITING else NOON,
        **more,
    )


def test_what_failed_is_sent_again_as_a_delivery_of_its_own(make, maria, repository):
    failed = delivery(make(maria), repository, attempts=7)

    again = services.send_again(maria, delivery=failed, asked_at=NOON)

    failed.refresh_from_db()
    assert failed.state == State.FAILED
    assert (again.state, again.attempts, again.payload) == (
        State.WAITING,
        0,
        failed.payload,
    )


def test_what_waits_or_is_switched_off_is_not_sent_again(make, maria, repository):
    webhook = make(maria)
    with pytest.raises(DeliveryWaits):
        services.send_again(
            maria,
            delivery=delivery(webhook, repository, State.WAITING),
            asked_at=NOON,
        )
    services.set_enabled(maria, webhook=webhook, enabled=False, at=NOON)
    with pytest.raises(WebhookDisabled):
        services.send_again(
            maria, delivery=delivery(webhook, repository), asked_at=NOON
        )
    with pytest.raises(PermissionDenied):
        services.send_again(
            UserFactory(), delivery=delivery(webhook, repository), asked_at=NOON
        )

    assert Delivery.objects.filter(record=None, state=State.WAITING).count() == 1


def test_a_member_may_watch_what_their_organisation_hides(make):
    acme = OrganisationFactory(name="acme")
    reader = MembershipFactory(organisation=acme, role=Role.READER).user
    owner = acme.memberships.get(role=Role.OWNER).user
    RepositoryFactory(owner=owner, namespace=acme.namespace, name="plans")

    webhook = make(reader, watched=[Item("dataset", "acme/plans")])

    assert watched_by(webhook) == {("dataset", "acme/plans")}
