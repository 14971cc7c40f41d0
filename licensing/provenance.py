"""Where a work comes from, as W3C PROV: versions, what was done, and by whom.

Works and the version asked about are entities, each work that was made from others has
an activity, and parties are agents by what they did. All are named by addresses here.
"""

import io
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

from prov.model import ProvDocument
from prov.serializers.provjson import ProvJSONSerializer
from prov.serializers.provjsonld import ProvJSONLDSerializer

from licensing.models import (
    Contribution,
    ContributionRole,
    Derivation,
    Party,
    PartyKind,
    Work,
)

KINDS = {
    PartyKind.PERSON: "prov:Person",
    PartyKind.ORGANISATION: "prov:Organization",
    PartyKind.DESCRIBED: "prov:Agent",
}
DOING = frozenset(  # what was done in making it, rather than for it
    {ContributionRole.TRAINED, ContributionRole.GENERATED, ContributionRole.CURATED}
)


class Form(Enum):
    """How a document is written; each is a W3C note or submission."""

    JSON = "json"
    NOTATION = "provn"
    JSON_LD = "jsonld"


MEDIA_TYPES = {
    Form.JSON: "application/json",
    Form.NOTATION: "text/provenance-notation; charset=utf-8",
    Form.JSON_LD: "application/ld+json",
}


def document_of(
    work: Work,
    *,
    edges: Iterable[Derivation],
    made: Sequence[Contribution],
    site: str,
    revision: str = "",
) -> ProvDocument:
    """Return the provenance of a work, as far as what is given here tells it.

    Args:
        work: with its `owner`.
        edges: derivations upwards from it, with `work` and `source` and their owners.
        made: contributions to the work.
        site: the address people use.
        revision: the version that is meant, if one is.
    """
    told = _Told(site)
    told.entity(work)
    for edge in edges:
        told.derivation(edge)
    for each in made:
        told.contribution(each)
    if revision:
        told.version(work, revision)
    return told.document


def written(document: ProvDocument, form: Form) -> str:
    """Return a document as text; the same document gives the same text."""
    if form is Form.NOTATION:
        return f"{document.get_provn()}\n"
    into = io.StringIO()
    if form is Form.JSON:
        ProvJSONSerializer(document).serialize(into, indent=1)
    else:
        ProvJSONLDSerializer(document).serialize(into, context="embed", indent=1)
    return f"{into.getvalue()}\n"


class _Told:
    """A document as it grows; what was told already is not told again."""

    def __init__(self, site: str) -> None:
        self.document = ProvDocument()
        self.document.add_namespace("work", f"{site}/works/")
        self.document.add_namespace("party", "urn:uuid:")
        self.document.add_namespace("making", "urn:stoa:making:")
        self.document.add_namespace("stoa", "urn:stoa:prov:")
        self.document.add_namespace("dct", "http://purl.org/dc/terms/")
        self.known: set[str] = set()

    def is_new(self, name: str) -> bool:
        is_new = name not in self.known
        self.known.add(name)
        return is_new

    def entity(self, work: Work) -> str:
        name = f"work:{work.pk}"
        if self.is_new(name):
            said = {"prov:label": work.title, "dct:license": work.licence_id}
            self.document.entity(
                name, {key: each for key, each in said.items() if each}
            )
            self.document.attribution(
                name, self.agent(work.owner), other_attributes={"prov:role": "OWNER"}
            )
        return name

    def agent(self, party: Party) -> str:
        name = f"party:{party.pk}"
        if self.is_new(name):
            kind = self.document.valid_qualified_name(KINDS[party.kind])
            self.document.agent(name, {"prov:label": party.name, "prov:type": kind})
        return name

    def activity(self, work: Work) -> str:
        name = f"making:{work.pk}"
        if self.is_new(name):
            self.document.activity(
                name, other_attributes={"prov:label": f"The making of {work.title}"}
            )
            self.document.generation(self.entity(work), name)
        return name

    def derivation(self, edge: Derivation) -> None:
        made, source = self.entity(edge.work), self.entity(edge.source)
        making = self.activity(edge.work)
        kind = self.document.valid_qualified_name(f"stoa:{edge.relation}")
        how: dict[str, Any] = {"prov:type": kind}
        if edge.changes:
            how["dct:description"] = edge.changes
        self.document.usage(making, source)
        self.document.derivation(made, source, making, other_attributes=how)

    def contribution(self, each: Contribution) -> None:
        agent = self.agent(each.party)
        is_confirmed = each.confirmed_at is not None
        role: dict[str, Any] = {
            "prov:role": each.role,
            "stoa:isConfirmed": is_confirmed,
        }
        version = self.version(each.work, each.revision) if each.revision else ""
        made = version or self.entity(each.work)
        self.document.attribution(made, agent, other_attributes=role)
        if each.role in DOING:
            making = self.activity(each.work)
            self.document.association(making, agent, other_attributes=role)

    def version(self, work: Work, revision: str) -> str:
        name = f"work:{work.pk}/{revision}"
        if not self.is_new(name):
            return name
        said = {
            "prov:label": f"{work.title} at {revision[:12]}",
            "dct:hasVersion": revision,
        }
        self.document.entity(name, said)
        self.document.specialization(name, self.entity(work))
        return name
