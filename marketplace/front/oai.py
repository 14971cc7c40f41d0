"""OAI-PMH 2.0: a request's arguments in, XML out.

http://www.openarchives.org/OAI/openarchivesprotocol.html has the words and their order.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from django.core import signing
from django.http import QueryDict

from marketplace.catalog.described import Described
from marketplace.catalog.harvest import (
    Place,
    Window,
    changed,
    earliest_change,
    record_of,
)
from marketplace.catalog.metadata_formats import (
    DATACITE,
    DC,
    FORMATS,
    OAI_DC,
    XSI,
    plain,
)
from marketplace.catalog.models import Kind

OAI = "http://www.openarchives.org/OAI/2.0/"
SCHEMA = "http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
PER_PAGE = 100
SETS = {f"{kind.lower()}s": kind for kind in Kind}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
SECOND = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
SALT = "front.oai"
for prefix, uri in (("oai_dc", OAI_DC), ("dc", DC), ("xsi", XSI), ("", OAI)):
    register_namespace(prefix, uri)
register_namespace("datacite", DATACITE)


class OaiError(Exception):
    """A condition of the protocol; `code` is one of its words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Site:
    """This repository as it tells of itself."""

    url: str
    name: str
    email: str
    now: datetime

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "localhost"

    def key(self, repository_id: UUID) -> str:
        return f"oai:{self.host}:{repository_id}"


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list is of, and where it goes on."""

    prefix: str
    window: Window
    after: Place | None = None


ALLOWED: dict[str, tuple[set[str], set[str]]] = {  # of each verb: has to be, may be
    "Identify": (set(), set()),
    "ListMetadataFormats": (set(), {"identifier"}),
    "ListSets": (set(), {"resumptionToken"}),
    "GetRecord": ({"identifier", "metadataPrefix"}, set()),
    "ListIdentifiers": ({"metadataPrefix"}, {"from", "until", "set"}),
    "ListRecords": ({"metadataPrefix"}, {"from", "until", "set"}),
}


def answer_of(query: QueryDict, *, site: Site) -> bytes:
    """Return the answer to one request, which is never refused but says what is wrong.

    Args:
        query: its arguments.
        site: this repository.

    Cost: two queries for a list of at most `PER_PAGE`.
    """
    root = Element(f"{{{OAI}}}OAI-PMH")
    root.set(f"{{{XSI}}}schemaLocation", f"{OAI} {SCHEMA}")
    _add(root, "responseDate", _stamp(site.now))
    request = _add(root, "request", f"{site.url}/feeds/oai")
    try:
        verb, said = _checked(query)
        answer = ANSWERS[verb](said, site)
    except OaiError as fault:
        if fault.code not in {"badVerb", "badArgument"}:
            _echo(request, query)
        _add(root, "error", str(fault)).set("code", fault.code)
    else:
        _echo(request, query)
        root.append(answer)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _checked(query: QueryDict) -> tuple[str, Mapping[str, str]]:
    verb = query.get("verb", "")
    if verb not in ALLOWED or len(query.getlist("verb")) > 1:
        raise OaiError("badVerb", f"Say one verb of {', '.join(ALLOWED)}.")
    said = {name: str(query[name]) for name in query if name != "verb"}
    needed, more = ALLOWED[verb]
    if verb.startswith("List") and "resumptionToken" in said:
        needed, more = {"resumptionToken"}, set()
    if any(len(query.getlist(name)) > 1 for name in said):
        raise OaiError("badArgument", "An argument is said twice.")
    if needed - said.keys():
        raise OaiError("badArgument", f"Say {', '.join(sorted(needed))}.")
    if said.keys() - needed - more:
        known = ", ".join(sorted(needed | more)) or "no arguments"
        raise OaiError("badArgument", f"{verb} takes {known}.")
    return verb, said


def _identify(_said: Mapping[str, str], site: Site) -> Element:
    root = Element(f"{{{OAI}}}Identify")
    _add(root, "repositoryName", site.name)
    _add(root, "baseURL", f"{site.url}/feeds/oai")
    _add(root, "protocolVersion", "2.0")
    _add(root, "adminEmail", site.email)
    _add(root, "earliestDatestamp", _stamp(earliest_change() or site.now))
    _add(root, "deletedRecord", "no")
    _add(root, "granularity", "YYYY-MM-DDThh:mm:ssZ")
    return root


def _formats(said: Mapping[str, str], site: Site) -> Element:
    if "identifier" in said:
        _record_named(said["identifier"], site)
    root = Element(f"{{{OAI}}}ListMetadataFormats")
    for prefix, known in FORMATS.items():
        one = _add(root, "metadataFormat")
        _add(one, "metadataPrefix", prefix)
        _add(one, "schema", known.schema)
        _add(one, "metadataNamespace", known.namespace)
    return root


def _sets(said: Mapping[str, str], _site: Site) -> Element:
    if said:
        raise OaiError("badResumptionToken", "The sets are one page.")
    root = Element(f"{{{OAI}}}ListSets")
    for name in SETS:
        one = _add(root, "set")
        _add(one, "setSpec", name)
        _add(one, "setName", name.capitalize())
    return root


def _record(said: Mapping[str, str], site: Site) -> Element:
    written = _format(said["metadataPrefix"])
    root = Element(f"{{{OAI}}}GetRecord")
    _add_record(root, _record_named(said["identifier"], site), written, site)
    return root


def _identifiers(said: Mapping[str, str], site: Site) -> Element:
    asked, found = _page(said, site)
    root = Element(f"{{{OAI}}}ListIdentifiers")
    for told in found[:PER_PAGE]:
        _add_header(root, told, site)
    _add_token(root, asked, found)
    return root


def _records(said: Mapping[str, str], site: Site) -> Element:
    asked, found = _page(said, site)
    written = _format(asked.prefix)
    root = Element(f"{{{OAI}}}ListRecords")
    for told in found[:PER_PAGE]:
        _add_record(root, told, written, site)
    _add_token(root, asked, found)
    return root


ANSWERS: dict[str, Callable[[Mapping[str, str], Site], Element]] = {
    "Identify": _identify,
    "ListMetadataFormats": _formats,
    "ListSets": _sets,
    "GetRecord": _record,
    "ListIdentifiers": _identifiers,
    "ListRecords": _records,
}


def _page(said: Mapping[str, str], site: Site) -> tuple[Listed, Sequence[Described]]:
    token = said.get("resumptionToken")
    asked = _listed(said) if token is None else _resumed(token)
    found = changed(asked.window, site=site.url, after=asked.after, most=PER_PAGE + 1)
    if not found:
        raise OaiError("noRecordsMatch", "Nothing changed in that time.")
    return asked, found


def _listed(said: Mapping[str, str]) -> Listed:
    _format(said["metadataPrefix"])
    kind = None
    if "set" in said:
        if said["set"] not in SETS:
            raise OaiError("noRecordsMatch", f"The sets are {', '.join(SETS)}.")
        kind = SETS[said["set"]]
    since, until = _moment(said.get("from")), _moment(said.get("until"))
    if since and until and len(said["from"]) != len(said["until"]):
        raise OaiError("badArgument", "Write from and until alike.")
    if since and until and since > until:
        raise OaiError("badArgument", "from is later than until.")
    return Listed(
        said["metadataPrefix"], Window(kind, since, _after(said.get("until")))
    )


def _after(said: str | None) -> datetime | None:
    """Return the first moment past an `until`, which means all of its day or second."""
    until = _moment(said)
    if until is None or until.year == MAXYEAR:
        return None
    is_day = DAY.fullmatch(said or "") is not None
    return until + (timedelta(days=1) if is_day else timedelta(seconds=1))


def _moment(said: str | None) -> datetime | None:
    if said is None:
        return None
    try:
        if DAY.fullmatch(said) or SECOND.fullmatch(said):
            return datetime.fromisoformat(said).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise OaiError("badArgument", "Write dates as 2025-03-30 or 2025-03-30T12:00:00Z.")


def _format(prefix: str) -> Callable[[Described], Element]:
    if prefix not in FORMATS:
        raise OaiError("cannotDisseminateFormat", f"There are {', '.join(FORMATS)}.")
    return FORMATS[prefix].written


def _record_named(identifier: str, site: Site) -> Described:
    try:
        found = record_of(UUID(identifier.rpartition(":")[2]), site=site.url)
    except ValueError:
        found = None
    if found is None or site.key(found.repository.pk) != identifier:
        raise OaiError("idDoesNotExist", "There is no such record.")
    return found


def _add_record(
    root: Element, told: Described, written: Callable[[Described], Element], site: Site
) -> None:
    record = _add(root, "record")
    _add_header(record, told, site)
    _add(record, "metadata").append(written(told))


def _add_header(root: Element, told: Described, site: Site) -> None:
    header = _add(root, "header")
    _add(header, "identifier", site.key(told.repository.pk))
    _add(header, "datestamp", _stamp(told.repository.updated_at))
    _add(header, "setSpec", told.repository.plural)


def _add_token(root: Element, asked: Listed, found: Sequence[Described]) -> None:
    """Say where the list goes on; at the end of one that went on, say that it ends."""
    if len(found) > PER_PAGE:
        last = found[PER_PAGE - 1].repository
        _add(root, "resumptionToken", _token(asked, Place(last.updated_at, last.pk)))
    elif asked.after is not None:
        _add(root, "resumptionToken")


def _token(asked: Listed, after: Place) -> str:
    window = asked.window
    said = [
        asked.prefix,
        window.kind or "",
        window.since.isoformat() if window.since else "",
        window.before.isoformat() if window.before else "",
        after.at.isoformat(),
        str(after.id),
    ]
    return signing.dumps(said, salt=SALT)


def _resumed(token: str) -> Listed:
    try:
        prefix, kind, since, before, at, key = signing.loads(token, salt=SALT)
    except signing.BadSignature as fault:
        raise OaiError("badResumptionToken", "Begin the list anew.") from fault
    window = Window(Kind(kind) if kind else None)
    window = replace(
        window,
        since=datetime.fromisoformat(since) if since else None,
        before=datetime.fromisoformat(before) if before else None,
    )
    return Listed(prefix, window, Place(datetime.fromisoformat(at), UUID(key)))


def _echo(request: Element, query: QueryDict) -> None:
    for name, said in query.items():
        request.set(name, plain(str(said)))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _add(parent: Element, name: str, text: str | None = None) -> Element:
    found = SubElement(parent, f"{{{OAI}}}{name}")
    found.text = text
    return found
