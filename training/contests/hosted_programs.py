"""What can be asked of hosts' programs and of bundles: versions, outputs, imports."""

import uuid

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import Http404

from marketplace.accounts.models import User
from training.contests.models import (
    Attempt,
    BundleImport,
    Contest,
    ContestPhase,
    ProgramOutput,
    ScoringProgram,
    Submission,
)
from training.contests.permissions import require_host


def program_of(
    contest: Contest,
    *,
    version: int | None = None,
    phase: ContestPhase | None = None,
) -> ScoringProgram | None:
    """Return the host's program of a scorer version, or of the published one.

    Args:
        contest: that it scores.
        version: of the scorer.
        phase: of the contest; one with a board of its own has a program of its own.
    """
    asked = contest.scorer_version if version is None else version
    own = phase if phase is not None and phase.has_board else None
    programs = ScoringProgram.objects.filter(contest=contest, scorer_version=asked)
    return programs.filter(phase=own).first()


class ProgramMissing(LookupError):
    """The contest has no program of the attempt's scorer version: a fault of ours."""


def program_for(attempt: Attempt) -> ScoringProgram:
    """Return the host's program that scores an attempt; a check is by what is published.

    Raises:
        ProgramMissing: there is none.
    """
    contest, phase = attempt.submission.contest, attempt.submission.phase
    program = program_of(contest, version=attempt.scorer_version, phase=phase)
    if program is None and attempt.scorer_version == contest.check_version:
        program = program_of(contest, phase=phase)
    if program is None:
        raise ProgramMissing(f"{contest.slug} v{attempt.scorer_version}")
    return program


def programs_of(contest: Contest) -> list[ScoringProgram]:
    """Return every version of the host's program with its tasks, the newest first."""
    return list(
        ScoringProgram.objects.filter(contest=contest)
        .select_related("phase")
        .prefetch_related("tasks")
        .order_by("-scorer_version", "phase__number")
    )


def output_of(
    user: User | AnonymousUser, submission: Submission
) -> ProgramOutput | None:
    """Return what the program printed beside the labels, to hosts.

    Raises:
        PermissionDenied: the user does not run the contest.
    """
    require_host(user, submission.contest)
    return (
        ProgramOutput.objects.filter(attempt=submission.shown.pk)
        .select_related("details")
        .first()
    )


def imports_of(user: User) -> QuerySet[BundleImport]:
    """Return the bundles that the user handed in, with how each stands."""
    return (
        BundleImport.objects.filter(owner=user)
        .select_related("namespace", "run")
        .prefetch_related("contests")
    )


def import_of(user: User | AnonymousUser, import_id: uuid.UUID) -> BundleImport:
    """Return an import to who handed the bundle in, and to staff.

    Raises:
        Http404: there is none, or it is another's.
    """
    found = (
        BundleImport.objects.select_related("namespace", "run", "owner")
        .prefetch_related("contests")
        .filter(pk=import_id)
        .first()
    )
    is_theirs = found is not None and user.is_authenticated
    if (
        found is None
        or not is_theirs
        or not (user.is_staff or found.owner_id == user.pk)
    ):
        raise Http404("There is no such import, or it is not yours.")
    return found
