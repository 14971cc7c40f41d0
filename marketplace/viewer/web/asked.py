"""What an address asks of a table, and addresses that ask a little more or less.

The parameters are those of Hugging Face's viewer, so that what a page shows can be asked
of the API with the same: `config`, `split`, `where`, `orderby`, `query`, `offset`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from marketplace.viewer.asking.filters import (
    Condition,
    Every,
    Order,
    written,
    written_order,
)
from marketplace.viewer.asking.grammar import read_filter, read_order
from marketplace.viewer.asking.rows import Question
from marketplace.viewer.asking.searching import words_of
from marketplace.viewer.web.words import in_words

LARGEST_OFFSET = 2**53


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition in words, and the address of the same page without it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see of one split."""

    config: str = ""
    split: str = ""
    where: str = ""
    orderby: str = ""
    query: str = ""
    offset: int = 0

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> "Asked":
        """Read the parameters of an address; an offset that is none is the beginning."""
        said = parameters.get("offset", "")
        is_number = said.isascii() and said.isdecimal() and len(said) < 16
        return cls(
            config=parameters.get("config", ""),
            split=parameters.get("split", ""),
            where=parameters.get("where", "").strip(),
            orderby=parameters.get("orderby", "").strip(),
            query=parameters.get("query", "").strip(),
            offset=min(int(said), LARGEST_OFFSET) if is_number else 0,
        )

    @property
    def picks(self) -> bool:
        """Whether it asks for some of the rows, or in an order of its own."""
        return bool(self.where or self.orderby or self.query)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        told = {
            "config": self.config,
            "split": self.split,
            "where": self.where,
            "orderby": self.orderby,
            "query": self.query,
            "offset": str(self.offset) if self.offset else "",
        }
        return [(name, value) for name, value in told.items() if value]

    def url(self, path: str) -> str:
        return f"{path}?{urlencode(self.parameters)}"

    def at(self, offset: int) -> "Asked":
        return replace(self, offset=max(offset, 0))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What has to hold, all of it.

        Raises:
            FilterMalformed: `where` cannot be read.
        """
        if not self.where:
            return ()
        condition = read_filter(self.where)
        return condition.conditions if isinstance(condition, Every) else (condition,)

    @property
    def orders(self) -> tuple[Order, ...]:
        """What rows are sorted by.

        Raises:
            FilterMalformed: `orderby` cannot be read.
        """
        return read_order(self.orderby) if self.orderby else ()

    @property
    def question(self) -> Question:
        """The same as trees.

        Raises:
            FilterMalformed: it cannot be read.
        """
        return Question(
            where=joined(self.conditions),
            orders=self.orders,
            words=words_of(self.query) if self.query else (),
        )

    def with_condition(self, condition: Condition) -> "Asked":
        return self._where((*self.conditions, condition))

    def sorted_by(self, column: str) -> "Asked":
        """Ask for the next order of a column: upwards, downwards, as they are stored."""
        current = self.orders[:1]
        if current == (Order(column),):
            orders: tuple[Order, ...] = (Order(column, descends=True),)
        elif current == (Order(column, descends=True),):
            orders = ()
        else:
            orders = (Order(column),)
        return replace(self, orderby=written_order(orders), offset=0)

    def chips(self, path: str) -> list[Chip]:
        """Return what can be taken away again, each with an address without it."""
        conditions = self.conditions
        found = [
            Chip(
                in_words(condition),
                self._where((*conditions[:at], *conditions[at + 1 :])).url(path),
            )
            for at, condition in enumerate(conditions)
        ]
        if self.query:
            without = replace(self, query="", offset=0)
            found.append(Chip(f"has “{self.query}”", without.url(path)))
        return found

    def _where(self, conditions: Sequence[Condition]) -> "Asked":
        condition = joined(conditions)
        where = written(condition) if condition is not None else ""
        return replace(self, where=where, offset=0)


def joined(conditions: Sequence[Condition]) -> Condition | None:
    """Return one condition that asks for all of these; None for none."""
    if not conditions:
        return None
    return conditions[0] if len(conditions) == 1 else Every(tuple(conditions))
