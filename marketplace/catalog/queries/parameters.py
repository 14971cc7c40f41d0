"""How many parameters a version of a model has."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from marketplace.catalog.models import ParameterCount, TreeEntry

ENDING = ".safetensors"
MOST_SHARDS = 64


@dataclass(frozen=True, slots=True)
class Parameters:
    by_type: dict[str, int]
    total: int


def holds_parameters(path: str) -> bool:
    """Whether a file is one whose parameters are those of the model."""
    return "/" not in path and path.endswith(ENDING)


def parameters_of(files: Iterable[TreeEntry]) -> Parameters | None:
    """Return how many parameters files have together; None where one does not say.

    Args:
        files: of one version; only those that hold the model's parameters count.

    Cost: one query.
    """
    digests = [file.blob_id for file in files if holds_parameters(file.path)]
    if not 1 <= len(digests) <= MOST_SHARDS:
        return None
    known = ParameterCount.objects.filter(total__isnull=False).in_bulk(set(digests))
    if not known.keys() >= set(digests):
        return None
    counts: Counter[str] = Counter()
    for digest in digests:
        counts.update(known[str(digest)].by_type)
    return Parameters(dict(counts), counts.total())
