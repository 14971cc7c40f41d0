"""An account that is erased: nothing leads to a person, and nothing of others' is lost."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client

from licensing.models import (
    Acceptance,
    BankAccount,
    BillingDetails,
    Invoice,
    Order,
    Party,
)
from licensing.services import (
    party_of_user,
    set_bank_account,
    set_billing_details,
    withdraw_offer,
)
from marketplace.accounts import services as accounts
from marketplace.accounts.models import Membership, Namespace, Role, User
from marketplace.accounts.services import NameTaken, create_account, send_notices
from marketplace.catalog.models import Commit
from marketplace.community.models import Event
from marketplace.kit.models import AuditRecord
from marketplace.privacy import services
from marketplace.privacy.models import Departure
from tests.factories.accounts import (
    NOON,
    ApiTokenFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer, make_order, pay

DAY = timedelta(days=1)


def erase(user, *, at=NOON, removes_words=False):
    return services.erase_account(user, removes_words=removes_words, erased_at=at)


def test_invariant_28_orders_invoices_acceptances_and_books_stay_under_the_pseudonym(
    db,
):
    buyer = UserFactory(username="philomela")
    party = party_of_user(buyer)
    set_billing_details(
        buyer,
        party=party,
        name="P. Pandionis",
        address="",
        country="",
        vat_id="",
        at=NOON,
    )
    set_bank_account(
        buyer, party=party, holder="P. P.", iban="", details="No. 7", at=NOON
    )
    order = pay(make_order(make_offer(), buyer))
    invoiced = Invoice.objects.values().get(order=order)
    accepted = Acceptance.objects.filter(user=buyer)
    lines, entries = order.lines.count(), order.entries.count()

    pseudonym = erase(buyer)

    kept = Order.objects.get(pk=order.pk)
    assert (kept.buyer.username, kept.number) == (pseudonym, order.number)
    assert (kept.lines.count(), kept.entries.count()) == (lines, entries)
    assert Party.objects.get(user=buyer).name == pseudonym
    [one] = accepted
    assert (one.ip_address, one.user_agent) == (None, "")
    assert one.licence_text_id
    assert Invoice.objects.values().get(order=order) == invoiced
    assert invoiced["content"]["buyer"]["name"] == "P. Pandionis"
    assert not BillingDetails.objects.exists()
    assert not BankAccount.objects.exists()


def test_what_somebody_earned_and_was_not_paid_stands_in_the_way(db):
    order = pay(make_order())
    offer = order.lines.get().offer_version.offer
    owner = offer.work.owner.user
    withdraw_offer(owner, offer=offer, withdrawn_at=NOON)

    with pytest.raises(services.StandsInTheWay, match=r"95\.00 EUR of what you"):
        erase(owner)


def test_nothing_lets_them_in_again_and_nobody_gets_their_name(db):
    user = UserFactory(username="philomela", password="nightingale")
    browser = Client()
    browser.force_login(user)
    ApiTokenFactory(user=user)

    pseudonym = erase(user)

    gone = User.objects.get(pk=user.pk)
    assert (gone.is_active, gone.has_usable_password()) == (False, False)
    assert not gone.api_tokens.exists()
    assert not Session.objects.exists()
    assert browser.get("/dashboard").status_code == 302
    assert Namespace.objects.get(user=gone).name == pseudonym
    for name in ("philomela", "Philomela", pseudonym, "former-member-me"):
        with pytest.raises((NameTaken, accounts.NameNotAllowed)):
            create_account(
                name=name, email="new@example.org", password=None, created_at=NOON
            )
    with pytest.raises(services.ErasedAlready):
        erase(user)


def test_versions_show_the_pseudonym_and_words_go_if_that_was_chosen(db):
    author = UserFactory(username="philomela")
    organisation = OrganisationFactory(owner=UserFactory())
    MembershipFactory(organisation=organisation, user=author, role=Role.WRITER)
    theirs = RepositoryFactory(owner=author, namespace=organisation.namespace)
    version = commit(theirs, {"a": "1"}, actor=author)

    pseudonym = erase(author, removes_words=True)

    assert Commit.objects.get(pk=version.pk).author.username == pseudonym
    assert not Membership.objects.filter(user=author).exists()
    assert not Event.objects.filter(author=author).exclude(text="").exists()
    theirs.refresh_from_db()
    assert theirs.deleted_at is None


def test_what_would_be_left_without_anybody_stands_in_the_way(db):
    user = UserFactory(username="philomela")
    repository = RepositoryFactory(owner=user)
    shared = OrganisationFactory(owner=user)
    MembershipFactory(organisation=shared, role=Role.WRITER)
    alone = OrganisationFactory(owner=user)

    with pytest.raises(services.StandsInTheWay) as refusal:
        erase(user)
    assert str(repository) in str(refusal.value)
    assert shared.title in str(refusal.value)
    assert alone.title not in str(refusal.value)
    with pytest.raises(services.StandsInTheWay):
        services.ask_to_leave(user, removes_words=False, waits=DAY, asked_at=NOON)
    assert not Departure.objects.exists()
    with pytest.raises(CommandError, match="stands in the way"):
        call_command("erase_account", "philomela")
    assert User.objects.get(pk=user.pk).username == "philomela"


def test_who_asked_to_leave_may_take_it_back_until_it_is_done(db, mailoutbox):
    first, second = UserFactory(username="procne"), UserFactory(username="philomela")
    for user in (first, second):
        services.ask_to_leave(user, removes_words=False, waits=DAY, asked_at=NOON)
    services.stay(first, at=NOON)

    assert services.erase_due(at=NOON + DAY - timedelta(seconds=1)) == 0
    assert services.erase_due(at=NOON + DAY) == 1
    assert services.erase_due(at=NOON + 2 * DAY) == 0

    assert User.objects.get(pk=first.pk).erased_at is None
    assert User.objects.get(pk=second.pk).erased_at == NOON + DAY
    acts = AuditRecord.objects.filter(act__in=["ask_to_leave", "take_back_departure"])
    assert acts.count() == 3
    send_notices(at=NOON + DAY, base_url="https://stoa.example")
    assert {letter.subject for letter in mailoutbox} == {
        "Your account will be deleted",
        "Your account is erased",
    }


def test_what_comes_in_the_way_meanwhile_is_told_once(db, mailoutbox):
    user = UserFactory()
    services.ask_to_leave(user, removes_words=False, waits=DAY, asked_at=NOON)
    repository = RepositoryFactory(owner=user)

    assert [services.erase_due(at=NOON + n * DAY) for n in (1, 2, 3)] == [0, 0, 0]
    send_notices(at=NOON + 5 * DAY, base_url="https://stoa.example")

    [letter] = mailoutbox  # both notes of one kind
    assert letter.body.count(str(repository)) == 1


def test_who_sits_at_their_browser_may_not_guess_the_password(db):
    user = UserFactory(username="philomela", password="nightingale")
    browser = Client()
    browser.force_login(user)
    said = {"name": "philomela", "password": "wrong"}

    guesses = [browser.post("/settings/leave", said).status_code for _ in range(12)]
    right = browser.post("/settings/leave", {**said, "password": "nightingale"})

    assert (guesses[0], guesses[-1], right.status_code) == (200, 429, 429)
    assert not Departure.objects.filter(user=user).exists()


def test_an_operator_erases_by_command(db):
    UserFactory(username="philomela")
    said = StringIO()

    call_command("erase_account", "philomela", stdout=said)

    assert User.objects.get().username in said.getvalue()
    with pytest.raises(CommandError, match="Nobody"):
        call_command("erase_account", "philomela")


def test_a_name_like_a_state_erases_nothing_of_others_acts(db):
    owner, other = UserFactory(), UserFactory(username="OWNER-of-all")
    User.objects.filter(pk=other.pk).update(full_name="OWNER")
    organisation = OrganisationFactory(owner=owner)
    accounts.set_member(
        owner, organisation=organisation, user=other, role=Role.OWNER, since=NOON
    )

    erase(other)

    record = AuditRecord.objects.get(act="set_member")
    assert record.actor_name == owner.username
    assert record.details == {"role": "OWNER", "was": None}
    assert set(record.erased) == {"details.member"}
