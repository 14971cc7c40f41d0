from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from licensing import services
from licensing.conditions import Conditions
from licensing.models import Discount, DiscountUse, Entitlement, Order, OrderState
from licensing.queries import ledger_balance
from licensing.services import DiscountTerms, Wishes
from licensing.totals import Taxes
from marketplace.kit.errors import Malformed
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.licensing import (
    DAY,
    FEE_BPS,
    NOON,
    PAY_WITHIN,
    make_offer,
    make_order,
    pay,
    share,
)

pytestmark = pytest.mark.django_db

GREECE = Taxes({"GR": 2400})


def make_discount(*offers, code="SPRING", by=None, **changes):
    """A code of the offers' owner for these, 20 % off; the operator's, for all."""
    issuer = offers[0].work.owner if offers else None
    return services.make_discount(
        by or (issuer.user if issuer else UserFactory(is_staff=True)),
        code=code,
        issuer=issuer,
        offers=offers,
        said=DiscountTerms(
            **{
                "valid_from": NOON - DAY,
                **({} if "amount_minor" in changes else {"percent_bps": 2000}),
                **changes,
            }
        ),
        made_at=NOON,
    )


def order_of(*offers, buyer=None, holder=None, **changes):
    buyer = buyer or UserFactory()
    wishes = Wishes(
        **{
            name: changes.pop(name)
            for name in ("code", "quantities", "country", "vat_id")
            if name in changes
        }
    )
    for offer in offers:
        services.accept_terms(buyer, offer=offer, accepted_at=NOON)
    facts = {"placed_at": NOON, "fee_bps": FEE_BPS, "pay_within": PAY_WITHIN}
    return services.place_order(
        buyer, offers=offers, holder=holder, wishes=wishes, **{**facts, **changes}
    )


def test_a_percentage_is_taken_off_and_the_owners_and_the_fee_bear_it():
    offer, co_owner = make_offer(), UserFactory()
    make_discount(offer)
    order = order_of(offer, code="spring")
    share(offer.work, {offer.work.owner.user: 5000, co_owner: 5000})  # comes too late

    assert (order.subtotal_minor, order.discount_minor) == (100_00, 20_00)
    assert order.total_minor == 80_00
    line = order.lines.get()
    assert (line.price_minor, line.discount_minor, line.fee_minor) == (
        100_00,
        20_00,
        400,
    )
    pay(order)
    owed = ledger_balance(f"payable:{offer.work.owner_id}", currency="EUR")
    assert (owed, ledger_balance("revenue:platform_fee", currency="EUR")) == (
        -7600,
        -400,
    )


def test_invariant_11_an_orders_money_never_changes_when_shares_prices_or_codes_do():
    offer = make_offer()
    discount = make_discount(offer)
    order = order_of(offer, code="SPRING", country="GR", taxes=GREECE)
    before = list(order.lines.values_list()), Order.objects.values_list().get()

    owner = offer.work.owner.user
    services.change_price(
        owner, offer=offer, price_minor=5_00, currency="EUR", changed_at=NOON
    )
    share(offer.work, {owner: 1000, UserFactory(): 9000})
    services.close_discount(owner, discount=discount, closed_at=NOON)

    assert (
        list(order.lines.values_list()),
        Order.objects.values_list().get(),
    ) == before
    pay(order)
    parts = 100_00 - 20_00 - 4_00
    assert ledger_balance(f"payable:{offer.work.owner_id}", currency="EUR") == -parts
    assert ledger_balance("liability:tax:gr", currency="EUR") == -19_20
    assert ledger_balance("cash:bank", currency="EUR") == order.total_minor == 99_20


def test_an_amount_is_split_over_its_offers_and_never_more_than_they_cost():
    first = make_offer()
    second = make_offer(first.work, code="second", price_minor=50_00)
    other = make_offer(price_minor=7_00)
    make_discount(first, second, code="TEN-OFF", amount_minor=10_00, currency="EUR")
    make_discount(other, code="MORE-OFF", amount_minor=10_00, currency="EUR")

    order = order_of(first, other, second, code="TEN-OFF")
    assert list(order.lines.values_list("discount_minor", flat=True)) == [667, 0, 333]
    free = order_of(other, code="MORE-OFF")

    assert (free.discount_minor, free.total_minor) == (7_00, 0)
    assert free.state == OrderState.FULFILLED
    assert Entitlement.objects.get().line.order == free


def test_tax_is_a_line_of_its_own_or_in_the_price_as_the_operator_says():
    on_top = order_of(make_offer(), country="GR", vat_id="EL123456789", taxes=GREECE)
    inside = order_of(
        make_offer(),
        country="GR",
        taxes=Taxes(GREECE.rates, are_included=True),
    )
    abroad = order_of(make_offer(), country="US", taxes=GREECE)

    assert (on_top.tax_minor, on_top.total_minor) == (24_00, 124_00)
    assert (on_top.tax_country, on_top.tax_bps) == ("GR", 2400)
    assert on_top.vat_id == "EL123456789"
    assert (inside.tax_minor, inside.total_minor) == (19_35, 100_00)
    assert inside.lines.get().net_minor == 80_65
    assert (abroad.tax_minor, abroad.tax_country) == (0, "US")
    pay(inside)
    assert ledger_balance("liability:tax:gr", currency="EUR") == -19_35
    for wrong in (
        *({}, {"country": "Greece"}, {"country": "GR", "vat_id": "1"}),
        {"country": "XX"},  # nobody is taxed nowhere
    ):
        with pytest.raises(Malformed):
            order_of(make_offer(), taxes=GREECE, **wrong)


def test_a_code_gives_nothing_to_whom_or_what_it_is_not_for():
    offer, other, dollars = make_offer(), make_offer(), make_offer(currency="USD")
    make_discount(offer, code="NAMED")
    make_discount(code="EUROS", amount_minor=1, currency="EUR")
    make_discount(code="OVER", valid_until=NOON)
    make_discount(code="LATER", valid_from=NOON + DAY)
    closed = make_discount(code="CLOSED")
    services.close_discount(closed.made_by, discount=closed, closed_at=NOON)

    for code, wrong in (
        ("NAMED", other),
        ("EUROS", dollars),
        ("OVER", offer),
        ("LATER", offer),
        ("CLOSED", offer),
        ("NO-SUCH", offer),
        ("\N{GREEK SMALL LETTER ALPHA}" * 99, offer),
    ):
        with pytest.raises(services.DiscountRefused):
            order_of(wrong, code=code)
    assert not Order.objects.exists()
    assert not Discount.objects.filter(uses__gt=0).exists()


def test_an_academic_code_asks_for_a_confirmed_address():
    offer, buyer = make_offer(), UserFactory()
    make_discount(offer, domains=["@UoA.gr"])
    address = EmailAddress.objects.create(user=buyer, email="x@di.uoa.gr")
    EmailAddress.objects.create(user=buyer, email="x@notuoa.gr", verified=True)

    with pytest.raises(services.DiscountRefused, match=r"uoa\.gr"):
        order_of(offer, buyer=buyer, code="SPRING")
    address.verified = True
    address.save(update_fields=["verified"])

    assert order_of(offer, buyer=buyer, code="SPRING").total_minor == 80_00


def test_uses_are_counted_over_all_and_for_each_and_given_back():
    offer, second, buyer = make_offer(), make_offer(), UserFactory()
    discount = make_discount(code="ONCE", max_uses=2, max_uses_each=1)
    first = order_of(offer, buyer=buyer, code="ONCE")
    with pytest.raises(services.DiscountRefused, match="already"):
        order_of(second, buyer=buyer, code="ONCE")
    other = order_of(offer, code="ONCE")
    with pytest.raises(services.DiscountRefused, match="used up"):
        order_of(offer, code="ONCE")

    for _ in range(2):
        services.cancel_order(buyer, order=first, cancelled_at=NOON)
        services.expire_orders(NOON + PAY_WITHIN)

    discount.refresh_from_db()
    assert (discount.uses, DiscountUse.objects.count()) == (0, 2)
    other.refresh_from_db()
    assert other.state == OrderState.EXPIRED
    assert order_of(second, buyer=buyer, code="ONCE").discount_minor == 5_00
    with pytest.raises(IntegrityError), transaction.atomic():
        Discount.objects.update(uses=3)


def test_only_who_may_change_the_prices_makes_a_code_and_the_operator_for_all():
    offer, co_owner = make_offer(), UserFactory()
    share(offer.work, {offer.work.owner.user: 9000, co_owner: 1000})

    for stranger in (UserFactory(), offer.work.owner.user, co_owner):
        with pytest.raises(PermissionDenied):
            make_discount(offer, by=stranger)
        with pytest.raises(PermissionDenied):
            make_discount(code="FOR-ALL", by=stranger)
    with pytest.raises(PermissionDenied):
        services.close_discount(
            co_owner, discount=make_discount(code="FOR-ALL"), closed_at=NOON
        )


def test_the_operator_gives_of_the_fee_alone_and_owners_get_what_they_would_without():
    offer = make_offer()
    make_discount(code="HALF", percent_bps=5000)
    make_discount(code="SOME", percent_bps=400)

    for code, off, fee in (("HALF", 10_00, 0), ("SOME", 4_00, 6_00)):
        order = order_of(offer, code=code, fee_bps=1000)
        line = order.lines.get()
        assert (order.discount_minor, order.total_minor) == (off, 100_00 - off)
        assert (line.fee_minor, line.net_minor - line.fee_minor) == (fee, 90_00)
    with pytest.raises(services.DiscountRefused, match="takes nothing off"):
        order_of(offer, code="HALF", fee_bps=0)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "no"}, "code"),
        ({"percent_bps": 10_001}, "percent_bps"),
        ({"percent_bps": 1, "amount_minor": 1}, "percent_bps"),
        ({"amount_minor": 1}, "currency"),
        ({"valid_until": NOON - DAY}, "valid_until"),
        ({"max_uses": 0}, "max_uses"),
        ({"domains": ["uoa"]}, "domains"),
    ],
)
def test_a_code_that_makes_no_sense_is_refused(wrong, field):
    with pytest.raises(Malformed, match=f"^{field}:"):
        make_discount(**wrong)
    assert not Discount.objects.exists()


def test_a_code_is_one_whoever_made_it():
    make_discount(code="spring")

    with pytest.raises(services.CodeTaken):
        make_discount(make_offer(), code="SPRING")


def test_seats_multiply_the_price_where_an_offer_is_counted_in_them():
    organisation = OrganisationFactory()
    buyer = organisation.memberships.get().user
    party = services.party_of(organisation.namespace)
    offer = make_offer(conditions=Conditions(seats=5))
    plain = make_offer()

    order = order_of(offer, buyer=buyer, holder=party, quantities={offer.pk: 3})

    assert (order.total_minor, order.lines.get().quantity) == (300_00, 3)
    pay(order)
    assert Entitlement.objects.get().seats == 15
    for wrong, match in (
        ({offer.pk: 201}, "at most 1000 seats"),
        ({offer.pk: 0}, "1 or more"),
        ({plain.pk: 1}, "this order alone"),
    ):
        with pytest.raises(Malformed, match=match):
            order_of(offer, buyer=buyer, holder=party, quantities=wrong)
    with pytest.raises(Malformed, match="not counted in seats"):
        order_of(plain, quantities={plain.pk: 2})
    one = make_offer(conditions=Conditions(seats=1))
    with pytest.raises(services.OrderRefused, match="organisation"):
        order_of(one, quantities={one.pk: 2})


@pytest.mark.parametrize("count", [1, 10])
def test_a_checkout_takes_twelve_queries_for_one_offer_and_for_ten(
    count, django_assert_num_queries
):
    offers, buyer = [make_offer() for _ in range(count)], UserFactory()
    EmailAddress.objects.create(user=buyer, email="x@uoa.gr", verified=True)
    make_discount(domains=["uoa.gr"], max_uses=9, max_uses_each=1)  # the most there is
    services.party_of_user(buyer)
    for offer in offers:
        services.accept_terms(buyer, offer=offer, accepted_at=NOON)
    facts = {"fee_bps": FEE_BPS, "pay_within": PAY_WITHIN}

    with django_assert_num_queries(12 + 2):  # and the transaction's two
        order = services.place_order(
            buyer,
            offers=offers,
            placed_at=NOON,
            wishes=Wishes(code="SPRING", country="GR"),
            taxes=GREECE,
            **facts,
        )

    assert order.total_minor == count * 117_80
    assert make_order(placed_at=NOON + timedelta(days=1)).total_minor == 100_00
