from datetime import timedelta

import pytest

from marketplace.catalog.download_days import count_downloads
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import Repository, Visibility
from marketplace.catalog.services import grant_access, move_repository, set_gating
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db
PAGES = [
    "repository",
    "commit",
    "namespaceusage",
    "downloadday",
    "accessrequest",
    "repositoryalias",
]
LIST = "/admin/catalog/repository/"


@pytest.fixture
def repository():
    made = RepositoryFactory(public=True)
    commit(made, {"a": "1"})
    owner = made.created_by
    move_repository(
        owner,
        repository=made,
        namespace=owner.namespace,
        name="renamed",
        moved_at=NOON,
    )
    set_gating(owner, repository=made, gating="MANUAL", changed_at=NOON)
    grant_access(owner, repository=made, user=UserFactory(), granted_at=NOON)
    release_file(made.created_by, repository=made, path="a", at=NOON)
    count_downloads(at=NOON + timedelta(hours=1))
    return made


@pytest.fixture
def operator(browser):
    return browser(UserFactory(is_staff=True, is_superuser=True))


def act(client, name, *repositories):
    chosen = [str(one.pk) for one in repositories]
    return client.post(LIST, {"action": name, "_selected_action": chosen}, follow=True)


@pytest.mark.parametrize("page", PAGES)
def test_staff_look_and_search_and_add_nothing(operator, repository, page):
    assert operator.get(f"/admin/catalog/{page}/").status_code == 200
    assert operator.get(f"/admin/catalog/{page}/?q=x").status_code in {200, 302}
    assert operator.get(f"/admin/catalog/{page}/add/").status_code == 403


def test_staff_see_a_repository_with_its_refs_and_change_nothing(operator, repository):
    path = f"{LIST}{repository.pk}"

    page = operator.get(f"{path}/change/").content.decode()

    assert "main" in page
    assert 'name="_save"' not in page
    assert operator.post(f"{path}/change/", {"title": "x"}).status_code == 403
    assert operator.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    assert Repository.objects.get().title == repository.title


def test_the_operator_hides_deletes_and_restores_by_the_services(operator, repository):
    act(operator, "hide", repository)
    act(operator, "archive", repository)
    act(operator, "delete", repository)
    gone = Repository.objects.get()
    act(operator, "restore", repository)
    back = Repository.objects.get()

    assert gone.deleted_at is not None
    assert gone.archived_at is not None
    assert (back.visibility, back.deleted_at) == (Visibility.PRIVATE, None)
    acts = AuditRecord.objects.filter(target_id=str(repository.pk)).order_by("at")
    assert list(acts.values_list("act", flat=True))[-4:] == [
        "set_visibility",
        "archive_repository",
        "delete_repository",
        "restore_repository",
    ]


def test_a_refusal_is_told_and_the_others_are_acted_on(operator, repository):
    other = RepositoryFactory(public=True)
    act(operator, "delete", repository)

    page = act(operator, "delete", repository, other).content.decode()

    assert "is deleted" in page
    assert Repository.objects.filter(deleted_at=None).count() == 0


def test_other_staff_do_not_act_on_what_is_not_theirs(browser, repository):
    staff = browser(UserFactory(is_staff=True))

    assert staff.get(LIST).status_code == 403
    assert act(staff, "delete", repository).status_code == 403
    assert Repository.objects.get().deleted_at is None
