"""What somebody may need to be allowed, and which licences allow it. Pure.

Four plain questions, for narrowing a search; what is owed in return, and between which
works, `terms` judges.
"""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from licensing.facts import Facts, Results
from licensing.licence_facts import BY_ID


class Right(StrEnum):
    COMMERCIAL = "commercial"
    ADAPT = "adapt"
    SHARE = "share"
    TRAIN = "train"


TOLD = {
    Right.COMMERCIAL: _("Use it in business"),
    Right.ADAPT: _("Share changed versions"),
    Right.SHARE: _("Share it as it is"),
    Right.TRAIN: _("Train models to share"),
}


def permits(facts: Facts, right: Right) -> bool:
    """Whether a licence permits something at all, with duties or without."""
    return {
        Right.COMMERCIAL: facts.permits_commercial_use,
        Right.ADAPT: facts.permits_derivatives,
        Right.SHARE: facts.permits_copies,
        Right.TRAIN: facts.permits_training and facts.results is not Results.FORBIDDEN,
    }[right]


def licences_that_permit(
    right: Right, *, book: Mapping[str, Facts] = BY_ID
) -> list[str]:
    """Return the ids of the licences of `book` that permit it, sorted."""
    return sorted(facts.id for facts in book.values() if permits(facts, right))
