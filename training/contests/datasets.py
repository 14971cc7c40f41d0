"""What a contest may take from a dataset: its tables, and what its licence lets share."""

from dataclasses import dataclass
from functools import reduce

from licensing import lineage
from licensing.permissions import AnyUser, parties_of
from licensing.queries import book_seen_by
from licensing.terms import ALLOW, Outlet, Stance, Verdict, adapt, train, unread
from marketplace.accounts.models import User
from marketplace.accounts.queries import writable_namespaces
from marketplace.catalog.models import Kind, Repository, TreeEntry
from marketplace.catalog.queries import RevisionNotFound, files_of, visible_to
from training.cutting import FORMS, MOST_TABLE_BYTES

MOST_TABLES = 200
MOST_OWN = 50


@dataclass(frozen=True, slots=True)
class DatasetTerms:
    """Two verdicts with their clauses.

    `sharing` is of giving parts of the dataset to entrants, under its own licence;
    `training` of models that entrants train on them and give out under that licence.
    Whoever holds the rights decides the first; the clauses bind everyone else.
    """

    licence: str
    is_own: bool
    sharing: Verdict
    training: Verdict

    @property
    def forbids(self) -> bool:
        return self.sharing.stance is Stance.DENY

    @property
    def is_doubtful(self) -> bool:
        return Stance.WARN in (self.sharing.stance, self.training.stance)


def dataset_terms(actor: AnyUser, dataset: Repository) -> DatasetTerms:
    """Judge a contest on `dataset`, held by `actor`.

    Sources that the dataset was made from are judged too, whoever holds the dataset.

    Cost: nine queries at most.
    """
    work = dataset.work
    licence = work.licence_id or ""
    own = lineage.holders_of({work.pk})[work.pk]
    is_own = parties_of(actor).filter(pk__in=own).exists()
    out = Outlet(licence)
    book = book_seen_by(actor, [licence])
    from_sources = lineage.judge(work, out=out) if licence else ALLOW
    by_itself = adapt([licence], out=out, book=book) if licence else unread("")
    learnt = train([licence], out=out, book=book) if licence else unread("")
    sharing = reduce(
        Verdict.__or__, [from_sources] if is_own else [from_sources, by_itself]
    )
    return DatasetTerms(licence, is_own, sharing, learnt)


def own_datasets(user: User) -> list[Repository]:
    """Return the datasets that somebody may write to, the newest first, up to fifty."""
    own = visible_to(user).filter(
        kind=Kind.DATASET,
        deleted_at=None,
        namespace__in=writable_namespaces(user),
    )
    newest = own.select_related("namespace").order_by("-created_at", "-id")
    return list(newest[:MOST_OWN])


def tables_of(
    dataset: Repository, *, most_bytes: int = MOST_TABLE_BYTES
) -> list[TreeEntry]:
    """Return the tables of a dataset up to a size, by path.

    Without one, they are those that a contest can be cut from.
    """
    try:
        files = files_of(dataset)
    except RevisionNotFound:  # it is empty yet
        return []
    endings = r"\.(" + "|".join(FORMS) + r")$"
    small = files.filter(name__iregex=endings, size_bytes__lte=most_bytes)
    return list(small.order_by("folder", "name")[:MOST_TABLES])
