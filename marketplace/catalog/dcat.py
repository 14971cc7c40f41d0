"""Records as a catalogue of DCAT-AP 3: JSON-LD for portals that harvest data. Pure."""

from collections.abc import Sequence
from typing import Any

from marketplace.catalog.described import Described

CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "adms": "http://www.w3.org/ns/adms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
PUBLIC = "http://publications.europa.eu/resource/authority/access-right/PUBLIC"
RESTRICTED = "http://publications.europa.eu/resource/authority/access-right/RESTRICTED"


def catalogue(
    records: Sequence[Described], *, site: str, title: str, url: str
) -> dict[str, Any]:
    """Return a page of a catalogue.

    Args:
        records: of public datasets.
        site: the address people use.
        title: what the catalogue is called.
        url: of this page.
    """
    publisher = {"@id": f"{site}/#publisher", "@type": "foaf:Agent", "foaf:name": title}
    return {
        "@context": CONTEXT,
        "@id": url,
        "@type": "dcat:Catalog",
        "dct:title": title,
        "dct:description": f"Datasets that are published at {site}.",
        "dct:publisher": publisher,
        "foaf:homepage": {"@id": site},
        "dcat:dataset": [_dataset(each) for each in records],
    }


def _dataset(told: Described) -> dict[str, Any]:
    cited, repository = told.cited, told.repository
    closed = repository.is_gated or not cited.licence
    said: dict[str, Any] = {
        "@id": told.url,
        "@type": "dcat:Dataset",
        "dct:title": cited.title,
        "dct:description": cited.abstract or cited.title,
        "dct:identifier": told.url,
        "dcat:keyword": list(dict.fromkeys(cited.keywords)),
        "dct:creator": [
            {"@type": "foaf:Agent", "foaf:name": each.name} for each in cited.authors
        ],
        "dct:issued": _moment(repository.created_at.isoformat()),
        "dct:modified": _moment(told.commit.committed_at.isoformat()),
        "dcat:version": cited.version,
        "dcat:landingPage": {"@id": told.url, "@type": "foaf:Document"},
        "dct:accessRights": {"@id": RESTRICTED if closed else PUBLIC},
        "dcat:distribution": [
            {
                "@id": f"{told.url}#files",
                "@type": "dcat:Distribution",
                "dcat:accessURL": {"@id": told.url},
                "dct:license": {"@id": cited.licence_url},
                "dcat:byteSize": {
                    "@type": "xsd:nonNegativeInteger",
                    "@value": str(repository.size_bytes),
                },
            }
        ],
    }
    return {key: value for key, value in said.items() if value}


def _moment(said: str) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": said}
