"""A submission's visits to the sites that hold the labels, one after the other.

Its one run waits in turn for each site's worker, so a lease fences every visit as it
does any scoring. What a site brings is kept at once; the last one's visit joins it all.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from marketplace.storage.models import Blob
from marketplace.storage.queries import open_blob
from marketplace.storage.services import store_bytes
from training.contests.manifests import SitePlan, sites_in
from training.contests.merging import Part, merged
from training.contests.models import (
    Attempt,
    BoardRow,
    Contest,
    ContestSite,
    SiteResult,
)
from training.contests.results import record_outcome
from training.contests.rounding import told_coarsely
from training.jobs import Outcome
from training.leaderboards.columns import Number
from training.runs import leases
from training.runs.leases import Lease
from training.runs.models import BroughtWorker


@dataclass(frozen=True, slots=True)
class SiteScore:
    """What the board shows of one site's scoring: the metric that ranks, and who."""

    site: str
    worker: str
    row_count: int
    value: float
    low: float
    high: float


def site_of(worker: BroughtWorker) -> ContestSite | None:
    """Return the site at which a worker stands, if it stands at one."""
    found = ContestSite.objects.filter(workers__worker=worker)
    return found.select_related("contest").first()


def plan_of(site: ContestSite, attempt: Attempt) -> SitePlan:
    """Return what is told of a site's labels for one attempt."""
    return sites_in(attempt.truth_id)[site.number - 1]


def unvisited(site: ContestSite) -> Q:
    """Match runs of attempts that have not been at a site."""
    been = SiteResult.objects.filter(site=site, attempt__run=OuterRef("pk"))
    return ~Q(Exists(been))


def record_visit(
    lease: Lease,
    *,
    attempt: Attempt,
    site: ContestSite,
    worker: BroughtWorker,
    outcome: Outcome,
    now: datetime,
) -> bool:
    """Keep what a site brought; send the submission on, or score it if this was the last.

    Args:
        lease: the worker's.
        attempt: of the leased run.
        site: where the worker stands; the attempt was not there before.
        worker: who brings it.
        outcome: checked; without losses if they stay at the site.
        now: when.

    Returns:
        False if another worker has the run: then nothing was written.
    """
    plans = sites_in(attempt.truth_id)
    before = list(
        SiteResult.objects.filter(attempt=attempt).select_related("site", "losses")
    )
    losses = store_bytes(outcome.losses, stored_at=now) if outcome.losses else None
    visit = SiteResult(
        attempt=attempt,
        site=site,
        worker=worker,
        row_count=plans[site.number - 1].row_count,
        private_count=plans[site.number - 1].private_count,
        outcome=outcome.as_json(),
        losses=losses,
        brought_at=now,
    )
    all_results = sorted([*before, visit], key=lambda each: each.site.number)
    if len(all_results) < len(plans):
        with transaction.atomic():
            if not leases.pass_on(lease, now=now):
                return leases.cancel(lease, now=now)
            visit.save(force_insert=True)
        return True
    joined = outcome if len(plans) == 1 else merged([_part(one) for one in all_results])
    if joined.losses:
        store_bytes(joined.losses, stored_at=now)  # outside of the transaction
    hints = dict.fromkeys(each.worker.hint for each in all_results)
    with transaction.atomic():
        is_ours = record_outcome(
            lease,
            attempt=attempt,
            outcome=joined,
            log_tail=[],
            now=now,
            software={"worker": f"brought, {', '.join(hints)}"},
        )
        if is_ours:
            visit.save(force_insert=True)
    return is_ours


def _part(result: SiteResult) -> Part:
    return Part(
        Outcome.from_json(result.outcome),
        public_count=result.row_count - result.private_count,
        private_count=result.private_count,
        losses=_bytes_of(result.losses),
    )


def _bytes_of(blob: Blob | None) -> bytes:
    if blob is None:
        return b""
    with open_blob(blob.pk) as kept:
        return kept.read()


def scores_at_sites(
    contest: Contest, attempts: Collection[UUID], *, is_exact: Collection[UUID] = ()
) -> dict[UUID, list[SiteScore]]:
    """Return what each site said of some attempts, of the metric that ranks.

    Args:
        contest: whose board decides how coarse that is until the release.
        attempts: those whose public score may be told.
        is_exact: those of them of which the exact score is told.
    """
    results = (
        SiteResult.objects.filter(attempt__in=attempts)
        .select_related("site", "worker")
        .order_by("attempt", "site__number")
    )
    is_open = not contest.is_guarded or contest.released_at is not None
    found: dict[UUID, list[SiteScore]] = {}
    for result in results:
        told = next(
            each for each in result.outcome["metrics"] if each["name"] == contest.metric
        )
        shown = Number(told["value"], told["low"], told["high"])
        if not is_open and result.attempt_id not in is_exact:
            shown = told_coarsely(contest.metric, shown.value, shown.low, shown.high)
        score = SiteScore(
            result.site.name,
            result.worker.hint,
            result.row_count,
            shown.value,
            shown.low,
            shown.high,
        )
        found.setdefault(result.attempt_id, []).append(score)
    return found


def board_at_sites(
    contest: Contest, rows: Sequence[BoardRow]
) -> list[tuple[BoardRow, list[SiteScore]]]:
    """Return rows of a federated contest's board with what each site said of them."""
    told = scores_at_sites(
        contest,
        [row.attempt_id for row in rows],
        is_exact=[row.attempt_id for row in rows if row.is_baseline],
    )
    return [(row, told.get(row.attempt_id, [])) for row in rows]
