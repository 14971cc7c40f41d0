"""Takes in what teams uploaded: each commit becomes a submission, or a refusal told.

The commit went through before and stays, whatever is said here. Deadline, quota and
rules are those of when it was made, by the same act as any other way of handing in.
"""

from collections.abc import Collection
from datetime import datetime

import structlog
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.accounts.models import Letter
from marketplace.accounts.services import notify
from marketplace.catalog.models import Commit, Ref
from marketplace.catalog.models.commits import MAIN
from marketplace.catalog.permissions import may_see
from marketplace.kit.errors import DomainError
from training.contests.handed import HandedFile, format_taken, handed_file
from training.contests.models import (
    Format,
    HandedCommit,
    Submission,
    SubmissionRepository,
)
from training.contests.services.catalogued import Brought
from training.contests.services.entering import submit
from training.contests.services.formats import require_runnable
from training.contests.services.packing import packed_weights
from training.contests.services.registering import ContestClosed
from training.contests.services.repositories import RepositoryRefused, require_closed
from training.contests.services.teams import team_of

AT_ONCE = 50
LONGEST_REASON = 1000
REFUSED_SUBJECT = "What you uploaded was not handed in"
log = structlog.get_logger(__name__)


class NotOfTheTeam(DomainError):
    """Whoever made the commit competes for another team, or for none."""

    code = "not_of_the_team"
    status = 403


def take_commits(*, now: datetime, switched_on: Collection[Format]) -> int:
    """Take in the commits that nobody looked at yet; return how many were.

    Any number of workers may do so at once: a commit is taken once.

    Args:
        now: when they are taken; what counts is when each was made.
        switched_on: the formats that the operator lets run.

    Cost: one query if there is nothing new.
    """
    heads = Ref.objects.filter(
        name=MAIN,
        commit__isnull=False,
        repository__submission_repositories__ended_at=None,
        repository__submission_repositories__isnull=False,
    ).exclude(repository__submission_repositories__seen=F("commit"))
    waiting = heads.order_by("pk").values_list("repository", flat=True)[:AT_ONCE]
    living = SubmissionRepository.objects.filter(
        repository__in=list(waiting), ended_at=None
    ).select_related("seen")
    taken = 0
    for source in living.order_by("pk"):
        for commit in _unseen(source):
            try:
                taken += _take(source, commit, now=now, switched_on=switched_on)
            except IntegrityError as fault:  # another worker has it
                log.info("commit_taken_already", commit=commit.oid, why=str(fault))
                break
    return taken


def _unseen(source: SubmissionRepository) -> list[Commit]:
    """Return the commits of `main` after the one that was seen, the oldest first.

    A line that begins anew holds what was there before, so its first adds nothing.
    """
    head = Ref.objects.select_related("commit").get(
        repository=source.repository_id, name=MAIN
    )
    if head.commit is None:
        return []
    commits = Commit.objects.filter(
        repository=source.repository_id,
        line=head.commit.line,
        position__lte=head.commit.position,
    )
    seen = source.seen
    if seen is not None:
        is_same = seen.line == head.commit.line
        commits = commits.filter(position__gt=seen.position if is_same else 0)
    return list(commits.select_related("author").order_by("position")[:AT_ONCE])


def _take(
    source: SubmissionRepository,
    commit: Commit,
    *,
    now: datetime,
    switched_on: Collection[Format],
) -> bool:
    """Take in one commit; say whether it brought anything."""
    source = _fresh(source)
    found: HandedFile | None = None
    brought: Brought | None = None
    refusal: DomainError | PermissionDenied | None = None
    begins_anew = source.seen is not None and source.seen.line != commit.line
    try:
        found = None if begins_anew and commit.position == 1 else handed_file(commit)
        if found is not None:
            _require_takes(source, commit)
            taken = format_taken(found, source.entrant.contest)
            require_runnable(taken, switched_on=switched_on)
            brought = Brought(*packed_weights(found.entries, at=now))
    except (DomainError, PermissionDenied) as fault:
        refusal = fault
    return _record(source, commit, found, brought, refusal, now=now)


@transaction.atomic
def _record(
    source: SubmissionRepository,
    commit: Commit,
    found: HandedFile | None,
    brought: Brought | None,
    refusal: DomainError | PermissionDenied | None,
    *,
    now: datetime,
) -> bool:
    """Hand in what a commit brought, and write what became of it, or why it is refused."""
    submission: Submission | None = None
    if found is not None and brought is not None:
        try:
            with transaction.atomic():
                submission = submit(
                    commit.author,
                    contest=source.entrant.contest,
                    format=format_taken(found, source.entrant.contest),
                    blob=brought.blob,
                    filename=brought.filename,
                    note=commit.title[:500],
                    phase=found.phase,
                    submitted_at=commit.committed_at,
                )
        except (DomainError, PermissionDenied) as fault:
            refusal = fault
    SubmissionRepository.objects.filter(pk=source.pk).update(seen=commit)
    if submission is None and refusal is None:
        return False
    HandedCommit.objects.create(
        source=source,
        commit=commit,
        path=found.path[:1024] if found else "",
        submission=submission,
        code=_code_of(refusal),
        reason=str(refusal or "")[:LONGEST_REASON],
        taken_at=now,
    )
    if refusal is not None:
        _tell(source, commit, str(refusal), at=now)
    return True


def _code_of(refusal: DomainError | PermissionDenied | None) -> str:
    if refusal is None:
        return ""
    return refusal.code if isinstance(refusal, DomainError) else "permission_denied"


def _fresh(source: SubmissionRepository) -> SubmissionRepository:
    """Return the repository with its team as it is now: two teams may become one."""
    related = ("repository__namespace", "entrant__contest", "made_by", "seen")
    return SubmissionRepository.objects.select_related(*related).get(pk=source.pk)


def _require_takes(source: SubmissionRepository, commit: Commit) -> None:
    """Return if a commit may be handed in for the team whose repository it is in."""
    contest, team = source.entrant.contest, source.entrant
    if not may_see(source.made_by, source.repository):
        raise RepositoryRefused(
            gettext("The repository is not there any more, or withheld.")
        )
    require_closed(source.repository, team)
    if contest.frozen_at is not None:
        raise ContestClosed(
            gettext("The board is frozen, so nothing more is handed in.")
        )
    own = team_of(commit.author, contest)
    if own.pk != team.pk:
        raise NotOfTheTeam(
            gettext("You compete for another team than this repository does.")
        )


def _tell(
    source: SubmissionRepository, commit: Commit, reason: str, *, at: datetime
) -> None:
    contest = source.entrant.contest
    notify(
        [commit.author],
        kind=Letter.CONTEST,
        subject=f"{REFUSED_SUBJECT} to “{contest.title}”",
        text=f"Your commit {commit.oid[:10]} is kept, and was not handed in. {reason}",
        path=reverse("training:uploads", args=[contest.slug]),
        at=at,
    )
