"""Owners say where they are paid by bank transfer; they and operators alone see it."""

import csv
import io

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from licensing import services
from licensing.models import BankAccount
from licensing.services.bank_accounts import checked_iban
from marketplace.accounts.models import Notice
from marketplace.kit.errors import Malformed
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.licensing import NOON
from tests.licensing.reading import read
from tests.licensing.selling import sold
from tests.signing_in import BACKEND

pytestmark = pytest.mark.django_db

PASSWORD = "seven-doors-of-Thebes"
IBAN = "DE89370400440532013000"  # of the ISO's own examples, as the others below
FORM = {"holder": "Ann Seller", "iban": "de89 3704 0044 0532 0130 00", "details": ""}


def set_account(user, party, **changes):
    return services.set_bank_account(user, party=party, at=NOON, **{**FORM, **changes})


def test_an_iban_with_a_wrong_character_is_refused():
    for good in (IBAN, "GB82 WEST 1234 5698 7654 32", "NO93-8601-1117-947"):
        assert checked_iban(good) == "".join(good.replace("-", " ").split())
    assert checked_iban("  ") == ""
    for wrong in (
        *("DE89370400440532013001", "DE98370400440532013000", "DE8937040044053201300"),
        *("3704 0044", "DE٨٩370400440532013000", f"{IBAN}\0", "D" * 60),
    ):
        with pytest.raises(Malformed, match="iban"):
            checked_iban(wrong)


def test_who_acts_for_a_party_says_where_it_is_paid_and_all_of_them_hear():
    museum = OrganisationFactory()
    owner = museum.memberships.get().user
    party = services.party_of(museum.namespace)

    first = set_account(owner, party)

    assert (first.iban, first.details, first.changed_by) == (IBAN, "", owner)
    assert set_account(owner, party).changed_at == NOON
    told = Notice.objects.get(person=owner)
    assert "was changed" in told.subject
    assert IBAN not in told.text
    assert AuditRecord.objects.filter(act="set_bank_account").count() == 1
    second = set_account(owner, party, iban="", details=" Bank  of Songs \n\n No. 7 ")
    assert second.details == "Bank of Songs\nNo. 7"
    for wrong in ({"details": "Both"}, {"iban": ""}, {"holder": " "}, {"holder": "\0"}):
        with pytest.raises(Malformed):
            set_account(owner, party, **wrong)
    for act in (
        set_account,
        lambda *who: services.forget_bank_account(who[0], party=who[1], at=NOON),
    ):
        with pytest.raises(PermissionDenied):
            act(UserFactory(is_staff=True), party)
    assert BankAccount.objects.get().details == second.details
    for _ in range(2):
        services.forget_bank_account(owner, party=party, at=NOON)
    assert AuditRecord.objects.filter(act="forget_bank_account").count() == 1


def test_it_is_entered_after_the_password_and_shown_to_operators_who_pay(browser):
    _, (party, other, _) = sold()
    party.user.set_password(PASSWORD)
    party.user.save()
    here, path = Client(), f"/payees/{party.pk}/account"
    here.force_login(party.user, backend=BACKEND)
    assert "No bank account of" in read(here.get("/earnings/payouts"))

    for asked in (here.get(path), here.post(path, FORM)):
        assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert not BankAccount.objects.exists()
    here.post(asked["Location"], {"password": PASSWORD})

    assert BankAccount.objects.get(party=party).iban == IBAN
    assert "DE89 3704 0044" in read(here.get(path))
    wrong = read(here.post(path, {**FORM, "iban": "DE89370400440532013001"}))
    assert "check digits do not fit" in wrong
    for page in ("/payees", "/earnings/payouts"):
        shown = read(here.get(page))
        assert "ending 3000" in shown
        assert IBAN[:8] not in shown
    assert here.get(f"/payees/{other.pk}/account").status_code == 404

    desk = browser(UserFactory(is_staff=True))
    due = read(desk.get("/operator/payouts"))
    assert "DE89 3704 0044 0532 0130 00" in due
    assert due.count("Not told yet") == 2
    text = b"".join(desk.get("/operator/payouts/due.csv").streaming_content).decode()
    rows = {row["party"]: row for row in csv.DictReader(io.StringIO(text))}
    assert (rows[party.name]["iban"], rows[other.name]["iban"]) == (IBAN, "")
    assert rows[party.name]["account_holder"] == "Ann Seller"
    here.post(path, {"act": "forget"})
    assert not BankAccount.objects.exists()


def test_who_signs_in_without_a_password_is_asked_to_set_one(browser):
    owner = UserFactory()
    party = services.party_of_user(owner)

    page = read(browser(owner).post(f"/payees/{party.pk}/account", FORM))

    assert "Set a password" in page
    assert not BankAccount.objects.exists()
