"""How many parameters a version of a model has."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from marketplace.catalog.models import ParameterCount, TreeEntry

ENDING = ".safetensors"
MOST_SHARDS = 64
K = TypeVar("K", bound=Hashable)


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
    return parameters_by({0: files}).get(0)


def parameters_by(versions: Mapping[K, Iterable[TreeEntry]]) -> dict[K, Parameters]:
    """Return the same of many versions, of those that say. Cost: one query."""
    digests = {key: _digests(files) for key, files in versions.items()}
    known = ParameterCount.objects.filter(total__isnull=False).in_bulk(
        {digest for each in digests.values() for digest in each}
    )
    return {
        key: _summed(known[digest] for digest in each)
        for key, each in digests.items()
        if each and known.keys() >= set(each)
    }


def _digests(files: Iterable[TreeEntry]) -> list[str]:
    """Return what is to be counted; nothing if it is too much."""
    found = [str(file.blob_id) for file in files if holds_parameters(file.path)]
    return found if len(found) <= MOST_SHARDS else []


def _summed(counts: Iterable[ParameterCount]) -> Parameters:
    by_type: Counter[str] = Counter()
    for count in counts:
        by_type.update(count.by_type)
    return Parameters(dict(by_type), by_type.total())
