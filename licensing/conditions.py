"""What an offer says beside its licence: who, how long, which versions, whose insights.

Pure. Conditions only narrow what a licence grants; one that lets nothing be added to it
takes none of those that bind whoever takes the work.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from django.utils.translation import gettext_noop

from licensing.declared import Whose
from licensing.facts import COMMERCIAL, DECLARED, Facts, Results
from licensing.terms import ALLOW, Book, Reason, Stance, Verdict, unread
from licensing.territories import CODES

MOST_SEATS = 1_000  # for more, offer it to the whole organisation
MOST_DAYS = 1_000_000
MOST_PATTERNS = 20
LONGEST_PATTERN = 200


class NotACondition(ValueError):
    """One condition cannot be; the message names the field."""


@dataclass(frozen=True, slots=True)
class Insights:
    """Whose models and insights drawn from the work are, and what a buyer may do so.

    `may_publish` and `may_sell` are about models trained on the work too.
    """

    belong_to: Whose = Whose.TAKER
    may_train: bool = True
    may_publish: bool = True
    may_sell: bool = True
    must_report: bool = False

    @property
    def is_free(self) -> bool:
        return self == Insights()


@dataclass(frozen=True, slots=True)
class Conditions:
    """What one version of an offer says beside its licence.

    Attributes:
        seats: how many people may use it; None is one person or a whole organisation.
        term_days: how long from the grant on; None is without an end.
        includes_updates: later versions too, and not only what was there at the grant.
        territories: where, by `territories.CODES`; none is everywhere.
        insights: None where the licence alone decides.
        trial_days: how long anybody may try it free, once.
        sample: patterns of paths that are free to take; `*` is any part of a path.
    """

    seats: int | None = None
    term_days: int | None = None
    includes_updates: bool = True
    territories: tuple[str, ...] = ()
    insights: Insights | None = None
    trial_days: int | None = None
    sample: tuple[str, ...] = ()

    def binding(self) -> list[str]:
        """Name those that bind whoever takes the work: terms on top of the licence."""
        return [
            name
            for name in ("seats", "term_days", "territories", "insights", "trial_days")
            if _binds(getattr(self, name))
        ]

    def told(self) -> list[str]:
        """Return the conditions in plain sentences."""
        said = [
            gettext_noop("One person, or everyone in one organisation, may use it."),
            gettext_noop("It has no end."),
            gettext_noop("Later versions are included."),
        ]
        if self.seats:
            said[0] = f"{counted(self.seats, 'person')} may use it, each by name."
        if self.term_days:
            said[1] = f"It ends {counted(self.term_days, 'day')} after it is granted."
        if not self.includes_updates:
            said[2] = gettext_noop(
                "Versions made after it is granted are not included."
            )
        if self.territories:
            said.append(f"Only in {', '.join(self.territories)}.")
        if self.insights:
            said += _insights_told(self.insights)
        if self.trial_days:
            days = counted(self.trial_days, "day")
            said.append(f"It may be tried free for {days}, once.")
        if self.sample:
            said.append(f"Free to take without an order: {', '.join(self.sample)}.")
        return said


def checked(said: Conditions) -> Conditions:
    """Return the conditions in one form.

    Raises:
        NotACondition: one cannot be; the message names the field.
    """
    most = {"seats": MOST_SEATS, "term_days": MOST_DAYS, "trial_days": MOST_DAYS}
    for name, limit in most.items():
        count = getattr(said, name)
        if count is not None and not 1 <= count <= limit:
            raise NotACondition(f"{name}: give 1 to {limit:,}, or nothing.")
    unknown = set(said.territories) - CODES
    if unknown:
        raise NotACondition(
            f"territories: {', '.join(sorted(unknown))[:100]} is no country. Give codes "
            "of ISO 3166-1 such as GR, or EU."
        )
    rights = said.insights
    if rights and rights.may_sell and not rights.may_publish:
        raise NotACondition("may_sell: what may not be published is not sold either.")
    _check_sample(said.sample)
    return Conditions(
        seats=said.seats,
        term_days=said.term_days,
        includes_updates=said.includes_updates,
        territories=tuple(sorted(set(said.territories))),
        insights=rights,
        trial_days=said.trial_days,
        sample=tuple(dict.fromkeys(said.sample)),
    )


def verdict_on_conditions(said: Conditions, *, licence: str, book: Book) -> Verdict:
    """Judge putting conditions on top of a licence, by the clauses of its text.

    To terms of the owners' own, conditions may be added; none of them may say that what
    the text forbids is allowed.
    """
    facts = book.get(licence)
    if facts is None:
        return unread(licence)
    reasons = set()
    is_own = licence == COMMERCIAL or licence.startswith(DECLARED)
    binding = said.binding()
    if binding and facts.forbids_extra_terms and not is_own:
        named = ", ".join(binding)
        says = f"no terms may be added to it, and this offer would add {named}"
        reasons.add(_reason(facts, "extra", says))
    if said.insights:
        reasons |= _widened(said.insights, facts)
    return Verdict(Stance.DENY, reasons=frozenset(reasons)) if reasons else ALLOW


def is_sample(path: str, patterns: tuple[str, ...]) -> bool:
    """Say whether a file's path is one of those that a sample's patterns mean."""
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def counted(count: int, what: str) -> str:
    """Return a count with its noun: “1 day”, “2 people”."""
    many = {"person": "people"}.get(what, f"{what}s")
    return f"{count:,} {what if count == 1 else many}"


def _binds(value: object) -> bool:
    if isinstance(value, Insights):
        return not value.is_free
    return bool(value)


def _check_sample(patterns: tuple[str, ...]) -> None:
    if len(patterns) > MOST_PATTERNS:
        raise NotACondition(f"sample: give at most {MOST_PATTERNS} patterns.")
    for pattern in patterns:
        is_whole = not pattern.strip("*?/")
        if is_whole or len(pattern) > LONGEST_PATTERN or "\0" in pattern:
            raise NotACondition(
                f"sample: “{pattern[:50]}” is no part of the work. Name files such as "
                f"sample.csv or sample/*, in at most {LONGEST_PATTERN} characters."
            )


def _insights_told(rights: Insights) -> list[str]:
    whose = "whoever drew them" if rights.belong_to is Whose.TAKER else "its owners"
    acts = {
        "train models on it": rights.may_train,
        "publish what you draw from it": rights.may_publish,
        "sell what you draw from it": rights.may_sell,
    }
    allowed = [act for act, may in acts.items() if may]
    refused = [act for act, may in acts.items() if not may]
    return [
        f"Insights and models drawn from it belong to {whose}.",
        *([f"You may {', '.join(allowed)}."] if allowed else []),
        *([f"You may not {', '.join(refused)}."] if refused else []),
        *(
            ["You report what you find back to its owners."]
            if rights.must_report
            else []
        ),
    ]


def _widened(rights: Insights, facts: Facts) -> set[Reason]:
    outputs = facts.results if facts.outputs is None else facts.outputs
    reasons = set()
    if rights.may_train and not facts.permits_training:
        says = "no model is trained on it, so may_train cannot be"
        reasons.add(_reason(facts, "results", says))
    elif rights.may_train and rights.may_publish and _forbids(facts.results):
        says = "models of it stay inside, so may_publish cannot be"
        reasons.add(_reason(facts, "results", says))
    if rights.belong_to is Whose.TAKER and _forbids(outputs):
        says = "what is drawn from it is its owners', so it cannot be the buyer's"
        reasons.add(_reason(facts, "outputs", says))
    elif rights.may_publish and _forbids(outputs):
        says = "what is drawn from it stays inside, so may_publish cannot be"
        reasons.add(_reason(facts, "outputs", says))
    return reasons


def _forbids(results: Results) -> bool:
    return results is Results.FORBIDDEN


def _reason(facts: Facts, topic: str, says: str) -> Reason:
    return Reason(facts.id, facts.clauses.get(topic, "whole text"), says)
