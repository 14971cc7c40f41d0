"""What is recorded of a licence, clause by clause. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

COMMERCIAL = "LicenseRef-Stoa-Commercial-1.0"


class Results(Enum):
    """What a licence says of a trained model or another insight drawn from the work."""

    FREE = "FREE"
    DUTIES = "DUTIES"
    UNSETTLED = "UNSETTLED"
    FORBIDDEN = "FORBIDDEN"


@dataclass(frozen=True, slots=True)
class Facts:
    """Clause-level facts of one licence.

    `adapt_to` names the only licences an adaptation may be under; None means any terms
    that leave the duties standing. `clauses` says where in the text each topic is.
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
    adapt_to: frozenset[str] | None = None
    unsettled_to: frozenset[str] = frozenset()
    copy_duties: tuple[str, ...] = ()
    adapt_duties: tuple[str, ...] = ()
    results: Results = Results.FREE
    result_duties: tuple[str, ...] = ()
    forbids_extra_terms: bool = False
    is_computational_only: bool = False
    is_irrevocable: bool = True
    is_dedication: bool = False
    is_for_code: bool = False
    clauses: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> str:
        """The text a person agrees to here: our summary, and where the words bind."""
        if self.id == COMMERCIAL:
            return f"{self.name}\n{self.id}\n\n{self.summary}\n"
        return (
            f"{self.name}\nSPDX-License-Identifier: {self.id}\n{self.url}\n\n"
            f"{self.summary}\n\nThe licence itself, at the address above, is what "
            "binds. This is a summary of it and no legal advice.\n"
        )
