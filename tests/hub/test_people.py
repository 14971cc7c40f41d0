import pytest

from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import RepositoryFactory

pytestmark = pytest.mark.django_db


def test_a_person(api, django_assert_num_queries):
    person = UserFactory(full_name="Ada L.", about="Birds.")
    RepositoryFactory(owner=person, public=True)
    RepositoryFactory(owner=person, public=True, model=True)
    RepositoryFactory(owner=person, model=True)
    own = MembershipFactory(user=person).organisation.namespace.name
    path = f"/api/users/{person.username}/overview"

    with django_assert_num_queries(3):
        told = api().get(path).json()

    assert told == {
        "type": "user",
        "user": person.username,
        "fullname": "Ada L.",
        "avatarUrl": "",
        "isPro": False,
        "details": "Birds.",
        "orgs": [],
        "numModels": 1,
        "numDatasets": 1,
        "numSpaces": 0,
    }
    assert [org["name"] for org in api(person).get(path).json()["orgs"]] == [own]


def test_an_organisation_tells_its_members_to_members(api):
    membership = MembershipFactory(role="READER")
    organisation = membership.organisation
    name = organisation.namespace.name
    overview, members = (
        f"/api/organizations/{name}/{page}" for page in ("overview", "members")
    )

    assert api().get(overview).json()["fullname"] == organisation.title
    assert "numUsers" not in api().get(overview).json()
    assert api(membership.user).get(overview).json()["numUsers"] >= 1
    told = api(membership.user).get(members).json()
    assert membership.user.username in [one["user"] for one in told]
    assert api(UserFactory()).get(members).status_code == 403
    assert api().get(members).status_code in {401, 403}


def test_members_come_in_pages(api):
    first = MembershipFactory(role="OWNER")
    for _ in range(3):
        MembershipFactory(organisation=first.organisation, role="READER")
    name = first.organisation.namespace.name
    client = api(first.user)
    answer = client.get(f"/api/organizations/{name}/members", {"limit": 2})
    found = answer.json()
    while link := answer.headers.get("Link"):
        answer = client.get(link[1 : link.index(">")])
        found += answer.json()

    assert len(found) == len({one["user"] for one in found}) >= 4


@pytest.mark.parametrize("name", ["nobody-here", "\0", "x" * 500, "..", "%2F"])
@pytest.mark.parametrize("kind", ["users", "organizations"])
def test_nobody(kind, name, api):
    answer = api().get(f"/api/{kind}/{name.replace(chr(0), '%00')}/overview")

    assert answer.status_code in {404, 501}
    assert "error" in answer.json()


@pytest.mark.parametrize(
    ("content", "errors", "warnings"),
    [
        ("---\nlicense: mit\n---\n# Hi", 0, 0),
        ("# Hi", 0, 1),
        ("", 0, 1),
        ("---\nlicense: other\n---\n", 0, 1),
        ("---\nlicense: [a, b]\n---\n", 1, 0),
        ("---\nlicense: not-a-licence\n---\n", 1, 0),
        ("---\na: {\n---\n", 1, 0),
        ("---\na: b", 1, 0),
        ("---\n- a\n---\n", 1, 0),
        ("---\n" + "[" * 5000 + "\n---\n", 1, 0),
    ],
)
def test_a_card_is_read_before_it_is_sent(content, errors, warnings, api):
    answer = api().post(
        "/api/validate-yaml", {"content": content, "repoType": "dataset"}, format="json"
    )
    told = answer.json()

    assert answer.status_code == (400 if errors else 200)
    assert (len(told["errors"]), len(told["warnings"])) == (errors, warnings)
    assert all(each["message"] for each in told["errors"] + told["warnings"])


@pytest.mark.parametrize("body", [{}, {"content": 5.5, "repoType": []}, [], "x"])
def test_no_card_at_all(body, api):
    answer = api().post("/api/validate-yaml", body, format="json")

    assert answer.status_code == 400
    assert "error" in answer.json()


def test_the_boards_of_contests_are_a_datasets_leaderboard(
    world, api, db, django_assert_num_queries
):
    dataset, contest = world["contest"].dataset, world["contest"]
    path = f"/api/datasets/{dataset}/leaderboard"

    with django_assert_num_queries(3):
        rows = api().get(path).json()

    kept = contest.board.filter(rank__isnull=False).order_by("place")
    assert [row["value"] for row in rows] == [each.score for each in kept]
    assert [row["rank"] for row in rows] == [each.rank for each in kept]
    assert {row["author"]["type"] for row in rows} <= {"user"}
    assert all(row["verified"] and row["filename"] for row in rows)
    assert api().get(path, {"base_model": "true"}).status_code == 501
