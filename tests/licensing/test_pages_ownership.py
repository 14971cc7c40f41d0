import csv
import io

import pytest

from licensing import services
from licensing.models import Contribution, Handover, Party, RightsHolding
from marketplace.catalog.models import Repository
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.licensing import NOON, make_work
from tests.licensing.reading import read

pytestmark = pytest.mark.django_db

MADE = {"name": "", "description": "", "role": "CURATED", "evidence": "", "links": ""}
HELD = {"name": "", "right": "DATABASE", "basis": "Sui generis", "territories": ""}


@pytest.fixture
def owner():
    return UserFactory()


@pytest.fixture
def other():
    return UserFactory()


@pytest.fixture
def work(owner):
    return make_work(owner, title="Tides")


def test_an_owner_states_who_made_it_and_the_person_confirms(
    browser, work, owner, other
):
    at = f"/works/{work.pk}"
    read(browser(owner).get(f"{at}/contributions/new"))
    links = "https://example.org/a\nhttps://example.org/b"
    said = {**MADE, "name": other.username, "evidence": "Log book", "links": links}
    assert browser(owner).post(f"{at}/contributions/new", said).url == f"{at}/ownership"

    stated = Contribution.objects.get()
    assert stated.links == links.split()
    page = read(browser(other).get(f"{at}/ownership"))
    assert "Not confirmed" in page
    browser(other).post(f"{at}/statements/{stated.pk}/confirm")
    page = read(browser().get(f"{at}/ownership"))
    for words in (
        "Curated",
        other.username,
        "Log book",
        "Confirmed by them",
        links[:21],
    ):
        assert words in page
    assert "Take back" not in page
    browser(other).post(f"{at}/statements/{stated.pk}/withdraw")
    assert "Log book" not in read(browser().get(f"{at}/ownership"))


def test_makers_without_an_account_are_described_once(browser, work, owner):
    at = f"/works/{work.pk}"
    crowd = {"name": "Crowd workers", "description": "Unknown, of one platform"}
    for role in ("ANNOTATED", "GENERATED"):
        browser(owner).post(f"{at}/contributions/new", {**MADE, **crowd, "role": role})

    assert Party.objects.filter(name="Crowd workers").count() == 1
    page = read(browser().get(f"{at}/ownership"))
    assert page.count("Unknown, of one platform") == 2
    assert "Described" in page


@pytest.mark.parametrize(
    ("page", "said", "words"),
    [
        ("contributions", {**MADE, "name": "nobody-here"}, "nobody here is called"),
        (
            "contributions",
            {**MADE, "name": "Crowd", "description": "x", "links": "ftp://a b"},
            "no address of the web",
        ),
        ("contributions", {**MADE, "name": "a\0b"}, "Null characters"),
        ("holdings", {**HELD, "name": "Crowd", "description": "x", "territories": "ZZ"},
         "no code of a country"),
        ("holdings", {**HELD, "name": "x", "starts_on": "soon"}, "Enter a valid date"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_shown_with_what_is_wrong_and_nothing_is_kept(
    browser, work, owner, page, said, words
):
    parties = Party.objects.count()

    answer = browser(owner).post(f"/works/{work.pk}/{page}/new", said)

    assert words in read(answer)
    assert not Contribution.objects.exists()
    assert not RightsHolding.objects.exists()
    assert Party.objects.count() == parties


def test_a_right_is_stated_shown_and_given_away(browser, work, owner, other):
    at = f"/works/{work.pk}"
    said = {**HELD, "name": owner.username, "territories": "gr, EU"}
    browser(owner).post(f"{at}/holdings/new", said)
    holding = RightsHolding.objects.get()

    page = read(browser(owner).get(f"{at}/ownership"))
    assert "in EU, GR" in page
    give = f"{at}/handovers/new?right={holding.pk}"
    assert give in page
    assert "Database right in it" in read(browser(owner).get(give))
    browser(owner).post(give, {"to": other.username, "message": "As agreed."})
    handover = Handover.objects.get()
    for user in (owner, other):
        assert "As agreed." in read(browser(user).get(f"/handovers/{handover.pk}"))
        assert work.title in read(browser(user).get("/handovers"))
    assert browser(UserFactory()).get(f"/handovers/{handover.pk}").status_code == 404
    browser(other).post(f"/handovers/{handover.pk}/accept")
    assert other.username in read(browser().get(f"{at}/ownership"))
    assert browser(owner).get(f"{at}/handovers/new?right=nonsense").status_code == 404


def test_a_work_given_away_moves_under_its_new_owners_name(browser, other):
    repository = RepositoryFactory(name="tides", public=True)
    work, giver = repository.work, repository.created_by
    was = repository.get_absolute_url()
    browser(giver).post(f"/works/{work.pk}/handovers/new", {"to": other.username})
    handover = Handover.objects.get()
    assert "waits" in read(browser(giver).get(f"/works/{work.pk}/ownership"))

    answer = browser(other).post(f"/handovers/{handover.pk}/accept")

    assert answer.url == f"/works/{work.pk}/ownership"
    moved = Repository.objects.get(pk=repository.pk)
    assert str(moved) == f"{other.username}/tides"
    assert browser().get(was).url == moved.get_absolute_url()
    again = browser(other).post(f"/handovers/{handover.pk}/accept", follow=True)
    assert "Nothing waits here any more: accepted" in again.content.decode()


def test_a_name_that_is_taken_stops_a_handover_whole(browser, other):
    repository = RepositoryFactory(name="tides")
    RepositoryFactory(name="tides", owner=other)
    work, giver = repository.work, repository.created_by
    browser(giver).post(f"/works/{work.pk}/handovers/new", {"to": other.username})
    handover = Handover.objects.get()

    told = browser(other).post(f"/handovers/{handover.pk}/accept", follow=True)

    assert "tides" in told.content.decode()
    work.refresh_from_db()
    handover.refresh_from_db()
    assert (work.owner.user, handover.state) == (giver, "PENDING")


def test_what_is_shown_to_whom_is_a_choice_on_a_form(browser, work, owner):
    path = f"/works/{work.pk}/disclosures"
    read(browser(owner).get(path))

    kinds = ("CONTRIBUTIONS", "EVIDENCE", "RIGHTS", "SHARES", "PROCUREMENT")
    browser(owner).post(path, dict.fromkeys(kinds, "OWNERS"))

    page = read(browser().get(f"/works/{work.pk}/ownership"))
    assert page.count("Its owners do not show this to you") == 3
    assert "Its owners do not show" in read(browser().get(f"/works/{work.pk}"))
    assert "Every right" in read(browser(owner).get(f"/works/{work.pk}/ownership"))


def test_ownership_is_taken_along_as_json_and_csv(browser, work, owner, other):
    services.record_contribution(
        owner,
        work=work,
        party=services.party_of_user(other),
        role="FUNDED",
        evidence="=GRANT(1)",
        recorded_at=NOON,
    )
    at = f"/works/{work.pk}/ownership"

    told = browser().get(f"{at}.json").json()
    assert told["owner"]["name"] == owner.username
    assert told["contributions"][0]["evidence"] == "=GRANT(1)"
    answer = browser().get(f"{at}.csv")
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [(row["fact"], row["party"]) for row in rows] == [
        ("CONTRIBUTION", other.username),
        ("SHARE", owner.username),
    ]
    assert rows[0]["basis_or_evidence"] == "'=GRANT(1)"  # no spreadsheet runs it
    assert rows[1]["basis_points"] == "10000"
