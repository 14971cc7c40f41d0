"""Counts the parameters of models as they are committed, so that lists know them."""

from collections.abc import Iterable

from marketplace.catalog.models import (
    Commit,
    Kind,
    Listing,
    ParameterCount,
    Repository,
    TreeEntry,
)
from marketplace.catalog.queries.parameters import (
    ENDING,
    MOST_SHARDS,
    holds_parameters,
    parameters_of,
)
from marketplace.catalog.safetensors import read_counts
from marketplace.storage.queries import BlobUnavailable, open_blob


def count_parameters(digests: Iterable[str]) -> None:
    """Read how many parameters contents have, unless that is known.

    What cannot be read just now is left for another time.

    Args:
        digests: of safetensors files; the first 64 are looked at.

    Cost: two queries, and a read of the header of each new content, 16 MiB at most.
    """
    wanted = sorted(set(digests))[:MOST_SHARDS]
    known = ParameterCount.objects.filter(pk__in=wanted).values_list("pk", flat=True)
    found = []
    for digest in set(wanted).difference(known):
        try:
            with open_blob(digest) as file:
                counts = read_counts(file)
        except BlobUnavailable:
            continue
        total = None if counts is None else sum(counts.values())
        found.append(ParameterCount(blob_id=digest, by_type=counts or {}, total=total))
    ParameterCount.objects.bulk_create(found, ignore_conflicts=True)


def apply_parameters(
    repository: Repository, commit: Commit, *, changed: Iterable[str]
) -> None:
    """Tell repository and lists how many parameters its newest version has.

    Args:
        repository: of any kind; only models have some.
        commit: its newest.
        changed: the paths that are not as before.

    Cost: none if no file with parameters changed, else up to four queries.
    """
    if repository.kind != Kind.MODEL or not any(map(holds_parameters, changed)):
        return
    files = TreeEntry.objects.newest(commit).filter(folder="", name__endswith=ENDING)
    counted = parameters_of(files)
    repository.parameters = counted.total if counted else None
    repository.save(update_fields=["parameters"])
    listing = Listing.objects.filter(pk=repository.pk)
    listing.update(parameters=repository.parameters)
