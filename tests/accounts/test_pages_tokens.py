import re

import pytest

from marketplace.accounts.models import ApiToken, User
from tests.accounts.markup import Page
from tests.factories.accounts import (
    ApiTokenFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria(client):
    """A member whose browser is `client`."""
    user = UserFactory(username="maria", full_name="Maria K.")
    client.force_login(user)
    return user


SECRET = re.compile(r"stoa_[\w-]{40}")


class TestTokens:
    def test_a_secret_is_shown_on_the_page_that_makes_it_and_never_again(
        self, client, maria
    ):
        said = {"label": "laptop", "scopes": ["read", "repo:write"], "lifetime": "30"}

        answer = client.post("/settings/tokens", said)
        later = client.get("/settings/tokens")

        token = ApiToken.objects.get()
        secret = SECRET.search(answer.content.decode())[0]
        used = client.get(
            "/api/v1/account", headers={"Authorization": f"Bearer {secret}"}
        )
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
        assert Page(answer).flaws() == []
        assert used.json()["scopes"] == ["read", "repo:write"]
        assert (token.user, token.label) == (maria, "laptop")
        assert (token.expires_at - token.issued_at).days == 30
        assert secret[:12] in later.content.decode()
        assert not SECRET.search(later.content.decode())

    def test_a_token_may_work_for_ever(self, client, maria):
        client.post(
            "/settings/tokens", {"label": "x", "scopes": ["read"], "lifetime": ""}
        )

        assert ApiToken.objects.get().expires_at is None

    @pytest.mark.parametrize(
        ("flaw", "message"),
        [
            ({"label": ""}, "This field is required."),
            ({"scopes": []}, "This field is required."),
            ({"scopes": ["write"]}, "write is not one of the available choices."),
            ({"scopes": ["staff"]}, "staff is not one of the available choices."),
            ({"lifetime": "9999999999"}, "is not one of the available choices."),
        ],
    )
    def test_a_token_that_cannot_be_is_refused_beside_its_field(
        self, client, maria, flaw, message
    ):
        said = {"label": "x", "scopes": ["read"], "lifetime": "30", **flaw}

        answer = client.post("/settings/tokens", said)

        assert answer.status_code == 200
        assert message in answer.content.decode()
        assert Page(answer).flaws() == []
        assert not ApiToken.objects.exists()

    def test_what_the_rules_refuse_is_said_on_the_form(self, client, maria):
        ApiTokenFactory.create_batch(100, user=maria)

        answer = client.post("/settings/tokens", {"label": "x", "scopes": ["read"]})

        assert "You have 100 tokens. Revoke one first." in answer.content.decode()
        assert ApiToken.objects.count() == 100

    @pytest.mark.parametrize("is_staff", [False, True])
    def test_only_staff_are_offered_the_scope_staff(self, client, maria, is_staff):
        User.objects.update(is_staff=is_staff)

        page = client.get("/settings/tokens").content.decode()

        assert ('value="staff"' in page) is is_staff

    def test_a_member_revokes_a_token(self, client, maria):
        token = ApiTokenFactory(user=maria, label="old one")

        answer = client.post(f"/settings/tokens/{token.pk}/revoke", follow=True)

        token.refresh_from_db()
        assert token.revoked_at is not None
        assert "The token “old one” is revoked." in answer.content.decode()
        assert token.hint not in answer.content.decode()

    def test_anothers_token_is_not_found(self, client, maria):
        token = ApiTokenFactory()

        answer = client.post(f"/settings/tokens/{token.pk}/revoke")

        token.refresh_from_db()
        assert (answer.status_code, token.revoked_at) == (404, None)

    def test_a_link_revokes_nothing(self, client, maria):
        token = ApiTokenFactory(user=maria)

        assert client.get(f"/settings/tokens/{token.pk}/revoke").status_code == 405

    @pytest.mark.parametrize("size", [1, 20])
    def test_the_list_takes_three_queries_however_long(
        self, client, maria, django_assert_num_queries, size
    ):
        ApiTokenFactory.create_batch(size, user=maria)

        with django_assert_num_queries(3):  # session, user, tokens
            page = client.get("/settings/tokens").content.decode()

        assert page.count("stoa_secret-") == size

    def test_long_lists_have_pages(self, client, maria):
        ApiTokenFactory.create_batch(21, user=maria)

        first = client.get("/settings/tokens").content.decode()
        url = re.search(r'href="(/settings/tokens\?cursor=[^"]+)"', first)[1]
        second = client.get(url).content.decode()

        assert first.count("stoa_secret-") == 20
        assert second.count("stoa_secret-") == 1
        assert "Next page" not in second

    def test_a_cursor_that_was_not_ours_is_a_bad_request(self, client, maria):
        assert client.get("/settings/tokens?cursor=x").status_code == 400
