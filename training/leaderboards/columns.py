"""The columns of a board: what each shows, and numbers worked out from others. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from types import NoneType
from typing import Any, Self

LONGEST_KEY = 40
APART = "column."
MOST_COLUMNS = 20
MOST_TERMS = 10
MOST_DECIMALS = 10
MOST_WEIGHT = 1e6
LONGEST_TITLE = 100


class Scheme(StrEnum):
    """By what a board ranks.

    SCORE: by the contest's metric. LEXICOGRAPHIC: by the columns that rank, one after
    the other, each where those before are equal. MEAN_RANK: by the mean of an entrant's
    ranks in the columns that rank, equal numbers sharing the mean of their ranks
    (J. Demšar, Statistical comparisons of classifiers over multiple data sets, JMLR
    2006).
    """

    SCORE = "SCORE"
    LEXICOGRAPHIC = "LEXICOGRAPHIC"
    MEAN_RANK = "MEAN_RANK"


class Source(StrEnum):
    """Where a column's numbers come from."""

    METRIC = "METRIC"
    USAGE = "USAGE"
    SUBGROUP = "SUBGROUP"
    COMPUTED = "COMPUTED"


class Operation(StrEnum):
    """How a computed column makes one number of others."""

    SUM = "SUM"
    AVG = "AVG"
    MIN = "MIN"
    MAX = "MAX"
    DIFFERENCE = "DIFFERENCE"
    WEIGHTED = "WEIGHTED"


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its 95 % interval, which is the number alone where none is known."""

    value: float
    low: float
    high: float


Numbers = Mapping[str, Number]


class WrongColumns(ValueError):
    """The columns do not hold together; the message says what to change."""


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """One column of a board, as its host chose it.

    `measure` names a metric, something that runs tell of or something told of subgroups,
    for the sources METRIC, USAGE and SUBGROUP. A COMPUTED one has an `operation` on the
    columns `of`; WEIGHTED multiplies each by its number in `weights` and adds up.
    `decimals` None prints four significant digits. Hidden ones are the hosts' to see.
    `ranks` says whether the scheme of the board counts it.
    """

    key: str
    title: str
    source: Source
    measure: str = ""
    operation: Operation | None = None
    of: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    decimals: int | None = None
    is_greater_better: bool = True
    is_hidden: bool = False
    ranks: bool = False

    @property
    def sign(self) -> float:
        """Return what a number is multiplied by so that more is better."""
        return 1.0 if self.is_greater_better else -1.0

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON and YAML keep it."""
        told = asdict(self)
        told["source"] = self.source.value
        told["operation"] = self.operation.value if self.operation else None
        return {**told, "of": list(self.of), "weights": list(self.weights)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Return what `as_json` wrote; names that came later have their defaults.

        Raises:
            WrongColumns: it is nothing of the kind.
        """
        if not isinstance(told, Mapping):
            raise WrongColumns("give each as a mapping.")
        for name, value in told.items():
            if name not in KINDS or not isinstance(value, KINDS[name]):
                raise WrongColumns(f"“{name}” is not known, or of another kind.")
        operation, weights = told.get("operation"), told.get("weights", ())
        try:
            return cls(
                **{
                    **told,
                    "source": Source(told["source"]),
                    "operation": Operation(operation) if operation else None,
                    "of": tuple(str(each) for each in told.get("of", ())),
                    "weights": tuple(float(each) for each in weights),
                }
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise WrongColumns(f"one is incomplete, or not known: {wrong}") from wrong


KINDS: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("key", "title", "source", "measure"), str),
    "operation": (str, NoneType),
    "of": (list, tuple),
    "weights": (list, tuple),
    "decimals": (int, NoneType),
    **dict.fromkeys(("is_greater_better", "is_hidden", "ranks"), bool),
}


def numbers_of(columns: Sequence[BoardColumn], measured: Numbers) -> dict[str, Number]:
    """Return the number of each column by its key; what cannot be told is left out.

    Bounds of computed ones hold if those they are made of hold all at once.

    Args:
        columns: of a board.
        measured: metrics, usage and what is told of subgroups, by name.
    """
    found = {
        column.key: measured[column.measure]
        for column in columns
        if column.source is not Source.COMPUTED and column.measure in measured
    }
    for column in columns:
        if column.source is Source.COMPUTED and all(key in found for key in column.of):
            made = _computed(column, [found[key] for key in column.of])
            if all(map(math.isfinite, (made.value, made.low, made.high))):
                found[column.key] = made
    return found


def _computed(column: BoardColumn, terms: Sequence[Number]) -> Number:
    if column.operation in WHOLE:
        join = WHOLE[column.operation]
        return Number(
            join([each.value for each in terms]),
            join([each.low for each in terms]),
            join([each.high for each in terms]),
        )
    weights = column.weights
    if column.operation is Operation.DIFFERENCE:
        weights = (1.0, -1.0)
    pairs = list(zip(weights, terms, strict=True))
    return Number(
        sum(weight * each.value for weight, each in pairs),
        sum(
            weight * (each.low if weight >= 0 else each.high) for weight, each in pairs
        ),
        sum(
            weight * (each.high if weight >= 0 else each.low) for weight, each in pairs
        ),
    )


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


WHOLE: dict[Operation | None, Callable[[Sequence[float]], float]] = {
    Operation.SUM: sum,
    Operation.AVG: _mean,
    Operation.MIN: min,
    Operation.MAX: max,
}  # none of them falls where a term rises, so bounds go through as they are


def check_columns(
    columns: Sequence[BoardColumn],
    *,
    scheme: Scheme,
    measures: Mapping[Source, Sequence[str]],
) -> None:
    """Return if the columns hold together.

    Args:
        columns: in their order.
        scheme: by which the board is to rank.
        measures: what each source but COMPUTED may name.

    Raises:
        WrongColumns: says which column to change, and how.
    """
    if len(columns) > MOST_COLUMNS:
        raise WrongColumns(f"there are {len(columns)}; {MOST_COLUMNS} is the most.")
    plain = {each.key for each in columns if each.source is not Source.COMPUTED}
    seen: set[str] = set()
    for column in columns:
        where = f"“{column.key}”"
        if not _is_key(column.key):
            raise WrongColumns(
                f"{where} is no key: take up to {LONGEST_KEY} characters that can be "
                f"printed, without blanks around them or {APART} before."
            )
        if column.key in seen:
            raise WrongColumns(f"two have the key {where}.")
        seen.add(column.key)
        if not 0 < len(column.title.strip()) <= LONGEST_TITLE:
            raise WrongColumns(
                f"{where} needs a title of at most {LONGEST_TITLE} characters."
            )
        if column.decimals is not None and not 0 <= column.decimals <= MOST_DECIMALS:
            raise WrongColumns(f"{where}: decimals are 0 to {MOST_DECIMALS}.")
        if column.source is Source.COMPUTED:
            _check_computed(column, plain)
        elif column.measure not in measures[column.source]:
            raise WrongColumns(f"{where}: there is no “{column.measure}” to show here.")
    _check_ranking(columns, scheme)


def _is_key(key: str) -> bool:
    is_short = 0 < len(key) <= LONGEST_KEY
    is_plain = key.isprintable() and key == key.strip()
    return is_short and is_plain and not key.startswith(APART)


def _check_computed(column: BoardColumn, plain: set[str]) -> None:
    where = f"“{column.key}”"
    if column.operation is None or not column.of:
        raise WrongColumns(f"{where}: say what it is computed of, and how.")
    if unknown := [key for key in column.of if key not in plain]:
        raise WrongColumns(
            f"{where}: “{unknown[0]}” is no column with numbers of its own."
        )
    if len(column.of) > MOST_TERMS:
        raise WrongColumns(f"{where}: take {MOST_TERMS} columns at most.")
    if column.operation is Operation.DIFFERENCE and len(column.of) != 2:
        raise WrongColumns(f"{where}: a difference is of two columns.")
    if column.operation is Operation.WEIGHTED:
        if len(column.weights) != len(column.of):
            raise WrongColumns(f"{where}: give one weight for each column.")
        if not all(abs(each) <= MOST_WEIGHT for each in column.weights):
            raise WrongColumns(f"{where}: weights are at most {MOST_WEIGHT:,.0f}.")
    elif column.weights:
        raise WrongColumns(f"{where}: only a weighted sum has weights.")


def _check_ranking(columns: Sequence[BoardColumn], scheme: Scheme) -> None:
    ranking = [each for each in columns if each.ranks]
    if scheme is Scheme.SCORE:
        return
    if not ranking:
        raise WrongColumns("none of them ranks; mark at least one.")
    if scheme is Scheme.MEAN_RANK and len(ranking) < 2:
        raise WrongColumns("a mean of ranks is of two columns or more; mark another.")
    by_key = {each.key: each for each in columns}
    first = ranking[0]
    if scheme is Scheme.LEXICOGRAPHIC and first.is_hidden:
        raise WrongColumns(
            f"“{first.key}” ranks first, so everyone reads it as the score. Show it."
        )
    of_first = [first, *(by_key[key] for key in first.of)]
    if scheme is Scheme.LEXICOGRAPHIC and any(
        each.source is Source.USAGE for each in of_first
    ):
        raise WrongColumns(
            f"“{first.key}” ranks first, and only models have it. Let a metric come "
            "first, and this one where that is equal."
        )
