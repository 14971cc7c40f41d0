"""A work's ownership as files people keep: JSON and CSV, with what is disclosed alone."""

from collections.abc import Iterator

from licensing.models import Party
from licensing.queries import Ownership

HEAD = (
    "fact",
    "party",
    "party_kind",
    "party_description",
    "what",
    "version",
    "basis_or_evidence",
    "links",
    "territories",
    "from",
    "to",
    "basis_points",
    "confirmed_at",
)


def ownership_rows(ownership: Ownership) -> Iterator[tuple[object, ...]]:
    """Return a row a fact, under `HEAD`."""
    for made in ownership.contributions:
        shown = ownership.shows_evidence
        yield (
            "CONTRIBUTION",
            *_party(made.party),
            made.role,
            made.revision,
            made.evidence if shown else "",
            " ".join(made.links) if shown else "",
            *("", "", "", ""),
            made.confirmed_at and made.confirmed_at.isoformat(),
        )
    for held in ownership.holdings:
        yield (
            "RIGHT",
            *_party(held.party),
            held.right,
            "",
            held.basis,
            "",
            " ".join(held.territories),
            held.starts_on,
            held.ends_on,
            "",
            held.confirmed_at and held.confirmed_at.isoformat(),
        )
    for share in ownership.shares:
        points = share.basis_points
        yield ("SHARE", *_party(share.party), *[""] * 7, points, "")


def ownership_facts(ownership: Ownership) -> dict[str, object]:
    """Return the same for JSON, with the kinds that the owners keep back."""
    shown = ownership.shows_evidence
    return {
        "work": str(ownership.work.pk),
        "title": ownership.work.title,
        "owner": _told(ownership.work.owner),
        "contributions": [
            {
                "party": _told(made.party),
                "role": made.role,
                "revision": made.revision,
                "evidence": made.evidence if shown else "",
                "links": made.links if shown else [],
                "confirmed_at": made.confirmed_at,
            }
            for made in ownership.contributions
        ],
        "holdings": [
            {
                "party": _told(held.party),
                "right": held.right,
                "basis": held.basis,
                "territories": held.territories,
                "starts_on": held.starts_on,
                "ends_on": held.ends_on,
                "confirmed_at": held.confirmed_at,
            }
            for held in ownership.holdings
        ],
        "shares": [
            {"party": _told(share.party), "basis_points": share.basis_points}
            for share in ownership.shares
        ],
        "hidden": sorted(ownership.hidden),
    }


def _told(party: Party) -> dict[str, str]:
    name, kind, description = _party(party)
    return {"name": name, "kind": kind, "description": description}


def _party(party: Party) -> tuple[str, str, str]:
    return party.name, party.kind, party.description
