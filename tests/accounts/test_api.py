import pytest

from marketplace.accounts.models import ApiToken, Organisation, Role, Scope, User
from marketplace.kit.models import IdempotencyKey
from tests.factories.accounts import (
    NOON,
    ApiTokenFactory,
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


@pytest.fixture
def acme():
    return OrganisationFactory(name="acme", title="Acme")


@pytest.fixture
def people(acme):
    """Everyone who may stand before the organisation, named by what they are in it."""
    return {
        "nobody": None,
        "stranger": UserFactory(username="stranger"),
        "reader": MembershipFactory(
            organisation=acme, user__username="reader", role=Role.READER
        ).user,
        "writer": MembershipFactory(
            organisation=acme, user__username="writer", role=Role.WRITER
        ).user,
        "owner": acme.memberships.get(role=Role.OWNER).user,
    }


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


def token_in(**more):
    return {"label": "laptop", "scopes": ["read"], **more}


class TestTokens:
    def test_a_token_is_made_and_its_secret_shown_once(self, api, client, maria):
        said = token_in(expires_at="2126-01-01T00:00:00Z")

        answer = api(maria).post(f"{API}/tokens", said)
        made = answer.json()
        listed = api(maria).get(f"{API}/tokens").json()["results"]
        used = client.get(
            f"{API}/account", headers={"Authorization": f"Bearer {made['secret']}"}
        )

        assert answer.status_code == 201
        assert answer.headers["Cache-Control"] == "no-store"
        assert made["scopes"] == ["read"]
        assert made["expires_at"] == "2126-01-01T00:00:00Z"
        assert made["hint"] == made["secret"][:12]
        assert used.json()["name"] == "maria"
        assert listed == [{k: v for k, v in made.items() if k != "secret"}]
        assert "secret" not in listed[0]

    def test_a_repeated_request_makes_no_second_token_and_keeps_no_secret(
        self, api, maria
    ):
        headers = {"Idempotency-Key": "k"}

        first = api(maria).post(f"{API}/tokens", token_in(), headers=headers).json()
        again = api(maria).post(f"{API}/tokens", token_in(), headers=headers).json()

        assert first["secret"].startswith("stoa_")
        assert again == {**first, "secret": None}
        assert ApiToken.objects.count() == 1
        assert first["secret"] not in str(IdempotencyKey.objects.values())

    @pytest.mark.parametrize(
        ("flaw", "field"),
        [
            ({"label": ""}, "label"),
            ({"label": "x" * 101}, "label"),
            ({"label": "a\0b"}, "label"),
            ({"scopes": []}, "scopes"),
            ({"scopes": ["write"]}, "scopes"),
            ({"scopes": "read"}, "scopes"),
            ({"scopes": ["read"] * 21}, "scopes"),
            ({"expires_at": "tomorrow"}, "expires_at"),
            ({"expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
            ({"expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
        ],
    )
    def test_a_malformed_token_is_refused_by_field(self, api, maria, flaw, field):
        answer = api(maria).post(f"{API}/tokens", token_in(**flaw))

        assert answer.status_code == 400
        assert list(answer.json()["fields"]) == [field]
        assert not ApiToken.objects.exists()

    @pytest.mark.parametrize(
        ("said", "status", "code"),
        [
            ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "bad_expiry"),
            ({"scopes": ["staff"]}, 403, "scope_not_held"),
        ],
    )
    def test_a_token_against_the_rules_is_refused(self, api, maria, said, status, code):
        answer = api(maria).post(f"{API}/tokens", token_in(**said))

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert not ApiToken.objects.exists()

    @pytest.mark.parametrize(
        ("held", "wanted", "status", "code"),
        [
            (["account:write"], ["account:write"], 201, None),
            (["account:write"], ["read"], 403, "scope_not_held"),
            (["read", "repo:write"], ["read"], 403, "missing_scope"),
        ],
    )
    def test_a_program_makes_tokens_within_its_own(
        self, client, maria, held, wanted, status, code
    ):
        ApiTokenFactory(user=maria, secret="stoa_s", scopes=held)

        answer = client.post(
            f"{API}/tokens",
            token_in(scopes=wanted),
            content_type="application/json",
            headers={"Authorization": "Bearer stoa_s"},
        )

        assert (answer.status_code, answer.json().get("code")) == (status, code)
        assert ApiToken.objects.count() == (2 if status == 201 else 1)

    @pytest.mark.parametrize("size", [1, 20])
    def test_listing_takes_two_queries_however_long(
        self, api, maria, django_assert_num_queries, size
    ):
        ApiTokenFactory.create_batch(size, user=maria)
        ApiTokenFactory()
        ApiTokenFactory(user=maria, revoked_at=NOON)
        client = api(maria)

        with django_assert_num_queries(2):  # the rate; one page
            page = client.get(f"{API}/tokens").json()

        assert len(page["results"]) == size
        assert page["next"] is None

    def test_pages_of_tokens_are_walked_by_their_links(self, api, maria):
        made = {str(token.pk) for token in ApiTokenFactory.create_batch(5, user=maria)}
        client, url, seen = api(maria), f"{API}/tokens?limit=2", []

        while url:
            page = client.get(url).json()
            seen += [row["id"] for row in page["results"]]
            url = page["next"]

        assert (len(seen), set(seen)) == (5, made)

    @pytest.mark.parametrize(
        ("who", "status", "is_revoked"),
        [("nobody", 401, False), ("another", 404, False), ("owner", 204, True)],
    )
    def test_a_token_is_revoked_by_its_owner_alone(self, api, who, status, is_revoked):
        token = ApiTokenFactory()
        people = {"nobody": None, "another": UserFactory(), "owner": token.user}

        answer = api(people[who]).delete(f"{API}/tokens/{token.pk}")

        token.refresh_from_db()
        assert answer.status_code == status
        assert (token.revoked_at is not None) is is_revoked

    def test_a_revoked_token_is_gone(self, api, maria):
        token = ApiTokenFactory(user=maria, revoked_at=NOON)

        answer = api(maria).delete(f"{API}/tokens/{token.pk}")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

    def test_a_token_that_is_no_id_is_not_found(self, api, maria):
        assert api(maria).delete(f"{API}/tokens/1").status_code == 404


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
