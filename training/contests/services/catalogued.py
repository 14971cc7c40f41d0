"""A file of the catalogue that is handed in, at a version that never changes."""

import re
from datetime import datetime
from typing import NamedTuple

from django.http import Http404

from marketplace.accounts.models import User
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import Kind
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.queries import commit_at, find_repository
from marketplace.kit.errors import Malformed
from marketplace.storage.models import Blob

ADDRESS = re.compile(
    r"(?P<kind>datasets/|models/)?(?P<namespace>[^/@:\s]{1,96})/(?P<name>[^/@:\s]{1,96})"
    r"(@(?P<revision>[^:\s]{1,100}))?:(?P<path>[^\0]{1,1024})"
)


class CataloguedFile(NamedTuple):
    """A file with what to note of where it is from."""

    blob: Blob
    filename: str
    origin: str


def catalogued_file(actor: User, *, address: str, at: datetime) -> CataloguedFile:
    """Return a file of the catalogue that `actor` may take, to hand it in.

    It counts as taken, as a download does.

    Args:
        actor: who hands it in.
        address: `owner/name:path` or `owner/name@revision:path`, of a model; with
            `datasets/` before it, of a dataset.
        at: now.

    Raises:
        Malformed: this is no address, or nothing is there that they may know of.
        RevisionNotFound, NoSuchFile, TakenDown, AccessRefused: see `release_file`.
    """
    said = ADDRESS.fullmatch(address.strip())
    if said is None:
        raise Malformed(
            "catalogued: write owner/name:path or owner/name@revision:path, such as "
            "ada/birds@v2:model.onnx."
        )
    try:
        repository = find_repository(
            actor,
            kind=Kind.DATASET if said["kind"] == "datasets/" else Kind.MODEL,
            namespace=said["namespace"],
            name=said["name"],
            follow=True,
        )
    except Http404 as absence:
        raise Malformed(
            f"catalogued: there is no {said['namespace']}/{said['name']}, or it is not "
            "shared with you."
        ) from absence
    commit = commit_at(repository, said["revision"] or MAIN)
    entry = release_file(
        actor, repository=repository, revision=commit, path=said["path"], at=at
    )
    origin = f"{repository}@{commit.oid[:10]}"
    return CataloguedFile(entry.content, entry.name, origin)
