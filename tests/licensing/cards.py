"""Orders paid by card at the stand-in for Stripe, which these tests talk to as to it."""

from datetime import timedelta

import stripe
from django.utils import timezone

from licensing import ledger, services
from licensing.inbox import look_into, look_into_due, take_in
from licensing.models import Payee, PaymentProvider
from licensing.payments.stripe import Stripe
from licensing.queries import ledger_balance
from licensing.reconciliation import Finding, report
from licensing.reconciliation.rows import STRIPE
from licensing.sending import send_due
from licensing.services.settlement import Received
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_offer, make_order, make_work, share
from tests.fakestripe import accounts, checkout
from tests.fakestripe.deliveries import signed

SECRET = "whsec_of_tests"
BACK = "http://shop.test/back"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
IN_VAIN = {Finding.REFUSED, Finding.STUCK}


def processor_at(fake, *, key="sk_test_1"):
    """Return the provider as it talks to a fake, without tries of the SDK's own."""
    client = stripe.StripeClient(
        key, base_addresses={"api": fake.url}, max_network_retries=0
    )
    return Stripe(client, (SECRET,), "DE", has_tax=False)


def owned_by(owners, **offered):
    """Return a live offer of a work that people hold: {user: basis points}."""
    first, *others = owners
    work = make_work(first)
    if others:
        share(work, owners)
    offer = make_offer(work, **offered)
    for other in others:
        offer = services.accept_offer(other, offer=offer, accepted_at=timezone.now())
    return offer


def order_now(offer=None, **more):
    return make_order(offer, placed_at=timezone.now(), **more)


def begin(order, processor, *, at=None):
    return services.begin_checkout(
        order.buyer,
        order=order,
        processor=processor,
        back_url=BACK,
        begun_at=at or timezone.now(),
    )


def pay_at(fake, page, **how):
    """Let the buyer pay on a page."""
    with fake.lock:
        return checkout.pay(fake.book, page.external_id, **how)


def received(order, amount_minor=None, *, reference=None):
    """Return money that came in for an order by card, in full unless said otherwise."""
    return Received(
        order=order,
        provider=PaymentProvider.STRIPE,
        cash=ledger.CASH_STRIPE,
        reference=reference or f"pi_{order.number}",
        amount_minor=order.total_minor if amount_minor is None else amount_minor,
    )


def paid_by_card(fake, processor, order=None):
    """Return an order that was paid by card, and that we know of."""
    order = order or order_now()
    page = begin(order, processor)
    pay_at(fake, page)
    services.refresh_checkout(page, processor=processor, at=timezone.now())
    order.refresh_from_db()
    return order


def taken_in(fake, processor, events=None):
    """Take in events as the webhook does; yield each that was not here yet."""
    for event in fake.book.events if events is None else events:
        body, headers = signed(event, secret=SECRET, at=timezone.now().timestamp())
        told = processor.told(body.encode(), headers["Stripe-Signature"])
        kept = take_in(told, at=timezone.now())
        if kept is not None:
            yield kept


def hear(fake, processor, events=None):
    """Take in events as the webhook does, and look into each at once."""
    for kept in taken_in(fake, processor, events):
        look_into(kept.pk, processor=processor, at=timezone.now())


def hear_the_rest(processor):
    """Look again into what broke off, as the sweep does until nothing is left."""
    for hours in range(1, 4):
        at = timezone.now() + hours * HOUR * 2
        look_into_due(processor=processor, at=at)


def onboard(fake, user):
    """Have a person payable by the processor; return their account there."""
    processor = processor_at(fake)
    party = services.party_of_user(user)
    services.begin_onboarding(
        user,
        party=party,
        processor=processor,
        list_url=BACK,
        begun_at=timezone.now(),
    )
    payee = Payee.objects.get(party=party, provider=PaymentProvider.STRIPE)
    accounts.onboard(fake.book, payee.account)
    services.refresh_payee(payee, processor=processor, at=timezone.now())
    return payee.account


def pass_on(processor, *, after=30 * 24 * HOUR):
    at = timezone.now() + after
    begun = services.pass_on_due(at=at, hold=timedelta(days=7), minimums={})
    send_due(processor=processor, at=at)
    return begun


def owed(user):
    return -ledger_balance(f"payable:{services.party_of_user(user).pk}", currency="EUR")


def books(*codes):
    return [ledger_balance(code, currency="EUR") for code in codes]


def people(count):
    return [UserFactory() for _ in range(count)]


def in_vain():
    """Return what the processor was asked, or told us, in vain."""
    found = report(processor=None, since=timezone.now() - DAY)
    return [row for row in found.differing if row.finding in IN_VAIN]


def differing(processor):
    """Return where the ledger and the processor's own statement differ, but in balance."""
    found = report(processor=processor, since=timezone.now() - DAY)
    assert not found.fault
    rows = [row for row in found.differing if row.place == STRIPE]
    return [row for row in rows if row.finding not in IN_VAIN]


def balances(processor):
    """Return what ledger and processor say they hold: {currency: (ours, theirs)}."""
    held = report(processor=processor, since=timezone.now() - DAY).held
    return {
        each.currency: (each.ledger_minor, each.provider_minor)
        for each in held
        if each.place == STRIPE
    }
