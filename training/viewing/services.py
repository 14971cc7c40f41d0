"""Asks for conversions, gives them to workers, and says of those that ended without one."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Sum, Window
from django.db.models.functions import RowNumber

from marketplace.catalog.models import Kind, Ref, TreeEntry
from marketplace.catalog.models.commits import MAIN
from marketplace.viewer.models import UNDER_WAY, Conversion, State
from training.runs.models import LIVE, Run, RunStatus
from training.runs.queries import live_workers
from training.runs.services import queue_run

TASK = "viewing.convert"
QUEUE = "runs"
LANE = "viewing"
HEADS_AT_ONCE = 100
CANCELLED = {
    "code": "cancelled",
    "sentence": "Reading it was cancelled. Ask for it again to have its tables.",
    "path": "",
    "line": None,
}


def look(*, at: datetime) -> int:
    """Ask for the newest versions of datasets, queue what waits; return how many.

    Any number may look at once.
    """
    settle_ended(at=at)
    ask_for_heads(at=at)
    return queue_waiting(at=at)


def ask_for_heads(*, at: datetime) -> int:
    """Ask for some of the newest versions of `main` that nobody asked for yet."""
    known = Conversion.objects.filter(commit=OuterRef("commit"))
    held = TreeEntry.objects.filter(repository=OuterRef("repository"))
    heads = Ref.objects.filter(
        ~Exists(known),
        Exists(held),
        name=MAIN,
        commit__isnull=False,
        repository__kind=Kind.DATASET,
        repository__deleted_at=None,
        repository__taken_down_at=None,
    )
    asked = [
        Conversion(repository_id=repository, commit_id=commit, asked_at=at)
        for repository, commit in heads.order_by("pk").values_list(
            "repository", "commit"
        )[:HEADS_AT_ONCE]
    ]
    Conversion.objects.bulk_create(asked, ignore_conflicts=True)
    return len(asked)


@transaction.atomic
def queue_waiting(*, at: datetime) -> int:
    """Queue runs for conversions that have none, in turn by owner; return how many.

    No more than half of the hands are ever at this, since one may take hours.
    """
    waiting = Conversion.objects.filter(state=State.WAITING, run_id=None)
    turn = Window(
        RowNumber(), partition_by=F("repository__namespace"), order_by="asked_at"
    )
    in_turn = waiting.annotate(turn=turn).order_by("turn", "asked_at", "pk")
    chosen = list(in_turn.values_list("pk", flat=True)[: _room(at)])
    locked = waiting.select_for_update(skip_locked=True, of=("self",))
    found = list(
        locked.filter(pk__in=chosen)
        .select_related("repository__created_by")
        .order_by("pk")
    )
    for conversion in found:
        repository = conversion.repository
        run = queue_run(
            repository.created_by,
            task=TASK,
            queue=QUEUE,
            queued_at=at,
            lane=LANE,
            claimant=f"namespace:{repository.namespace_id}",
        )
        conversion.run_id = run.pk
        conversion.save(update_fields=["run_id"])
    return len(found)


def _room(at: datetime) -> int:
    seen = live_workers(now=at).filter(queues__contains=[QUEUE]).order_by()
    hands = seen.aggregate(hands=Sum("concurrency"))["hands"] or 0
    live = Run.objects.filter(task=TASK, status__in=LIVE).count()
    return max(max(hands // 2, 1) - live, 0)


def settle_ended(*, at: datetime) -> int:
    """Say why of conversions whose run ended without saying so; return how many.

    As when it was cancelled while it waited, or lost its worker each time.
    """
    under_way = Conversion.objects.filter(state__in=UNDER_WAY, run_id__isnull=False)
    ended = Run.objects.filter(pk__in=under_way.values("run_id")).exclude(
        status__in=LIVE
    )
    told = 0
    for run in ended:
        cause = CANCELLED
        if run.status != RunStatus.CANCELLED:
            code, sentence = run.failure_code, run.failure_message
            cause = {"code": code, "sentence": sentence, "path": "", "line": None}
        told += under_way.filter(run_id=run.pk).update(
            state=State.FAILED, cause=cause, ended_at=at
        )
    return told


def note_progress(conversion: Conversion, *, done_bytes: int) -> None:
    """Say how many bytes are read; never more than there are."""
    Conversion.objects.filter(
        Q(total_bytes__gte=done_bytes), pk=conversion.pk, state=State.RUNNING
    ).update(done_bytes=done_bytes)
