"""Somebody asks a model, and the question waits for a worker."""

import time
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.catalog.models import Repository
from marketplace.catalog.permissions import CHANGE, require
from marketplace.kit.errors import DomainError
from marketplace.kit.limits import WINDOW_SECONDS, network_of, reserve
from marketplace.metering.services import Most
from training.runs.models import LIVE
from training.runs.services import queue_run
from training.serving.asking import Asked
from training.serving.models import Prediction, Way
from training.serving.queries import (
    Called,
    called_as_drafted,
    draft_of,
    embedded,
    served_to,
)
from training.signatures import Signature

TASK, QUEUE, LANE = "serving.answer", "predictions", "serving"
MOST_AT_ONCE = 5  # of one person's, or of one model's widgets, that wait or run
PER_MINUTE, PER_MINUTE_EMBEDDED, PER_MINUTE_OF_NETWORK = 60, 60, 10
MOST_ATTEMPTS = 2
MOST = Most(cpu_seconds=60)  # as the runner's limits of an answer have it
NO_DRAFT = "Its file was not read yet. Have it read first, and see what is proposed."
Judge = Callable[[Signature], Asked]


class NoDraft(DomainError):
    """Nobody had its file read, or that has not ended well."""

    code = "no_draft"


class TooManyPredictions(DomainError):
    code = "too_many_predictions"
    status = HTTPStatus.TOO_MANY_REQUESTS


def ask(
    actor: User,
    *,
    repository: Repository,
    judge: Judge,
    way: Way,
    asked_at: datetime,
) -> Prediction:
    """Have a model answer on the account of who asks.

    Args:
        actor: may have the model's bytes.
        repository: a model, visible to `actor`.
        judge: reads what was sent by the model's signature.
        way: how they came to ask.
        asked_at: now.

    Raises:
        Http404, TakenDown, AccessRefused: see `require_access`.
        NotServed, NotCleared: nothing says how it is called, or no report clears it.
        Malformed: of `judge`.
        TooManyPredictions: they asked too often, or too much of theirs waits.
    """
    called = served_to(actor, repository=repository, at=asked_at)
    return _asked_by(actor, called, judge=judge, way=way, at=asked_at)


def ask_draft(
    actor: User,
    *,
    repository: Repository,
    judge: Judge,
    way: Way,
    asked_at: datetime,
) -> Prediction:
    """Have a model answer by the signature that its owner is about to commit.

    Args:
        actor: may change the model.
        repository: a model, visible to `actor`.
        judge: reads what was sent by the drafted signature.
        way: how they came to ask.
        asked_at: now.

    Raises:
        PermissionDenied: `actor` may not change it.
        NoDraft: nothing is drafted.
        NotServed: its file is withheld.
        Malformed: of `judge`.
        TooManyPredictions: they asked too often, or too much of theirs waits.
    """
    require(actor, CHANGE, repository)
    draft = draft_of(repository)
    if draft is None:
        raise NoDraft(NO_DRAFT)
    called = called_as_drafted(actor, draft=draft, at=asked_at)
    return _asked_by(actor, called, judge=judge, way=way, at=asked_at, is_drafted=True)


def _asked_by(
    actor: User,
    called: Called,
    *,
    judge: Judge,
    way: Way,
    at: datetime,
    is_drafted: bool = False,
) -> Prediction:
    asked = judge(called.signature)
    require_rate(f"predict:user:{actor.pk}", limit=PER_MINUTE)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)
        _require_room(Prediction.objects.filter(caller=actor))
        return _queued(
            called,
            asked,
            caller=actor,
            runs_for=actor,
            account=actor.namespace,
            way=way,
            at=at,
            is_drafted=is_drafted,
        )


def ask_embedded(
    *, repository: Repository, judge: Judge, address: str, asked_at: datetime
) -> Prediction:
    """Have a model answer a visitor of another's page, on the account of the model.

    Args:
        repository: a model whose owners let pages of others show it.
        judge: reads what was sent by the model's signature.
        address: the network address of the visitor, which is counted and not kept.
        asked_at: now.

    Raises:
        NotEmbeddable, AccessRefused, NotServed, NotCleared: see `embedded`.
        Malformed: of `judge`.
        TooManyPredictions: there, or in all, it was asked too often.
    """
    embedding, called = embedded(repository, at=asked_at)
    asked = judge(called.signature)
    network = f"predict:ip:{network_of(address)}"
    require_rate(network, limit=PER_MINUTE_OF_NETWORK)
    require_rate(f"predict:model:{repository.pk}", limit=PER_MINUTE_EMBEDDED)
    with transaction.atomic():
        Repository.objects.select_for_update(no_key=True).get(pk=repository.pk)
        _require_room(Prediction.objects.filter(repository=repository, caller=None))
        return _queued(
            called,
            asked,
            caller=None,
            runs_for=embedding.by,
            account=repository.namespace,
            way=Way.WIDGET,
            at=asked_at,
        )


def require_rate(caller: str, *, limit: int) -> None:
    """Return if somebody has not asked too often within this minute; count it.

    Raises:
        TooManyPredictions: they have.
    """
    window = int(time.time() // WINDOW_SECONDS)
    if not reserve.gives(caller, window=window, limit=limit):
        raise TooManyPredictions(
            gettext(
                "It was asked %(limit)s times within this minute. Wait a minute; "
                "rows can be sent many at once."
            )
            % {"limit": limit}
        )


def _require_room(asked: QuerySet[Prediction]) -> None:
    if asked.filter(run__status__in=LIVE).count() >= MOST_AT_ONCE:
        raise TooManyPredictions(
            gettext(
                "%(most_at_once)s questions wait for a worker already. Wait for "
                "their answers."
            )
            % {"most_at_once": MOST_AT_ONCE}
        )


def _queued(
    called: Called,
    asked: Asked,
    *,
    caller: User | None,
    runs_for: User,
    account: Namespace,
    way: Way,
    at: datetime,
    is_drafted: bool = False,
) -> Prediction:
    claimant = f"user:{runs_for.pk}" if caller else f"model:{called.repository.pk}"
    run = queue_run(
        runs_for,
        task=TASK,
        queue=QUEUE,
        queued_at=at,
        lane=LANE,
        claimant=claimant,
        max_attempts=MOST_ATTEMPTS,
        most=MOST,
        payer_id=account.pk,
    )
    return Prediction.objects.create(
        repository=called.repository,
        commit=called.commit,
        caller=caller,
        account=account,
        way=way,
        run=run,
        asked=asked.content,
        input_count=asked.count,
        is_metered=called.is_metered,
        path=called.file.path,
        target=called.signature.target,
        notes=list(asked.notes),
        shown=dict(asked.shown),
        signature=_drafted(called) if is_drafted else None,
        asked_at=at,
    )


def _drafted(called: Called) -> dict[str, Any]:
    return called.signature.as_json() | {"calibration_sha256": called.calibration}
