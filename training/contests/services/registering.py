"""Who comes into a contest: joining, asking to be let in, being let in, going out."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext

from marketplace.accounts.models import Letter, User
from marketplace.accounts.permissions import may_write_in
from marketplace.accounts.queries import owners_of
from marketplace.accounts.services import notify
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from training.contests import boards
from training.contests.entries import invitation_for, is_of_domain
from training.contests.models import (
    Contest,
    Entrant,
    EntryRequest,
    Invitation,
    Member,
    Phase,
    Registration,
    RequestState,
    Submission,
)
from training.contests.permissions import require_captain, require_host
from training.contests.phase_boards import keep_boards
from training.contests.queries import place_in
from training.runs.models import Run
from training.runs.services import stop_runs


class ContestClosed(DomainError):
    code = "contest_closed"


class RulesNotAccepted(DomainError):
    code = "rules_not_accepted"


class HostMayNotCompete(DomainError):
    code = "host_may_not_compete"
    status = 403


class NotJoined(DomainError):
    code = "join_first"
    status = 403

    def __init__(
        self, detail: str = "Join the contest first; its rules are on its page."
    ) -> None:
        super().__init__(detail)


class RegistrationRefused(DomainError):
    """The contest is not open to everyone, and not to this person as things stand."""

    code = "registration_refused"
    status = 403


class NotAsked(DomainError):
    """Nobody of this name waits to be let in."""

    code = "not_asked"
    status = 404


@transaction.atomic
def join_contest(
    actor: User,
    *,
    contest: Contest,
    rules_sha256: str,
    joined_at: datetime,
    invitation: str = "",
) -> Entrant:
    """Enter a contest by accepting its rules as they are; again, if they changed.

    Args:
        actor: who competes.
        contest: visible to them, or they hold an invitation.
        rules_sha256: `Contest.rules_sha256` of the rules that were read.
        joined_at: now.
        invitation: the secret of a link, if one led here; it is used up.

    Raises:
        RulesNotAccepted: these are not the rules any more; read them again.
        HostMayNotCompete: `actor` writes in the contest's namespace, and so may know
            the labels.
        ContestClosed: it has ended.
        RegistrationRefused: it is not open to them; says how it may become so.
    """
    held = boards.hold(contest.pk)
    _require_may_compete(actor, held, rules_sha256=rules_sha256, at=joined_at)
    member = Member.objects.filter(contest=held, user=actor).first()
    if member is not None:
        return _come_again(member, held, rules_sha256=rules_sha256, at=joined_at)
    _require_admitted(actor, held, secret=invitation, at=joined_at)
    return enlist(actor, held, rules_sha256=rules_sha256, at=joined_at)


@transaction.atomic
def ask_to_enter(
    actor: User,
    *,
    contest: Contest,
    rules_sha256: str,
    message: str = "",
    asked_at: datetime,
) -> EntryRequest:
    """Ask the hosts to be let in, where they decide; asking again changes nothing.

    Whoever was turned down may ask again; the hosts see it as a new request.

    Raises:
        RulesNotAccepted, HostMayNotCompete, ContestClosed: as `join_contest`.
        Malformed: one need not ask here.
    """
    held = boards.hold(contest.pk)
    _require_may_compete(actor, held, rules_sha256=rules_sha256, at=asked_at)
    if held.registration != Registration.APPROVED:
        raise Malformed(gettext("registration: nobody is asked here; join."))
    request, is_new = EntryRequest.objects.get_or_create(
        contest=held,
        user=actor,
        defaults={
            "message": message,
            "rules_sha256": rules_sha256,
            "asked_at": asked_at,
        },
    )
    if not is_new and request.state != RequestState.DECLINED:
        return request
    request.message, request.rules_sha256 = message, rules_sha256
    request.asked_at, request.state = asked_at, RequestState.WAITING
    request.decided_at = request.decided_by = None
    request.reason = ""
    request.save()
    record_act(actor, "ask_to_enter", held, at=asked_at, rules=rules_sha256)
    notify(
        owners_of(held.namespace),
        kind=Letter.CONTEST,
        subject=f"Somebody asks to enter “{held.title}”",
        text=f"Somebody asks to be let into “{held.title}”. See who, and decide.",
        path=reverse("training:entry-requests", args=[held.slug]),
        at=asked_at,
    )
    return request


@transaction.atomic
def decide_entry(
    actor: User,
    *,
    contest: Contest,
    name: str,
    accepts: bool,
    reason: str = "",
    at: datetime,
) -> EntryRequest:
    """Let somebody in who asked, or turn them down; they get a letter.

    Whoever is let in competes at once, under the rules they accepted when they asked.

    Args:
        actor: a host.
        contest: which they asked to enter.
        name: of who asked.
        accepts: whether they are let in.
        reason: they read it.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run it.
        NotAsked: nobody of this name waits.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    request = (
        EntryRequest.objects.filter(
            contest=held, user__username__iexact=name, state=RequestState.WAITING
        )
        .select_related("user")
        .first()
    )
    if request is None or "\0" in name:
        raise NotAsked(
            gettext("Nobody called “%(name)s” waits to be let in.") % {"name": name}
        )
    request.state = RequestState.ACCEPTED if accepts else RequestState.DECLINED
    request.decided_at, request.decided_by = at, actor
    request.reason = reason.strip()
    request.save(update_fields=["state", "decided_at", "decided_by", "reason"])
    is_in = Member.objects.filter(contest=held, user=request.user).exists()
    if accepts and not is_in:
        enlist(request.user, held, rules_sha256=request.rules_sha256, at=at)
    record_act(
        actor, "decide_entry", held, at=at, name=request.user.username, accepts=accepts
    )
    said = "let you into" if accepts else "turned you down for"
    notify(
        [request.user],
        kind=Letter.CONTEST,
        subject=f"The hosts {said} “{held.title}”",
        text=f"The hosts {said} “{held.title}”. {request.reason}".strip(),
        path=reverse("training:contest-detail", args=[held.slug]),
        at=at,
    )
    return request


@transaction.atomic
def withdraw_entry(actor: User, *, contest: Contest, at: datetime) -> Entrant:
    """Take a whole team out of a contest: its submissions leave the board.

    What it has used of its quota stays used; it may join again.

    Args:
        actor: the captain.
        contest: not frozen.
        at: now.

    Raises:
        NotJoined: `actor` is not in it.
        PermissionDenied: they are no captain.
        BoardFrozen: the contest's board is final.
    """
    held = boards.hold(contest.pk)
    member = place_in(actor, held)
    if member is None:
        raise NotJoined(gettext("You are not in this contest."))
    require_captain(actor, member.entrant)
    boards.require_unfrozen(held)
    team = Entrant.objects.select_for_update().get(pk=member.entrant_id)
    team.withdrawn_at = at
    team.save(update_fields=["withdrawn_at"])
    handed_in = Submission.objects.filter(entrant=team, withdrawn_at=None)
    stop_runs(Run.objects.filter(attempt__submission__in=handed_in), at=at)
    handed_in.update(withdrawn_at=at)
    boards.keep(held, entrants=[team.pk], at=at)
    keep_boards(held, entrants=[team.pk])
    record_act(actor, "withdraw_entry", held, at=at, name=team.name)
    return team


def enlist(user: User, contest: Contest, *, rules_sha256: str, at: datetime) -> Entrant:
    """Make somebody a team of one; call it with the contest held."""
    team = Entrant.objects.create(
        contest=contest, user=user, name=free_name(contest, user.username), joined_at=at
    )
    Member.objects.create(
        contest=contest,
        entrant=team,
        user=user,
        rules_sha256=rules_sha256,
        rules_accepted_at=at,
        joined_at=at,
    )
    record_act(user, "join_contest", contest, at=at, rules=rules_sha256)
    return team


def free_name(contest: Contest, wanted: str) -> str:
    """Return the name, with a number if another team or baseline of the contest has it."""
    taken = Entrant.objects.filter(contest=contest, dissolved_at=None)
    name, number = wanted, 1
    while taken.filter(name__iexact=name).exists():
        number += 1
        name = f"{wanted} ({number})"
    return name


def _come_again(
    member: Member, contest: Contest, *, rules_sha256: str, at: datetime
) -> Entrant:
    """Have a member accept the rules as they now are; who withdrew is back."""
    team = member.entrant
    changed = member.rules_sha256 != rules_sha256
    if team.withdrawn_at is not None:
        require_captain(member.user, team)
        team.withdrawn_at = None
        team.save(update_fields=["withdrawn_at"])
        record_act(member.user, "enter_again", contest, at=at, name=team.name)
    if changed:
        member.rules_sha256, member.rules_accepted_at = rules_sha256, at
        member.save(update_fields=["rules_sha256", "rules_accepted_at"])
        record_act(member.user, "join_contest", contest, at=at, rules=rules_sha256)
    return team


def _require_may_compete(
    actor: User, contest: Contest, *, rules_sha256: str, at: datetime
) -> None:
    if may_write_in(actor, contest.namespace):
        raise HostMayNotCompete(
            gettext(
                "Who runs a contest knows the labels and cannot compete. Add a baseline."
            )
        )
    if contest.phase_at(at) is Phase.CLOSED and not contest.allows_practice:
        raise ContestClosed(
            gettext("The contest has ended, at %(end_said)s.")
            % {"end_said": contest.end_said}
        )
    if rules_sha256 != contest.rules_sha256:
        raise RulesNotAccepted(
            gettext("The rules have changed since. Read them again and accept them."),
            rules_sha256=contest.rules_sha256,
        )


def _require_admitted(
    actor: User, contest: Contest, *, secret: str, at: datetime
) -> None:
    """Return if the contest is open to somebody; an invitation is used up by this."""
    if contest.registration == Registration.OPEN or _uses_invitation(
        actor, contest, secret=secret, at=at
    ):
        return
    if contest.registration == Registration.DOMAIN:
        if is_of_domain(actor, contest):
            return
        raise RegistrationRefused(
            gettext(
                "This contest is for people with a confirmed e-mail address at "
                "%(email_domains)s. Confirm yours in your settings."
            )
            % {"email_domains": ", ".join(contest.email_domains)}
        )
    if contest.registration == Registration.APPROVED:
        raise RegistrationRefused(
            gettext("The hosts decide who enters this contest. Ask them to let you in.")
        )
    raise RegistrationRefused(
        gettext(
            "This contest is for whom its hosts invite. Ask them for an invitation."
        )
    )


def _uses_invitation(
    actor: User, contest: Contest, *, secret: str, at: datetime
) -> bool:
    """Use up somebody's invitation, by name or link; False if they have none."""
    found = invitation_for(actor, contest, secret=secret, at=at)
    if found is None:
        return False
    unused = Invitation.objects.filter(pk=found.pk, used_at=None, revoked_at=None)
    return bool(unused.update(used_at=at, used_by=actor))
