"""What a project begins from: a table or zip of a dataset, or its folder of pictures."""

from datetime import datetime

from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.catalog.changes import AddFile
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import Kind, Repository, Visibility
from marketplace.catalog.services import commit_files, create_repository
from marketplace.kit.errors import Malformed
from marketplace.storage.models import Blob
from training.cutting import FORMS, MOST_SAMPLED_BYTES, MOST_TABLE_BYTES, form_of
from training.learning import holds_pictures
from training.reports.folders import listed

LONGEST_NAME = 80
SPREADSHEETS = frozenset({"xlsx", "xlsm", "xls", "ods", "numbers"})


def source_of(
    actor: User, *, dataset: Repository, path: str, asked_at: datetime
) -> Blob:
    """Return what is learnt from: the file itself, or a list of what is in a folder.

    Raises:
        Http404, AccessRefused, NoSuchFile: see `release_file`.
        Malformed: it is of no kind that can be learnt from, or too large.
    """
    if path.endswith("/"):
        folder = path.strip("/")
        return listed(actor, dataset=dataset, folder=folder, field="path", at=asked_at)
    if not form_of(path) and not holds_pictures(path):
        told = ", ".join((*FORMS, "zip"))
        raise Malformed(
            gettext("path: choose a folder, or a file that ends in %(told)s.")
            % {"told": told}
        )
    entry = release_file(actor, repository=dataset, path=path, at=asked_at)
    most = MOST_SAMPLED_BYTES if form_of(path) else MOST_TABLE_BYTES
    if entry.blob is None or entry.size_bytes > most:
        raise _too_large(entry.size_bytes, most)
    return entry.blob


def _too_large(size_bytes: int, most_bytes: int) -> Malformed:
    return Malformed(
        gettext(
            "path: it takes %(value)s MiB, and at most %(value_2)s MiB can be learnt "
            "from here. Keep fewer rows or columns, write tables as Parquet, or make "
            "pictures smaller."
        )
        % {"value": f"{size_bytes / 2**20:,.0f}", "value_2": f"{most_bytes // 2**20:,}"}
    )


def dataset_from(actor: User, *, filename: str, blob: Blob, at: datetime) -> Repository:
    """Make a private dataset of a file that a person dropped.

    Raises:
        Malformed: it is of no kind that can be learnt from.
        QuotaExceeded: see `commit_files`.
    """
    stem, _, ending = filename.rpartition(".")
    if ending.lower() in SPREADSHEETS:
        raise Malformed(
            gettext(
                "file: save this spreadsheet as CSV (UTF-8), one sheet with a name above "
                "each column, and choose that file."
            )
        )
    if not form_of(filename) and not filename.lower().endswith(".zip"):
        told = ", ".join((*FORMS, "zip"))
        raise Malformed(
            gettext("file: choose one that ends in %(told)s.") % {"told": told}
        )
    made = create_repository(
        actor,
        namespace=actor.namespace,
        name=_free_name(actor.namespace, stem),
        kind=Kind.DATASET,
        visibility=Visibility.PRIVATE,
        licence_id="",
        title=stem[:200],
        summary="Dropped in the studio",
        created_at=at,
    )
    commit_files(
        actor,
        repository=made,
        changes=[AddFile(filename, blob)],
        message="Add the file dropped in the studio",
        committed_at=at,
    )
    return made


def _free_name(namespace: Namespace, stem: str) -> str:
    """Return a name that no dataset of the namespace has: `rows`, `rows-2`, `rows-3`."""
    plain = "".join(
        one if one.isascii() and one.isalnum() else "-" for one in stem.lower()
    )
    base = "-".join(part for part in plain.split("-") if part)[:LONGEST_NAME] or "data"
    base = base.rstrip("-")
    taken = {
        name.lower()
        for name in Repository.objects.filter(
            namespace=namespace, kind=Kind.DATASET, name__istartswith=base
        ).values_list("name", flat=True)
    }
    number = 1
    while (name := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return name
