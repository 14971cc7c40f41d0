from hashlib import sha256
from uuid import uuid4

import pytest

from licensing import services
from licensing.licence_facts import BY_ID
from licensing.models import (
    Derivation,
    Offer,
    ShareSet,
)
from tests.factories.accounts import UserFactory
from tests.factories.licensing import (
    NOON,
    make_offer,
    make_work,
    pay,
)
from tests.licensing.reading import table

pytestmark = pytest.mark.django_db

OFFER = {
    "code": "research",
    "title": "For research",
    "audience": "RESEARCH",
    "licence": "cc-by-nc-4.0",
    "price": {"minor": 0, "currency": "EUR"},
}


def test_licences_are_told_a_page_at_a_time_with_their_grid(api):
    client, seen, path = api(None), [], "/api/v1/licences?analysed=true&limit=50"
    while path:
        told = client.get(path).json()
        seen += told["results"]
        path = told["next"]

    by_id = {licence["id"]: licence for licence in seen}
    assert len(seen) == len(by_id)
    assert set(by_id) == set(BY_ID)
    given = by_id["CC-BY-ND-4.0"]["grid"][3]
    assert (given["use"], given["adapted"]["answer"]) == ("distribute", "NO")
    assert given["copy"]["note"] == "attribution"
    assert given["insights"]["answer"] == "UNSETTLED"
    found = client.get("/api/v1/licences?q=cc+by+sa+4.0").json()["results"]
    assert [one["id"] for one in found] == ["CC-BY-SA-4.0", "CC-BY-NC-SA-4.0"]


def test_a_licence_is_told_with_its_facts_and_its_text_by_digest(api):
    told = api(None).get("/api/v1/licences/ODbL-1.0").json()

    assert told["is_analysed"]
    assert told["facts"]["adapt_to"] == ["ODbL-1.0"]
    assert (told["facts"]["results"], told["facts"]["outputs"]) == (
        "UNSETTLED",
        "DUTIES",
    )
    assert {"topic": "extra", "clause": "s.4.7"} in told["facts"]["clauses"]
    assert told["text_sha256"] == sha256(told["text"].encode()).hexdigest()
    assert "Open Database License (ODbL)" in told["text"]


def test_a_licence_that_was_only_listed_is_told_without_facts(api):
    client = api(None)

    told = client.get("/api/v1/licences/AFL-3.0").json()
    assert (told["is_analysed"], told["facts"], told["grid"]) == (False, None, None)
    assert (told["text"], told["text_sha256"]) == (None, None)
    named = client.get("/api/v1/licences/LicenseRef-Llama-3-Community").json()
    assert (named["is_analysed"], named["text"]) == (True, None)
    for unknown in ("nope%00", "LicenseRef-EULA", "LicenseRef-Stoa-Terms-%00", "mit"):
        assert client.get(f"/api/v1/licences/{unknown}").status_code == 404


def test_a_work_tells_who_holds_what_and_what_it_was_made_from(api, offer, owner):
    source, hidden = (
        make_work(owner, licence_id="CC-BY-4.0", title="Digits"),
        make_work(owner, is_listed=False),
    )
    for each in (source, hidden):
        services.record_derivation(
            owner,
            work=offer.work,
            source=each,
            relation="ADAPT",
            changes="Features",
            recorded_at=NOON,
        )

    told = api(None).get(f"/api/v1/works/{offer.work_id}").json()

    assert told["owner"]["name"] == owner.username
    assert [share["basis_points"] for share in told["shares"]] == [7000, 3000]
    assert told["sources"] == [
        {
            "id": str(source.pk),
            "title": "Digits",
            "licence": "CC-BY-4.0",
            "relation": "ADAPT",
            "changes": "Features",
            "origin": "STATED",
        }
    ]
    assert told["hidden_sources"] == 1
    assert (told["withdrawn_sources"], told["flags"]) == ([], [])
    assert (told["licence"], told["grid"]) == (None, None)


@pytest.mark.parametrize(
    ("who", "status"),
    table(_200="buyer, other buyer, co-owner, owner, staff", rest=404),
)
def test_an_unlisted_work_is_known_to_its_owners_and_buyers(
    api, offer, people, who, status
):
    pay(people["buyer"].orders.get())
    services.set_listed(offer.work, listed=False, at=NOON)
    client = api(people[who])

    for path in ("", "/offers", "/shares"):
        answer = client.get(f"/api/v1/works/{offer.work_id}{path}")
        assert answer.status_code == status
    assert client.get(f"/api/v1/offers/{offer.pk}").status_code == status


@pytest.mark.parametrize(
    ("who", "status"), table(_401="nobody", _201="owner", rest=403)
)
def test_offers_are_drafted_by_who_acts_for_the_owner(api, offer, people, who, status):
    answer = api(people[who]).post(f"/api/v1/works/{offer.work_id}/offers", OFFER)

    assert answer.status_code == status
    assert Offer.objects.filter(code="research").exists() == (status == 201)
    if status == 201:
        told = answer.json()
        assert told["state"] == "DRAFT"
        assert told["licence"] == "CC-BY-NC-4.0"
        assert told["price"] == {"minor": 0, "currency": "EUR"}
        assert [party["name"] for party in told["awaiting"]] == [
            people["co-owner"].username
        ]


@pytest.mark.parametrize(
    ("who", "status"),
    table(_401="nobody", _200="co-owner, owner", _403="staff", rest=404),
)
def test_drafts_are_agreed_to_by_rights_holders_and_hidden_from_others(
    api, offer, people, owner, who, status
):
    draft = make_offer(offer.work, code="research", licence_id="CC-BY-NC-4.0")

    answer = api(people[who]).post(f"/api/v1/offers/{draft.pk}/consent")

    draft.refresh_from_db()
    assert answer.status_code == status
    assert (draft.state == "LIVE") == (who == "co-owner")


@pytest.mark.parametrize(
    ("who", "status"), table(_401="nobody", _200="co-owner, owner", rest=403)
)
def test_offers_are_withdrawn_by_rights_holders(api, offer, people, who, status):
    answer = api(people[who]).post(f"/api/v1/offers/{offer.pk}/withdraw")

    offer.refresh_from_db()
    assert answer.status_code == status
    assert (offer.state == "WITHDRAWN") == (status == 200)


@pytest.mark.parametrize(("who", "status"), table(_401="nobody", rest=403))
def test_the_price_of_a_shared_work_is_not_one_persons_to_change(
    api, offer, people, who, status
):
    price = {"minor": 1, "currency": "EUR"}
    answer = api(people[who]).post(f"/api/v1/offers/{offer.pk}/price", price)

    offer.refresh_from_db()
    assert (answer.status_code, offer.price.minor) == (status, 100_00)


def test_a_sole_owner_changes_the_price(api):
    offer = make_offer()
    price = {"minor": 250_00, "currency": "USD"}

    answer = api(offer.work.owner.user).post(f"/api/v1/offers/{offer.pk}/price", price)

    assert answer.status_code == 201
    assert answer.json()["price"] == price


@pytest.mark.parametrize(
    ("who", "status"), table(_401="nobody", _201="owner", rest=403)
)
def test_shares_are_proposed_by_who_acts_for_the_owner(api, offer, people, who, status):
    body = {
        "shares": [
            {"holder": people["owner"].username, "basis_points": 6000},
            {"holder": people["co-owner"].username.upper(), "basis_points": 4000},
        ]
    }
    before = ShareSet.objects.count()

    answer = api(people[who]).post(f"/api/v1/works/{offer.work_id}/shares", body)

    assert answer.status_code == status
    assert ShareSet.objects.count() - before == (status == 201)
    if status == 201:
        path = f"/api/v1/works/{offer.work_id}/shares/{answer.json()['id']}/accept"
        assert api(people["stranger"]).post(path).status_code == 403
        agreed = api(people["co-owner"]).post(path)
        assert agreed.status_code == 200
        assert agreed.json()["active_from"] is not None


@pytest.mark.parametrize(
    "shares",
    [
        [],
        [("nobody-at-all", 10_000)],
        [("OWNER", 9_999)],
        [("OWNER", 0)],
        [("OWNER", 5000), ("OWNER", 5000)],
        [("OWNER", 10**30)],
        [("\0", 10_000)],
        [("", 10_000)],
    ],
)
def test_shares_that_make_no_sense_are_400(api, offer, owner, shares):
    body = {
        "shares": [
            {"holder": name.replace("OWNER", owner.username), "basis_points": points}
            for name, points in shares
        ]
    }
    before = ShareSet.objects.count()

    answer = api(owner).post(f"/api/v1/works/{offer.work_id}/shares", body)

    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert ShareSet.objects.count() == before


@pytest.mark.parametrize(
    ("who", "status"), table(_401="nobody", _201="owner", rest=403)
)
def test_sources_are_recorded_by_writers_of_the_owner(api, offer, people, who, status):
    body = {
        "source": str(make_work(licence_id="CC0-1.0").pk),
        "relation": "MERGE",
        "changes": "Merged",
    }

    answer = api(people[who]).post(f"/api/v1/works/{offer.work_id}/sources", body)

    assert answer.status_code == status
    assert Derivation.objects.exists() == (status == 201)


def test_a_source_nobody_may_see_does_not_exist(api, offer, owner):
    hidden = make_work(is_listed=False)
    body = {"source": str(hidden.pk), "relation": "MERGE", "changes": "x"}

    answer = api(owner).post(f"/api/v1/works/{offer.work_id}/sources", body)

    assert answer.status_code == 400
    assert "source" in answer.json()["detail"]


def test_a_refusal_for_a_sources_licence_names_the_clause(api):
    work = make_work()
    services.record_derivation(
        work.owner.user,
        work=work,
        source=make_work(licence_id="CC-BY-NC-4.0"),
        relation="ADAPT",
        changes="x",
        recorded_at=NOON,
    )
    body = {**OFFER, "licence": "MIT"}

    answer = api(work.owner.user).post(f"/api/v1/works/{work.pk}/offers", body)

    assert answer.status_code == 409
    assert answer.json()["code"] == "licence_conflict"
    assert "s.1 NonCommercial" in answer.json()["reasons"][0]


def test_what_is_hidden_answers_as_what_there_is_not(api):
    offer = make_offer(make_work(is_listed=False))
    hidden, nothing, asker = (
        (offer.work_id, offer.pk),
        (uuid4(), uuid4()),
        UserFactory(),
    )

    for client in (api(None), api(asker)):
        for kind, known, unknown in zip(
            ("works", "offers"), hidden, nothing, strict=True
        ):
            answers = [
                client.get(f"/api/v1/{kind}/{pk}").json() for pk in (known, unknown)
            ]
            assert answers[0]["detail"] == answers[1]["detail"]
            assert answers[0]["code"] == answers[1]["code"] == "not_found"
