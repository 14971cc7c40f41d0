"""A person publishes a kept model as a repository, with where it comes from."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from licensing.models import Origin, Relation, Work
from licensing.services import record_derivation, register_outside
from marketplace.accounts.models import Namespace, User
from marketplace.catalog.changes import AddFile
from marketplace.catalog.models import Kind, Repository, Visibility
from marketplace.catalog.services import commit_files, create_repository
from marketplace.kit.audit import record_act
from marketplace.storage.queries import open_blob
from marketplace.storage.services import store_bytes
from training.backbones import BackboneWord
from training.studio.cards import card_of
from training.studio.models import Project
from training.studio.placed import built_on, terms_of
from training.studio.reporting import attach_to, files_on
from training.studio.services.keeping import NotTrained
from training.studio.services.projects import held_by

AS_IT_WAS = "It is as it was; what it makes of each input is learnt from."
TUNED_BY = "Its weights learnt from the texts, too; what it makes of each is weighed."


@dataclass(frozen=True, slots=True)
class Publication:
    """What the repository is to be: see `create_repository`."""

    namespace: Namespace
    name: str
    title: str
    licence_id: str = ""
    visibility: Visibility = Visibility.PRIVATE


def publish_model(
    actor: User, *, project: Project, publication: Publication, at: datetime
) -> Repository:
    """Make a model repository of the kept model, its `predict.py`, card and lineage.

    The card names the dataset it was trained on, so that the catalogue records where it
    comes from and judges the licence by it. A placed model that it is built on is recorded
    as a source, too, so that every licence and offer of it is judged by that one's.

    Raises:
        PermissionDenied: it is another's, or `actor` may not write in the namespace.
        AtWork: a worker has it.
        NotTrained: no model is kept yet.
        NameTaken, BadName, LicenceConflict, DecisionNeeded: see `create_repository` and
            `commit_files`.
    """
    with transaction.atomic():
        held = held_by(actor, project)
        plan = held.learning_plan
        if held.bundle_id is None or plan is None:
            raise NotTrained(gettext("Keep a model first; that one is published."))
        repository = create_repository(
            actor,
            namespace=publication.namespace,
            name=publication.name,
            kind=Kind.MODEL,
            visibility=publication.visibility,
            licence_id="",
            title=publication.title,
            summary=f"Predicts {plan.target}"[:200],
            created_at=at,
        )
        if word := built_on(held):
            _record_source(actor, repository.work, word, at=at)
        card = card_of(held, publication.title, licence_id=publication.licence_id)
        files = {
            **dict(_files(held.bundle_id)),
            **files_on(held),
            "README.md": card.encode(),
        }
        commit = commit_files(
            actor,
            repository=repository,
            changes=[
                AddFile(name, store_bytes(content, stored_at=at))
                for name, content in files.items()
            ],
            message="Add the model trained in the studio",
            committed_at=at,
        )
        attach_to(held, repository, revision=commit.oid)
        held.published = repository
        held.save(update_fields=["published"])
        record_act(actor, "publish_model", held, at=at, into=str(repository.pk))
    return repository


def _record_source(
    actor: User, work: Work, word: BackboneWord, *, at: datetime
) -> None:
    """Have a placed model's licence judged wherever what is built on it is given out.

    A bundle holds it as it was, or fine-tuned; where its licence forbids that, what it
    made of the rows is all that is given on.
    """
    source = register_outside(
        actor,
        key=word.tuned_from or word.sha256,
        title=word.name,
        source=word.source,
        licence_id=word.licence,
        at=at,
    )
    relation, changes = Relation.GENERATE, AS_IT_WAS
    if word.tuned_from:
        relation, changes = Relation.FINE_TUNE, TUNED_BY
    elif terms_of(word).may_be_passed_on:
        relation = Relation.COLLECT
    record_derivation(
        actor,
        work=work,
        source=source,
        relation=relation,
        changes=changes,
        recorded_at=at,
        origin=Origin.TRAINING,
    )


def _files(bundle_id: str) -> Iterator[tuple[str, bytes]]:
    with open_blob(bundle_id) as file, zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)
