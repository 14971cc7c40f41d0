"""A person publishes what a run left as a repository, with where it comes from."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from licensing.queries import book_seen_by
from licensing.terms import Outlet, Stance, adapt, train
from marketplace.accounts.models import Namespace, User
from marketplace.catalog.changes import AddFile
from marketplace.catalog.models import Kind, Repository, Visibility
from marketplace.catalog.services import commit_files, create_repository
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from marketplace.storage.services import store_bytes
from training.notebooks.cards import card_of, provenance_of
from training.notebooks.models import Execution
from training.notebooks.permissions import require_owner

CARD, PROVENANCE, NOTEBOOK = "README.md", "run.json", "notebook.ipynb"


class NothingToPublish(DomainError):
    code = "nothing_to_publish"


@dataclass(frozen=True, slots=True)
class Publication:
    """What the repository is to be: see `create_repository`."""

    namespace: Namespace
    name: str
    title: str
    kind: Kind
    licence_id: str = ""
    visibility: Visibility = Visibility.PRIVATE
    has_notebook: bool = False


def publish_output(
    actor: User, *, execution: Execution, publication: Publication, at: datetime
) -> Repository:
    """Make a dataset or model repository of a run's files, its card and lineage.

    The card names the datasets that were read, so that the catalogue records where it
    comes from and judges the licence by theirs. `README.md` and `run.json` are ours; files
    of the run by these names are left out.

    Raises:
        PermissionDenied: it is another's, or `actor` may not write in the namespace.
        NothingToPublish: it is not over, or left no file.
        NameTaken, BadName, LicenceConflict, DecisionNeeded: see `create_repository` and
            `commit_files`.
    """
    require_owner(actor, execution.job)
    files = {each.path: each.blob for each in execution.files.select_related("blob")}
    if execution.run.is_live or not files:
        raise NothingToPublish(
            gettext(
                "There is no file to publish. What a run writes to /out is kept once it is "
                "over."
            )
        )
    title = publication.title or publication.name
    card = card_of(
        execution, title, kind=publication.kind, licence_id=publication.licence_id
    )
    if publication.has_notebook and execution.notebook is not None:
        files[NOTEBOOK] = execution.notebook
    with transaction.atomic():
        files[CARD] = store_bytes(card.encode(), stored_at=at)
        files[PROVENANCE] = store_bytes(provenance_of(execution), stored_at=at)
        repository = create_repository(
            actor,
            namespace=publication.namespace,
            name=publication.name,
            kind=publication.kind,
            visibility=publication.visibility,
            licence_id="",
            title=title,
            created_at=at,
        )
        commit_files(
            actor,
            repository=repository,
            changes=[AddFile(path, blob) for path, blob in files.items()],
            message=f"Add what run {execution.number} of a job made",
            committed_at=at,
        )
        Execution.objects.filter(pk=execution.pk).update(published=repository)
        record_act(
            actor,
            "publish_output",
            execution.job,
            at=at,
            number=execution.number,
            into=str(repository.pk),
        )
    return repository


def proposed_licence(actor: User, execution: Execution, *, kind: Kind) -> str:
    """Return a licence of the data that what was made of them all may bear, or "".

    Cost: two queries.
    """
    read = execution.inputs.filter(dataset__isnull=False)
    licences = sorted(
        {each or "" for each in read.values_list("dataset__work__licence", flat=True)}
    )
    if not licences or "" in licences:
        return ""
    book = book_seen_by(actor, licences)
    judged = train if kind == Kind.MODEL else adapt
    for licence in licences:
        verdict = judged(licences, out=Outlet(licence), book=book)
        if verdict.stance <= Stance.OBLIGATIONS:
            return licence
    return ""
