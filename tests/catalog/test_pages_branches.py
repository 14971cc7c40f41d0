"""Branches and proposals on the catalog's pages."""

import hashlib

import pytest

from tests.catalog.lines import branch, merge, propose, squash, tag
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db


@pytest.fixture
def repository():
    repository = RepositoryFactory(public=True)
    commit(repository, {"a.txt": "of main", "d/b.txt": "below"})
    branch(repository, "team/x")
    commit(repository, {"a.txt": "of team", "new.txt": "n"}, ref="team/x")
    tag(repository, "v1")
    return repository


def page(browser, repository, *below):
    answer = browser().get("/".join([f"/datasets/{repository}", *below]))
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_a_branch_whose_name_has_a_slash_is_browsed(browser, repository):
    files = page(browser, repository, "tree", "team:x")
    assert "new.txt" in files
    assert f"/datasets/{repository}/blob/team:x/a.txt" in files
    assert "below" in page(browser, repository, "blob", "team:x", "d/b.txt")
    raw = browser().get(f"/datasets/{repository}/raw/team:x/a.txt")
    assert hashlib.sha256(b"of team").hexdigest() in raw.url
    listed = browser().get(f"/api/v1/datasets/{repository}/tree/team:x").json()
    assert [row["path"] for row in listed["results"]] == ["d", "a.txt", "new.txt"]


def test_versions_to_choose_from_are_main_branches_and_tags(browser, repository):
    propose(repository, 1)
    files = page(browser, repository, "tree", "main")
    places = [
        files.index(f'/datasets/{repository}/tree/{name}"')
        for name in ("main", "team:x", "v1")
    ]
    assert max(places) > min(places) > 0
    assert "refs:pr:1" not in files


def test_the_history_of_a_branch_goes_on_below_it(browser, repository):
    commit(repository, {"d/b.txt": None}, ref="team/x", message="Without b")
    listed = page(browser, repository, "commits", "team:x")
    assert listed.index("Without b") < listed.index("Add a.txt and 1 more")
    made = repository.commits.get(message="Without b")
    shown = page(browser, repository, "commit", made.oid)
    assert "Removed" in shown
    assert "d/b.txt" in shown


def test_a_merge_and_a_squash_are_shown(browser, repository):
    propose(repository, 1)
    commit(repository, {"p.txt": "1"}, ref="refs/pr/1")
    made = merge(repository, 1, message="Take it in")
    assert "p.txt" in page(browser, repository, "commit", made.oid)
    assert "p.txt" in page(browser, repository, "tree", "refs:pr:1")
    squash(repository, message="All anew")
    listed = page(browser, repository, "commits", "main")
    assert "All anew" in listed
    assert "Take it in" not in listed
    gone = browser().get(f"/datasets/{repository}/commit/{made.oid}")
    assert gone.status_code == 404
