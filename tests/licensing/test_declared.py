"""Terms of an owner's own: the form, the text, its versions, who sees them."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from licensing import services
from licensing.models import LicenceText, OwnTerms, TermsVersion
from licensing.texts import digest_of
from marketplace.kit.errors import Malformed
from tests.factories.accounts import UserFactory
from tests.factories.licensing import NOON, make_offer, make_work
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db

ANSWERS = {
    "title": "For teaching",
    "permits_redistribution": False,
    "permits_derivatives": True,
    "permits_commercial_use": False,
    "training": "INTERNAL",
    "results_are": "TAKER",
    "asks_credit": True,
    "is_revocable": True,
    "seats": 25,
    "term_days": 365,
    "territory": "Greece",
}


@pytest.fixture
def owner():
    return UserFactory()


def declare(owner, **changes):
    return services.declare_terms(
        owner,
        owner=services.party_of_user(owner),
        declared_at=NOON,
        **{**ANSWERS, **changes},
    )


def test_the_text_says_every_answer_and_is_kept_by_its_digest(owner):
    version = declare(owner)
    text = version.licence.text

    assert version.licence_id.startswith("LicenseRef-Stoa-Terms-")
    assert text.sha256 == digest_of(text.body)
    for said in (
        "25 people",
        "Greece",
        "365 days",
        "Not for commercial",
        "stay inside",
    ):
        assert said in text.body
    assert owner.username in text.body


def test_another_version_is_another_text_and_the_first_stays(owner):
    first = declare(owner)
    second = declare(owner, terms=first.terms, term_days=None, is_revocable=False)

    assert (first.number, second.number) == (1, 2)
    assert first.licence_id != second.licence_id
    assert first.licence.text_id != second.licence.text_id
    with pytest.raises(IntegrityError), transaction.atomic():
        TermsVersion.objects.filter(pk=first.pk).update(seats=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        LicenceText.objects.filter(pk=first.licence.text_id).update(body="Else.")


def test_only_who_acts_for_the_owner_declares(owner):
    party, mine = services.party_of_user(owner), declare(owner).terms
    stranger = UserFactory()

    with pytest.raises(PermissionDenied):
        services.declare_terms(stranger, owner=party, declared_at=NOON, **ANSWERS)
    with pytest.raises(PermissionDenied):
        declare(stranger, terms=mine)
    assert TermsVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"title": "x" * 151}, "title"),
        ({"training": "SOME"}, "training"),
        ({"results_are": "NOBODY"}, "results_are"),
        ({"seats": 0}, "seats"),
        ({"term_days": -1}, "term_days"),
        ({"territory": "x" * 201}, "territory"),
        ({"further": "a\0b"}, "further"),
    ],
)
def test_bad_answers_are_named_and_nothing_is_written(owner, changed, field):
    with pytest.raises(Malformed, match=f"^{field}: "):
        declare(owner, **changed)

    assert not OwnTerms.objects.exists()


def test_an_offer_under_ones_own_terms_is_accepted_by_their_text(owner):
    version = declare(owner, permits_commercial_use=True)
    offer = make_offer(make_work(owner), licence_id=version.licence_id)

    assert offer.state == "LIVE"
    assert offer.terms.licence_text_id == version.licence.text_id
    others = make_work(UserFactory())
    with pytest.raises(services.UnknownLicence, match="has declared no terms"):
        make_offer(others, licence_id=version.licence_id)
    with pytest.raises(services.UnknownLicence, match="nobody declared"):
        make_offer(others, licence_id="LicenseRef-Stoa-Terms-0000-1")


def test_declared_terms_judge_what_is_made_from_the_work(owner):
    version = declare(owner, permits_redistribution=True)
    source = make_work(owner, licence_id=version.licence_id)
    maker = UserFactory()
    derived = make_work(maker)
    services.record_derivation(
        maker,
        work=derived,
        source=source,
        relation="ADAPT",
        changes="Fewer rows",
        recorded_at=NOON,
    )

    with pytest.raises(services.LicenceConflict, match=r"s\.4, 5"):
        services.set_licence(maker, work=derived, licence_id="CC-BY-4.0", at=NOON)
    derived.refresh_from_db()
    assert derived.licence is None


def test_terms_are_known_to_their_owner_and_to_whom_they_are_offered(
    owner, browser, api
):
    version = declare(owner)
    path = f"/licences/{version.licence_id}"
    asked = {
        "scenario": "verbatim",
        "inputs": version.licence_id,
        "outbound": version.licence_id,
    }

    assert browser(owner).get(path).status_code == 200
    assert browser(UserFactory(is_staff=True)).get(path).status_code == 200
    for stranger in (None, UserFactory()):
        assert browser(stranger).get(path).status_code == 404
        assert api(stranger).get(f"/api/v1{path}").status_code == 404
        assert api(stranger).get(f"/api/v1/terms/{version.terms_id}").status_code == 404
        told = api(stranger).post("/api/v1/licences/verdict", asked).json()
        assert "unknown licence" in told["reasons"][0]

    make_offer(make_work(owner), licence_id=version.licence_id, price_minor=0)

    page = read(browser().get(path))
    assert "Declared by" in page
    assert version.licence.text_id in page
    told = api(None).get(f"/api/v1{path}").json()
    assert told["text"] == version.licence.text.body
    assert told["facts"]["results"] == "FORBIDDEN"
    verdict = api(None).post("/api/v1/licences/verdict", asked).json()
    assert verdict["verdict"] == "deny"
    assert "(s.5)" in verdict["reasons"][0]


def test_the_form_declares_and_shows_what_was_written(owner, browser):
    page = browser(owner)
    read(page.get("/terms/new"))
    answers = {name: value for name, value in ANSWERS.items() if value}
    refused = page.post("/terms/new", {**answers, "owner": "somebody"})
    assert "owner" in refused.context["form"].errors

    answer = page.post("/terms/new", {**answers, "owner": owner.username})

    version = TermsVersion.objects.get()
    assert answer["Location"] == f"/licences/{version.licence_id}"
    assert (version.seats, version.training, version.territory) == (
        25,
        "INTERNAL",
        "Greece",
    )
    assert "For teaching" in read(page.get("/terms"))
    again = f"/terms/{version.terms_id}/new"
    assert 'value="365"' in read(page.get(again))
    page.post(again, {**answers, "term_days": ""})
    assert TermsVersion.objects.get(number=2).term_days is None
    assert browser(UserFactory()).get(again).status_code == 404


def test_the_list_of_ones_terms_asks_as_much_of_many_as_of_one(
    owner, api, django_assert_num_queries
):
    first = declare(owner)
    declare(owner, terms=first.terms, seats=None)
    client = api(owner)
    client.get("/api/v1/terms")
    with django_assert_num_queries(2):  # the rate, the rows
        one = client.get("/api/v1/terms").json()["results"]
    assert [row["number"] for row in one] == [2]
    for _ in range(3):
        declare(owner)
    with django_assert_num_queries(2):  # the rate, the rows
        assert len(client.get("/api/v1/terms").json()["results"]) == 4
    path = f"/api/v1/terms/{first.terms_id}"
    assert [row["number"] for row in client.get(path).json()["results"]] == [2, 1]


def test_the_api_declares_and_versions(owner, api):
    client = api(owner)
    body = {**ANSWERS, "owner": owner.username}

    made = client.post("/api/v1/terms", body)
    assert made.status_code == 201
    again = client.post(f"/api/v1/terms/{made.json()['id']}", ANSWERS | {"seats": None})
    assert (again.status_code, again.json()["number"]) == (201, 2)
    assert again.json()["text"].startswith("For teaching, version 2\n")
    assert (
        client.post("/api/v1/terms", {**body, "seats": 0}).json()["code"] == "invalid"
    )
    other = UserFactory().username
    assert client.post("/api/v1/terms", {**body, "owner": other}).status_code == 403
    assert TermsVersion.objects.count() == 2
