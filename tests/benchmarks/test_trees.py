"""What versions of 100,000 files cost: to make, to change by one file, to list."""

import resource
import statistics
import time
import tracemalloc

import pytest
from django.db import connection

from marketplace.catalog import queries, services
from marketplace.catalog.queries.trees import FILES_ORDER
from marketplace.catalog.services import AddFile
from marketplace.kit.keyset import page_of
from marketplace.storage.models import Blob
from tests.catalog.lines import branch
from tests.factories.accounts import NOON
from tests.factories.catalog import RepositoryFactory, commit, unstored_blob

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]

FILES = 100_000
ROUNDS = 15
GOAL_ONE_FILE = 2.0
GOAL_MEMORY = 2.5  # while a page is read, the one before is not yet let go
GOAL_GROWTH_MB = 600
SHAPES = {
    "in one folder": lambda number: f"data/{number:06}.png",
    "in a hundred folders": lambda number: (
        f"data/{number // 1000:03}/{number % 1000:03}"
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_hundred_thousand_files(shape):
    paths = [SHAPES[shape](number) for number in range(FILES)]
    blobs = Blob.objects.bulk_create(
        (unstored_blob(f"{shape} {path}") for path in paths), batch_size=2000
    )
    repository = RepositoryFactory()
    before_mb = _resident_mb()
    begun = time.perf_counter()
    _put(repository, zip(paths, blobs, strict=True))
    took, growth_mb = time.perf_counter() - begun, _resident_mb() - before_mb
    print(f"\n{FILES:,} files {shape}: one commit in {took:.1f} s, {growth_mb:.0f} MB")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_treeentry")

    small = RepositoryFactory(owner=repository.created_by)
    commit(small, {paths[0]: blobs[0]})
    for name in ("main", "dev"):
        if name == "dev":
            branch(repository, name)
            branch(small, name)
        ratio = _one_file_ratio(repository, small, paths[0], ref=name)
        assert ratio <= GOAL_ONE_FILE
        _page_memory(repository, name)
    assert growth_mb <= GOAL_GROWTH_MB


def _one_file_ratio(large, small, path, *, ref):
    taken = {large: [], small: []}
    for number in range(ROUNDS):
        for repository, times in taken.items():
            blob = unstored_blob(f"{repository} {ref} {number}")
            blob.save()
            begun = time.perf_counter()
            _put(repository, [(path, blob)], ref=ref)
            times.append(time.perf_counter() - begun)
    beside, alone = (statistics.median(times) * 1e3 for times in taken.values())
    print(
        f"commit of one file to {ref}: {beside:.1f} ms, {alone:.1f} ms in a small "
        f"repository; ratio {beside / alone:.2f} (goal {GOAL_ONE_FILE})"
    )
    return beside / alone


def _page_memory(repository, ref):
    one, _, _ = _peak_bytes(repository, ref, pages=1)
    every, count, worst_ms = _peak_bytes(repository, ref, pages=FILES)
    assert count == FILES
    print(
        f"listing {ref}: {every / 2**20:.1f} MiB at most, {one / 2**20:.1f} for one page; "
        f"ratio {every / one:.2f} (goal {GOAL_MEMORY}); slowest page {worst_ms:.0f} ms"
    )
    assert every / one <= GOAL_MEMORY


def _peak_bytes(repository, ref, *, pages):
    commit_read = queries.commit_at(repository, ref)
    cursor, count, worst = "", 0, 0.0
    tracemalloc.start()
    while cursor is not None and pages:
        begun = time.perf_counter()
        files = queries.files_of(repository, revision=commit_read)
        page = page_of(files, order=FILES_ORDER, cursor=cursor, size=1000)
        worst = max(worst, time.perf_counter() - begun)
        count, cursor, pages = count + len(page.rows), page.next_cursor, pages - 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, count, worst * 1e3


def _put(repository, files, *, ref="main"):
    services.commit_files(
        repository.created_by,
        repository=repository,
        changes=[AddFile(path, blob) for path, blob in files],
        message="",
        committed_at=NOON,
        ref=ref,
    )


def _resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
