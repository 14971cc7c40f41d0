"""What a card says its repository was made from, as far as that is here."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from licensing.lineage import Proposed
from licensing.models import Derivation, Origin, Relation, Work
from licensing.permissions import require_writes_for
from licensing.services import record_derivation, withdraw_derivation
from marketplace.accounts.models import User
from marketplace.catalog.cards import README, Card
from marketplace.catalog.models import Kind, Readme, Repository, RepositoryAlias
from marketplace.catalog.permissions import visible_to
from marketplace.catalog.tags import relation_to_base, words_in
from marketplace.kit.errors import DomainError

OF_BASES = {
    "adapter": Relation.FINE_TUNE,
    "finetune": Relation.FINE_TUNE,
    "merge": Relation.MERGE,
    "quantized": Relation.ADAPT,
}
EXTENDED = "extended|"  # as cards of datasets write it before an address
CHANGES = "As {key} in the card says."


class SourceNamed(DomainError):
    code = "source_named"


@dataclass(frozen=True, slots=True)
class Named:
    """A source as a card names it: under which key, of which kind, at which address."""

    key: str
    kind: Kind
    namespace: str
    name: str
    relation: Relation


def record_sources(
    actor: User, repository: Repository, card: Card, *, at: datetime
) -> None:
    """Record the works that a card names as its sources.

    A model comes from its `base_model`, as `base_model_relation` says, and is trained on
    its `datasets`; a dataset is adapted from its `source_datasets`. What is not here, or
    not for `actor` to know of, is words and no more. What is recorded already stays as
    its owners told it.

    Raises:
        PermissionDenied: `actor` may not say so for the owner.
        LineageRefused: it would be made from itself.
        LicenceConflict: a source's licence forbids the work's licence or an offer.
        DecisionNeeded: a source leaves it open; the message says where to decide.

    Cost: nothing where a card names none; else two queries, and more for what is new.
    """
    new = _new_sources(actor, repository, card)
    beside = [Proposed(source.work, one.relation) for source, one in new]
    for source, one in new:
        _record(actor, repository, source, one, beside=beside, at=at)


def sources_to_record(
    actor: User, repository: Repository, card: Card
) -> list[Proposed]:
    """Return what `record_sources` would record."""
    new = _new_sources(actor, repository, card)
    return [Proposed(source.work, one.relation) for source, one in new]


@transaction.atomic
def withdraw_source(
    actor: User, *, derivation: Derivation, reason: str, withdrawn_at: datetime
) -> None:
    """Take back a source of a work, unless the card of its repository still names it.

    Raises:
        SourceNamed: the card does; the message says which line.
        What `licensing.services.withdraw_derivation` does.
    """
    require_writes_for(actor, derivation.work.owner)
    rows = Repository.objects.filter(work=derivation.work, deleted_at__isnull=True)
    repository = rows.select_for_update(of=("self",), no_key=True).first()
    if repository is not None:
        _refuse_named(repository, derivation.source)
    withdraw_derivation(
        actor, derivation=derivation, reason=reason, withdrawn_at=withdrawn_at
    )


def _refuse_named(repository: Repository, source: Work) -> None:
    """Return unless the card names a source, by its address of now or a former one."""
    readme = Readme.objects.filter(pk=repository.pk).first()
    named = list(_named(readme.card if readme else {}, Kind(repository.kind)))
    if not named:
        return
    now = Repository.objects.filter(work=source)
    former = RepositoryAlias.objects.filter(repository__work=source)
    place = ("kind", "namespace__name", "name")
    places = {
        (kind, namespace.lower(), name.lower())
        for kind, namespace, name in (
            *now.values_list(*place),
            *former.values_list(*place),
        )
    }
    for one in named:
        if (one.kind, one.namespace.lower(), one.name.lower()) in places:
            raise SourceNamed(
                gettext(
                    "%(readme)s still names %(namespace)s/%(one_name)s under "
                    "%(key)s. Take that line out first."
                )
                % {
                    "readme": README,
                    "namespace": one.namespace,
                    "one_name": one.name,
                    "key": one.key,
                }
            )


def _new_sources(
    actor: User, repository: Repository, card: Card
) -> list[tuple[Repository, Named]]:
    named = {
        (each.kind, each.namespace, each.name): each
        for each in _named(card.data, Kind(repository.kind))
    }
    if not named:
        return []
    places = (
        Q(kind=kind, namespace__name=namespace, name=name)
        for kind, namespace, name in named
    )
    found = visible_to(actor).filter(reduce(or_, places)).exclude(pk=repository.pk)
    told = Derivation.objects.filter(work=repository.work).values("source")
    new = found.exclude(work__in=told).select_related("namespace", "work")
    return [
        (source, named[Kind(source.kind), source.namespace.name, source.name])
        for source in new.order_by("pk")
    ]


def _named(card: Mapping[str, Any], kind: Kind) -> Iterator[Named]:
    if kind == Kind.MODEL:
        relation = OF_BASES[relation_to_base(card)]
        keys = [
            ("base_model", Kind.MODEL, relation),
            ("datasets", Kind.DATASET, Relation.TRAIN),
        ]
    else:
        keys = [("source_datasets", Kind.DATASET, Relation.ADAPT)]
    for key, source_kind, relation in keys:
        for word in words_in(card.get(key)):
            namespace, slash, name = word.removeprefix(EXTENDED).partition("/")
            if slash and "\0" not in word:
                yield Named(key, source_kind, namespace, name, relation)


def _record(
    actor: User,
    repository: Repository,
    source: Repository,
    one: Named,
    *,
    beside: Collection[Proposed],
    at: datetime,
) -> None:
    where = f"{README}, {one.key} {source}"
    try:
        record_derivation(
            actor,
            work=repository.work,
            source=source.work,
            relation=one.relation,
            changes=CHANGES.format(key=one.key),
            recorded_at=at,
            origin=Origin.CARD,
            beside=beside,
        )
    except PermissionDenied as refusal:
        raise PermissionDenied(
            f"{where}: only the owners of this work may say what it was made from. "
            "Leave that line out, or propose it as a pull request."
        ) from refusal
    except DomainError as refusal:
        raise type(refusal)(f"{where}: {refusal}", **refusal.extra) from refusal
