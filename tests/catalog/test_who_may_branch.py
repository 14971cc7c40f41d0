"""Who may begin and end branches, propose, merge and squash."""

import pytest
from django.core.exceptions import PermissionDenied

from marketplace.catalog import queries, services
from marketplace.catalog.models import Ref, Visibility
from marketplace.catalog.services import set_archived, set_visibility
from marketplace.catalog.services.repositories import RepositoryArchived
from tests.catalog.conftest import EVERYONE
from tests.catalog.lines import branch, propose
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import commit

pytestmark = pytest.mark.django_db
SIGNED_IN = [who for who in EVERYONE if who != "nobody"]
SEE = {"viewer", "editor", "reader", "writer", "owner"}
CHANGE = {"editor", "writer", "owner"}


@pytest.fixture
def furnished(repository):
    """The private repository with a branch, and a proposal of its owner with a commit."""
    commit(repository, {"a": "1"})
    branch(repository, "dev")
    propose(repository, 1)
    commit(repository, {"b": "1"}, ref="refs/pr/1")
    return repository


ACTS = {
    "create_branch": {"name": "new", "created_at": NOON},
    "delete_branch": {"name": "dev", "deleted_at": NOON},
    "squash_branch": {"name": "main", "message": "", "squashed_at": NOON},
    "merge_proposal": {"number": 1, "message": "", "merged_at": NOON},
}


def state(repository):
    refs = Ref.objects.filter(repository=repository)
    return sorted(refs.values_list("name", "commit"))


@pytest.mark.parametrize("who", SIGNED_IN)
@pytest.mark.parametrize("act", ACTS)
def test_writers_alone_move_what_is_there(furnished, people, who, act):
    if act == "squash_branch":
        commit(furnished, {"a": "2"})
    before = state(furnished)

    def do():
        getattr(services, act)(people[who], repository=furnished, **ACTS[act])

    if who in CHANGE:
        do()
    else:
        with pytest.raises(PermissionDenied):
            do()
    assert (state(furnished) != before) is (who in CHANGE)


@pytest.mark.parametrize("who", SIGNED_IN)
def test_whoever_sees_a_repository_may_propose_and_commit_to_it(furnished, people, who):
    actor = people[who]
    if who not in SEE:
        with pytest.raises(PermissionDenied):
            propose(furnished, 2, actor=actor)
        assert queries.proposals_of(furnished).count() == 1
        return
    propose(furnished, 2, actor=actor)
    made = commit(furnished, {"c": "1"}, ref="refs/pr/2", actor=actor)
    assert queries.commit_at(furnished, "refs/pr/2") == made


@pytest.mark.parametrize("who", SIGNED_IN)
def test_to_anothers_proposal_only_writers_commit(furnished, people, who):
    before = state(furnished)
    if who in CHANGE:
        commit(furnished, {"c": "1"}, ref="refs/pr/1", actor=people[who])
    else:
        with pytest.raises(PermissionDenied):
            commit(furnished, {"c": "1"}, ref="refs/pr/1", actor=people[who])
    assert (state(furnished) != before) is (who in CHANGE)


@pytest.mark.parametrize("who", sorted(SEE - CHANGE))
@pytest.mark.parametrize("ref", ["main", "dev", "refs/heads/dev"])
def test_who_proposes_moves_no_branch_by_that(furnished, people, who, ref):
    propose(furnished, 2, actor=people[who])
    before = state(furnished)
    with pytest.raises(PermissionDenied):
        commit(furnished, {"c": "1"}, ref=ref, actor=people[who])
    assert state(furnished) == before


def test_who_can_no_longer_see_it_commits_to_their_proposal_no_more(furnished):
    owner, stranger = furnished.created_by, UserFactory()
    for visibility in (Visibility.PUBLIC, Visibility.PRIVATE):
        set_visibility(
            owner, repository=furnished, visibility=visibility, changed_at=NOON
        )
        if visibility == Visibility.PUBLIC:
            propose(furnished, 2, actor=stranger)

    with pytest.raises(PermissionDenied):
        commit(furnished, {"c": "1"}, ref="refs/pr/2", actor=stranger)


@pytest.mark.parametrize("act", [*ACTS, "open_proposal", "commit_files"])
def test_an_archived_repository_stays_as_it_is(furnished, act):
    owner = furnished.created_by
    set_archived(owner, repository=furnished, archived=True, at=NOON)
    before = state(furnished)
    asked = {
        **ACTS,
        "open_proposal": {"number": 2, "opened_at": NOON},
        "commit_files": {
            "changes": [services.DeleteFile("a")],
            "message": "",
            "committed_at": NOON,
            "ref": "dev",
        },
    }
    with pytest.raises(RepositoryArchived):
        getattr(services, act)(owner, repository=furnished, **asked[act])
    assert state(furnished) == before
