import pytest

from marketplace.accounts.models import Organisation, Role
from tests.accounts.markup import Page
from tests.factories.accounts import (
    NOON,
    ApiTokenFactory,
    MembershipFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria(client):
    """A member whose browser is `client`."""
    user = UserFactory(username="maria", full_name="Maria K.")
    client.force_login(user)
    return user


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
    def test_its_page_takes_its_owner_six_queries_however_many_members(
        self, client, acme, people, django_assert_num_queries, size
    ):
        MembershipFactory.create_batch(size, organisation=acme)
        client.force_login(people["owner"])

        with django_assert_num_queries(6):  # session, user, it, role, members, invited
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
        assert page.count(">Leave</button>") == sees_members

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
