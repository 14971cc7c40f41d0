from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from marketplace.catalog import queries
from marketplace.catalog.models import Commit
from marketplace.catalog.services import StaleParent
from marketplace.catalog.trees import NoSuchFile
from tests.catalog.lines import branch
from tests.catalog.reading import files_in
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(seconds=5)


@pytest.fixture
def repository():
    repository = RepositoryFactory()
    commit(repository, {"a": "1", "b": "1", "d/c": "1"})
    return repository


@pytest.fixture(params=["main", "dev"])
def ref(request, repository):
    if request.param == "dev":
        branch(repository, "dev")
        commit(repository, {"own": "1"}, ref="dev")
    return request.param


CHANGE = {"a": "2", "b": None, "n": "3"}


def test_the_same_request_on_the_same_parent_is_answered_with_its_commit(
    repository, ref
):
    parent = queries.commit_at(repository, ref).oid
    made = commit(repository, CHANGE, ref=ref, expected_parent=parent)
    count = Commit.objects.count()

    again = commit(repository, CHANGE, ref=ref, expected_parent=parent, at=LATER)

    assert again == made
    commit(repository, {"z": "1"}, ref=ref, at=LATER)
    assert commit(repository, CHANGE, ref=ref, expected_parent=parent) == made
    assert Commit.objects.count() == count + 1


def test_a_request_without_a_parent_is_known_again_while_it_is_the_newest(
    repository, ref
):
    made = commit(repository, CHANGE, ref=ref)

    assert commit(repository, CHANGE, ref=ref, at=LATER) == made

    commit(repository, {"z": "1"}, ref=ref)
    with pytest.raises(NoSuchFile):
        commit(repository, CHANGE, ref=ref)


def test_the_first_commit_of_all_is_known_again():
    repository = RepositoryFactory()
    made = commit(repository, {"a": "1"}, expected_parent="")
    assert commit(repository, {"a": "1"}, expected_parent="", at=LATER) == made
    commit(repository, {"a": "2"})
    assert commit(repository, {"a": "1"}, expected_parent="", at=LATER) == made
    assert Commit.objects.count() == 2


@pytest.mark.parametrize(
    "other",
    [
        {"files": {**CHANGE, "n": "4"}},
        {"files": {"a": "2", "b": None}},
        {"message": "Another"},
        {"actor": "somebody"},
    ],
    ids=str,
)
def test_any_other_request_on_a_stale_parent_is_refused(repository, ref, other):
    parent = queries.commit_at(repository, ref).oid
    made = commit(repository, CHANGE, ref=ref, expected_parent=parent)
    asked = {"files": CHANGE, "message": "", **other}
    if "actor" in asked:
        asked["actor"] = UserFactory(is_superuser=True)

    with pytest.raises(StaleParent, match=made.oid):
        commit(repository, **asked, ref=ref, expected_parent=parent)

    assert queries.commit_at(repository, ref) == made


def test_the_same_request_on_another_branch_is_another_commit(repository):
    parent = queries.head_of(repository).oid
    branch(repository, "dev")
    here = commit(repository, CHANGE, expected_parent=parent)
    there = commit(repository, CHANGE, ref="dev", expected_parent=parent)

    assert here != there
    assert here.parents == there.parents == [parent]
    assert commit(repository, CHANGE, ref="dev", expected_parent=parent) == there


def at_once(*acts):
    """Do all at the same time; return what each returned or refused with."""
    start, outcomes = Barrier(len(acts)), {}

    def do(number, act):
        try:
            start.wait()
            outcomes[number] = act()
        except Exception as fault:  # noqa: BLE001  a thread's failure must be told
            outcomes[number] = fault
        finally:
            connection.close()

    threads = [Thread(target=do, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [outcomes[number] for number in range(len(acts))]


def fresh(repository):
    return type(repository).objects.get(pk=repository.pk)


@pytest.mark.django_db(transaction=True)
def test_a_retry_beside_its_first_try_makes_one_commit(repository):
    parent = queries.head_of(repository).oid

    made = at_once(
        *[
            lambda: commit(fresh(repository), CHANGE, expected_parent=parent)
            for _ in range(4)
        ]
    )

    assert {one.oid for one in made} == {queries.head_of(repository).oid}
    assert Commit.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_commits_to_several_branches_at_once_are_all_in(repository):
    names = [f"b{number}" for number in range(4)]
    for name in names:
        branch(repository, name)

    made = at_once(
        *[
            lambda name=name: commit(fresh(repository), {name: name}, ref=name)
            for name in [*names, "main"]
        ]
    )

    assert len({(one.line, one.position) for one in made}) == 5
    for name in [*names, "main"]:
        assert files_in(repository, name)[name] == name.encode()


@pytest.mark.django_db(transaction=True)
def test_two_on_one_parent_of_a_branch_lose_nothing(repository):
    branch(repository, "dev")
    parent = queries.head_of(repository).oid

    outcomes = at_once(
        *[
            lambda path=path: commit(
                fresh(repository), {path: "1"}, ref="dev", expected_parent=parent
            )
            for path in ("x", "y")
        ]
    )

    refused = [one for one in outcomes if isinstance(one, StaleParent)]
    assert len(refused) == 1
    paths = set(files_in(repository, "dev")) - {"a", "b", "d/c"}
    assert len(paths) == 1
