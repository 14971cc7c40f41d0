"""What somebody settles of their rights and money before their account can go."""

from collections.abc import Iterator

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext

from licensing.models import (
    Answer,
    Candidate,
    LedgerLine,
    Offer,
    OfferState,
    Order,
    OrderState,
    Purse,
    Subscription,
)
from licensing.money import shown
from marketplace.kit.personal import Obstacle, Person


def obstacles_of(person: Person) -> Iterator[Obstacle]:
    """Yield what of a person's rights and money is theirs to settle, and where."""
    live = Offer.objects.filter(work__owner__user=person).exclude(
        state=OfferState.WITHDRAWN
    )
    for offer in live.select_related("work", "terms").order_by("drafted_at", "pk"):
        yield Obstacle(
            gettext(
                "You offer “%(offer_work_title)s”: %(offer_terms_title)s. "
                "Withdraw the offer."
            )
            % {
                "offer_work_title": offer.work.title,
                "offer_terms_title": offer.terms.title,
            },
            reverse("licensing:offer-detail", args=[offer.pk]),
        )
    mine = Order.objects.filter(buyer=person)
    for order in mine.filter(state=OrderState.AWAITING_PAYMENT).order_by("placed_at"):
        yield Obstacle(
            gettext(
                "Order %(order_number)s waits for your payment. Pay it, or cancel it."
            )
            % {"order_number": order.number},
            reverse("licensing:order-detail", args=[order.number]),
        )
    for order in mine.filter(state=OrderState.PARTIALLY_PAID).order_by("placed_at"):
        yield Obstacle(
            gettext(
                "Order %(order_number)s is partly paid. The operator has to close it."
            )
            % {"order_number": order.number},
            reverse("licensing:order-detail", args=[order.number]),
        )
    given = Purse.objects.filter(funder__user=person, closed_at__isnull=True)
    for purse in given.order_by("stated_at", "pk"):
        yield Obstacle(
            gettext(
                "The purse you give for “%(purse_title)s” is not paid out. "
                "Release it, or give it back."
            )
            % {"purse_title": purse.title},
            purse.path,
        )
    yield from _going_on(person)
    yield from _to_come(person)


def _going_on(person: Person) -> Iterator[Obstacle]:
    mine = Subscription.objects.filter(buyer=person, stopped_at__isnull=True)
    for each in mine.select_related("offer__work").order_by("started_at", "pk"):
        yield Obstacle(
            gettext("You have a subscription to “%(each_offer_work_title)s”. Stop it.")
            % {"each_offer_work_title": each.offer.work.title},
            reverse("licensing:subscriptions"),
        )


def _to_come(person: Person) -> Iterator[Obstacle]:
    """Yield the money that nobody would know whom to pay, once they are gone."""
    won = Candidate.objects.filter(
        party__user=person,
        asked_at__isnull=False,
        answer__in=["", Answer.ACCEPTED],
        purse__closed_at__isnull=True,
    )
    for each in won.select_related("purse").order_by("asked_at", "pk"):
        yield Obstacle(
            gettext(
                "You have won a prize in “%(each_purse_title)s” that is not "
                "paid yet. Wait for it, or decline it."
            )
            % {"each_purse_title": each.purse.title},
            reverse("licensing:prize-detail", args=[each.pk]),
        )
    lines = LedgerLine.objects.filter(account__party__user=person)
    owed = lines.values_list("currency").annotate(total=-Sum("minor"))
    for currency, minor in owed.filter(total__gt=0).order_by("currency"):
        yield Obstacle(
            gettext(
                "%(shown)s of what you earned is not paid out. Wait for it, or "
                "ask the operator to pay it."
            )
            % {"shown": shown(minor, currency)},
            reverse("licensing:payouts"),
        )
