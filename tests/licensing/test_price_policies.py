from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from licensing import services
from licensing.freemium import Freemium, Rule
from licensing.models import (
    Entitlement,
    FreemiumPolicy,
    FreePlace,
    Offer,
    Order,
    PriceVersion,
)
from licensing.queries import standings_of
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import UserFactory
from tests.factories.licensing import (
    DAY,
    NOON,
    PAY_WITHIN,
    make_offer,
    make_order,
    make_work,
    share,
)

pytestmark = pytest.mark.django_db

THIRTY = 30 * DAY


def first(places=2, *, notice_days=0, words=""):
    return Freemium(Rule.FIRST_ORDERS, notice_days, places=places, words=words)


def until(day, *, notice_days=0):
    return Freemium(Rule.UNTIL_DATE, notice_days, last_free_date=day)


def older(days=90, *, notice_days=30):
    return Freemium(Rule.OLDER_VERSIONS, notice_days, older_than_days=days)


def priced(*, notice_days=30):
    return Freemium(Rule.PRICED, notice_days)


def announce(offer, said, *, price_minor=20_00, currency="EUR", at=NOON, **more):
    return services.announce_policy(
        more.pop("actor", None) or offer.work.owner.user,
        offer=offer,
        said=said,
        price_minor=price_minor,
        currency=currency,
        announced_at=at,
        **more,
    )


def price_of(offer, at):
    standing = standings_of([offer], at=at)[offer.pk]
    return standing.price.minor


def test_the_first_orders_are_free_and_the_next_one_pays():
    offer = make_offer(price_minor=20_00, freemium=first(2))
    assert offer.price.minor == 0

    orders = [make_order(offer) for _ in range(3)]

    assert [order.total_minor for order in orders] == [0, 0, 20_00]
    assert [order.state for order in orders] == [
        *("FULFILLED", "FULFILLED"),
        "AWAITING_PAYMENT",
    ]
    assert list(FreePlace.objects.values_list("number", "of")) == [(1, 2), (2, 2)]
    standing = standings_of([offer], at=NOON)[offer.pk]
    assert (standing.places_taken, standing.places_left) == (2, 0)
    assert standing.price.minor == 20_00
    offer.refresh_from_db()
    assert offer.price.minor == 20_00  # what lists show


def test_who_got_it_free_keeps_it_and_their_order_its_price():
    offer = make_offer(price_minor=20_00, freemium=first(1))
    order = make_order(offer)

    announce(offer, priced(), price_minor=90_00, at=NOON + DAY)

    order.refresh_from_db()
    line = order.lines.get()
    assert (line.price_minor, line.price_version.minor) == (0, 0)
    assert Entitlement.objects.get(holder=order.holder).revoked_at is None
    with pytest.raises(services.OrderRefused, match="already"):
        make_order(offer, order.buyer, placed_at=NOON + DAY)


def test_nobody_is_charged_within_the_notice_after_the_free_places_are_gone():
    offer = make_offer(price_minor=20_00, freemium=first(1, notice_days=30))
    make_order(offer, placed_at=NOON + DAY)

    with pytest.raises(services.NoFreePlaceLeft, match="31 January 2026") as refusal:
        make_order(offer, placed_at=NOON + 2 * DAY)
    assert refusal.value.code == "no_free_place_left"
    assert Order.objects.count() == 1
    assert make_order(offer, placed_at=NOON + THIRTY).total_minor == 20_00


def test_free_until_a_day_costs_from_the_next_one_on():
    offer = make_offer(price_minor=20_00, freemium=until(date(2026, 1, 31)))
    last = NOON.replace(day=31, hour=23)

    assert make_order(offer, placed_at=last).total_minor == 0
    assert make_order(offer, placed_at=last + timedelta(hours=1)).total_minor == 20_00
    assert offer.price.minor == 0
    assert services.roll_prices(last + timedelta(hours=1)) == 1
    assert services.roll_prices(last + timedelta(hours=1)) == 0
    offer.refresh_from_db()
    assert offer.price.minor == 20_00


def test_a_free_time_starts_when_the_last_co_owner_agrees_and_keeps_its_notice():
    work, other = make_work(), UserFactory()
    share(work, {work.owner.user: 7000, other: 3000})
    said = until(date(2026, 1, 10), notice_days=30)
    offer = make_offer(work, price_minor=20_00, freemium=said)
    assert PriceVersion.objects.count() == 1

    services.accept_offer(other, offer=offer, accepted_at=NOON + 5 * DAY)

    assert price_of(offer, NOON + 34 * DAY) == 0
    assert price_of(offer, NOON + 35 * DAY) == 20_00
    with pytest.raises(PermissionDenied, match="draft another"):
        announce(offer, first(), at=NOON + 6 * DAY)


def test_older_versions_are_free_and_the_newest_are_bought_beside_them():
    offer, buyer = make_offer(price_minor=20_00, freemium=older(90)), UserFactory()

    archive = make_order(offer, buyer, only_older=True)

    assert (archive.state, archive.total_minor) == ("FULFILLED", 0)
    assert Entitlement.objects.get().older_than_days == 90
    assert archive.lines.get().older_than_days == 90
    with pytest.raises(services.OrderRefused, match="already"):
        make_order(offer, buyer, only_older=True)
    assert make_order(offer, buyer).total_minor == 20_00
    with pytest.raises(services.NotFreeByAge):
        make_order(make_offer(), buyer, only_older=True)


def test_a_free_place_is_not_held_by_an_order_that_may_expire():
    free, paid = make_offer(price_minor=20_00, freemium=first(5)), make_offer()
    buyer = UserFactory()
    for offer in (free, paid):
        services.accept_terms(buyer, offer=offer, accepted_at=NOON)

    with pytest.raises(services.OrderRefused, match="by itself"):
        services.place_order(
            buyer,
            offers=[free, paid],
            placed_at=NOON,
            fee_bps=0,
            pay_within=PAY_WITHIN,
        )
    assert not FreePlace.objects.exists()


def test_another_policy_takes_effect_after_the_notice_of_the_one_in_force():
    offer = make_offer(price_minor=20_00, freemium=first(100, notice_days=30))

    policy = announce(
        offer, first(5, notice_days=0), price_minor=50_00, at=NOON + 10 * DAY
    )

    assert policy.takes_effect_at == NOON + 40 * DAY
    standing = standings_of([offer], at=NOON + 39 * DAY)[offer.pk]
    assert standing.policy.places == 100
    assert standing.coming == policy
    with pytest.raises(services.PolicyPending):
        announce(offer, priced(), at=NOON + 11 * DAY)
    for _ in range(6):
        make_order(offer, placed_at=NOON + 39 * DAY)
    later = [make_order(offer, placed_at=NOON + 40 * DAY) for _ in range(6)]
    assert [order.total_minor for order in later] == [*[0] * 5, 50_00]
    assert AuditRecord.objects.filter(act="announce_policy").count() == 1


def test_a_higher_price_waits_for_the_notice_and_a_lower_one_does_not():
    offer = make_offer(price_minor=20_00, freemium=priced(notice_days=30))

    announce(offer, priced(notice_days=0), price_minor=30_00)
    assert price_of(offer, NOON + 29 * DAY) == 20_00
    assert price_of(offer, NOON + THIRTY) == 30_00
    announce(offer, priced(), price_minor=10_00, at=NOON + 31 * DAY)
    assert price_of(offer, NOON + 31 * DAY) == 10_00
    with pytest.raises(services.PriceStated):
        services.change_price(
            offer.work.owner.user,
            offer=offer,
            price_minor=99_00,
            currency="EUR",
            changed_at=NOON + 32 * DAY,
        )
    assert price_of(offer, NOON + 32 * DAY) == 10_00


def test_what_is_free_now_under_an_irrevocable_licence_takes_a_decision():
    with pytest.raises(services.DecisionNeeded, match="may pass it on"):
        make_offer(licence_id="CC-BY-4.0", price_minor=20_00, freemium=first())
    assert not Offer.objects.exists()

    words = "New versions pay for the old ones."
    offer = make_offer(
        licence_id="CC-BY-4.0", price_minor=20_00, freemium=first(), decision=words
    )
    assert offer.terms.decision == words
    assert "irrevocable-free-grant" in offer.terms.duties
    free = make_offer(licence_id="CC-BY-4.0", price_minor=0)
    change = {"price_minor": 5_00, "currency": "EUR", "changed_at": NOON + DAY}
    with pytest.raises(services.DecisionNeeded):
        services.change_price(free.work.owner.user, offer=free, **change)
    with pytest.raises(services.DecisionNeeded):
        announce(free, until(date(2026, 2, 1)), at=NOON + DAY)
    policy = announce(free, until(date(2026, 2, 1)), at=NOON + DAY, decision=words)
    assert policy.decision == words
    assert "irrevocable" in policy.reasons[0] or "taken back" in policy.reasons[0]


def test_the_text_says_the_terms_in_plain_words():
    offer = make_offer(
        price_minor=20_00,
        freemium=first(100, notice_days=30, words="We need the first hundred."),
    )

    policy = offer.policies.get()
    assert policy.public_text == (
        "The first 100 orders are free. After that it costs 20.00 EUR. Nobody is "
        "charged within 30 days of its publication. Who got it free keeps it. Another "
        "policy, or a higher price, is announced here 30 days before it takes effect."
    )
    assert policy.words == "We need the first hundred."


@pytest.mark.parametrize(
    ("said", "price_minor", "field"),
    [
        (first(0), 20_00, "places"),
        (first(-1), 20_00, "places"),
        (Freemium(Rule.FIRST_ORDERS, 0), 20_00, "places"),
        (Freemium(Rule.PRICED, 0, places=3), 20_00, "places"),
        (first(), 0, "price_minor"),
        (first(), -1, "price_minor"),
        (first(notice_days=-1), 20_00, "notice_days"),
        (first(notice_days=366), 20_00, "notice_days"),
        (until(date(2025, 12, 31)), 20_00, "last_free_date"),
        (until(date(2100, 1, 2)), 20_00, "last_free_date"),
        (Freemium(Rule.UNTIL_DATE, 0), 20_00, "last_free_date"),
        (older(0), 20_00, "older_than_days"),
        (first(words="\0"), 20_00, "policy_words"),
    ],
)
def test_a_policy_that_cannot_be_names_the_field_and_leaves_nothing(
    said, price_minor, field
):
    work = make_work()

    with pytest.raises(Malformed, match=f"^{field}: "):
        make_offer(work, price_minor=price_minor, freemium=said)
    assert not Offer.objects.exists()
    offer = make_offer(work)
    with pytest.raises(Malformed, match=f"^{field}: "):
        announce(offer, said, price_minor=price_minor)
    assert not FreemiumPolicy.objects.exists()


def test_a_last_free_day_before_the_policy_takes_effect_is_refused():
    offer = make_offer(price_minor=20_00, freemium=first(9, notice_days=30))

    with pytest.raises(Malformed, match=r"^last_free_date: after the notice"):
        announce(offer, until(date(2026, 1, 20)))


def test_policies_and_places_are_never_changed_and_no_place_is_above_the_last():
    offer = make_offer(price_minor=20_00, freemium=first(1))
    make_order(offer)
    place = FreePlace.objects.get()

    for rows in (FreemiumPolicy.objects.all(), FreePlace.objects.all()):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.delete()
    with (
        pytest.raises(IntegrityError, match="number_within"),
        transaction.atomic(),
    ):
        FreePlace.objects.create(
            policy=place.policy,
            number=2,
            of=1,
            line=make_order(make_offer()).lines.get(),
            taken_at=NOON,
        )
