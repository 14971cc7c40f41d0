"""How well things were put in order for each query."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.kinds import Needs
from training.metrics.estimate import Estimate, Floats, Labels, mean_of

NDCG_DEPTH = 10
MRR_DEPTH = 10
PRECISION_DEPTH = 10
RECALL_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Orders:
    """What was told for each of m queries, and what would have been best.

    Args:
        queries: (r,) the query of each thing told, in [0, m).
        gains: (r,) what it is truly worth, 0 if it is not relevant.
        places: (r,) where it stands in its query, 0 first.
        known: (t,) the query of each relevant thing.
        known_gains: (t,) its worth, above 0.
        count: m, at least 1.
    """

    queries: Labels
    gains: Floats
    places: Labels
    known: Labels
    known_gains: Floats
    count: int

    def given(self, needs: Needs) -> tuple[Any, ...] | None:  # noqa: ARG002  as all cases
        return (self,)

    def only(self, queries: NDArray[np.bool_]) -> Self:
        renamed = np.cumsum(queries) - 1
        told, known = queries[self.queries], queries[self.known]
        return type(self)(
            renamed[self.queries[told]],
            self.gains[told],
            self.places[told],
            renamed[self.known[known]],
            self.known_gains[known],
            int(queries.sum()),
        )

    def sums(self, weights: Floats, rows: NDArray[np.bool_]) -> Floats:
        """Return (m,) the sums of some rows' weights by query."""
        found = np.bincount(
            self.queries[rows], weights=weights[rows], minlength=self.count
        )
        return found.astype(np.float64)

    @property
    def relevant(self) -> Labels:
        """Return (m,) how many things are relevant."""
        return np.bincount(self.known, minlength=self.count)


def ranked(queries: Labels, scores: Floats, gains: Floats) -> Labels:
    """Return (r,) each thing's place in its query, the highest score first.

    Of equal scores the less worth comes first: who does not order gains nothing by the
    order of the file.
    """
    order = np.lexsort((gains, -scores, queries))
    return _places_in_order(queries, order)


def _places_in_order(queries: Labels, order: Labels) -> Labels:
    if not len(queries):
        return np.empty(0, dtype=np.int64)
    grouped = queries[order]
    starts = np.flatnonzero(np.r_[True, grouped[1:] != grouped[:-1]])
    sizes = np.diff(np.r_[starts, len(grouped)])
    places = np.empty(len(queries), dtype=np.int64)
    places[order] = np.arange(len(queries)) - np.repeat(starts, sizes)
    return places


def _share(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def ndcgs(told: Orders) -> Floats:
    """Return (m,) NDCG@10 with linear gains; 0 where nothing is relevant."""
    gain = told.gains / np.log2(told.places + 2)
    found = told.sums(gain, told.places < NDCG_DEPTH)
    order = np.lexsort((-told.known_gains, told.known))
    places = _places_in_order(told.known, order)
    best = np.where(places < NDCG_DEPTH, told.known_gains / np.log2(places + 2), 0.0)
    bests = np.bincount(told.known, weights=best, minlength=told.count)
    return _share(found, bests.astype(np.float64))


def reciprocal_ranks(told: Orders) -> Floats:
    """Return (m,) one over the place of the first relevant of the first ten, else 0."""
    found = np.zeros(told.count)
    rows = (told.gains > 0) & (told.places < MRR_DEPTH)
    np.maximum.at(found, told.queries[rows], 1 / (told.places[rows] + 1))
    return found


def average_precisions(told: Orders) -> Floats:
    """Return (m,) the mean precision at every relevant thing; unfound ones give 0."""
    order = np.lexsort((told.places, told.queries))
    is_relevant = (told.gains > 0)[order]
    queries, places = told.queries[order], told.places[order]
    hits = np.cumsum(is_relevant)
    starts = np.r_[0, np.cumsum(np.bincount(queries, minlength=told.count))[:-1]]
    before = np.r_[0, hits][starts][queries]
    precision = (hits - before) / (places + 1)
    sums = np.bincount(
        queries[is_relevant], weights=precision[is_relevant], minlength=told.count
    )
    return _share(sums.astype(np.float64), told.relevant.astype(np.float64))


def precisions(told: Orders) -> Floats:
    """Return (m,) the share of relevant things among ten places."""
    is_hit = (told.gains > 0).astype(np.float64)
    return told.sums(is_hit, told.places < PRECISION_DEPTH) / PRECISION_DEPTH


def recalls(told: Orders) -> Floats:
    """Return (m,) the share found of the relevant in a hundred places; 0 of none."""
    is_hit = (told.gains > 0).astype(np.float64)
    found = told.sums(is_hit, told.places < RECALL_DEPTH)
    return _share(found, told.relevant.astype(np.float64))


def ndcg(told: Orders) -> Estimate:
    """Measure NDCG@10, the mean over queries."""
    return mean_of(ndcgs(told), most=1.0)


def mrr(told: Orders) -> Estimate:
    """Measure the mean reciprocal rank within the first ten."""
    return mean_of(reciprocal_ranks(told), most=1.0)


def mean_average_precision(told: Orders) -> Estimate:
    """Measure the average precision, the mean over queries."""
    return mean_of(average_precisions(told), most=1.0)


def precision_at_10(told: Orders) -> Estimate:
    """Measure the precision of the first ten, the mean over queries."""
    return mean_of(precisions(told), most=1.0)


def recall_at_100(told: Orders) -> Estimate:
    """Measure the recall of the first hundred, the mean over queries."""
    return mean_of(recalls(told), most=1.0)
