import csv
import io

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from licensing import services
from licensing.models import Acceptance, AcceptedBy, Licence, OfferVersion
from licensing.queries import access_to
from licensing.services import Circumstances, accept_licence, ask_acceptance
from licensing.services.licences import keep_text
from marketplace.accounts.models import Role
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.licensing import DAY, NOON, make_offer, make_order, make_work, pay

pytestmark = pytest.mark.django_db
NOBODY = AnonymousUser()


@pytest.fixture
def work():
    """A free work whose licence is to be accepted."""
    made = make_work(licence_id="CC-BY-4.0")
    return ask_acceptance(made.owner.user, work=made, asks=True, changed_at=NOON)


def code(work, user):
    access = access_to(work, user=user, at=NOON + DAY)
    assert access.allowed == access.code.isupper()
    return access.code


def accept(user, work, **rest):
    rest = {"shown_sha256": work.licence.text_id, "accepted_at": NOON, **rest}
    return accept_licence(user, work=work, **rest)


def test_what_asks_is_open_to_owners_and_to_whoever_accepted_the_text_of_now(work):
    taker = UserFactory()
    assert code(work, NOBODY) == code(work, taker) == "acceptance_required"
    assert code(work, work.owner.user) == "OWNER"
    refused = access_to(work, user=taker, at=NOON)
    assert refused.buy_path == f"/works/{work.pk}/terms"
    assert refused.buy_path in refused.detail

    assert accept(taker, work) == accept(taker, work, accepted_at=NOON + DAY)
    assert code(work, taker) == "OPEN"
    assert code(work, UserFactory()) == "acceptance_required"

    first = work.licence.text
    Licence.objects.filter(pk=work.licence_id).update(text=keep_text("Other words"))
    assert code(work, taker) == "acceptance_required"
    with pytest.raises(services.TermsChanged) as changed:
        accept(taker, work)
    assert changed.value.extra["licence_sha256"] != first.pk
    work.refresh_from_db()
    accept(taker, work)
    assert code(work, taker) == "OPEN"
    Licence.objects.filter(pk=work.licence_id).update(text=first)
    assert code(work, taker) == "OPEN"  # asked once for each text
    assert Acceptance.objects.count() == 2

    ask_acceptance(work.owner.user, work=work, asks=False, changed_at=NOON)
    work.refresh_from_db()
    assert code(work, NOBODY) == "OPEN"


def test_asking_costs_no_query_where_nothing_is_asked_and_else_one(
    work, django_assert_num_queries
):
    taker, free = UserFactory(), make_work(licence_id="CC-BY-4.0")
    for asked, user, queries in ((free, taker, 1), (work, NOBODY, 1), (work, taker, 2)):
        with django_assert_num_queries(queries):
            code(asked, user)
    accept(taker, work)
    with django_assert_num_queries(2):
        assert code(work, taker) == "OPEN"


def test_only_who_acts_for_the_owner_asks_and_only_of_what_is_under_a_licence(work):
    for stranger in (UserFactory(), UserFactory(is_staff=True)):
        with pytest.raises(PermissionDenied):
            ask_acceptance(stranger, work=work, asks=False, changed_at=NOON)
    with pytest.raises(services.NothingToAccept):
        services.set_licence(work.owner.user, work=work, licence_id="", at=NOON)
    bare = make_work()
    with pytest.raises(services.NothingToAccept):
        ask_acceptance(bare.owner.user, work=bare, asks=True, changed_at=NOON)
    with pytest.raises(services.NothingToAccept):
        accept_licence(
            UserFactory(), work=bare, shown_sha256="0" * 64, accepted_at=NOON
        )
    bare.asks_acceptance = True
    with pytest.raises(IntegrityError), transaction.atomic():
        bare.save(update_fields=["asks_acceptance"])

    work.refresh_from_db()
    assert work.asks_acceptance
    assert code(work, UserFactory()) == "acceptance_required"


def test_a_record_says_who_for_whom_which_words_when_and_how(work):
    organisation = OrganisationFactory()
    owner = organisation.memberships.get().user
    party = services.party_of(organisation.namespace)
    how = Circumstances(AcceptedBy.API, NOON - DAY, "192.0.2.1", "hands")

    kept = accept(owner, work, holder=party, how=how)

    kept.refresh_from_db()
    assert (kept.user, kept.holder, kept.of_work) == (owner, party, work)
    assert kept.texts == [work.licence.text_id]
    assert (kept.shown_at, kept.accepted_at) == (NOON - DAY, NOON)
    assert (kept.method, kept.ip_address, kept.user_agent) == (
        "API",
        "192.0.2.1",
        "hands",
    )
    acts = AuditRecord.objects.filter(act="accept_licence", target_id=str(work.pk))
    assert acts.get().details["licence_sha256"] == work.licence.text_id
    reader = MembershipFactory(organisation=organisation, role=Role.READER).user
    with pytest.raises(PermissionDenied):
        accept(reader, work, holder=party)
    assert code(work, owner) == "OPEN"
    assert code(work, reader) == "acceptance_required"  # each person for themselves


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "WINK"},
        {"shown_at": NOON + DAY},
        {"shown_at": None},
        {"work": None},
    ],
)
def test_the_database_keeps_no_record_that_says_too_little(work, wrong):
    kept = accept(UserFactory(), work)
    copy = {
        name: getattr(kept, name)
        for name in ("work", "licence_text", "shown_at", "accepted_at", "method")
    }

    with pytest.raises(IntegrityError), transaction.atomic():
        Acceptance.objects.create(user=UserFactory(), **{**copy, **wrong})


def test_what_an_offer_adds_to_its_licence_is_accepted_with_it_and_again():
    offer = make_offer(audience="RESEARCH")
    order = make_order(offer)
    pay(order)
    kept = Acceptance.objects.get()
    assert "research and teaching" in kept.terms_text.body
    assert kept.texts == [offer.terms.licence_text_id, offer.terms.terms_text_id]
    assert code(offer.work, order.buyer) == "ENTITLED"
    new = OfferVersion.objects.get(pk=offer.terms_id)
    new.pk, new.number, new._state.adding = None, 2, True
    new.terms_text = None
    new.save(force_insert=True)
    offer.terms = new
    offer.save(update_fields=["terms"])

    assert code(offer.work, order.buyer) == "acceptance_required"
    with pytest.raises(services.TermsChanged, match="terms_sha256"):
        services.accept_terms(
            order.buyer,
            offer=offer,
            accepted_at=NOON,
            shown_terms_sha256=kept.terms_text_id,
        )
    services.accept_terms(
        order.buyer, offer=offer, accepted_at=NOON, shown_terms_sha256=""
    )
    assert code(offer.work, order.buyer) == "ENTITLED"


def test_owners_ask_on_the_page_and_a_reader_accepts_what_they_were_shown(browser):
    work, taker = make_work(licence_id="CC-BY-4.0"), UserFactory()
    terms = f"/works/{work.pk}/terms"
    browser(work.owner.user).post(f"{terms}/ask", {"asks": "1"})
    page = browser(taker)
    shown = page.get(terms)
    assert "Creative Commons" in shown.content.decode()
    form = {
        name: shown.context["form"].initial[name]
        for name in shown.context["form"].initial
    }

    forged = page.post(terms, {**form, "shown": "x", "accept": "on"})
    assert "Open this page again" in forged.content.decode()
    other = page.post(terms, {**form, "licence_sha256": "0" * 64, "accept": "on"})
    assert "Open this page again" in other.content.decode()
    unticked = page.post(terms, form)
    assert "This field is required" in unticked.content.decode()
    assert not Acceptance.objects.exists()
    assert page.post(terms, {**form, "accept": "on"}).url == f"/works/{work.pk}"

    kept = Acceptance.objects.get()
    assert (kept.user, kept.method, kept.of_work) == (taker, "PAGE", work)
    assert kept.shown_at < kept.accepted_at
    assert "You have accepted this text" in page.get(terms).content.decode()
    assert browser().post(terms, form).url.startswith("/accounts/login/")


def test_one_sees_what_one_accepted_with_its_words(browser, work):
    taker = UserFactory()
    kept = accept(taker, work)

    page = browser(taker).get("/acceptances").content.decode()
    text = f"/acceptances/{kept.pk}/{work.licence.text_id}.txt"

    assert work.title in page
    assert text in page
    told = browser(taker).get(text)
    assert told.content.decode() == work.licence.text.body
    assert browser(work.owner.user).get(text).status_code == 404
    other = text.replace(work.licence.text_id, keep_text("Other words").pk)
    assert browser(taker).get(other).status_code == 404


def test_owners_take_along_who_accepted_which_words(browser, work):
    taker = UserFactory(full_name="=cmd()")
    accept(taker, work)
    offer = make_offer(work, decision="Ours.")
    make_order(offer)
    path = f"/works/{work.pk}/acceptances.csv"

    told = browser(work.owner.user).get(path).getvalue().decode()

    head, *rows = list(csv.reader(io.StringIO(told)))
    by_user = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    mine = by_user.pop(taker.username)
    assert (mine["full_name"], mine["offer"]) == ("'=cmd()", "")
    assert mine["licence_sha256"] == work.licence.text_id
    [order] = by_user.values()
    assert order["offer"] == offer.code
    assert order["terms_sha256"] == offer.terms.terms_text_id
    assert browser(taker).get(path).status_code == 403


def api(user=None):
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_a_program_reads_the_words_accepts_them_and_lists_them(work):
    taker = UserFactory()
    path = f"/api/v1/works/{work.pk}/terms"
    told = api().get(path).json()
    assert (told["asks_acceptance"], told["is_accepted"]) == (True, False)
    assert told["licence_text"] == work.licence.text.body
    sent = {"licence_sha256": told["licence_sha256"], "shown_at": NOON.isoformat()}

    wrong = api(taker).post(path, {"licence_sha256": "0" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "terms_changed")
    made = api(taker).post(path, sent)

    assert made.status_code == 201
    assert Acceptance.objects.get().shown_at == NOON
    assert api(taker).get(path).json()["is_accepted"]
    for user, lists in (
        (taker, "acceptances"),
        (work.owner.user, f"works/{work.pk}/acceptances"),
    ):
        [row] = api(user).get(f"/api/v1/{lists}").json()["results"]
        assert row == made.json()
        assert (row["user"], row["work"]) == (taker.username, str(work.pk))
        assert (row["method"], row["offer"], row["holder"]) == ("API", None, None)
    assert api(taker).patch(path, {"asks_acceptance": False}).status_code == 403
    told = api(work.owner.user).patch(path, {"asks_acceptance": False}).json()
    assert not told["asks_acceptance"]


@pytest.mark.parametrize("size", [1, 9])
def test_lists_of_acceptances_cost_the_same_however_long(
    browser, work, size, django_assert_num_queries
):
    taker, owner = UserFactory(), work.owner.user
    for other in UserFactory.create_batch(size):
        accept(other, work)
    for _ in range(size):
        accept(taker, make_work(licence_id="MIT"))
    page, mine, theirs = browser(taker), api(taker), api(owner)

    with django_assert_num_queries(3):  # session, user, the rows
        assert page.get("/acceptances").status_code == 200
    with django_assert_num_queries(2):  # the limit, the rows
        assert mine.get("/api/v1/acceptances").status_code == 200
    with django_assert_num_queries(4):  # the limit, the work, whose, the rows
        told = theirs.get(f"/api/v1/works/{work.pk}/acceptances")
    assert len(told.json()["results"]) == size
