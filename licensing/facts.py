"""What is recorded of a licence, clause by clause. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

COMMERCIAL = "LicenseRef-Stoa-Commercial-1.0"
OWN_TERMS = "LicenseRef-EULA"
DECLARED = "LicenseRef-Stoa-Terms-"  # terms of an owner's own, told by a form


class Results(Enum):
    """What a licence says of something drawn from the work: a model, an insight.

    `ADAPTATION` says that it counts as a changed form of the work, as distillation does
    under most licences of models.
    """

    FREE = "FREE"
    DUTIES = "DUTIES"
    UNSETTLED = "UNSETTLED"
    ADAPTATION = "ADAPTATION"
    FORBIDDEN = "FORBIDDEN"


@dataclass(frozen=True, slots=True)
class Facts:
    """Clause-level facts of one licence.

    `adapt_to` names the only licences an adaptation may be under; None means any terms
    that leave the duties standing. `carried_by` is as much for restrictions that whoever
    receives the work must be bound by: only the licences it names say them, and terms of
    an owner's own that `carries_restrictions` is true of. `results` is about models
    trained on the work, `outputs` about insights and what a model makes, `distilled`
    about models taught by those; the latter two say as `results` where they are None.
    `clauses` says where in the text each topic is.
    """

    id: str
    name: str
    url: str
    summary: str
    permits_copies: bool = True
    permits_relicensing: bool = False
    permits_derivatives: bool = True
    permits_private_changes: bool = True
    permits_commercial_use: bool = True
    permits_sale: bool = True
    permits_training: bool = True
    adapt_to: frozenset[str] | None = None
    unsettled_to: frozenset[str] = frozenset()
    carried_by: frozenset[str] | None = None
    carries_restrictions: bool = False
    copy_duties: tuple[str, ...] = ()
    adapt_duties: tuple[str, ...] = ()
    results: Results = Results.FREE
    result_duties: tuple[str, ...] = ()
    outputs: Results | None = None
    output_duties: tuple[str, ...] = ()
    distilled: Results | None = None
    distil_duties: tuple[str, ...] = ()
    forbids_extra_terms: bool = False
    is_computational_only: bool = False
    is_irrevocable: bool = True
    is_dedication: bool = False
    is_for_code: bool = False
    clauses: Mapping[str, str] = field(default_factory=dict)
