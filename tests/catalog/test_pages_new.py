"""Making a repository by its form."""

import pytest

from marketplace.accounts.models import Role
from marketplace.catalog.models import Repository
from tests.accounts.markup import Page
from tests.catalog.test_pages_forms import post
from tests.factories.accounts import (
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory

pytestmark = pytest.mark.django_db


class TestNew:
    def said(self, user, **changes):
        return {
            "kind": "DATASET",
            "namespace": user.username,
            "name": "birds",
            "title": "Birds",
            "summary": "Of Attica",
            "licence_id": "CC-BY-4.0",
            "visibility": "PRIVATE",
            **changes,
        }

    def test_nobody_is_asked_to_sign_in(self, client):
        assert client.get("/new").url == "/accounts/login/?next=/new"
        assert client.post("/new", {"name": "x"}).status_code == 302
        assert not Repository.objects.exists()

    def test_a_member_makes_one_and_is_led_to_it(self, client):
        user = UserFactory()

        answer = post(client, user, "/new", self.said(user))

        made = Repository.objects.get()
        assert answer.url == f"/datasets/{user.username}/birds/publish/files"
        assert (made.title, made.summary) == ("Birds", "Of Attica")
        assert (made.work.licence_id, made.visibility) == ("CC-BY-4.0", "PRIVATE")

    def test_without_title_or_licence_it_has_its_name_and_all_rights(self, client):
        user = UserFactory()

        post(
            client, user, "/new", self.said(user, title="", licence_id="", kind="MODEL")
        )

        made = Repository.objects.get()
        assert (made.kind, made.title, made.work.licence_id) == ("MODEL", "birds", None)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": "a--b"}, "name"),
            ({"name": "a b"}, "name"),
            ({"name": ""}, "name"),
            ({"name": "taken"}, "name"),
            ({"namespace": "another"}, "namespace"),
            ({"namespace": "guild"}, "namespace"),
            ({"kind": "SPACE"}, "kind"),
            ({"licence_id": "WTF"}, "licence_id"),
            ({"visibility": "SECRET"}, "visibility"),
            ({"title": "a\nb"}, "title"),
        ],
    )
    def test_what_cannot_be_is_said_at_its_field_and_nothing_is_lost(
        self, client, changes, field
    ):
        user = UserFactory()
        UserFactory(username="another")
        guild = OrganisationFactory(name="guild")
        MembershipFactory(organisation=guild, user=user, role=Role.READER)
        RepositoryFactory(owner=user, name="taken")

        answer = post(client, user, "/new", self.said(user, **changes))

        assert answer.status_code == 200
        assert list(answer.context["form"].errors) == [field]
        assert "Of Attica" in answer.content.decode()
        assert Page(answer).flaws() == []
        assert Repository.objects.count() == 1

    def test_writers_make_one_for_their_organisation(self, client):
        user, guild = UserFactory(), OrganisationFactory(name="guild")
        MembershipFactory(organisation=guild, user=user, role=Role.WRITER)

        post(client, user, "/new", self.said(user, namespace="guild"))

        assert str(Repository.objects.get()) == "guild/birds"
