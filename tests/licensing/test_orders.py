import pytest
from django.core.exceptions import PermissionDenied

from licensing import services
from licensing.ledger import PLATFORM_FEE
from licensing.models import (
    Acceptance,
    Entitlement,
    Entry,
    Order,
    OrderState,
)
from licensing.queries import ledger_balance
from marketplace.accounts.models import Role
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.licensing import (
    FEE_BPS,
    NOON,
    PAY_WITHIN,
    make_offer,
    make_order,
    pay,
)

pytestmark = pytest.mark.django_db


def balance(code, currency="EUR"):
    return ledger_balance(code, currency=currency)


def place(user, offers, **changes):
    facts = {
        "placed_at": NOON,
        "fee_bps": FEE_BPS,
        "pay_within": PAY_WITHIN,
        **changes,
    }
    return services.place_order(user, offers=offers, **facts)


def accept(user, offer, **changes):
    return services.accept_terms(user, offer=offer, accepted_at=NOON, **changes)


def test_accepting_terms_records_the_text_and_the_circumstances_once():
    offer, buyer = make_offer(), UserFactory()

    how = services.Circumstances(ip_address="192.0.2.1", user_agent="x" * 400)
    first = accept(buyer, offer, how=how)
    again = accept(buyer, offer)

    assert first == again
    kept = Acceptance.objects.get()
    assert kept.licence_text_id == offer.terms.licence_text_id
    assert (kept.ip_address, len(kept.user_agent)) == ("192.0.2.1", 300)
    assert AuditRecord.objects.filter(act="accept_terms").count() == 1


def test_accepting_another_text_than_was_shown_is_refused():
    offer = make_offer()

    with pytest.raises(services.TermsChanged) as refusal:
        accept(UserFactory(), offer, shown_sha256="0" * 64)
    assert refusal.value.extra == {"licence_sha256": offer.terms.licence_text_id}
    assert not Acceptance.objects.exists()


def test_an_order_keeps_prices_fee_shares_and_texts_as_they_stood():
    offer, buyer = make_offer(price_minor=99_99), UserFactory()

    order = make_order(offer, buyer)

    line = order.lines.get()
    assert order.state == OrderState.AWAITING_PAYMENT
    assert (order.total_minor, order.currency, order.fee_bps) == (99_99, "EUR", 500)
    assert order.expires_at == NOON + PAY_WITHIN
    assert (line.price_minor, line.fee_minor) == (99_99, 4_99)
    assert line.offer_version == offer.terms
    assert line.price_version == offer.price
    assert line.acceptance.user == buyer
    assert line.share_set == offer.work.share_sets.get()
    assert not Entitlement.objects.exists()
    assert not Entry.objects.exists()


def test_order_numbers_say_nothing_and_are_easy_to_copy():
    numbers = {make_order().number for _ in range(5)}

    assert len(numbers) == 5
    assert all(len(number) == 12 and number.startswith("ST-") for number in numbers)


def test_what_is_free_is_granted_at_once_without_the_ledger():
    offer = make_offer(price_minor=0, licence_id="CC-BY-NC-4.0")

    order = make_order(offer)

    assert (order.state, order.closed_at) == (OrderState.FULFILLED, NOON)
    assert Entitlement.objects.get().holder == order.holder
    assert not Entry.objects.exists()


def test_no_order_without_accepting_each_text():
    first, second, buyer = make_offer(), make_offer(), UserFactory()
    accept(buyer, first)

    with pytest.raises(services.AcceptanceRequired) as refusal:
        place(buyer, [first, second])
    assert refusal.value.extra["offer"] == str(second.pk)
    assert not Order.objects.exists()


def test_several_offers_make_one_order_of_several_lines():
    first, second, buyer = make_offer(), make_offer(price_minor=50_00), UserFactory()
    for offer in (first, second):
        accept(buyer, offer)

    order = place(buyer, [second, first])

    assert order.total_minor == 150_00
    assert [line.price_minor for line in order.lines.order_by("position")] == [
        50_00,
        100_00,
    ]
    pay(order)
    assert Entitlement.objects.count() == 2
    assert balance(PLATFORM_FEE) == -7_50


def test_orders_that_make_no_sense_are_refused():
    offer, dollars, buyer = make_offer(), make_offer(currency="USD"), UserFactory()
    for each in (offer, dollars):
        accept(buyer, each)

    with pytest.raises(Malformed, match="offers"):
        place(buyer, [])
    with pytest.raises(Malformed, match="different"):
        place(buyer, [offer, offer])
    with pytest.raises(services.OrderRefused, match="currency"):
        place(buyer, [offer, dollars])
    assert not Order.objects.exists()


def test_closed_offers_and_unlisted_works_are_not_ordered():
    offer, buyer = make_offer(), UserFactory()
    accept(buyer, offer)
    services.set_listed(offer.work, listed=False, at=NOON)
    with pytest.raises(services.OfferWithdrawn, match="no longer listed"):
        place(buyer, [offer])

    services.set_listed(offer.work, listed=True, at=NOON)
    services.withdraw_offer(offer.work.owner.user, offer=offer, withdrawn_at=NOON)
    with pytest.raises(services.OfferWithdrawn, match="not open"):
        place(buyer, [offer])
    assert not Order.objects.exists()


def test_the_same_is_not_ordered_twice_while_one_is_open_or_held():
    order = make_order()
    buyer, offer = order.buyer, order.lines.get().offer_version.offer

    with pytest.raises(services.OrderRefused, match=order.number):
        place(buyer, [offer])
    pay(order)
    with pytest.raises(services.OrderRefused, match="already"):
        place(buyer, [offer])
    assert Order.objects.count() == 1


def test_owners_buy_for_their_organisation_and_others_do_not():
    organisation, offer = OrganisationFactory(), make_offer()
    party = services.party_of(organisation.namespace)
    owner = organisation.memberships.get().user
    writer = MembershipFactory(organisation=organisation, role=Role.WRITER).user
    for user in (owner, writer):
        accept(user, offer)

    with pytest.raises(PermissionDenied):
        place(writer, [offer], holder=party)
    assert place(owner, [offer], holder=party).holder == party
