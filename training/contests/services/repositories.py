"""Repositories that a team uploads to: made or named, shared with the team, given up."""

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import Kind, Repository, Visibility
from marketplace.catalog.permissions import MANAGE, may_see, require
from marketplace.catalog.permissions import shares_of as catalog_shares
from marketplace.catalog.queries import find_repository, head_of
from marketplace.catalog.services import create_repository
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from training.contests import boards
from training.contests.models import Contest, Entrant, Member, SubmissionRepository
from training.contests.services.team_sharing import share_with_team
from training.contests.services.teams import team_of

MOST_REPOSITORIES = 5
MOST_NAMES = 20


class RepositoryRefused(DomainError):
    """A repository that a team may not upload to, as it stands."""

    code = "repository_refused"


class TooManyRepositories(DomainError):
    code = "too_many_repositories"


class NoSuchSource(DomainError):
    code = "no_such_repository"
    status = 404


@transaction.atomic
def use_repository(
    actor: User, *, contest: Contest, address: str = "", at: datetime
) -> SubmissionRepository:
    """Have what is committed to a repository handed in for one's team from now on.

    Args:
        actor: of a team of the contest.
        contest: which they compete in.
        address: `namespace/name` of a private model repository of `actor`'s own, with
            `datasets/` before it for a dataset; empty makes a new one, private.
        at: now.

    Raises:
        NotJoined: `actor` is not in the contest.
        Malformed: there is no such repository.
        PermissionDenied: it is not theirs to manage.
        RepositoryRefused: others than the team could read it, or it serves a team.
        TooManyRepositories: the team has as many as it may.
    """
    held = boards.hold(contest.pk)
    team = team_of(actor, held)
    living = SubmissionRepository.objects.filter(entrant=team, ended_at=None)
    if living.count() >= MOST_REPOSITORIES:
        raise TooManyRepositories(
            gettext(
                "Your team uploads to %(most_repositories)s repositories already. "
                "Give one up first."
            )
            % {"most_repositories": MOST_REPOSITORIES}
        )
    if address.strip():
        repository = _named(actor, address.strip())
        require_closed(repository, team)
    else:
        repository = _made(actor, held, at=at)
    try:
        with transaction.atomic():
            source = SubmissionRepository.objects.create(
                entrant=team,
                repository=repository,
                seen=head_of(repository),
                made_by=actor,
                made_at=at,
            )
    except IntegrityError as clash:
        raise RepositoryRefused(
            gettext("“%(repository)s” is uploaded to for a team already. Name another.")
            % {"repository": repository}
        ) from clash
    share_with_team(team, at=at)
    record_act(actor, "use_repository", held, at=at, repository=str(repository))
    return source


@transaction.atomic
def give_up_repository(
    actor: User, *, contest: Contest, source_id: uuid.UUID, at: datetime
) -> SubmissionRepository:
    """Hand in no more of what is committed to a repository; it stays as it is.

    Raises:
        NotJoined: `actor` is not in the contest.
        NoSuchSource: their team uploads to no such repository.
    """
    held = boards.hold(contest.pk)
    team = team_of(actor, held)
    living = SubmissionRepository.objects.filter(entrant=team, ended_at=None)
    source = living.select_related("repository__namespace").filter(pk=source_id).first()
    if source is None or not living.filter(pk=source_id).update(ended_at=at):
        raise NoSuchSource(gettext("Your team uploads to no such repository."))
    source.ended_at = at
    name = str(source.repository)
    record_act(actor, "give_up_repository", held, at=at, repository=name)
    return source


def require_closed(repository: Repository, team: Entrant) -> None:
    """Return if nobody but a team reads a repository.

    Raises:
        RepositoryRefused: others do, or could. It names no repository: letters to a whole
            team quote it, and outlast the account of whose it is.
    """
    if repository.visibility != Visibility.PRIVATE:
        raise RepositoryRefused(
            gettext(
                "The repository is public, so others would see what your team hands in. "
                "Make it private, then upload again."
            )
        )
    people = Member.objects.filter(entrant=team)
    names = set(people.values_list("user__username", flat=True))
    others = {row["user__username"] for row in catalog_shares(repository)} - names
    if others or repository.namespace.user_id is None:
        told = "is shared with others" if others else "belongs to an organisation"
        raise RepositoryRefused(
            gettext(
                "The repository %(told)s, who might read what your team hands in. "
                "Use a private repository of a person of the team, shared with "
                "nobody else."
            )
            % {"told": told}
        )


def _named(actor: User, address: str) -> Repository:
    """Return a repository of somebody's own by its address.

    Raises:
        Malformed, PermissionDenied: see `use_repository`.
    """
    kind = Kind.DATASET if address.startswith("datasets/") else Kind.MODEL
    plain = address.removeprefix("datasets/").removeprefix("models/")
    namespace, _, name = plain.partition("/")
    try:
        found = find_repository(actor, kind=kind, namespace=namespace, name=name)
    except Http404 as absence:
        raise Malformed(
            gettext(
                "repository: there is no %(lower)s “%(plain)s” of yours. Write "
                "owner/name, or datasets/owner/name, or leave it empty to have one "
                "made."
            )
            % {"lower": kind.label.lower(), "plain": plain}
        ) from absence
    if not may_see(actor, found):
        raise Malformed(
            gettext("repository: “%(plain)s” is withheld.") % {"plain": plain}
        )
    require(actor, MANAGE, found)
    return found


def _made(actor: User, contest: Contest, *, at: datetime) -> Repository:
    stem = f"{contest.slug}-submissions"
    names = [stem, *(f"{stem}-{number}" for number in range(2, MOST_NAMES))]
    used = Repository.objects.filter(
        kind=Kind.MODEL,
        namespace=actor.namespace,
        name__in=names,
        deleted_at__isnull=True,
    ).values_list("name", flat=True)
    taken = set(used)
    name = next((each for each in names if each not in taken), None)
    if name is None:
        raise TooManyRepositories(
            gettext(
                "You have %(names)s repositories called like “%(stem)s”. Name one of "
                "them."
            )
            % {"names": len(names), "stem": stem}
        )
    return create_repository(
        actor,
        namespace=actor.namespace,
        name=name,
        kind=Kind.MODEL,
        visibility=Visibility.PRIVATE,
        licence_id="",
        title=f"Submissions to {contest.title}"[:200],
        created_at=at,
    )
