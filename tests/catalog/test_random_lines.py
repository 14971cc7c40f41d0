"""Random histories of branches, proposals, merges and squashes, beside plain dicts."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.catalog import queries, services
from marketplace.catalog.models import HeldBlob
from marketplace.catalog.queries import RevisionNotFound
from marketplace.catalog.services import AddFile, DeleteFile, MergeConflict
from marketplace.catalog.services.proposals import NothingToMerge
from marketplace.catalog.trees import NoSuchFile, PathClash
from marketplace.storage.models import Blob
from tests.catalog.lines import branch, drop, merge, propose, squash
from tests.catalog.reading import tree_in
from tests.catalog.test_random_commits import (
    CONTENTS,
    PATHS,
    Refused,
    after,
    folders_of,
)
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, unstored_blob

pytestmark = pytest.mark.django_db

TEXTS = ("x", "yy", "zzz")
SOME = st.integers(0, 5)  # which of the branches there are, by turns
CHANGES = st.dictionaries(PATHS, CONTENTS, min_size=1, max_size=4)
STEPS = st.one_of(
    st.tuples(st.just("commit"), SOME, CHANGES),
    st.tuples(st.just("commit"), SOME, CHANGES),
    st.tuples(st.just("branch"), SOME),
    st.tuples(st.just("propose"), SOME),
    st.tuples(st.just("merge"), SOME),
    st.tuples(st.just("squash"), SOME),
    st.tuples(st.just("drop"), SOME),
    st.tuples(st.just("forget")),
)

Files = dict[str, str]


@dataclass
class Proposal:
    into: str
    common: Files
    is_begun: bool = False


@dataclass
class Model:
    """What the repository should be: the files of each ref and of each version made."""

    repository: object
    blobs: dict[str, Blob]
    refs: dict[str, Files] = field(default_factory=lambda: {"main": {}})
    proposals: dict[str, Proposal] = field(default_factory=dict)
    versions: dict[str, Files] = field(default_factory=dict)
    steps: int = 0

    def named(self, names, which) -> str:
        known = sorted(names)
        return known[which % len(known)]

    def branches(self) -> set[str]:
        return self.refs.keys() - self.proposals.keys()

    def commit(self, which, change) -> None:
        ref = self.named(self.refs, which)
        changes = [
            DeleteFile(path) if text is None else AddFile(path, self.blobs[text])
            for path, text in change.items()
        ]
        try:
            expected = after(self.refs[ref], change)
        except Refused:
            with pytest.raises((PathClash, NoSuchFile)):
                self._put(ref, changes)
            return
        made = self._put(ref, changes)
        if expected != self.refs[ref] and ref in self.proposals:
            self.proposals[ref].is_begun = True
        self.refs[ref] = self.versions[made.oid] = expected

    def _put(self, ref, changes):
        return services.commit_files(
            self.repository.created_by,
            repository=self.repository,
            changes=changes,
            message=f"Step {self.steps}",
            committed_at=self.now,
            ref=ref,
        )

    def branch(self, which) -> None:
        start = self.named(self.refs, which)
        if not self.is_begun(start):
            with pytest.raises(RevisionNotFound):
                branch(self.repository, f"b{self.steps}", start)
            assert not self.refs[start]
        else:
            name = f"b{self.steps}"
            branch(self.repository, name, start)
            self.refs[name] = self.refs[start]

    def is_begun(self, name) -> bool:
        try:
            return queries.commit_at(self.repository, name) is not None
        except RevisionNotFound:
            return False

    def propose(self, which) -> None:
        into = self.named(self.branches(), which)
        propose(self.repository, self.steps, base=into)
        name = f"refs/pr/{self.steps}"
        self.refs[name] = self.refs[into]
        self.proposals[name] = Proposal(into, self.refs[into])

    def merge(self, which) -> None:
        if not self.proposals:
            return
        name = self.named(self.proposals, which)
        proposal = self.proposals[name]
        number = int(name.rpartition("/")[2])
        if proposal.into not in self.refs:
            with pytest.raises(services.NoSuchBranch):
                merge(self.repository, number)
            return
        old, theirs = proposal.common, self.refs[name]
        ours = dict(self.refs[proposal.into])
        change, clashes = {}, False
        for path in old.keys() | theirs.keys():
            new = theirs.get(path)
            if new in {old.get(path), ours.get(path)}:
                continue
            clashes = clashes or ours.get(path) != old.get(path)
            change[path] = new
        try:
            expected = after(ours, change)
        except Refused:
            clashes = True
        if clashes:
            with pytest.raises(MergeConflict):
                merge(self.repository, number, at=self.now)
        elif not proposal.is_begun or (expected == ours and theirs != old):
            with pytest.raises(NothingToMerge):
                merge(self.repository, number, at=self.now)
        elif expected != ours:
            made = merge(self.repository, number, at=self.now)
            self.refs[proposal.into] = self.versions[made.oid] = expected
            proposal.common = theirs

    def squash(self, which) -> None:
        name = self.named(self.branches(), which)
        if not self.versions or not queries.head_of(self.repository):
            return
        made = squash(self.repository, name, message=f"{self.steps}", at=self.now)
        self.versions[made.oid] = self.refs[name]

    def drop(self, which) -> None:
        if gone := self.branches() - {"main"}:
            name = self.named(gone, which)
            drop(self.repository, name)
            del self.refs[name]

    def forget(self) -> None:
        services.remove_forgotten(self.repository)

    @property
    def now(self):
        return NOON + timedelta(seconds=self.steps)

    def read(self, revision) -> Files:
        texts = {blob.sha256: text for text, blob in self.blobs.items()}
        entries = queries.files_of(self.repository, revision=revision)
        return {one.path: texts[one.blob_id] for one in entries}

    def check(self) -> None:
        for name, files in self.refs.items():
            if name != "main" or queries.head_of(self.repository):
                self.check_version(name, files)
        for oid, files in self.versions.items():
            self.check_version(oid, files)

    def check_version(self, revision, files) -> None:
        try:
            queries.commit_at(self.repository, revision)
        except RevisionNotFound:
            assert revision not in self.refs or not files
            return
        assert self.read(revision) == files
        assert tree_in(self.repository, revision) == folders_of(files)

    def check_room(self) -> None:
        """What is shown is held, and counting anew changes nothing that is."""
        namespace = self.repository.namespace
        held = HeldBlob.objects.filter(namespace=namespace)
        shown = {text for files in self.refs.values() for text in files.values()}
        needed = {self.blobs[text].sha256 for text in shown}
        assert needed <= set(held.values_list("blob_id", flat=True))
        size = services.release_held(namespace)
        assert needed <= set(held.values_list("blob_id", flat=True))
        assert size == sum(held.values_list("blob__size_bytes", flat=True))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(STEPS, min_size=1, max_size=14))
def test_every_ref_and_version_equals_a_dict_that_went_the_same_way(steps):
    blobs = [unstored_blob(text, size_bytes=len(text)) for text in TEXTS]
    Blob.objects.bulk_create(blobs, ignore_conflicts=True)
    model = Model(RepositoryFactory(), dict(zip(TEXTS, blobs, strict=True)))
    for act, *args in steps:
        model.steps += 1
        getattr(model, act)(*args)
    model.check()
    model.check_room()
    model.forget()
    model.check()
