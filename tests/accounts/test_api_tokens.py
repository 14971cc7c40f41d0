import pytest

from marketplace.accounts.models import ApiToken
from marketplace.kit.models import IdempotencyKey
from tests.factories.accounts import (
    NOON,
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
