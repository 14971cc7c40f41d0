"""Commits of thousands of lines: what they do, and how many queries they take."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.catalog.models import FileScan, NamespaceUsage, TreeEntry, Visibility
from marketplace.catalog.queries import head_of
from marketplace.hub.intake import HELD_FILES
from marketplace.kit.many import copy_rows
from marketplace.storage.models import Blob, Possession
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory
from tests.hub.sending import client_of, inline, large, send, sha256, tree

pytestmark = pytest.mark.django_db
CONTENTS = [b"%d" % number for number in range(5000)]


@pytest.fixture
def owner():
    return RepositoryFactory().created_by


@pytest.fixture
def said(owner):
    """Lines that name contents which the owner sent before."""
    digests = [sha256(content) for content in CONTENTS]
    copy_rows(
        Blob,
        ("sha256", "size_bytes", "stored_at"),
        (
            (digest, len(content), NOON)
            for digest, content in zip(digests, CONTENTS, strict=True)
        ),
    )
    copy_rows(
        Possession,
        ("blob_id", "user_id", "proved_at"),
        ((digest, owner.pk, NOON) for digest in digests),
    )
    return [
        large(f"data/{number // 100:02}/{number:04}.bin", content)
        for number, content in enumerate(CONTENTS)
    ]


def sent(owner, lines):
    """Commit the lines to a new repository; return it and how many queries that took."""
    repository = RepositoryFactory(owner=owner, visibility=Visibility.PUBLIC)
    with CaptureQueriesContext(connection) as queries:
        answer = send(client_of(owner), repository, *lines)
    assert answer.status_code == 200, answer.content
    assert answer.json()["commitOid"] == head_of(repository).oid
    return repository, len(queries)


def test_five_thousand_large_files_take_the_queries_of_a_hundred(owner, said):
    sent(owner, said[:1])  # who never stored anything takes three queries more
    few, queries_of_few = sent(owner, said[:100])
    many, queries_of_many = sent(owner, said)

    assert queries_of_many == queries_of_few
    assert tree(many) == {
        line["value"]["path"]: (sha256(content), "")
        for line, content in zip(said, CONTENTS, strict=True)
    }
    assert (
        many.commits.get().tree_oid
        == TreeEntry.objects.get(repository=many, folder="", name="").oid
    )
    many.refresh_from_db()
    assert (many.file_count, many.size_bytes) == (5000, sum(map(len, CONTENTS)))
    assert FileScan.objects.count() == 5000
    usage = NamespaceUsage.objects.get(namespace=owner.namespace)
    assert usage.size_bytes == many.size_bytes
    assert set(tree(few)) < set(tree(many))


def test_small_files_take_a_few_queries_for_every_batch(owner):
    sent(owner, [inline("first.txt")])
    counts = []
    for batches in (1, 2, 6):
        lines = [
            inline(f"{number}.txt", f"{batches} {number // HELD_FILES} {number % 20}")
            for number in range(batches * HELD_FILES)
        ]
        repository, count = sent(owner, lines)
        counts.append(count)
        assert len(tree(repository)) == batches * HELD_FILES

    one, two, six = counts
    assert six - two == 4 * (two - one)
    assert two - one == 6
