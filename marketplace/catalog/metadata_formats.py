"""A record as Dublin Core and as DataCite's metadata, in XML. Pure.

The elements, their order and their words are those of oai_dc 2.0 and of DataCite's schema
kernel-4, inside the envelope of oai_datacite 1.1.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from marketplace.catalog.described import Described

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XML = "http://www.w3.org/XML/1998/namespace"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DC = "http://purl.org/dc/elements/1.1/"
OAI_DATACITE = "http://schema.datacite.org/oai/oai-1.1/"
DATACITE = "http://datacite.org/schema/kernel-4"
PUBLISHER = "Stoa"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class MetadataFormat:
    """How records may be had, by the name that harvesters ask for."""

    namespace: str
    schema: str
    written: Callable[[Described], Element]


def plain(text: str) -> str:
    """Return text without what no XML can hold."""
    return _NOT_XML.sub("", text)


def dublin_core(told: Described) -> Element:
    """Return a record in simple Dublin Core."""
    cited = told.cited
    root = Element(f"{{{OAI_DC}}}dc")
    root.set(f"{{{XSI}}}schemaLocation", f"{OAI_DC} {FORMATS['oai_dc'].schema}")
    said = [
        ("title", cited.title),
        *(("creator", each.name) for each in cited.authors),
        *(("subject", each) for each in dict.fromkeys(cited.keywords)),
        ("description", cited.abstract),
        ("publisher", PUBLISHER),
        ("date", cited.released_on.isoformat()),
        ("type", "Dataset" if cited.is_dataset else "Software"),
        ("identifier", cited.url),
        ("identifier", f"https://doi.org/{cited.doi}" if cited.doi else ""),
        *(("language", each) for each in told.repository.languages),
        ("rights", cited.licence_url),
    ]
    for name, text in said:
        if plain(text).strip():
            SubElement(root, f"{{{DC}}}{name}").text = plain(text)
    return root


def datacite(told: Described) -> Element:
    """Return a record as DataCite has it; without a DOI, its address identifies it."""
    cited = told.cited
    root = Element(f"{{{OAI_DATACITE}}}oai_datacite")
    root.set(
        f"{{{XSI}}}schemaLocation", f"{OAI_DATACITE} {FORMATS['oai_datacite'].schema}"
    )
    SubElement(root, f"{{{OAI_DATACITE}}}schemaVersion").text = "4.4"
    SubElement(root, f"{{{OAI_DATACITE}}}datacentreSymbol").text = PUBLISHER.upper()
    payload = SubElement(root, f"{{{OAI_DATACITE}}}payload")
    resource = SubElement(payload, _kernel("resource"))
    kind = "DOI" if cited.doi else "URL"
    _add(resource, "identifier", cited.doi or cited.url, identifierType=kind)
    creators = SubElement(resource, _kernel("creators"))
    for each in cited.authors:
        creator = SubElement(creators, _kernel("creator"))
        is_person = "Personal" if each.is_person else "Organizational"
        _add(creator, "creatorName", each.name, nameType=is_person)
    _add(SubElement(resource, _kernel("titles")), "title", cited.title)
    _add(resource, "publisher", PUBLISHER)
    _add(resource, "publicationYear", str(cited.released_on.year))
    general = "Dataset" if cited.is_dataset else "Model"
    _add(resource, "resourceType", general, resourceTypeGeneral=general)
    if cited.keywords:
        subjects = SubElement(resource, _kernel("subjects"))
        for word in dict.fromkeys(cited.keywords):
            _add(subjects, "subject", word)
    _add(
        SubElement(resource, _kernel("dates")),
        "date",
        cited.released_on.isoformat(),
        dateType="Updated",
    )
    _add(resource, "version", cited.version)
    rights = SubElement(resource, _kernel("rightsList"))
    _add(rights, "rights", cited.licence or "Terms", rightsURI=cited.licence_url)
    if plain(cited.abstract).strip():
        descriptions = SubElement(resource, _kernel("descriptions"))
        _add(descriptions, "description", cited.abstract, descriptionType="Abstract")
    return root


def _kernel(name: str) -> str:
    return f"{{{DATACITE}}}{name}"


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, _kernel(name), attributes).text = plain(text)


FORMATS = {
    "oai_dc": MetadataFormat(
        OAI_DC, "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", dublin_core
    ),
    "oai_datacite": MetadataFormat(
        OAI_DATACITE, "http://schema.datacite.org/oai/oai-1.1/oai.xsd", datacite
    ),
}
