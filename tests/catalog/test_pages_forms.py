"""What people do with a repository by forms: who may, and what then is so."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from marketplace.catalog import queries
from marketplace.catalog.models import Commit, Repository, Visibility
from marketplace.catalog.permissions import shares_of
from marketplace.kit.models import AuditRecord
from tests.accounts.markup import Page
from tests.catalog.conftest import EVERYONE
from tests.catalog.reading import files_in
from tests.factories.accounts import (
    UserFactory,
)
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db

SEERS = {"viewer", "editor", "reader", "writer", "owner"}
CHANGERS = {"editor", "writer", "owner"}
OWNERS = {"owner"}


def page_of(repository, *below):
    return "/".join(["", repository.plural, str(repository), *below])


def file(name, content=b"id\n1\n"):
    return SimpleUploadedFile(name, content)


def post(client, user, path, data=None):
    if user is not None:
        client.force_login(user)
    return client.post(path, data or {})


def acts():
    return set(AuditRecord.objects.values_list("pk", flat=True))


BAD_CARD = file("README.md", b"---\nlicense: [a, b]\n---\n")
FORMS = {
    "upload": (CHANGERS, lambda _: {"chosen": file("new.csv")}),
    "remove/a.txt": (CHANGERS, lambda _: {"message": "Old"}),
    "settings": (CHANGERS, lambda _: {"title": "Another", "summary": "Said"}),
    "settings/visibility": (OWNERS, lambda _: {"visibility": "PUBLIC"}),
    "settings/sharing": (OWNERS, lambda _: {"user": "guest", "role": "EDITOR"}),
    "settings/sharing/guest/remove": (OWNERS, lambda _: {}),
    "settings/archive": (OWNERS, lambda _: {}),
    "settings/delete": (OWNERS, lambda it: {"confirmation": str(it)}),
}


@pytest.fixture
def guest():
    return UserFactory(username="guest")


@pytest.mark.parametrize("below", FORMS)
@pytest.mark.parametrize("who", EVERYONE)
def test_only_who_may_does_it_and_to_others_nothing_happens(
    client, repository, people, guest, who, below
):
    commit(repository, {"a.txt": "1"})
    if "remove" in below and "sharing" in below:
        share_with(repository, guest)
    allowed, data = FORMS[below]
    before = state_of(repository)

    answer = post(client, people[who], page_of(repository, below), data(repository))

    if who in allowed:
        assert answer.status_code == 302
        assert not answer.url.startswith("/accounts/login")
        assert state_of(repository) != before
        return
    assert state_of(repository) == before
    if who == "nobody":
        assert answer.url == f"/accounts/login/?next={page_of(repository, below)}"
    else:
        assert answer.status_code == (403 if who in SEERS else 404)


def share_with(repository, person, role="VIEWER"):
    from_page = {"user": person.username, "role": role}
    client_of(repository.created_by).post(
        page_of(repository, "settings/sharing"), from_page
    )


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def state_of(repository):
    """All of a repository that a form may change."""
    row = Repository.objects.values().get(pk=repository.pk)
    shares = sorted(map(str, shares_of(repository)))
    return row, shares, Commit.objects.count(), acts()


@pytest.mark.parametrize("who", EVERYONE)
def test_only_owners_restore(client, repository, people, who):
    path = page_of(repository, "restore")
    post(
        client,
        people["owner"],
        page_of(repository, "settings/delete"),
        {"confirmation": str(repository)},
    )
    client.logout()

    seen = client_of(people[who]).get(path) if people[who] else client.get(path)
    answer = post(client, people[who], path)

    repository.refresh_from_db()
    assert (repository.deleted_at is None) == (who == "owner")
    wanted = {"owner": (200, 302), "nobody": (302, 302)}.get(who, (404, 404))
    assert (seen.status_code, answer.status_code) == wanted


class TestUpload:
    @pytest.fixture
    def mine(self, client):
        mine = RepositoryFactory()
        client.force_login(mine.created_by)
        return mine

    def test_several_files_make_one_commit_in_a_folder(self, client, mine):
        data = {
            "chosen": [file("a.csv", b"a"), file("b.csv", b"b")],
            "folder": "data/raw/",
            "message": "Two of them",
        }

        answer = client.post(page_of(mine, "upload"), data)

        assert answer.url == page_of(mine, "tree/main/data/raw")
        assert files_in(mine) == {"data/raw/a.csv": b"a", "data/raw/b.csv": b"b"}
        assert queries.head_of(mine).message == "Two of them"
        assert Commit.objects.count() == 1

    def test_a_file_gets_the_id_that_git_gives_it(self, client, mine):
        client.post(page_of(mine, "upload"), {"chosen": file("a", b"hello\n")})

        entry = queries.file_at(mine, path="a")
        assert entry.oid == "ce013625030ba8dba906f756967f9e9ca394464a"

    def test_an_empty_file_is_a_file(self, client, mine):
        client.post(page_of(mine, "upload"), {"chosen": file("a", b"")})

        assert files_in(mine) == {"a": b""}

    @pytest.mark.parametrize(
        ("data", "field"),
        [
            ({"folder": "../up"}, "folder"),
            ({"folder": "a//b"}, "folder"),
            ({"folder": "is-a-file"}, "folder"),
            ({"chosen": []}, "chosen"),
            ({"chosen": [file("x", b"1"), file("x", b"2")]}, "folder"),
            ({"chosen": [BAD_CARD], "folder": ""}, None),
            ({"message": "a\0b"}, "message"),
        ],
    )
    def test_what_cannot_be_put_is_said_and_what_was_typed_stays(
        self, client, mine, data, field
    ):
        commit(mine, {"is-a-file": "1"})
        given = {"chosen": file("new"), "message": "My words", "folder": "f", **data}

        answer = client.post(page_of(mine, "upload"), given)

        errors = answer.context["form"].errors
        assert list(errors) == [field or "__all__"]
        assert ("My words" in answer.content.decode()) == (field != "message")
        assert files_in(mine) == {"is-a-file": b"1"}
        assert Page(answer).flaws() == []

    def test_more_than_the_quota_is_refused_before_it_is_stored(
        self, client, mine, settings
    ):
        settings.STOA = settings.STOA.model_copy(update={"namespace_quota_bytes": 3})

        answer = client.post(page_of(mine, "upload"), {"chosen": file("a", b"1234")})

        assert "holds 0 of 3 bytes" in answer.content.decode()
        assert not Commit.objects.exists()

    def test_an_archived_repository_takes_nothing(self, client, mine):
        client.post(page_of(mine, "settings/archive"))

        answer = client.post(page_of(mine, "upload"), {"chosen": file("a")})

        assert answer.status_code == 409
        assert "archived" in answer.content.decode()
        assert not Commit.objects.exists()


class TestSettings:
    @pytest.fixture
    def mine(self, client):
        mine = RepositoryFactory(summary="Before")
        client.force_login(mine.created_by)
        return mine

    def test_the_words_are_changed(self, client, mine):
        client.post(page_of(mine, "settings"), {"title": "T", "summary": "S"})

        mine.refresh_from_db()
        assert (mine.title, mine.summary) == ("T", "S")

    def test_an_empty_title_is_refused_at_its_field(self, client, mine):
        said = {"title": "", "summary": "Long thought over"}

        answer = client.post(page_of(mine, "settings"), said)

        assert list(answer.context["describe_form"].errors) == ["title"]
        assert "Long thought over" in answer.content.decode()
        assert Page(answer).flaws() == []

    def test_it_is_shown_to_everyone_and_hidden_again(self, client, mine):
        for visibility in (Visibility.PUBLIC, Visibility.PRIVATE):
            path = page_of(mine, "settings/visibility")
            client.post(path, {"visibility": visibility})
            mine.refresh_from_db()
            assert mine.visibility == visibility
            status = client_of(UserFactory()).get(page_of(mine)).status_code
            assert status == (200 if visibility == "PUBLIC" else 404)

    def test_sharing_lets_one_in_and_taking_it_back_lets_them_out(
        self, client, mine, guest
    ):
        theirs = client_of(guest)
        share_with(mine, guest, "EDITOR")
        assert "guest" in client.get(page_of(mine, "settings")).content.decode()
        assert theirs.get(page_of(mine, "upload")).status_code == 200

        client.post(page_of(mine, "settings/sharing/guest/remove"))

        assert theirs.get(page_of(mine)).status_code == 404

    def test_one_may_leave_by_oneself(self, mine, guest):
        share_with(mine, guest)

        answer = client_of(guest).post(page_of(mine, "settings/sharing/guest/remove"))

        assert answer.url == "/dashboard"
        assert not shares_of(mine).exists()

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"user": "nobody-here", "role": "VIEWER"}, "user"),
            ({"user": "a\0", "role": "VIEWER"}, "user"),
            ({"user": "guest", "role": "OWNER"}, "role"),
        ],
    )
    def test_who_is_not_there_cannot_be_shared_with(
        self, client, mine, guest, said, field
    ):
        answer = client.post(page_of(mine, "settings/sharing"), said)

        assert list(answer.context["share_form"].errors) == [field]
        assert not shares_of(mine).exists()

    def test_it_is_archived_and_opened_again(self, client, mine):
        client.post(page_of(mine, "settings/archive"))
        mine.refresh_from_db()
        assert mine.archived_at is not None
        client.post(page_of(mine, "settings/archive"), {"open": "1"})

        mine.refresh_from_db()
        assert mine.archived_at is None

    def test_a_name_that_is_not_its_own_deletes_nothing(self, client, mine):
        said = {"confirmation": mine.name}

        answer = client.post(page_of(mine, "settings/delete"), said)

        mine.refresh_from_db()
        assert list(answer.context["delete_form"].errors) == ["confirmation"]
        assert mine.deleted_at is None

    def test_a_name_taken_meanwhile_stops_a_restoration_with_a_word(self, client, mine):
        said = {"confirmation": str(mine)}
        client.post(page_of(mine, "settings/delete"), said)
        RepositoryFactory(owner=mine.created_by, name=mine.name)

        answer = client.post(page_of(mine, "restore"))

        mine.refresh_from_db()
        assert answer.status_code == 409
        assert "is taken by a dataset" in answer.content.decode()
        assert mine.deleted_at is not None


def test_a_file_is_deleted_and_earlier_versions_keep_it(client):
    mine = RepositoryFactory()
    first = commit(mine, {"a.txt": "1", "b.txt": "2"})
    client.force_login(mine.created_by)

    answer = client.post(page_of(mine, "remove/a.txt"), {"message": "Not ours"})

    assert answer.url == page_of(mine, "tree/main")
    assert files_in(mine) == {"b.txt": b"2"}
    assert files_in(mine, first.oid) == {"a.txt": b"1", "b.txt": b"2"}


def test_made_filled_seen_deleted_and_restored(client):
    """From nothing to a dataset and back again, as one does it in a browser."""
    user = UserFactory(username="maria")
    client.force_login(user)
    said = {"kind": "DATASET", "namespace": "maria", "name": "birds"}

    made = client.post("/new", {**said, "visibility": "PUBLIC"}, follow=True)
    assert "What shall people get?" in made.content.decode()
    assert 'name="chosen"' in made.content.decode()

    readme = file("README.md", b"---\npretty_name: Birds of Attica\n---\n# Seen\n")
    client.post("/datasets/maria/birds/upload", {"chosen": readme})
    client.post(
        "/datasets/maria/birds/upload", {"chosen": file("rows.csv"), "folder": "data"}
    )
    everyone = client_of(UserFactory())
    seen = everyone.get("/datasets/maria/birds").content.decode()
    assert "Birds of Attica" in seen
    assert (
        everyone.get("/datasets/maria/birds/raw/main/data/rows.csv").status_code == 302
    )

    gone = client.post(
        "/datasets/maria/birds/settings/delete",
        {"confirmation": "maria/birds"},
        follow=True,
    )
    assert "Restore it" in gone.content.decode()
    assert everyone.get("/datasets/maria/birds").status_code == 404
    later = client.get("/datasets/maria/birds")
    assert later.status_code == 404
    assert 'action="/datasets/maria/birds/restore"' in later.content.decode()

    back = client.post("/datasets/maria/birds/restore", follow=True)
    assert "Birds of Attica" in back.content.decode()
    assert everyone.get("/datasets/maria/birds").status_code == 200
