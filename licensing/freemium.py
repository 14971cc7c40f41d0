"""A price policy stated in public: what is free, by which rule, and the price. Pure.

Specification of rights and money, section 4.2 (FreemiumPolicy). Days are of UTC.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum

from licensing.money import shown


class Rule(Enum):
    """What is free: the first orders, all up to a day, older versions, or nothing."""

    FIRST_ORDERS = "FIRST_ORDERS"
    UNTIL_DATE = "UNTIL_DATE"
    OLDER_VERSIONS = "OLDER_VERSIONS"
    PRICED = "PRICED"


@dataclass(frozen=True, slots=True)
class Freemium:
    """One policy as its owner states it; what its rule does not ask for is None.

    `notice_days` is how long before another policy takes effect it is published, and how
    long after this one was nobody is charged who would not have been before.
    """

    rule: Rule
    notice_days: int
    places: int | None = None
    last_free_date: date | None = None
    older_than_days: int | None = None
    words: str = ""

    @property
    def begins_free(self) -> bool:
        """Whether everything is free at first."""
        return self.rule in {Rule.FIRST_ORDERS, Rule.UNTIL_DATE}

    @property
    def gives_free(self) -> bool:
        """Whether anybody gets anything free."""
        return self.rule is not Rule.PRICED


def charged_from(
    said: Freemium,
    *,
    published_at: datetime,
    effect_at: datetime,
    taken_at: datetime | None = None,
) -> datetime | None:
    """Return when the price begins; None while nobody can know.

    Args:
        said: the policy.
        published_at: when everyone could read it.
        effect_at: when it took effect, or takes it.
        taken_at: when the last free place was taken, if it was.
    """
    earliest = max(effect_at, published_at + timedelta(days=said.notice_days))
    if said.rule is Rule.FIRST_ORDERS:
        return max(earliest, taken_at) if taken_at else None
    if said.last_free_date is not None:
        return max(earliest, end_of(said.last_free_date))
    return earliest


def end_of(day: date) -> datetime:
    """Return the moment a day is over."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def text_of(said: Freemium, *, then_minor: int, currency: str) -> str:
    """Return the policy in plain words; the same terms always give the same text."""
    price = shown(then_minor, currency)
    sentences = [_what_is_free(said, price)]
    if said.notice_days and said.begins_free:
        sentences.append(
            f"Nobody is charged within {_counted(said.notice_days, 'day')} of its "
            "publication."
        )
    if said.gives_free:
        sentences.append("Who got it free keeps it.")
    if said.notice_days:
        sentences.append(
            "Another policy, or a higher price, is announced here "
            f"{_counted(said.notice_days, 'day')} before it takes effect."
        )
    else:
        sentences.append("The policy may be replaced without notice.")
    return " ".join(sentences)


def _what_is_free(said: Freemium, price: str) -> str:
    if said.places is not None:
        first = _counted(said.places, "order")
        verb = "is" if said.places == 1 else "are"
        return f"The first {first} {verb} free. After that it costs {price}."
    if said.last_free_date is not None:
        day = f"{said.last_free_date.day} {said.last_free_date:%B %Y}"
        return f"Free until the end of {day} (UTC). After that it costs {price}."
    if said.older_than_days is not None:
        age = _counted(said.older_than_days, "day")
        return f"Versions older than {age} are free. Newer ones cost {price}."
    return f"It costs {price}."


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
