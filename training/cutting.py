"""A table of a dataset, and how a contest is cut from it: frozen, plain values."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

MOST_TABLE_BYTES = 128 * 2**20  # that are read whole
MOST_SAMPLED_BYTES = 10 * 2**30
FORMS = ("csv", "tsv", "jsonl", "parquet")
MOST_CLASSES = 1_000
HELD_OUT_BPS = 2_000
PRIVATE_BPS = 5_000
FEW_VALUES = (
    20  # whole numbers with at most so many values are read as names of classes
)


PROSE_WORDS = 4.0
FEWEST_GROUPS = 3
FEWEST_LIKELY = 20  # so that a fifth of them are a few on either side
GROUP_WORDS = frozenset(
    """
    account animal author batch building camera case client customer device donor driver
    employee engine family farm field group hospital house household machine participant
    patient person player plot product sensor school session shop site speaker station
    store student subject team user vehicle visitor
    """.split()  # noqa: SIM905  as it is kept sorted
)
TIME_WORDS = frozenset(
    {"date", "datetime", "day", "month", "time", "timestamp", "year"}
)
A_DATE = re.compile(r"\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}|\s*\d{1,2}\.\d{1,2}\.\d{4}")
A_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


class Manner(StrEnum):
    """What decides which rows are held out."""

    STRATIFIED = "STRATIFIED"
    GROUPED = "GROUPED"
    BY_TIME = "BY_TIME"


class ColumnKind(StrEnum):
    """What all the values of a column can be read as."""

    INTEGER = "INTEGER"
    NUMBER = "NUMBER"
    TEXT = "TEXT"


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column as it was found.

    `distinct` and `missing` count values and empty cells; `common` are its most frequent
    values with how often each comes, at most twenty; `words` a value has on average.
    """

    name: str
    kind: ColumnKind
    distinct: int
    missing: int
    common: tuple[tuple[str, int], ...]
    words: float = 0.0

    @property
    def has_classes(self) -> bool:
        """Whether its values look like names of classes rather than amounts."""
        if self.kind is ColumnKind.NUMBER:
            return False
        return self.kind is ColumnKind.TEXT or self.distinct <= FEW_VALUES

    @property
    def has_times(self) -> bool:
        """Whether its most frequent values are all written as dates."""
        return bool(self.common) and all(
            A_DATE.match(value) for value, _ in self.common
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn of a table too large to be read whole.

    Of its `rows`, `usable` had all that a row needs, and `kept` of those were drawn: each
    alike, or whole groups by the column `by`, or the latest by it.
    """

    rows: int
    usable: int
    kept: int
    manner: Manner = Manner.STRATIFIED
    by: str = ""

    @property
    def share(self) -> float:
        return self.kept / max(self.usable, 1)

    @property
    def told(self) -> str:
        """A sentence that says what was drawn, and how."""
        how = {
            Manner.STRATIFIED: "drawn at random",
            Manner.GROUPED: f"whole groups by “{self.by}”, drawn at random",
            Manner.BY_TIME: f"the latest by “{self.by}”",
        }[self.manner]
        of = (
            ""
            if self.usable == self.rows
            else f" of the {self.usable:,} that can be used"
        )
        return (
            f"The table is large, so this is of a sample: {self.kept:,} of its "
            f"{self.rows:,} rows ({100 * self.share:.3g} %{of}), {how}."
        )

    @classmethod
    def from_json(cls, told: Mapping[str, Any] | None) -> Self | None:
        """Read what `asdict` wrote, or what comes through the wall.

        Raises:
            KeyError, TypeError, ValueError: it is nothing of the kind.
        """
        if told is None:
            return None
        rows, usable, kept = (int(told[name]) for name in ("rows", "usable", "kept"))
        if not 0 <= kept <= usable <= rows:
            raise ValueError("a sample is part of what it is drawn from")
        return cls(rows, usable, kept, Manner(told["manner"]), str(told["by"]))


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table as it was found; columns that hold lists or records are `left_out`.

    Of a large one, all but `sample` are of what was drawn.
    """

    rows: int
    columns: tuple[ColumnFacts, ...]
    left_out: tuple[str, ...] = ()
    sample: Sample | None = None

    @property
    def possible_groups(self) -> tuple[str, ...]:
        """Columns whose values come again, so that rows can be put together by them."""
        return tuple(
            one.name
            for one in self.columns
            if FEWEST_GROUPS <= one.distinct < self.rows
        )

    @property
    def likely_groups(self) -> tuple[str, ...]:
        """Columns that look as if they named patients, shops and the like, many rows each.

        That is by their name; or if there are many values, which come again and again
        and none too often, and which are words.
        """
        return tuple(
            one.name
            for one in self.columns
            if FEWEST_LIKELY <= one.distinct <= self.rows / 2
            and (
                not words_of(one.name).isdisjoint(GROUP_WORDS)
                or (
                    one.kind is ColumnKind.TEXT
                    and one.distinct > FEW_VALUES
                    and one.common[0][1] <= self.rows / 5
                    and not one.has_times
                )
            )
        )

    @property
    def possible_times(self) -> tuple[str, ...]:
        """Columns that may say when: numbers, dates, and what is called by such a word."""
        return tuple(
            one.name
            for one in self.columns
            if one.distinct >= FEWEST_GROUPS
            and (
                one.has_times
                or one.kind is not ColumnKind.TEXT
                or not words_of(one.name).isdisjoint(TIME_WORDS)
            )
        )

    @property
    def likely_times(self) -> tuple[str, ...]:
        """Columns that look as if they said when."""
        return tuple(
            one.name
            for one in self.columns
            if one.distinct >= FEWEST_GROUPS
            and (
                one.has_times
                or (
                    one.kind is not ColumnKind.TEXT
                    and not words_of(one.name).isdisjoint(TIME_WORDS)
                )
            )
        )

    @property
    def prose(self) -> tuple[str, ...]:
        """Columns that hold texts of several words, mostly different ones."""
        return tuple(
            one.name
            for one in self.columns
            if one.kind is ColumnKind.TEXT
            and one.words >= PROSE_WORDS
            and one.distinct > (self.rows - one.missing) / 2
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is nothing of the kind.
        """
        columns = tuple(
            ColumnFacts(
                name=str(one["name"]),
                kind=ColumnKind(one["kind"]),
                distinct=int(one["distinct"]),
                missing=int(one["missing"]),
                common=tuple((str(value), int(n)) for value, n in one["common"]),
                words=float(one.get("words", 0.0)),
            )
            for one in told["columns"]
        )
        left_out = tuple(str(name) for name in told["left_out"])
        sample = Sample.from_json(told.get("sample"))
        return cls(int(told["rows"]), columns, left_out, sample)


def words_of(name: str) -> set[str]:
    """Return the words a column's name is made of: `shopId` is shop and id."""
    return {word.lower() for word in A_WORD.findall(name)}


def form_of(path: str) -> str:
    """Return which of `FORMS` a file has by its name, or nothing."""
    ending = path.rpartition(".")[2].lower()
    return ending if ending in FORMS else ""


@dataclass(frozen=True, slots=True)
class CutPlan:
    """How a table becomes what entrants learn from, what they predict, and the truth.

    `held_out_bps` of the rows are held out, and `private_bps` of those are shown after the
    end only. STRATIFIED takes them class by class (or decile by decile of an amount);
    GROUPED takes whole groups, rows that agree in the column `by`, so that none is on two
    sides; BY_TIME takes the latest rows by that column, and the very latest in private.
    Rows without a target, or without a time where that decides, are left out. Without an
    `id_column` rows are numbered in their new order. `seed` decides which row falls where.
    """

    target: str
    features: tuple[str, ...]
    has_classes: bool
    seed: int
    id_column: str = ""
    held_out_bps: int = HELD_OUT_BPS
    private_bps: int = PRIVATE_BPS
    manner: Manner = Manner.STRATIFIED
    by: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        manner = Manner(told.get("manner", Manner.STRATIFIED))
        return cls(**{**told, "features": tuple(told["features"]), "manner": manner})


@dataclass(frozen=True, slots=True)
class CutFacts:
    """What came out of a cut.

    `columns` are the names of id, target and split in the files. `dropped_rows` had no
    target, or no time where that decided. `known_rows` of the held-out rows stand with
    the same features among those to learn from. `leaks` are features whose value alone
    tells the target of held-out rows, each with the share of rows that it is right for.
    """

    training_rows: int
    public_rows: int
    private_rows: int
    dropped_rows: int
    known_rows: int
    columns: tuple[str, str, str]
    leaks: tuple[tuple[str, float], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is nothing of the kind.
        """
        counts = {
            name: int(told[name])
            for name in (
                *("training_rows", "public_rows", "private_rows"),
                *("dropped_rows", "known_rows"),
            )
        }
        identifier, target, split = (str(one) for one in told["columns"])
        leaks = tuple((str(name), float(share)) for name, share in told["leaks"])
        return cls(**counts, columns=(identifier, target, split), leaks=leaks)
