from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.catalog import queries
from marketplace.catalog.models import TreeEntry
from marketplace.catalog.services import AddFile, DeleteFile, commit_files
from marketplace.catalog.trees import NoSuchFile, PathClash
from marketplace.storage.models import Blob
from tests.catalog.reading import tree_in
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, unstored_blob

pytestmark = pytest.mark.django_db

NAMES = st.sampled_from(["a", "b", "ab", "B", "ü"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.none() | st.sampled_from(["x", "yy", "zzz"])
COMMITS = st.lists(
    st.dictionaries(PATHS, CONTENTS, min_size=1, max_size=5), min_size=1, max_size=8
)


class Refused(Exception):
    pass


def after(files: dict[str, str], change: dict[str, str | None]) -> dict[str, str]:
    """Say what a commit should do, by the plainest means."""
    made = dict(files)
    for path, content in change.items():
        if content is None:
            if path not in files:
                raise Refused
            del made[path]
    made |= {path: content for path, content in change.items() if content is not None}
    for path in made:
        above = path.rpartition("/")[0]
        while above:
            if above in made:
                raise Refused
            above = above.rpartition("/")[0]
    return made


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(commits=COMMITS)
def test_every_version_equals_a_dict_that_went_the_same_way(commits):
    repository = RepositoryFactory()
    blobs = Blob.objects.bulk_create(
        [unstored_blob(text, size_bytes=len(text)) for text in ("x", "yy", "zzz")],
        ignore_conflicts=True,
    )
    blob_of = {"x": blobs[0], "yy": blobs[1], "zzz": blobs[2]}
    files, versions = {}, {}
    for number, change in enumerate(commits):
        changes = [
            DeleteFile(path) if text is None else AddFile(path, blob_of[text])
            for path, text in change.items()
        ]
        try:
            expected = after(files, change)
        except Refused:
            with pytest.raises((PathClash, NoSuchFile)):
                _commit(repository, changes, number)
            continue
        made = _commit(repository, changes, number)
        assert (made.oid in versions) is (expected == files and bool(versions))
        files = versions[made.oid] = expected

    sha_to_text = {blob.sha256: text for text, blob in blob_of.items()}
    for oid, expected in versions.items():
        entries = queries.files_of(repository, revision=oid)
        assert {one.path: sha_to_text[one.blob_id] for one in entries} == expected
        assert tree_in(repository, oid) == folders_of(expected)
    live = TreeEntry.objects.filter(repository=repository, until=None)
    assert live.filter(kind="FILE").count() == len(files)


def _commit(repository, changes, number):
    return commit_files(
        repository.created_by,
        repository=repository,
        changes=changes,
        message="",
        committed_at=NOON + timedelta(seconds=number),
    )


def folders_of(files: dict[str, str]) -> dict[str, tuple[int, int]]:
    found = {"": (0, 0)}
    for path, text in files.items():
        above = path
        while above:
            above = above.rpartition("/")[0]
            count, size = found.get(above, (0, 0))
            found[above] = (count + 1, size + len(text))
    return found
