import re

import pytest

from marketplace.accounts.models import ApiToken, Organisation, Role, User
from tests.accounts.markup import Page
from tests.factories.accounts import (
    NOON,
    ApiTokenFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria(client):
    """A member whose browser is `client`."""
    user = UserFactory(username="maria", full_name="Maria K.")
    client.force_login(user)
    return user


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


def sign_in(client, user):
    if user is not None:
        client.force_login(user)
    return client


PRIVATE = [
    "/settings",
    "/settings/tokens",
    "/organisations",
    "/organisations/new",
    "/organisations/acme/edit",
]


@pytest.mark.parametrize("url", PRIVATE)
def test_nobody_is_asked_to_sign_in_and_brought_back(client, acme, url):
    answer = client.get(url)

    assert answer.status_code == 302
    assert answer.url == f"/accounts/login/?next={url}"


@pytest.mark.parametrize("url", [*PRIVATE, "/organisations/acme"])
def test_pages_can_be_read_out(client, acme, url):
    owner = acme.memberships.get().user
    MembershipFactory.create_batch(2, organisation=acme)
    ApiTokenFactory(user=owner)
    client.force_login(owner)

    answer = client.get(url)

    assert answer.status_code == 200
    assert Page(answer).flaws() == []


class TestProfile:
    def test_members_change_what_others_read(self, client, maria):
        answer = client.post(
            "/settings", {"full_name": "M. K.", "about": "Hello"}, follow=True
        )

        maria.refresh_from_db()
        assert answer.redirect_chain == [("/settings", 302)]
        assert "Your profile is saved." in answer.content.decode()
        assert (maria.full_name, maria.about) == ("M. K.", "Hello")

    def test_a_profile_too_long_is_refused_beside_its_field(self, client, maria):
        answer = client.post("/settings", {"full_name": "x" * 151})

        maria.refresh_from_db()
        assert answer.status_code == 200
        assert "at most 150 characters (it has 151)" in answer.content.decode()
        assert Page(answer).flaws() == []
        assert maria.full_name == "Maria K."

    def test_names_and_addresses_are_not_changed_here(self, client, maria):
        client.post("/settings", {"username": "other", "email": "other@example.org"})

        maria.refresh_from_db()
        assert (maria.username, maria.email) == ("maria", "maria@example.org")


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


class TestOrganisations:
    def test_a_member_founds_one(self, client, maria):
        answer = client.post(
            "/organisations/new", {"name": "acme", "title": "Acme", "about": "We make."}
        )

        acme = Organisation.objects.get()
        assert (answer.status_code, answer.url) == (302, "/organisations/acme")
        assert (acme.title, acme.about) == ("Acme", "We make.")
        assert acme.memberships.get().user == maria

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("Maria", "The name “Maria” is taken."),
            ("admin", "reserved for the site"),
            ("a b", "Use 1 to 96 letters"),
            ("", "This field is required."),
        ],
    )
    def test_a_name_it_cannot_have_is_refused_on_the_form(
        self, client, maria, name, message
    ):
        answer = client.post("/organisations/new", {"name": name, "title": "Acme"})

        assert answer.status_code == 200
        assert message in answer.content.decode()
        assert Page(answer).flaws() == []
        assert not Organisation.objects.exists()

    @pytest.mark.parametrize("size", [1, 15])
    def test_the_list_of_mine_takes_three_queries_however_long(
        self, client, maria, django_assert_num_queries, size
    ):
        MembershipFactory.create_batch(size, user=maria)

        with django_assert_num_queries(3):  # session, user, memberships
            page = client.get("/organisations").content.decode()

        assert page.count('href="/organisations/organisation-') == size

    @pytest.mark.parametrize("size", [1, 15])
    def test_its_page_takes_five_queries_however_many_members(
        self, client, acme, people, django_assert_num_queries, size
    ):
        MembershipFactory.create_batch(size, organisation=acme)
        client.force_login(people["owner"])

        with django_assert_num_queries(5):  # session, user, it, my role, members
            page = client.get("/organisations/acme").content.decode()

        assert page.count("Role of ") == size + 3

    @pytest.mark.parametrize(
        ("who", "sees_members", "may_manage"),
        [
            ("nobody", False, False),
            ("stranger", False, False),
            ("reader", True, False),
            ("writer", True, False),
            ("owner", True, True),
        ],
    )
    def test_everyone_reads_what_it_is_members_who_they_are_and_owners_manage(
        self, client, people, who, sees_members, may_manage
    ):
        page = sign_in(client, people[who]).get("/organisations/acme").content.decode()

        assert "Acme" in page
        assert ('href="/people/writer"' in page) is sees_members
        assert ("Add a member" in page) is may_manage
        assert ("/organisations/acme/edit" in page) is may_manage
        assert page.count("Leave") == sees_members

    def test_its_address_in_another_case_leads_to_it(self, client, acme):
        answer = client.get("/organisations/ACME")

        assert (answer.status_code, answer.url) == (302, "/organisations/acme")

    @pytest.mark.parametrize("name", ["none", "maria", "%00"])
    def test_what_is_no_organisation_is_not_found(self, client, maria, name):
        assert client.get(f"/organisations/{name}").status_code == 404

    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("nobody", 302),
            ("stranger", 403),
            ("reader", 403),
            ("writer", 403),
            ("owner", 302),
        ],
    )
    def test_owners_describe_it(self, client, acme, people, who, status):
        answer = sign_in(client, people[who]).post(
            "/organisations/acme/edit", {"title": "New"}
        )

        acme.refresh_from_db()
        assert answer.status_code == status
        assert acme.title == ("New" if who == "owner" else "Acme")

    def test_a_description_without_a_title_is_refused(self, client, acme, people):
        client.force_login(people["owner"])

        answer = client.post("/organisations/acme/edit", {"title": ""})

        acme.refresh_from_db()
        assert Page(answer).title == "Describe Acme"
        assert "This field is required." in answer.content.decode()
        assert acme.title == "Acme"

    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("nobody", 302),
            ("stranger", 403),
            ("reader", 403),
            ("writer", 403),
            ("owner", 302),
        ],
    )
    def test_owners_give_roles(self, client, acme, people, who, status):
        friend = UserFactory(username="friend")

        answer = sign_in(client, people[who]).post(
            "/organisations/acme/members", {"name": "Friend", "role": "WRITER"}
        )

        given = acme.memberships.filter(user=friend).values_list("role", flat=True)
        assert answer.status_code == status
        assert list(given) == (["WRITER"] if who == "owner" else [])

    @pytest.mark.parametrize(
        ("said", "message"),
        [
            ({"name": "none", "role": "READER"}, "Nobody is called “none”."),
            ({"name": "", "role": "READER"}, "This field is required."),
            ({"name": "reader", "role": "BOSS"}, "not one of the available choices"),
            ({"name": "a\0", "role": "READER"}, "Null characters are not allowed."),
        ],
    )
    def test_a_member_that_cannot_be_is_refused_on_the_form(
        self, client, acme, people, said, message
    ):
        client.force_login(people["owner"])

        answer = client.post("/organisations/acme/members", said)

        assert answer.status_code == 200
        assert message in answer.content.decode()
        assert Page(answer).flaws() == []
        assert acme.memberships.count() == 3

    @pytest.mark.parametrize(
        ("who", "status", "is_out"),
        [
            ("nobody", 302, False),
            ("stranger", 403, False),
            ("reader", 302, True),
            ("writer", 403, False),
            ("owner", 302, True),
        ],
    )
    def test_owners_take_members_out_and_members_leave(
        self, client, acme, people, who, status, is_out
    ):
        answer = sign_in(client, people[who]).post(
            "/organisations/acme/members/reader/remove"
        )

        assert answer.status_code == status
        assert acme.memberships.filter(user=people["reader"]).exists() is not is_out

    def test_the_last_owner_is_told_why_they_stay(self, client, acme, people):
        owner = people["owner"]
        client.force_login(owner)

        left = client.post(
            f"/organisations/acme/members/{owner.username}/remove", follow=True
        )
        stepped = client.post(
            "/organisations/acme/members", {"name": owner.username, "role": "READER"}
        )

        for answer in (left, stepped):
            assert "Make someone else an owner first." in answer.content.decode()
        assert acme.memberships.get(user=owner).role == Role.OWNER
        assert acme.created_at == NOON
