"""A dataset as Croissant 1.1 (MLCommons), with its terms as ODRL: JSON-LD for programs.

Bytes are named by addresses that are the same for good, and by SHA-256. Columns are told
to whoever may take the files: those of the version's tables, once they are made; before
that, of text files in which `columns` is sure of them.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from licensing import odrl
from licensing.models import PriceVersion
from licensing.money import shown
from licensing.periods import DURATIONS
from licensing.queries import data_card_of, rights_of
from licensing.questions import QUESTIONS
from licensing.usage import usage_info
from marketplace.catalog.citation import bibtex
from marketplace.catalog.columns import DELIMITERS, READ_BYTES, columns_of
from marketplace.catalog.croissant_tables import Table, distribution_of, record_sets_of
from marketplace.catalog.described import Described
from marketplace.catalog.downloads import AccessRefused, require_access
from marketplace.catalog.media import media_type_of
from marketplace.catalog.models import TreeEntry
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries import files_of
from marketplace.storage.queries import BlobUnavailable, open_blob

MOST_FILES = 1000
MOST_TABLES = 20  # that are looked into
CONFORMS_TO = (
    "http://mlcommons.org/croissant/1.1",
    "http://mlcommons.org/croissant/RAI/1.0",
)
FORMATS = {  # as programs that read Croissant know them
    "application/vnd.apache.parquet": "application/x-parquet",
    "application/jsonl": "application/jsonlines",
}
TABLES = {*DELIMITERS, "application/x-parquet", "application/jsonlines"}
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
    "value": "cr:value",
    **odrl.CONTEXT,
}
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_DAY = re.compile(r"\d{4}(-\d\d){0,2}")


def schema_org(told: Described) -> dict[str, Any]:
    """Return a dataset in the words of schema.org alone, for search engines.

    Cost: none.
    """
    cited, repository = told.cited, told.repository
    said: dict[str, Any] = {
        "@type": "Dataset",
        "@id": told.url,
        "name": cited.title,
        "description": cited.abstract or f"{cited.title}, a dataset at {told.url}.",
        "url": told.url,
        "license": cited.licence_url,
        "creator": [
            {"@type": "Person" if each.is_person else "Organization", "name": each.name}
            for each in cited.authors
        ],
        "identifier": f"https://doi.org/{cited.doi}" if cited.doi else "",
        "sameAs": f"https://doi.org/{cited.doi}" if cited.doi else "",
        "keywords": list(dict.fromkeys(cited.keywords)),
        "inLanguage": repository.languages,
        "version": cited.version,
        "datePublished": (told.work.first_listed_at or repository.created_at)
        .date()
        .isoformat(),
        "dateModified": told.commit.committed_at.date().isoformat(),
        "offers": [
            {
                "@type": "Offer",
                "name": offer.terms.title,
                "url": f"{told.site}/offers/{offer.pk}",
                "price": shown(offer.price.minor, offer.price.currency).split()[0],
                "priceCurrency": offer.price.currency,
                **_each_period(offer.price),
            }
            for offer in told.offers
        ],
    }
    said["isAccessibleForFree"] = not told.offers or any(
        offer.price.minor == 0 for offer in told.offers
    )
    return {key: value for key, value in said.items() if value not in ("", [])}


def _each_period(price: PriceVersion) -> dict[str, Any]:
    """Say for how long it is paid, as schema.org does, where that is not once."""
    if not price.period:
        return {}
    return {
        "priceSpecification": {
            "@type": "UnitPriceSpecification",
            "price": shown(price.minor, price.currency).split()[0],
            "priceCurrency": price.currency,
            "billingDuration": DURATIONS[price.period],
        }
    }


def croissant(
    user: AnyUser, told: Described, *, at: datetime, tables: Sequence[Table] = ()
) -> dict[str, Any]:
    """Return a dataset's version as Croissant, as far as `user` may know of it.

    Args:
        user: who asks.
        told: the version, as they may know it.
        at: now.
        tables: of the version, if they are made and `user` may take them.

    Cost: some fifteen queries, and reading the beginnings of `MOST_TABLES` files.
    """
    entries = list(
        files_of(told.repository, revision=told.commit).order_by("folder", "name")[
            : MOST_FILES + 1
        ]
    )
    listed, is_cut = entries[:MOST_FILES], len(entries) > MOST_FILES
    read = [] if tables else _readable(user, told, listed, at=at)
    in_sets = [entry for entry in listed if entry not in read]
    said = {
        "@context": CONTEXT,
        **schema_org(told),
        "@type": "sc:Dataset",
        "conformsTo": list(CONFORMS_TO),
        "citeAs": bibtex(told.cited),
        "disambiguatingDescription": (
            f"The distribution lists the first {MOST_FILES} files by folder and name; "
            "there are more."
            if is_cut
            else ""
        ),
        "usageInfo": usage_info(told.work, offers=list(told.offers), site=told.site),
        "prov:wasDerivedFrom": [
            {"@id": f"{told.site}/works/{each.source_id}"}
            for each in rights_of(told.work, user=user).sources
        ],
        **_responsibly(user, told),
        "distribution": [
            *(_file_object(told, entry) for entry in listed),
            *_file_sets(in_sets),
            *distribution_of(tables, key=_id),
        ],
        "recordSet": [
            *record_sets_of(tables, key=_id),
            *_record_sets(read),
        ],
    }
    return {key: value for key, value in said.items() if value not in ("", [])}


def _responsibly(user: AnyUser, told: Described) -> dict[str, Any]:
    """Return the data card's answers under the names that Croissant RAI has for them.

    Croissant wants dates of the time frame. One told in other words is told with how the
    data were collected.
    """
    card = data_card_of(told.work, user=user, revision=told.commit.oid).procurement
    said = {
        QUESTIONS[key].croissant: answer
        for key, answer in (card.answers if card else {}).items()
        if key in QUESTIONS and QUESTIONS[key].croissant
    }
    if told.not_for:
        limits = str(said.get("dataLimitations", ""))
        uses = "\n".join(("Not for:", *(f"- {use}" for use in told.not_for)))
        said["dataLimitations"] = f"{limits}\n\n{uses}".strip()
    frame = str(said.pop("dataCollectionTimeFrame", ""))
    days = [part.strip() for part in re.split(r"/|–|\bto\b", frame)]
    if frame and all(map(_DAY.fullmatch, days)):
        said["dataCollectionTimeFrame"] = days
    elif frame:
        how = str(said.get("dataCollection", ""))
        said["dataCollection"] = f"{how}\n\nTime frame: {frame}".strip()
    return {f"rai:{name}": answer for name, answer in said.items()}


def _file_object(told: Described, entry: TreeEntry) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": _id(entry.path),
        "name": entry.path,
        "contentUrl": told.file_url(quote(entry.path)),
        "contentSize": f"{entry.size_bytes} B",
        "encodingFormat": _format(entry),
        "sha256": entry.content.sha256,
    }


def _file_sets(entries: Iterable[TreeEntry]) -> Iterator[dict[str, Any]]:
    """Yield a set for tables of one format that lie together in a folder.

    They are to be without record sets: mlcroissant 1.1.1 reads none of a file in a set.
    """
    together: dict[tuple[str, str, str], list[TreeEntry]] = defaultdict(list)
    for entry in entries:
        ending = entry.name.rpartition(".")[2]
        if _format(entry) in TABLES:
            together[entry.folder, ending, _format(entry)].append(entry)
    for (folder, ending, said), members in together.items():
        if members[1:]:
            pattern = f"{folder}/*.{ending}" if folder else f"*.{ending}"
            yield {
                "@type": "cr:FileSet",
                "@id": _id(pattern),
                "name": pattern,
                "containedIn": [{"@id": _id(entry.path)} for entry in members],
                "encodingFormat": said,
                "includes": pattern,
            }


def _readable(
    user: AnyUser, told: Described, entries: Iterable[TreeEntry], *, at: datetime
) -> Sequence[TreeEntry]:
    """Return the tables that `user` may take now, so that their columns may be told."""
    try:
        require_access(user, repository=told.repository, at=at)
    except AccessRefused:
        return []
    tables = (entry for entry in entries if _format(entry) in DELIMITERS)
    sound = [entry for entry in tables if entry.content.quarantined_at is None]
    return sound[:MOST_TABLES]


def _record_sets(entries: Iterable[TreeEntry]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        try:
            with open_blob(entry.content.pk) as file:
                data = file.read(READ_BYTES)
        except BlobUnavailable:
            continue
        columns = columns_of(
            data,
            media_type=_format(entry),
            is_whole=entry.size_bytes <= len(data),
        )
        if not columns:
            continue
        records = f"{_id(entry.path)}/records"
        yield {
            "@type": "cr:RecordSet",
            "@id": records,
            "name": entry.path,
            "field": [
                {
                    "@type": "cr:Field",
                    "@id": f"{records}/{_id(column.name)}",
                    "name": column.name,
                    "dataType": column.type.value,
                    "source": {
                        "fileObject": {"@id": _id(entry.path)},
                        "extract": {"column": column.name},
                    },
                }
                for column in columns
            ],
        }


def _format(entry: TreeEntry) -> str:
    said = media_type_of(entry.name)
    return FORMATS.get(said, said)


def _id(name: str) -> str:
    """Return a name as an id; one that an address cannot have as it is, as its digest."""
    if _PLAIN_ID.fullmatch(name):
        return name
    return f"id-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
