"""What a host's own worker is given, and what is believed of what it brings back.

It gets a plain job with addresses that live minutes. What comes back is typed, finite,
of known metrics and of sane size, or it is refused; and the lease must still be its own.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from marketplace.catalog.services.scans import UnsafeFile, require_harmless
from marketplace.storage.delivery import signed_url
from marketplace.storage.models import Blob
from training.contests.brought_losses import ResultRefused, losses_told
from training.contests.brought_programs import CAN, columns_for, program_job
from training.contests.brought_shapes import (
    FailureIn,
    OutcomeIn,
    parsed,
)
from training.contests.catalogue import subgroups_of, target_of
from training.contests.charges import PLATFORM_FAULTS, SANDBOX_UNAVAILABLE
from training.contests.manifests import SitePlan
from training.contests.models import (
    Attempt,
    Contest,
    ContestPhase,
    ContestSite,
    Format,
    Task,
)
from training.contests.results import record_failure
from training.contests.subgroups import sizes_of
from training.contests.visits import plan_of, site_of, unvisited
from training.jobs import (
    BadRow,
    CalibrationBin,
    MetricValue,
    Outcome,
    Stage,
    SubgroupScore,
    SubmissionFailed,
    Usage,
)
from training.runs.leases import Lease
from training.runs.models import BroughtWorker
from training.runs.sites import claim_at_site, claim_for

MOST_CLAIMS = 20  # that a scan refuses, one after another


def next_job(
    worker: BroughtWorker,
    *,
    can: Collection[str] = (),
    now: datetime,
    term: timedelta,
) -> dict[str, Any] | None:
    """Claim a run for a worker and say what it is to do; None if nothing waits for it.

    A model that harms is refused here, before any worker has it.

    Args:
        worker: who asks.
        can: what it says that it can do beyond scoring; without "programs", what a
            program of the host's scores stays with the workers of this site.
        now: when.
        term: of its lease.
    """
    site = site_of(worker)
    if site is not None:
        return _next_at(site, worker, now=now, term=term)
    programmed = Contest.objects.filter(
        namespace=worker.namespace_id, task=Task.PROGRAM
    )
    if CAN in can:
        programmed = programmed.none()  # of several tasks they cannot score any yet
    several = Contest.objects.filter(namespace=worker.namespace_id, task=Task.SEVERAL)
    slugs = list((programmed | several).values_list("slug", flat=True))
    barred = [f"{kind}:{slug}" for slug in slugs for kind in ("contest", "rescore")]
    for _ in range(MOST_CLAIMS):
        lease = claim_for(worker, barred=barred, now=now, term=term)
        if lease is None:
            return None
        attempt = _attempt(lease)
        if _is_harmless(attempt, lease, at=now):
            return _job(attempt, lease, now=now)
    return None


def _next_at(
    site: ContestSite, worker: BroughtWorker, *, now: datetime, term: timedelta
) -> dict[str, Any] | None:
    """Claim a run for a worker at a site that holds the labels, which it is not sent."""
    for _ in range(MOST_CLAIMS):
        wanted = unvisited(site)
        lease = claim_at_site(worker, wanted=wanted, now=now, term=term)
        if lease is None:
            return None
        attempt = _attempt(lease)
        if _is_harmless(attempt, lease, at=now):
            plan = plan_of(site, attempt)
            job = _job(attempt, lease, now=now)
            del job["files"]["truth"]
            return job | {
                "site": {
                    "name": site.name,
                    "truth_sha256": plan.truth_sha256,
                    "inputs_sha256": plan.inputs_sha256,
                    "gives_losses": plan.gives_losses,
                }
            }
    return None


def _attempt(lease: Lease) -> Attempt:
    return Attempt.objects.select_related(
        "submission__contest__inputs",
        "submission__contest__subgroups",
        "submission__phase__inputs",
        "submission__blob",
        "truth",
    ).get(run=lease.run_id)


def _is_harmless(attempt: Attempt, lease: Lease, *, at: datetime) -> bool:
    submission = attempt.submission
    if submission.format == Format.PREDICTIONS:
        return True
    try:
        require_harmless(submission.blob, name=submission.filename, at=at)
    except UnsafeFile as found:
        fault = SubmissionFailed("unsafe_file", str(found), stage=Stage.LOAD)
        record_failure(lease, fault=fault, log_tail=[], now=at)
        return False
    return True


def _job(attempt: Attempt, lease: Lease, *, now: datetime) -> dict[str, Any]:
    submission = attempt.submission
    contest = submission.contest
    if contest.task == Task.PROGRAM:
        program, files = program_job(attempt)
        return _told(attempt, lease, files, now=now) | {"program": program}
    files = {"submission": submission.blob, "truth": attempt.truth}
    phase = submission.phase
    inputs = phase.inputs if phase and phase.has_board else contest.inputs
    if submission.format != Format.PREDICTIONS and inputs is not None:
        files["inputs"] = inputs
    if subgroups_of(contest, phase) and contest.subgroups is not None:
        files["subgroups"] = contest.subgroups
    return _told(attempt, lease, files, now=now) | {
        "target": asdict(target_of(contest, phase))
    }


def _told(
    attempt: Attempt, lease: Lease, files: Mapping[str, Blob], *, now: datetime
) -> dict[str, Any]:
    return {
        "run": str(lease.run_id),
        "lease": str(lease.token),
        "term_seconds": lease.term.total_seconds(),
        "contest": attempt.submission.contest.slug,
        "format": attempt.submission.format,
        "target": {},
        "program": None,
        "files": {name: _lent(blob, name, now=now) for name, blob in files.items()},
        "site": None,
    }


def _lent(blob: Blob, name: str, *, now: datetime) -> dict[str, Any]:
    url = signed_url(
        blob, filename=name, content_type="application/octet-stream", now=now
    )
    return {"sha256": blob.sha256, "size_bytes": blob.size_bytes, "url": url}


def outcome_of(
    told: Mapping[str, Any],
    *,
    contest: Contest,
    phase: ContestPhase | None = None,
    plan: SitePlan | None = None,
) -> Outcome:
    """Return what a worker brought, if it is what this contest's scoring gives.

    Args:
        told: as it came.
        contest: whose scoring.
        phase: to which it was handed in, which may have rows of its own.
        plan: of the site that it comes from, whose rows are not all of the contest's.

    Raises:
        ResultRefused: it is not; the message names the field.
    """
    brought = parsed(OutcomeIn, told)
    target = target_of(contest, phase)
    wanted, has_split = set(target.metrics), bool(target.split_column)
    for values in filter(None, (brought.metrics, brought.private_metrics)):
        names = [each.name for each in values]
        if len(set(names)) < len(names) or not set(names) <= wanted:
            raise ResultRefused(gettext("metrics: they are not those of this contest."))
        if contest.metric not in names:
            raise ResultRefused(
                gettext("metrics: %(metric)s, which ranks, is missing.")
                % {"metric": contest.metric}
            )
        if any(not each.low <= each.value <= each.high for each in values):
            raise ResultRefused(
                gettext("metrics: a value is outside its own interval.")
            )
    if bool(brought.private_metrics) != has_split:
        raise ResultRefused(
            gettext("private_metrics: they do not fit the contest's split.")
        )
    rows_of = plan or (phase if phase is not None and phase.has_board else contest)
    row_count = rows_of.row_count
    if brought.row_count != row_count:
        raise ResultRefused(
            gettext("row_count: there are %(row_count)s rows.")
            % {"row_count": row_count}
        )
    _require_subgroups(brought, contest=contest, phase=phase)
    has_losses = brought.losses or brought.private_losses
    if plan is not None and not plan.gives_losses and has_losses:
        raise ResultRefused(gettext("losses: those of this site stay with it."))
    losses, count = losses_told(brought.losses)
    private, private_count = losses_told(brought.private_losses)
    has_all = count + private_count == row_count and (
        plan is None or private_count == plan.private_count
    )
    if losses and not (has_all and bool(private) == has_split):
        raise ResultRefused(
            gettext("losses: give one for each row of the truth, or none.")
        )
    return _outcome(brought, losses, private)


def _require_subgroups(
    brought: OutcomeIn, *, contest: Contest, phase: ContestPhase | None
) -> None:
    """Return if what is told of subgroups fits those there are; none may be told."""
    has_any = subgroups_of(contest, phase) is not None
    sizes = sizes_of(contest) if has_any else {}
    for place, told in enumerate((brought.subgroups, brought.private_subgroups)):
        counts = {each.name: each.row_count for each in told}
        wanted = {name: size[place] for name, size in sizes.items() if size[place]}
        if told and (len(counts) < len(told) or counts != wanted):
            raise ResultRefused(
                gettext("subgroups: they are not those of this contest.")
            )
        for each in told:
            numbers = (each.low, each.value, each.high)
            known = [number for number in numbers if number is not None]
            if len(known) not in {0, 3} or known != sorted(known):
                raise ResultRefused(
                    gettext("subgroups: a value is outside its own interval.")
                )


def _outcome(
    brought: OutcomeIn, losses: bytes = b"", private_losses: bytes = b""
) -> Outcome:
    return Outcome(
        metrics=tuple(MetricValue(**each.model_dump()) for each in brought.metrics),
        private_metrics=tuple(
            MetricValue(**each.model_dump()) for each in brought.private_metrics
        ),
        usage=Usage(**brought.usage.model_dump()),
        predictions_sha256=brought.predictions_sha256,
        row_count=brought.row_count,
        calibration=tuple(
            CalibrationBin(**each.model_dump()) for each in brought.calibration
        ),
        subgroups=tuple(
            SubgroupScore(**each.model_dump()) for each in brought.subgroups
        ),
        private_subgroups=tuple(
            SubgroupScore(**each.model_dump()) for each in brought.private_subgroups
        ),
        losses=losses,
        private_losses=private_losses,
    )


def program_outcome(told: Mapping[str, Any], *, attempt: Attempt) -> Outcome:
    """Return what a host's program gave on a worker, if it is what it owes.

    Raises:
        ResultRefused: it is not; the message names the field.
    """
    brought = parsed(OutcomeIn, told)
    for values, is_hidden in (
        (brought.metrics, False),
        (brought.private_metrics, True),
    ):
        names = sorted(each.name for each in values)
        if names != sorted(columns_for(attempt, is_hidden=is_hidden)):
            raise ResultRefused(
                gettext("metrics: they are not the columns of the program.")
            )
        if any(not each.low == each.value == each.high for each in values):
            raise ResultRefused(
                gettext("metrics: a program gives one number, no interval.")
            )
    rows = (brought.losses, brought.private_losses, brought.row_count)
    if any((*rows, brought.subgroups, brought.private_subgroups)):
        raise ResultRefused(gettext("losses, row_count: a program tells of no rows."))
    return _outcome(brought)


def failure_told(told: Mapping[str, Any]) -> SubmissionFailed:
    """Return why a worker says that a submission failed.

    Raises:
        ResultRefused: it is none of what a worker may say.
    """
    brought = parsed(FailureIn, told)
    if brought.code in PLATFORM_FAULTS - {SANDBOX_UNAVAILABLE}:
        raise ResultRefused(gettext("code: this one is the platform's own."))
    return SubmissionFailed(
        brought.code,
        brought.message,
        stage=brought.stage,
        rows=tuple(BadRow(**row.model_dump()) for row in brought.rows),
        row_count=brought.row_count,
    )
