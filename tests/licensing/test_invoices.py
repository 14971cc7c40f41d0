"""Invoices: numbered without a gap, frozen, agreeing with the ledger."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from licensing import services
from licensing.models import (
    BillingDetails,
    CreditNote,
    Invoice,
    LedgerLine,
    PaperSeries,
)
from licensing.papers.content import thawed
from licensing.queries import faults_of_books
from marketplace.accounts.models import Role
from marketplace.kit.errors import Malformed
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.licensing import DAY, NOON, make_offer, make_order, make_work, pay

pytestmark = pytest.mark.django_db


def billed(**said):
    """Return an unpaid order whose buyer gave billing details."""
    order = make_order(make_offer(make_work(title="Nests of the wren")))
    details = {"name": "Łukasz Müller", "address": "Rue 1\n75001 Paris"}
    services.set_billing_details(
        order.buyer,
        party=order.holder,
        **{**details, "country": "FR", "vat_id": "FR 12.345-678", **said},
        at=NOON,
    )
    return order


def settle_at(order, at):
    services.confirm_transfer(
        UserFactory(is_staff=True),
        order=order,
        bank_reference=order.number,
        amount_minor=order.total_minor,
        received_on=at.date(),
        confirmed_at=at,
    )


def give_back(order, minor, *, at=NOON + 5 * DAY):
    """Refund a part of an order's one line, as the ledger tells of it."""
    return services.refund(
        UserFactory(is_staff=True),
        order=order,
        amount_minor=minor,
        reason="It lacks a season",
        revokes=False,
        key=f"{order.number}:{minor}",
        at=at,
    )


def test_a_paid_order_has_one_invoice_with_all_that_was_given_frozen(settings):
    settings.STOA = settings.STOA.model_copy(
        update={
            "operator_name": "Stoa GmbH",
            "operator_address": "Markt 1\n10115 Berlin",
            "operator_country": "DE",
            "operator_vat_id": "DE123456789",
            "invoice_prefix": "AG",
            "invoice_note": "HRB 1234",
        }
    )
    order = billed()
    pay(order)
    BillingDetails.objects.update(name="Somebody else")
    order.refresh_from_db()

    pay(order)
    invoice = Invoice.objects.get()
    assert (invoice.number, invoice.order) == ("AG-2026-00001", order)
    said = thawed(invoice.content)
    assert (said.issuer.name, said.issuer.vat_id) == ("Stoa GmbH", "DE123456789")
    assert (said.buyer.name, said.buyer.country) == ("Łukasz Müller", "FR")
    assert said.buyer.vat_id == "FR12345678"
    assert [item.title for item in said.items] == ["Nests of the wren"]
    assert said.order == order.number
    assert said.total_minor == invoice.total_minor == order.total_minor


def test_what_costs_nothing_or_is_not_paid_has_no_invoice():
    make_order(make_offer(price_minor=0))
    order = make_order()
    pay(order, 1)

    assert not Invoice.objects.exists()


def test_an_invoice_never_changes_and_its_number_leaves_no_gap():
    pay(make_order())
    invoice = Invoice.objects.get()

    for change in (
        lambda: Invoice.objects.update(total_minor=1),
        lambda: Invoice.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
            change()
    invoice.pk, invoice._state.adding = None, True
    invoice.number, invoice.sequence = "ST-2026-00003", 3
    with pytest.raises(IntegrityError, match="the next is 2"), transaction.atomic():
        invoice.save(force_insert=True)


def test_each_year_and_each_prefix_counts_from_one(settings):
    years = [datetime(year, 12, 31, 12, tzinfo=UTC) for year in (2026, 2026, 2027)]
    for at in years:
        settle_at(make_order(), at)
    settings.STOA = settings.STOA.model_copy(update={"invoice_prefix": "NEW"})
    settle_at(make_order(), years[0])

    assert list(
        Invoice.objects.order_by("series", "sequence").values_list("number", flat=True)
    ) == [*("ST-2026-00001", "ST-2026-00002", "ST-2027-00001", "NEW-2026-00001")]


def test_an_order_that_is_not_settled_after_all_takes_no_number():
    order, other = make_order(), make_order()
    with transaction.atomic():
        pay(order)
        transaction.set_rollback(True)

    pay(other)

    assert [each.number for each in Invoice.objects.all()] == ["ST-2026-00001"]


@pytest.mark.django_db(transaction=True)
def test_invariant_20_many_at_once_are_numbered_without_a_gap_or_a_double():
    offer, staff = make_offer(), UserFactory(is_staff=True)
    orders = [make_order(offer) for _ in range(12)]
    start = Barrier(len(orders))

    def settle(order):
        try:
            start.wait()
            pay(order, reference=order.number, operator=staff)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(orders)) as pool:
        list(pool.map(settle, orders))

    numbers = sorted(Invoice.objects.values_list("sequence", flat=True))
    assert numbers == list(range(1, len(orders) + 1))
    assert PaperSeries.objects.get().last == len(orders)


def test_invariant_20_invoices_less_credit_notes_agree_with_revenue_and_tax_in_the_ledger():
    orders = [make_order(make_offer(price_minor=33_33 + place)) for place in range(3)]
    for order in orders:
        pay(order, reference=order.number)
    pay(make_order(), 120_00, reference="too much")
    pay(make_order(), 20_00, reference="too little")
    give_back(orders[0], 10_01)
    give_back(orders[1], 33_34)
    services.close_dispute(
        UserFactory(is_staff=True),
        order=orders[2],
        key="bank:1",
        amount_minor=33_35,
        reason="Not mine",
        won=False,
        at=NOON + 6 * DAY,
    )

    earned = LedgerLine.objects.exclude(account__code__startswith="cash:").exclude(
        account__code__startswith="suspense:"
    )
    billed_minor = Invoice.objects.aggregate(s=Sum("total_minor"))["s"]
    credited_minor = CreditNote.objects.aggregate(s=Sum("total_minor"))["s"]
    assert (billed_minor, credited_minor) == (200_02, 76_70)
    assert earned.aggregate(s=Sum("minor"))["s"] == credited_minor - billed_minor
    assert list(faults_of_books()) == []


def test_a_credit_note_says_what_was_given_back_of_which_invoice_and_why():
    order = billed()
    pay(order)

    refund = give_back(order, 40_00)

    note = CreditNote.objects.get()
    assert services.issue_credit_note(refund, at=NOON + 9 * DAY) == note
    said = thawed(note.content)
    assert (note.number, said.corrects) == ("ST-CN-2026-00001", "ST-2026-00001")
    assert (said.total_minor, said.reason) == (40_00, "It lacks a season")
    assert said.buyer.name == "Łukasz Müller"
    with pytest.raises(IntegrityError, match="only added"), transaction.atomic():
        CreditNote.objects.update(total_minor=1)


def test_whoever_acts_for_a_buyer_says_to_whom_it_is_billed():
    owner, reader = UserFactory(), UserFactory()
    museum = OrganisationFactory(owner=owner)
    MembershipFactory(organisation=museum, user=reader, role=Role.READER)
    party = services.party_of(museum.namespace)
    said = {"name": "Museum", "address": "", "country": "fr", "vat_id": "fr 12-34.5"}

    with pytest.raises(PermissionDenied):
        services.set_billing_details(reader, party=party, **said, at=NOON)
    for field, wrong in [("name", " "), ("country", "EU"), ("vat_id", "1!")]:
        with pytest.raises(Malformed, match=f"^{field}:"):
            services.set_billing_details(
                owner, party=party, **{**said, field: wrong}, at=NOON
            )
    details = services.set_billing_details(owner, party=party, **said, at=NOON)
    pay(make_order(make_offer(), owner, holder=party))

    assert (details.country, details.vat_id) == ("FR", "FR12345")
    assert Invoice.objects.get().content["buyer"]["name"] == "Museum"
