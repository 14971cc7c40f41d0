"""The obligations bundle of a repository's version, as a ZIP that is sent while written.

The same version, obligations and reader give the same bytes: members have one time and
one order.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime

from prov.model import ProvDocument

from licensing import bundle
from licensing.obligations import Obligations, obligations_of
from licensing.provenance import Form, document_of, written
from licensing.queries import ownership_of
from marketplace.catalog.citation import CITATION, citation_cff
from marketplace.catalog.described import Described
from marketplace.catalog.downloads import AccessRefused, require_access
from marketplace.catalog.permissions import AnyUser
from marketplace.catalog.queries import entry_at
from marketplace.storage.queries import BlobUnavailable, open_blob

MOST_CITATION_BYTES = 2**20
BEGINNING = (1980, 1, 1, 0, 0, 0)  # no member of a ZIP is older
PROVENANCE = {
    "provenance.json": Form.JSON,
    "provenance.provn": Form.NOTATION,
    "provenance.jsonld": Form.JSON_LD,
}


def bundle_of(user: AnyUser, told: Described, *, at: datetime) -> Iterator[bytes]:
    """Return the ZIP's bytes, piece by piece; everything is read before the first.

    Args:
        user: who asks, and may see the repository.
        told: the version, as they may know it.
        at: now.
    """
    return zipped(list(_files(user, told, at=at)))


def citation_of(user: AnyUser, told: Described, *, at: datetime) -> str:
    """Return the version's own CITATION.cff to who may take it, else one made here."""
    own = entry_at(told.repository, revision=told.commit, path=CITATION)
    if own is None or not own.is_file or own.size_bytes > MOST_CITATION_BYTES:
        return citation_cff(told.cited)
    try:
        require_access(user, repository=told.repository, at=at)
        with open_blob(own.content.pk) as file:
            return file.read().decode()
    except (AccessRefused, BlobUnavailable, UnicodeDecodeError):
        return citation_cff(told.cited)


def provenance_of(user: AnyUser, told: Described, form: Form) -> str:
    """Return where the version comes from, as W3C PROV, as far as `user` may know it."""
    return written(_document(user, told, obligations_of(told.work, user=user)), form)


def zipped(files: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """Yield a ZIP of texts by path, as it grows."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files:
            member = zipfile.ZipInfo(path, date_time=BEGINNING)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, text)
            yield sink.taken()
    yield sink.taken()


def _files(
    user: AnyUser, told: Described, *, at: datetime
) -> Iterator[tuple[str, str]]:
    found = obligations_of(told.work, user=user)
    version = {
        "repository": told.url,
        "revision": told.commit.oid,
        "version": told.cited.version,
    }
    yield "version.json", bundle.as_json(version)
    yield from bundle.files_of(found, site=told.site)
    document = _document(user, told, found)
    for path, form in PROVENANCE.items():
        yield path, written(document, form)
    yield CITATION, citation_of(user, told, at=at)


def _document(user: AnyUser, told: Described, found: Obligations) -> ProvDocument:
    return document_of(
        told.work,
        edges=found.edges,
        made=ownership_of(told.work, user=user).contributions,
        site=told.site,
        revision=told.commit.oid,
    )


class _Sink(io.RawIOBase):
    """What is written, until it is taken; nobody can go back in it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # what zipfile gives
        self.kept += data
        return len(data)

    def taken(self) -> bytes:
        data = bytes(self.kept)
        self.kept.clear()
        return data
