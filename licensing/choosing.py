"""Which licences may be put on something made from others' works. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from licensing.cases import Answer, Case, ask
from licensing.duties import told
from licensing.facts import COMMERCIAL, OWN_TERMS
from licensing.licence_facts import BOOK, FAMILIES
from licensing.terms import Book, Reading

USES: Mapping[str, str] = {
    "adapt": gettext_noop("Change it, or merge it with others"),
    "verbatim": gettext_noop("Pass on an unchanged copy"),
    "collect": gettext_noop("Put it unchanged into a collection"),
    "train": gettext_noop("Train a model on it"),
    "finetune": gettext_noop("Fine-tune a model"),
    "distil": gettext_noop("Teach a model by another’s answers"),
    "output": gettext_noop("Publish insights, or what a model made"),
}
_NEW = ("Creative Commons", "Open data", "Models", "Code")
CANDIDATES = (
    *(each for family in _NEW for each in FAMILIES[family]),
    COMMERCIAL,
    OWN_TERMS,
)
_ORDER = ("allow", "obligations", "warn", "deny")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A licence one may want, and what the engine says of it."""

    id: str
    name: str
    answer: Answer

    @property
    def owed(self) -> str:
        return told(self.answer.obligations)


def candidates(
    *,
    use: str,
    inputs: tuple[str, ...],
    is_sold: bool,
    has_extra_terms: bool,
    reading: Reading,
    further: Iterable[str] = (),
    book: Book = BOOK,
) -> list[Candidate]:
    """Return every licence one may want with its verdict, the best first.

    Args:
        use: one of `USES`.
        inputs: licence expressions of what it is made from.
        is_sold: whether a price is asked.
        has_extra_terms: whether terms or locks are added on top.
        reading: of what is not settled.
        further: ids of terms in `book` to ask about besides.
        book: where the records are.

    Raises:
        BadCase: the message begins with the part at fault.
    """
    found = []
    for licence_id in (*CANDIDATES, *further):
        case = Case(use, inputs, licence_id, is_sold, has_extra_terms, reading)
        name = book[licence_id].name
        found.append(Candidate(licence_id, name, ask(case, book=book)))
    return sorted(found, key=lambda one: _ORDER.index(one.answer.verdict))
