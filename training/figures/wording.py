"""What is looked at, and what a model was shown beside it, in the words for each kind."""

from collections.abc import Mapping
from dataclasses import dataclass

from training.learning import Modality


@dataclass(frozen=True, slots=True)
class Wording:
    """How one kind is spoken of.

    `part` is what an answer hangs on, `aside` what may tell the answer alone, `ungrouped`
    what is said where nobody named groups.
    """

    row: str
    rows: str
    part: str
    parts: str
    aside: str
    asides: str
    ungrouped: str


UNGROUPED = (
    "No groups were named, so nothing is said of whether people are served alike."
)
WORDINGS: Mapping[str, Wording] = {
    Modality.TABLE: Wording(
        *("row", "rows", "column", "columns", "column", "columns"),
        "No column was named that says who people are, so nothing is said of that.",
    ),
    Modality.TEXT: Wording(
        *("text", "texts", "word", "words", "measure", "measures"), UNGROUPED
    ),
    Modality.IMAGE: Wording(
        *("picture", "pictures", "field", "fields", "measure", "measures"), UNGROUPED
    ),
}
PROBES: Mapping[str, Mapping[str, str]] = {
    Modality.TABLE: {
        "NOISE": "rows of pure noise",
        "BLANK": "rows whose cells are all alike",
        "INVERTED": "mirrored rows",
        "SHUFFLED": "rows put together from several",
        "OTHER": "rows of another dataset",
        "FAR": "numbers far beyond any seen",
    },
    Modality.TEXT: {
        "NOISE": "random letters",
        "BLANK": "texts of nothing or mere marks",
        "SHUFFLED": "texts with their words in disorder",
        "OTHER": "texts in another language",
        "FAR": "texts longer than any seen",
    },
    Modality.IMAGE: {
        "NOISE": "pictures of pure noise",
        "BLANK": "pictures of one colour",
        "INVERTED": "pictures in negative",
        "SHUFFLED": "pictures with their dots in disorder",
        "OTHER": "pictures of something else",
    },
}
