import pytest

from marketplace.accounts.models import Scope
from tests.factories.accounts import (
    ApiTokenFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
API = "/api/v1"
JOINED = "2026-01-01T12:00:00Z"
EVERYONE = ["nobody", "stranger", "reader", "writer", "owner"]


@pytest.fixture
def maria():
    return UserFactory(username="maria", full_name="Maria K.", about="I count.")


class TestAccount:
    def test_members_read_their_own_account(self, api, maria):
        answer = api(maria).get(f"{API}/account")

        assert answer.status_code == 200
        assert answer.json() == {
            "name": "maria",
            "full_name": "Maria K.",
            "about": "I count.",
            "email": "maria@example.org",
            "is_staff": False,
            "joined_at": JOINED,
            "scopes": None,
        }

    @pytest.mark.parametrize("method", ["get", "patch"])
    def test_nobody_has_no_account(self, api, method):
        answer = getattr(api(None), method)(f"{API}/account", {})

        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Stoa"'

    def test_a_program_learns_what_its_token_may(self, client, maria):
        ApiTokenFactory(user=maria, secret="stoa_s", scopes=["read", "repo:write"])

        answer = client.get(
            f"{API}/account", headers={"Authorization": "Bearer stoa_s"}
        )

        assert answer.json()["scopes"] == ["read", "repo:write"]

    def test_members_change_what_others_read_of_them(self, api, maria):
        answer = api(maria).patch(f"{API}/account", {"about": "New."})

        maria.refresh_from_db()
        assert answer.status_code == 200
        assert answer.json()["about"] == maria.about == "New."
        assert maria.full_name == "Maria K."

    def test_what_is_not_theirs_to_change_is_passed_over(self, api, maria):
        said = {"name": "other", "email": "other@example.org", "is_staff": True}

        answer = api(maria).patch(f"{API}/account", said)

        maria.refresh_from_db()
        assert answer.status_code == 200
        assert (maria.username, maria.email, maria.is_staff) == (
            "maria",
            "maria@example.org",
            False,
        )

    @pytest.mark.parametrize(
        "flaw", [{"full_name": "x" * 151}, {"about": "a\0"}, {"about": None}, []]
    )
    def test_a_malformed_change_is_refused_by_field(self, api, maria, flaw):
        answer = api(maria).patch(f"{API}/account", flaw)

        maria.refresh_from_db()
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert (maria.full_name, maria.about) == ("Maria K.", "I count.")

    @pytest.mark.parametrize(
        ("scopes", "status"), [(["account:write"], 200), (["read", "repo:write"], 403)]
    )
    def test_a_program_changes_an_account_with_the_scope(
        self, client, maria, scopes, status
    ):
        ApiTokenFactory(user=maria, secret="stoa_s", scopes=scopes)

        answer = client.patch(
            f"{API}/account",
            {"about": "New."},
            content_type="application/json",
            headers={"Authorization": "Bearer stoa_s"},
        )

        maria.refresh_from_db()
        assert answer.status_code == status
        assert maria.about == ("New." if status == 200 else "I count.")


class TestPeople:
    @pytest.mark.parametrize("name", ["maria", "MARIA"])
    def test_anyone_reads_a_profile_and_no_address(self, api, maria, name):
        answer = api(None).get(f"{API}/people/{name}")

        assert answer.status_code == 200
        assert answer.json() == {
            "name": "maria",
            "full_name": "Maria K.",
            "about": "I count.",
            "joined_at": JOINED,
        }

    @pytest.mark.parametrize("name", ["nobody", "acme", "suspended", "%00", "%FF", "-"])
    def test_who_is_no_person_here_is_not_found(self, api, acme, name):
        UserFactory(username="suspended", is_active=False)

        answer = api(None).get(f"{API}/people/{name}")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_a_profile_takes_two_queries(self, api, maria, django_assert_num_queries):
        with django_assert_num_queries(2):  # the rate; the person
            api(None).get(f"{API}/people/maria")


def test_every_scope_is_in_the_openapi_schema(client):
    schema = client.get("/api/schema/?format=json").json()

    assert schema["paths"][f"{API}/people/{{name}}"]["get"]["security"] == [
        {"token": []},
        {"session": []},
        {},
    ]
    assert schema["paths"][f"{API}/account"]["get"]["security"] == [
        {"token": []},
        {"session": []},
    ]
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    issue = schema["paths"][f"{API}/tokens"]["post"]
    assert [one["name"] for one in issue["parameters"]] == ["Idempotency-Key"]
    wanted = schema["components"]["schemas"]["TokenInRequest"]["properties"]["scopes"]
    name = wanted["items"]["$ref"].rpartition("/")[2]
    assert schema["components"]["schemas"][name]["enum"] == list(Scope.values)
