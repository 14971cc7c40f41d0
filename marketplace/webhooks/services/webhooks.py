"""Webhooks: made, changed, switched off and on, deleted; a delivery sent again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.accounts.permissions import require_staff
from marketplace.accounts.queries import find_namespace
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.queries import find_repository
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.outgoing import BadUrl, Network, checked_url
from marketplace.webhooks.models import (
    SECRET_CHARACTERS,
    URL_CHARACTERS,
    Delivery,
    Domain,
    State,
    Watched,
    Webhook,
)

MOST_WEBHOOKS = 50
MOST_WATCHED = 100
REPOSITORIES = {"dataset": Kind.DATASET, "model": Kind.MODEL}
NAMESPACES = {"user", "org"}


class BadSecret(Malformed):
    code = "bad_secret"


class NothingToWatch(Malformed):
    code = "nothing_to_watch"


class TooManyWebhooks(DomainError):
    code = "too_many_webhooks"


class WebhookDisabled(DomainError):
    code = "webhook_disabled"


class DeliveryWaits(DomainError):
    code = "delivery_waits"


@dataclass(frozen=True, slots=True)
class Item:
    """What to watch: a `user`, an `org`, a `dataset` or a `model`, and its name."""

    type: str
    name: str


@transaction.atomic
def create_webhook(
    actor: User,
    *,
    url: str,
    watched: Collection[Item],
    domains: Collection[str],
    secret: str = "",
    networks: Sequence[Network] = (),
    created_at: datetime,
) -> Webhook:
    """Have what happens to `watched` sent to `url`, as far as `actor` may know of it.

    Args:
        actor: whose webhook it is.
        url: of the receiving program, http or https.
        watched: 1 to 100 things that `actor` can see.
        domains: values of `Domain`; none means all.
        secret: signs what is sent, and is sent along; "" for neither.
        networks: what may be reached besides the open internet.
        created_at: when.

    Raises:
        BadUrl, BadSecret, NothingToWatch, Malformed: say what to write instead.
        TooManyWebhooks: they have 50.
    """
    _take_turn(actor)
    if actor.webhooks.count() >= MOST_WEBHOOKS:
        raise TooManyWebhooks(
            gettext("You have %(most_webhooks)s webhooks. Delete one first.")
            % {"most_webhooks": MOST_WEBHOOKS}
        )
    webhook = Webhook.objects.create(
        owner=actor,
        url=_checked_address(url, networks),
        domains=_checked_domains(domains),
        secret=_checked_secret(secret),
        created_at=created_at,
    )
    _watch(actor, webhook, watched)
    record_act(actor, "create_webhook", webhook, at=created_at, watched=len(watched))
    return webhook


@transaction.atomic
def update_webhook(
    actor: User,
    *,
    webhook: Webhook,
    url: str | None = None,
    watched: Collection[Item] | None = None,
    domains: Collection[str] | None = None,
    secret: str | None = None,
    networks: Sequence[Network] = (),
    updated_at: datetime,
) -> Webhook:
    """Change parts of a webhook; None leaves a part as it is.

    Raises:
        PermissionDenied: it is another's.
        BadUrl, BadSecret, NothingToWatch, Malformed: say what to write instead.
    """
    _require_owner(actor, webhook)
    changed = []
    if url is not None:
        webhook.url = _checked_address(url, networks)
        changed.append("url")
    if domains is not None:
        webhook.domains = _checked_domains(domains)
        changed.append("domains")
    if secret is not None:
        webhook.secret = _checked_secret(secret)
        changed.append("secret")
    if changed:
        webhook.save(update_fields=changed)
    if watched is not None:
        webhook.watched.all().delete()
        _watch(actor, webhook, watched)
        changed.append("watched")
    if changed:
        said = ", ".join(changed)
        record_act(actor, "update_webhook", webhook, at=updated_at, changed=said)
    return webhook


@transaction.atomic
def set_enabled(actor: User, *, webhook: Webhook, enabled: bool, at: datetime) -> None:
    """Switch a webhook on, with its failures forgotten, or off. Twice changes nothing.

    Raises:
        PermissionDenied: it is another's.
    """
    _require_owner(actor, webhook)
    if enabled == webhook.is_enabled:
        return
    webhook.disabled_at, webhook.disabled_why = None if enabled else at, ""
    webhook.failures = 0
    webhook.save(update_fields=["disabled_at", "disabled_why", "failures"])
    act = "enable_webhook" if enabled else "disable_webhook"
    record_act(actor, act, webhook, at=at)


@transaction.atomic
def switch_off(actor: User, *, webhook: Webhook, at: datetime) -> None:
    """Switch somebody's webhook off in the name of the site.

    Raises:
        PermissionDenied: `actor` is not staff.
    """
    require_staff(actor)
    why = "The operator of this site switched it off."
    live = Webhook.objects.enabled().filter(pk=webhook.pk)
    if live.update(disabled_at=at, disabled_why=why):
        record_act(actor, "disable_webhook", webhook, at=at, why=why)


@transaction.atomic
def delete_webhook(actor: User, *, webhook: Webhook, deleted_at: datetime) -> None:
    """Delete a webhook with its log; what waits is not sent.

    Raises:
        PermissionDenied: it is another's.
    """
    _require_owner(actor, webhook)
    record_act(actor, "delete_webhook", webhook, at=deleted_at)
    webhook.delete()


@transaction.atomic
def send_again(actor: User, *, delivery: Delivery, asked_at: datetime) -> Delivery:
    """Send what a delivery holds once more, as a delivery of its own.

    Raises:
        PermissionDenied: it is another's.
        WebhookDisabled: switch it on first.
        DeliveryWaits: it has not been given up yet.
    """
    webhook = delivery.webhook
    _require_owner(actor, webhook)
    if not webhook.is_enabled:
        raise WebhookDisabled(
            gettext("This webhook is switched off. Switch it on first.")
        )
    if delivery.state == State.WAITING:
        raise DeliveryWaits(
            gettext("It is tried again by itself. Wait until it is given up.")
        )
    again = Delivery.objects.create(
        webhook=webhook,
        repository=delivery.repository,
        event=delivery.event,
        payload=delivery.payload,
        created_at=asked_at,
        next_attempt_at=asked_at,
    )
    record_act(actor, "send_again", webhook, at=asked_at, delivery=str(again.pk))
    return again


def _require_owner(actor: User, webhook: Webhook) -> None:
    if webhook.owner_id != actor.pk:
        raise PermissionDenied("This webhook is another's.")


def _take_turn(actor: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)


def _checked_address(url: str, networks: Sequence[Network]) -> str:
    if len(url) > URL_CHARACTERS:
        raise BadUrl(
            gettext("url: write at most %(url_characters)s characters.")
            % {"url_characters": URL_CHARACTERS}
        )
    return checked_url(url, networks=networks)


def _checked_domains(domains: Collection[str]) -> list[str]:
    if unknown := sorted(set(domains) - set(Domain.values)):
        raise Malformed(
            gettext("domains: there is no %(unknown)s. Choose from %(values)s.")
            % {"unknown": ", ".join(unknown)[:100], "values": ", ".join(Domain.values)}
        )
    return [each for each in Domain.values if each in domains or not domains]


def _checked_secret(secret: str) -> str:
    is_sendable = secret.isascii() and (secret.isprintable() or not secret)
    if len(secret) > SECRET_CHARACTERS or not is_sendable or secret != secret.strip():
        raise BadSecret(
            gettext(
                "secret: write at most %(secret_characters)s characters of ASCII, "
                "without blanks around them, since it travels in a header."
            )
            % {"secret_characters": SECRET_CHARACTERS}
        )
    return secret


def _watch(actor: User, webhook: Webhook, items: Collection[Item]) -> None:
    if not 0 < len(items) <= MOST_WATCHED:
        raise NothingToWatch(
            gettext("watched: name 1 to %(most_watched)s things to watch.")
            % {"most_watched": MOST_WATCHED}
        )
    things = {_thing(actor, item) for item in items}
    Watched.objects.bulk_create(
        Watched(webhook=webhook, repository=each)
        if isinstance(each, Repository)
        else Watched(webhook=webhook, namespace=each)
        for each in things
    )


def _thing(actor: User, item: Item) -> Repository | Namespace:
    """Return what an item names, if `actor` may know of it.

    Raises:
        NothingToWatch: it names nothing that they may know of.
    """
    absent = NothingToWatch(
        gettext(
            "watched: there is no %(type)s “%(item_name)s”, or it is not shared with "
            "you."
        )
        % {"type": item.type[:20], "item_name": item.name[:200]}
    )
    if kind := REPOSITORIES.get(item.type):
        namespace, _, name = item.name.partition("/")
        try:
            return find_repository(
                actor, kind=kind, namespace=namespace, name=name, follow=True
            )
        except Http404 as absence:
            raise absent from absence
    if item.type not in NAMESPACES:
        raise NothingToWatch(
            gettext(
                "watched: “%(type)s” cannot be watched here. Name things of the "
                "types %(value)s."
            )
            % {
                "type": item.type[:20],
                "value": ", ".join([*sorted(NAMESPACES), *REPOSITORIES]),
            }
        )
    try:
        found = find_namespace(item.name)
    except Http404 as absence:
        raise absent from absence
    if (found.organisation_id is not None) != (item.type == "org"):
        raise absent
    return found
