import pytest

from marketplace.accounts.models import Organisation, Role, User
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
API = "/api/v1"
JOINED = "2026-01-01T12:00:00Z"
EVERYONE = ["nobody", "stranger", "reader", "writer", "owner"]


@pytest.fixture
def maria():
    return UserFactory(username="maria", full_name="Maria K.", about="I count.")


class TestOrganisations:
    def test_a_member_founds_one_and_owns_it(self, api, maria):
        said = {"name": "acme", "title": "Acme"}

        answer = api(maria).post(f"{API}/organisations", said)

        acme = Organisation.objects.get()
        assert answer.status_code == 201
        assert answer.json() == {
            "name": "acme",
            "title": "Acme",
            "about": "",
            "created_at": acme.created_at.isoformat().replace("+00:00", "Z"),
            "role": "OWNER",
        }
        assert acme.memberships.get().user == maria

    def test_nobody_founds_none(self, api):
        answer = api(None).post(f"{API}/organisations", {"name": "a", "title": "A"})

        assert answer.status_code == 401
        assert not Organisation.objects.exists()

    def test_repeating_the_request_founds_no_second(self, api, maria):
        said, headers = {"name": "acme", "title": "Acme"}, {"Idempotency-Key": "k"}

        first, again = (
            api(maria).post(f"{API}/organisations", said, headers=headers)
            for _ in range(2)
        )

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.json() == first.json()
        assert Organisation.objects.count() == 1

    @pytest.mark.parametrize(
        ("said", "status", "code"),
        [
            ({}, 400, "invalid"),
            ({"name": "x", "title": ""}, 400, "invalid"),
            ({"name": "x", "title": "t" * 201}, 400, "invalid"),
            ({"name": "x" * 97, "title": "X"}, 400, "invalid"),
            ({"name": "a/b", "title": "X"}, 400, "name_not_allowed"),
            ({"name": "admin", "title": "X"}, 400, "name_not_allowed"),
            ({"name": "Maria", "title": "X"}, 409, "name_taken"),
        ],
    )
    def test_one_that_cannot_be_is_refused(self, api, maria, said, status, code):
        answer = api(maria).post(f"{API}/organisations", said)

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert not Organisation.objects.exists()

    @pytest.mark.parametrize("size", [1, 20])
    def test_listing_mine_takes_two_queries_however_many(
        self, api, maria, django_assert_num_queries, size
    ):
        MembershipFactory.create_batch(size, user=maria, role=Role.WRITER)
        OrganisationFactory()
        client = api(maria)

        with django_assert_num_queries(2):  # the rate; one page
            page = client.get(f"{API}/organisations").json()

        names = [row["name"] for row in page["results"]]
        assert (len(names), names) == (size, sorted(names))
        assert {row["role"] for row in page["results"]} == {"WRITER"}

    @pytest.mark.parametrize(
        ("who", "role"),
        [
            ("nobody", None),
            ("stranger", None),
            ("reader", "READER"),
            ("writer", "WRITER"),
            ("owner", "OWNER"),
        ],
    )
    def test_anyone_reads_what_it_is_and_who_they_are_in_it(
        self, api, people, who, role
    ):
        answer = api(people[who]).get(f"{API}/organisations/ACME")

        assert answer.status_code == 200
        assert answer.json() == {
            "name": "acme",
            "title": "Acme",
            "about": "",
            "created_at": JOINED,
            "role": role,
        }

    @pytest.mark.parametrize("name", ["none", "maria", "%00"])
    @pytest.mark.parametrize("method", ["get", "patch"])
    def test_what_is_no_organisation_is_not_found(self, api, maria, name, method):
        answer = getattr(api(maria), method)(f"{API}/organisations/{name}", {})

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("nobody", 401),
            ("stranger", 403),
            ("reader", 403),
            ("writer", 403),
            ("owner", 200),
        ],
    )
    def test_owners_describe_it(self, api, acme, people, who, status):
        answer = api(people[who]).patch(f"{API}/organisations/acme", {"title": "New"})

        acme.refresh_from_db()
        assert answer.status_code == status
        assert acme.title == ("New" if status == 200 else "Acme")

    @pytest.mark.parametrize("flaw", [{"title": ""}, {"title": " "}, {"about": None}])
    def test_a_malformed_description_is_refused(self, api, acme, people, flaw):
        answer = api(people["owner"]).patch(f"{API}/organisations/acme", flaw)

        acme.refresh_from_db()
        assert answer.status_code == 400
        assert acme.title == "Acme"


class TestMembers:
    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("nobody", 401),
            ("stranger", 403),
            ("reader", 200),
            ("writer", 200),
            ("owner", 200),
        ],
    )
    def test_members_see_who_the_members_are(self, api, acme, people, who, status):
        answer = api(people[who]).get(f"{API}/organisations/acme/members")

        assert answer.status_code == status
        if status == 200:
            names = {row["name"] for row in answer.json()["results"]}
            assert names == {"reader", "writer", people["owner"].username}
            assert set(answer.json()["results"][0]) == {
                "name",
                "full_name",
                "role",
                "since",
            }

    @pytest.mark.parametrize("size", [1, 15])
    def test_listing_members_takes_four_queries_however_many(
        self, api, acme, people, django_assert_num_queries, size
    ):
        MembershipFactory.create_batch(size, organisation=acme)
        client = api(people["reader"])

        with django_assert_num_queries(4):  # rate; organisation; am I in it; page
            page = client.get(f"{API}/organisations/acme/members").json()

        assert len(page["results"]) == size + 3

    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("nobody", 401),
            ("stranger", 403),
            ("reader", 403),
            ("writer", 403),
            ("owner", 200),
        ],
    )
    def test_owners_give_roles(self, api, acme, people, maria, who, status):
        url = f"{API}/organisations/acme/members/Maria"

        answer = api(people[who]).put(url, {"role": "WRITER"})

        given = acme.memberships.filter(user=maria).values_list("role", flat=True)
        assert answer.status_code == status
        assert list(given) == (["WRITER"] if status == 200 else [])
        if status == 200:
            assert answer.json()["name"] == "maria"
            assert answer.json()["role"] == "WRITER"

    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("nobody", 401),
            ("stranger", 403),
            ("reader", 204),
            ("writer", 403),
            ("owner", 204),
        ],
    )
    def test_owners_take_members_out_and_members_leave(
        self, api, acme, people, who, status
    ):
        answer = api(people[who]).delete(f"{API}/organisations/acme/members/reader")

        assert answer.status_code == status
        is_in = acme.memberships.filter(user=people["reader"]).exists()
        assert is_in is (status != 204)

    def test_a_suspended_member_can_be_taken_out(self, api, acme, people):
        User.objects.filter(username="reader").update(is_active=False)

        answer = api(people["owner"]).delete(f"{API}/organisations/acme/members/reader")

        assert answer.status_code == 204
        assert not acme.memberships.filter(user=people["reader"]).exists()

    @pytest.mark.parametrize(
        ("said", "status", "code"),
        [
            (("put", "maria", {"role": "BOSS"}), 400, "invalid"),
            (("put", "maria", {}), 400, "invalid"),
            (("put", "none", {"role": "READER"}), 404, "not_found"),
            (("put", "acme", {"role": "READER"}), 404, "not_found"),
            (("put", "suspended", {"role": "READER"}), 404, "not_found"),
            (("delete", "none", None), 404, "not_found"),
            (("delete", "maria", None), 404, "not_a_member"),
        ],
    )
    def test_a_membership_that_cannot_be_is_refused(
        self, api, acme, people, maria, said, status, code
    ):
        UserFactory(username="suspended", is_active=False)
        method, user, body = said

        answer = getattr(api(people["owner"]), method)(
            f"{API}/organisations/acme/members/{user}", body
        )

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert acme.memberships.count() == 3

    @pytest.mark.parametrize(("method", "body"), [("put", "READER"), ("delete", None)])
    def test_the_last_owner_stays(self, api, acme, people, method, body):
        owner = people["owner"]

        answer = getattr(api(owner), method)(
            f"{API}/organisations/acme/members/{owner.username}",
            {"role": body} if body else None,
        )

        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")
        assert acme.memberships.get(user=owner).role == Role.OWNER
