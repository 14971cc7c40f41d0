import pytest

from marketplace.catalog.models import Repository, Visibility
from marketplace.catalog.permissions import (
    CHANGE,
    MANAGE,
    RIGHTS,
    VIEW,
    ShareRole,
    may_see,
    rights_of,
    visible_to,
)
from marketplace.catalog.services import share
from marketplace.kit.models import AuditRecord
from tests.catalog.conftest import EVERYONE
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db

# What each may do with a private repository of an organisation.
MAY = {
    "nobody": set(),
    "stranger": set(),
    "viewer": {VIEW},
    "editor": {VIEW, CHANGE},
    "reader": {VIEW},
    "writer": {VIEW, CHANGE},
    "owner": {VIEW, CHANGE, MANAGE},
    "staff": set(),
}


def status_for(who: str, right: str, *, granted: int) -> int:
    """Say how the API answers: 404 to who may not know, 403 to who may not do."""
    if right in MAY[who]:
        return granted
    if VIEW in MAY[who]:
        return 403
    return 404


@pytest.mark.parametrize("who", EVERYONE)
def test_every_way_of_asking_agrees_on_who_may_what(repository, people, who, rf):
    user = people[who]
    if user is None:
        return
    assert rights_of(user, repository) == MAY[who]
    assert {right for right in RIGHTS if user.has_perm(right, repository)} == MAY[who]
    assert may_see(user, repository) is (VIEW in MAY[who])
    assert visible_to(user).filter(pk=repository.pk).exists() is (VIEW in MAY[who])


def test_who_is_suspended_may_nothing_any_more(repository):
    owner = repository.created_by
    owner.is_active = False
    assert rights_of(owner, repository) == set()
    assert not owner.has_perm(VIEW, repository)
    assert not visible_to(owner).exists()


def test_no_right_is_an_owners_by_accident(repository):
    owner = repository.created_by
    assert not owner.has_perm("catalog.delete_repository", repository)
    assert not owner.has_perm("catalog.add_repository", repository)
    assert not owner.has_perm(VIEW)


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_read_a_private_repository(api, people, url, who):
    answer = api(people[who]).get(url())

    assert answer.status_code == status_for(who, VIEW, granted=200)
    if VIEW in MAY[who]:
        rights = {f"catalog.{right}_repository" for right in answer.json()["rights"]}
        assert rights == MAY[who]


@pytest.mark.parametrize("who", EVERYONE)
def test_everyone_may_read_a_public_repository(api, repository, people, url, who):
    Repository.objects.update(visibility=Visibility.PUBLIC)
    answer = api(people[who]).get(url())
    assert answer.status_code == 200
    assert "view" in answer.json()["rights"]


def test_reading_takes_as_many_queries_for_a_full_repository_as_for_an_empty_one(
    api, django_assert_num_queries
):
    repository = RepositoryFactory(public=True)
    address = f"/api/v1/datasets/{repository}"
    # the count; the repository, its terms, its head, whether a recall reaches it
    with django_assert_num_queries(5):
        api().get(address)
    for number in range(20):
        commit(repository, {f"{number}": "x"})
    with django_assert_num_queries(5):
        found = api().get(address).json()
    assert found["file_count"] == 20
    assert found["head"]["title"] == "Add 19"


def test_an_address_is_read_in_any_case_and_only_as_its_kind(api):
    repository = RepositoryFactory(public=True, name="Birds")
    name = repository.namespace.name
    assert api().get(f"/api/v1/datasets/{name.upper()}/bIRDS").json()["name"] == "Birds"
    assert api().get(f"/api/v1/models/{name}/Birds").status_code == 404
    assert api().get(f"/api/v1/datasets/{name}/other").status_code == 404
    assert api().get(f"/api/v1/datasets/{name}/%00").status_code == 404


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_describe(api, repository, people, url, who):
    expected = 401 if who == "nobody" else status_for(who, CHANGE, granted=200)

    answer = api(people[who]).patch(url(), {"title": "New", "summary": "S"})

    repository.refresh_from_db()
    assert answer.status_code == expected
    assert (repository.title == "New") is (expected == 200)


@pytest.mark.parametrize("who", EVERYONE)
@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ({"visibility": "PUBLIC"}, "visibility", Visibility.PUBLIC),
        ({"archived": True}, "archived_at", None),
    ],
)
def test_who_may_show_and_archive(
    api, repository, people, url, who, change, column, value
):
    expected = 401 if who == "nobody" else status_for(who, MANAGE, granted=200)
    before = getattr(repository, column)

    answer = api(people[who]).patch(url(), change)

    repository.refresh_from_db()
    assert answer.status_code == expected
    assert (getattr(repository, column) != before) is (expected == 200)
    if value and expected == 200:
        assert getattr(repository, column) == value


def test_a_change_that_is_half_forbidden_is_not_half_made(api, repository, people, url):
    answer = api(people["editor"]).patch(
        url(), {"title": "New", "visibility": "PUBLIC"}
    )

    repository.refresh_from_db()
    assert answer.status_code == 403
    assert repository.title != "New"
    assert repository.visibility == Visibility.PRIVATE


@pytest.mark.parametrize(
    "body",
    [{"title": ""}, {"title": "x" * 201}, {"visibility": "x"}, {"archived": "x"}, []],
)
def test_a_malformed_change_is_refused(api, people, url, body):
    assert api(people["owner"]).patch(url(), body).status_code == 400


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_delete(api, repository, people, url, who):
    expected = 401 if who == "nobody" else status_for(who, MANAGE, granted=204)

    answer = api(people[who]).delete(url())

    repository.refresh_from_db()
    assert answer.status_code == expected
    assert (repository.deleted_at is not None) is (expected == 204)


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_undo_a_deletion(api, repository, people, url, who):
    commit(repository, {"a": "1"})
    api(people["owner"]).delete(url())
    may = MANAGE in MAY[who]
    expected = 401 if who == "nobody" else 200 if may else 404

    answer = api(people[who]).post(url("restore"))

    repository.refresh_from_db()
    assert answer.status_code == expected
    assert (repository.deleted_at is None) is may
    assert repository.commits.count() == 1


def test_what_is_deleted_is_gone_for_everyone(api, repository, people, url):
    Repository.objects.update(visibility=Visibility.PUBLIC)
    api(people["owner"]).delete(url())
    for who in EVERYONE:
        assert api(people[who]).get(url()).status_code == 404
        assert api(people[who]).get(url("tree", "main")).status_code == 404
    assert api(people["owner"]).delete(url()).status_code == 404


def test_an_archived_repository_is_read_only_until_it_is_opened(
    api, repository, people, url
):
    owner = api(people["owner"])
    owner.patch(url(), {"archived": True})

    refusal = owner.patch(url(), {"title": "New"})
    assert (refusal.status_code, refusal.json()["code"]) == (409, "repository_archived")
    opened = owner.patch(url(), {"archived": False, "title": "New"})

    assert (opened.status_code, opened.json()["title"]) == (200, "New")


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_share(api, repository, people, url, who):
    friend = UserFactory()
    expected = 401 if who == "nobody" else status_for(who, MANAGE, granted=204)

    answer = api(people[who]).put(
        url("shares"), {"user": friend.username, "role": "EDITOR"}
    )

    assert answer.status_code == expected
    assert friend.has_perm(CHANGE, repository) is (expected == 204)


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_see_with_whom_it_is_shared(api, people, url, who):
    answer = api(people[who]).get(url("shares"))

    # To read shares takes managing; to nobody, who cannot, it is a 404 as all of it.
    assert answer.status_code == status_for(who, MANAGE, granted=200)
    if who == "owner":
        assert answer.json()["results"] == sorted(
            (
                {"user": people[name].username, "full_name": "", "role": role}
                for name, role in [("viewer", "VIEWER"), ("editor", "EDITOR")]
            ),
            key=lambda row: row["user"],
        )


@pytest.mark.parametrize("size", [1, 20])
def test_a_list_of_shares_takes_the_same_queries_however_long(
    api, repository, url, django_assert_num_queries, size
):
    owner = repository.created_by
    for user in UserFactory.create_batch(size):
        share(
            owner,
            repository=repository,
            user=user,
            role=ShareRole.EDITOR,
            shared_at=NOON,
        )

    # the request's count; the repository, the role twice, the shares
    with django_assert_num_queries(5):
        rows = api(owner).get(url("shares")).json()["results"]

    assert len(rows) == size


def test_a_role_is_replaced_not_added(api, repository, people, url):
    editor = people["editor"]
    api(people["owner"]).put(url("shares"), {"user": editor.username, "role": "VIEWER"})

    editor = type(editor).objects.get(pk=editor.pk)
    assert editor.has_perm(VIEW, repository)
    assert not editor.has_perm(CHANGE, repository)


@pytest.mark.parametrize("who", EVERYONE)
def test_who_may_take_a_share_back(api, repository, people, url, who):
    viewer = people["viewer"]
    expected = 401 if who == "nobody" else status_for(who, MANAGE, granted=204)
    if who == "viewer":
        expected = 204  # one may leave by oneself

    answer = api(people[who]).delete(url("shares", viewer.username))

    assert answer.status_code == expected
    fresh = type(viewer).objects.get(pk=viewer.pk)
    assert fresh.has_perm(VIEW, repository) is (expected != 204)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"user": "nobody-here", "role": "VIEWER"}, 404),
        ({"user": "x", "role": "OWNER"}, 400),
        ({"user": "x"}, 400),
        ({"user": "a\0", "role": "VIEWER"}, 400),
    ],
)
def test_a_share_with_nobody_or_as_nothing_is_refused(api, people, url, body, status):
    assert api(people["owner"]).put(url("shares"), body).status_code == status


def test_acts_are_recorded_with_who_did_them(api, repository, people, url):
    owner = api(people["owner"])
    owner.patch(url(), {"visibility": "PUBLIC"})
    owner.put(url("shares"), {"user": people["stranger"].username, "role": "VIEWER"})
    owner.delete(url("shares", people["stranger"].username))
    owner.delete(url())
    owner.post(url("restore"))

    acts = AuditRecord.objects.filter(
        target_id=str(repository.pk), actor=people["owner"], at__gt=NOON
    )
    assert set(acts.values_list("act", flat=True)) == {
        "set_visibility",
        "share_repository",
        "unshare_repository",
        "delete_repository",
        "restore_repository",
    }
