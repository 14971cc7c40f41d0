import pytest

from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import ContestFactory
from training.contests.models import Visibility

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("size", [1, 10])
def test_a_profile_takes_four_queries(client, django_assert_num_queries, size):
    person = UserFactory()
    RepositoryFactory.create_batch(size, owner=person, public=True)
    for _ in range(size):
        OrganisationFactory(owner=person)
    client.get(f"/people/{person.username}")

    # the person, their listings, shared organisations, contests they host
    with django_assert_num_queries(4):
        page = client.get(f"/people/{person.username}").content.decode()

    assert page.count('class="card"') == size


@pytest.mark.parametrize(
    ("who", "sees"), [("nobody", False), ("stranger", False), ("themselves", True)]
)
def test_what_is_private_is_on_ones_own_profile_alone(client, who, sees):
    private = RepositoryFactory(name="ptarmigan")
    person = private.created_by
    contest = ContestFactory(host=person, visibility=Visibility.PRIVATE)
    if who != "nobody":
        client.force_login(person if who == "themselves" else UserFactory())

    page = client.get(f"/people/{person.username}").content.decode()

    assert ("ptarmigan" in page) is sees
    assert (contest.title in page) is sees
    assert ("Edit profile" in page) is sees


@pytest.mark.parametrize(
    ("who", "sees"),
    [("nobody", False), ("stranger", False), ("colleague", True), ("themselves", True)],
)
def test_organisations_are_shown_to_those_who_belong_to_them(client, who, sees):
    person, colleague = UserFactory.create_batch(2)
    organisation = OrganisationFactory(owner=person, title="The Lyceum")
    organisation.memberships.create(
        user=colleague, role="READER", since="2026-01-01T00:00Z"
    )
    people = {
        "stranger": UserFactory(),
        "colleague": colleague,
        "themselves": person,
    }
    if who != "nobody":
        client.force_login(people[who])

    page = client.get(f"/people/{person.username}").content.decode()

    assert ("The Lyceum" in page) is sees


def test_the_name_of_an_organisation_leads_to_its_own_page(client):
    organisation = OrganisationFactory()

    answer = client.get(f"/people/{organisation.namespace.name}")

    assert answer["Location"] == f"/organisations/{organisation.namespace.name}"


@pytest.mark.parametrize("name", ["nobody-here", "a\0b", "%20"])
def test_who_does_not_exist_is_a_404(client, name):
    assert client.get(f"/people/{name}").status_code == 404


def test_who_is_suspended_is_a_404(client):
    person = UserFactory(is_active=False)

    assert client.get(f"/people/{person.username}").status_code == 404


def test_what_people_write_of_themselves_is_text(client):
    person = UserFactory(about="<script>alert(1)</script>", full_name="<b>Ada</b>")

    page = client.get(f"/people/{person.username}").content.decode()

    assert "<script>alert" not in page
    assert "<b>Ada" not in page
