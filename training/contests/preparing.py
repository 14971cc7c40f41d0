"""Works on drafts of contests: looks at the table, cuts it. Only workers import this.

The row is the queue: whoever sets `begun_at` has it, and one whose worker was lost is
begun again. A step is done over from its start and writes all it found at once.
"""

import io
import uuid
from datetime import datetime, timedelta

from django.db.models import F, Q

from marketplace.storage.models import Blob
from marketplace.storage.queries import local_copy
from marketplace.storage.services import store_stream
from training.contests.evaluations import Worker
from training.contests.models import AT_WORK, ContestDraft, DraftState
from training.cutting import form_of
from training.jobs import SubmissionFailed
from training.runner import Risk, choose_sandbox
from training.runner.cutting import LIMITS, cut, look_at
from training.runner.sandbox.spec import Sandbox

LOST_AFTER = timedelta(minutes=8)  # longer than a step may take
MOST_TRIES = 3
AT_ONCE = 5
GIVEN_UP = (
    "Its worker stopped answering on every attempt. The table may be too large for the "
    "worker's memory; try a smaller one, or tell the operator."
)


def prepare_waiting(*, worker: Worker) -> int:
    """Do the next step of the drafts that wait; return of how many."""
    now = worker.clock()
    waiting = ContestDraft.objects.filter(_is_due(now)).order_by("asked_at", "id")
    keys = list(waiting.values_list("pk", flat=True)[:AT_ONCE])
    return sum(prepare(key, worker=worker) for key in keys)


def prepare(key: uuid.UUID, *, worker: Worker) -> bool:
    """Do the next step of one draft, unless another worker does; say whether it was done.

    No transaction is held while the table is read.
    """
    begun_at = worker.clock()
    row = ContestDraft.objects.filter(pk=key)
    if not row.filter(_is_due(begun_at)).update(
        begun_at=begun_at, tries=F("tries") + 1
    ):
        return False
    draft = row.get()
    try:
        found = _step(draft, worker) if draft.tries <= MOST_TRIES else _failed(GIVEN_UP)
    except SubmissionFailed as fault:
        found = _failed(fault.message)
    is_ours = row.filter(begun_at=begun_at, state=draft.state)
    return bool(is_ours.update(begun_at=None, **found))


def _is_due(now: datetime) -> Q:
    is_free = Q(begun_at=None) | Q(begun_at__lt=now - LOST_AFTER)
    return is_free & Q(state__in=AT_WORK)


def _step(draft: ContestDraft, worker: Worker) -> dict[str, object]:
    sandbox = choose_sandbox(
        risk=Risk.TABLES,
        allow_unsandboxed=worker.allow_unsandboxed,
        python=worker.python,
        containers=worker.containers,
    )
    if draft.state == DraftState.LOOKING:
        with local_copy(draft.table_id) as table:
            facts = look_at(table, form=form_of(draft.path), sandbox=sandbox)
        return {"state": DraftState.CHOOSING, "facts": facts.as_json()}
    return _cut(draft, sandbox, at=worker.clock())


def _cut(draft: ContestDraft, sandbox: Sandbox, *, at: datetime) -> dict[str, object]:
    plan = draft.cut_plan
    if plan is None:
        raise ValueError(f"draft {draft.pk} is to be cut and has no plan")
    with local_copy(draft.table_id) as table:
        made = cut(table, form=form_of(draft.path), plan=plan, sandbox=sandbox)
    files = {"training": made.training, "inputs": made.inputs, "truth": made.truth}
    kept = {name: _kept(content, at=at) for name, content in files.items()}
    return {"state": DraftState.READY, "cut_facts": made.facts.as_json(), **kept}


def _kept(content: bytes, *, at: datetime) -> Blob:
    return store_stream(
        io.BytesIO(content), stored_at=at, limit_bytes=LIMITS.output_bytes
    )


def _failed(why: str) -> dict[str, object]:
    return {"state": DraftState.FAILED, "fault": why[:2000]}
