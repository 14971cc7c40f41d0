"""Without keys, by pages alone: paid in parts, too much, not at all, or too late."""

import re

import pytest
from django.utils import timezone

from licensing.models import Entitlement, Order, Payment
from licensing.queries import faults_of_books, ledger_balance
from licensing.tasks import expire_unpaid_orders
from tests.factories.accounts import UserFactory
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db

HIDDEN = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')
ACCOUNT = "IBAN GR16 0110 1250 0000 0001 2300 695"


@pytest.fixture
def desk(browser, settings):
    """Return the operator's browser, of a site that has a bank account and no keys."""
    settings.STOA = settings.STOA.model_copy(update={"bank_details": ACCOUNT})
    return browser(UserFactory(is_staff=True))


@pytest.fixture
def buyer(browser):
    return browser(UserFactory())


def ordered(buyer, offer):
    """Order an offer of 100 euros on its page; return the order's address."""
    page = read(buyer.get(f"/offers/{offer.pk}"))
    assert "You pay by bank transfer." in page
    assert "by card" not in page
    said = {**dict(HIDDEN.findall(page)), "accept": "on", "act": "order"}
    answer = buyer.post(f"/offers/{offer.pk}", said)
    page = read(buyer.get(answer["Location"]))
    assert f"Transfer <strong>{euro('100.00')}</strong>" in page
    assert ACCOUNT in page
    assert "by card" not in page
    return answer["Location"]


def euro(amount):
    return f"€\N{NO-BREAK SPACE}{amount}"


def confirmed(desk, address, amount, *, reference):
    """Confirm a transfer as the operator does; return what the next page says."""
    said = {
        "bank_reference": reference,
        "amount": amount,
        "received_on": timezone.localdate().isoformat(),
    }
    path = address.replace("/orders/", "/operator/transfers/")
    return read(desk.post(path, said, follow=True))


def returned(desk, address, amount, *, reference):
    """Record that money was sent back; return what the next page says."""
    path = f"{address.replace('/orders/', '/operator/orders/')}/return"
    return read(
        desk.post(path, {"amount": amount, "reference": reference}, follow=True)
    )


def balances(*codes):
    return [ledger_balance(code, currency="EUR") for code in codes]


def test_what_comes_in_parts_and_too_much_is_held_granted_and_sent_back(
    desk, buyer, offer
):
    address = ordered(buyer, offer)

    assert "waits for the rest" in confirmed(desk, address, "40.00", reference="A")
    page = read(buyer.get(address))
    assert f"{euro('40.00')} came in. Send the rest, with the same reference" in page
    assert f"Transfer <strong>{euro('60.00')}</strong>" in page
    assert not Entitlement.objects.exists()

    assert "too much is held" in confirmed(desk, address, "75.00", reference="B")
    assert "It is granted to" in (page := read(buyer.get(address)))
    assert f"{euro('15.00')} of what came in is held" in page
    assert Entitlement.objects.get().revoked_at is None
    assert euro("15.00") in read(desk.get("/operator/refunds"))

    assert "is held to be returned" in returned(desk, address, "15.01", reference="C")
    for _ in range(2):
        assert "Recorded for order" in returned(desk, address, "15.00", reference="C")
    page = read(buyer.get(address))
    assert f"{euro('15.00')} more came in than was due, and was sent back" in page
    assert "Nothing is held" in read(desk.get("/operator/refunds"))
    assert balances(
        "cash:bank", "suspense:partly_paid", "suspense:overpaid", "revenue:platform_fee"
    ) == [100_00, 0, 0, -5_00]
    assert not list(faults_of_books())


def test_what_is_rejected_goes_back_and_what_comes_too_late_is_not_taken(
    desk, buyer, browser, offer
):
    address = ordered(buyer, offer)
    confirmed(desk, address, "40.00", reference="A")
    path = f"{address.replace('/orders/', '/operator/transfers/')}/reject"
    desk.post(path, {"reason": "The sender is somebody else."})
    assert f"{euro('40.00')} of what came in is held" in read(buyer.get(address))

    returned(desk, address, "40.00", reference="B")
    page = read(buyer.get(address))
    assert "The sender is somebody else." in page
    assert f"{euro('40.00')} came in, and was sent back" in page

    other = browser(UserFactory())
    late = ordered(other, offer)
    Order.objects.filter(state="AWAITING_PAYMENT").update(expires_at=timezone.now())
    assert expire_unpaid_orders() == [late.rpartition("/")[2]]
    assert "No money came in time" in read(other.get(late))
    assert "send the transfer back" in confirmed(desk, late, "100.00", reference="C")
    assert Payment.objects.count() == 1
    assert not Entitlement.objects.exists()
    assert balances("cash:bank", "suspense:overpaid") == [0, 0]
    assert not list(faults_of_books())
