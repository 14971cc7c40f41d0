"""Who is let in at gates: ask, take back, let in, turn down, revoke, one or many.

Nobody is written to from here: `catalog.letters` reads the rows, so that no letter is
lost with a broker and no flood of requests becomes one of letters.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from marketplace.accounts.models import Organisation, User
from marketplace.accounts.permissions import require_manager
from marketplace.catalog.gates import checked_answers, fields_from
from marketplace.catalog.models import (
    CLOSED,
    AccessRequest,
    AccessRound,
    AccessState,
    Gate,
    Gating,
    Repository,
)
from marketplace.catalog.permissions import CHANGE, MANAGE, require
from marketplace.catalog.services.gates import require_gate
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.words import checked_words

LONGEST_REASON = 500
MOST_AT_ONCE = 10_000
ROUND = (
    "attempt",
    "state",
    "answers",
    "asked_at",
    "decided_at",
    "decided_by",
    "reason",
)


class Decision(NamedTuple):
    """What is to become of a request, checked."""

    state: AccessState
    reason: str
    is_final: bool


class AccessNotNeeded(DomainError):
    code = "access_not_needed"


class AlreadyAsked(DomainError):
    code = "already_asked"


class NoSuchRequest(DomainError):
    code = "no_such_request"
    status = 404


@transaction.atomic
def request_access(
    actor: User,
    *,
    repository: Repository,
    answers: Mapping[str, Any],
    requested_at: datetime,
    organisation: Organisation | None = None,
) -> AccessRequest:
    """Ask to be let in; an automatic gate opens at once.

    Who was turned down or lost access may ask again, unless the owners said that it is
    final. That waits for them even at an automatic gate, and what was said before is
    kept. Otherwise asking again changes nothing.

    Args:
        actor: somebody who may see it.
        repository: behind a gate.
        answers: by the label of each of the gate's fields; yes or no for a checkbox.
        requested_at: now.
        organisation: for all of whose members `actor` asks, as an owner of it.

    Raises:
        PermissionDenied: `actor` does not own the organisation.
        NotGated: there is no gate.
        AccessNotNeeded: `actor` may change it, and so is behind the gate anyway.
        BadAnswer: a field is not answered, or not so.
        AlreadyAsked: they were turned down for good.
    """
    require_gate(repository)
    if organisation is not None:
        require_manager(actor, organisation)
    elif actor.has_perm(CHANGE, repository):
        raise AccessNotNeeded(
            gettext("You may take “%(repository)s” already: you may change it.")
            % {"repository": repository}
        )
    gate = Gate.objects.filter(pk=repository.pk).first()
    given = checked_answers(fields_from(gate.fields if gate else []), answers)
    is_open = repository.gating == Gating.AUTOMATIC
    asked, is_new = _locked().get_or_create(
        **_asker(actor, organisation),
        repository=repository,
        defaults={
            "user": actor,
            "state": AccessState.ACCEPTED if is_open else AccessState.PENDING,
            "answers": given,
            "asked_at": requested_at,
            "decided_at": requested_at if is_open else None,
        },
    )
    if asked.may_be_asked_again:
        _ask_again(asked, actor, given, at=requested_at)
    elif not is_new and asked.state in CLOSED:
        raise AlreadyAsked(
            gettext(
                "Your request was turned down for good. Write to the owners instead."
            )
        )
    elif asked.state == AccessState.PENDING and is_open and asked.attempt == 1:
        asked.state, asked.decided_at = AccessState.ACCEPTED, requested_at
        asked.save(update_fields=["state", "decided_at"])
    elif not is_new:
        return asked
    record_act(
        actor,
        "request_access",
        repository,
        at=requested_at,
        state=str(asked.state),
        attempt=asked.attempt,
        **({"organisation": asked.asker} if organisation else {}),
    )
    return asked


@transaction.atomic
def cancel_request(
    actor: User,
    *,
    repository: Repository,
    cancelled_at: datetime,
    organisation: Organisation | None = None,
) -> None:
    """Take back one's own request that waits; its answers are forgotten.

    After a second request things stand as they stood before it.

    Raises:
        PermissionDenied: `actor` does not own the organisation.
        NoSuchRequest: there is none that waits.
    """
    if organisation is not None:
        require_manager(actor, organisation)
    found = _locked().filter(**_asker(actor, organisation), repository=repository)
    waiting = found.filter(state=AccessState.PENDING).first()
    if waiting is None:
        raise NoSuchRequest(
            gettext("You have no request here that waits for an answer.")
        )
    before = waiting.rounds.order_by("-pk").first()
    if before is None:
        waiting.delete()
    else:
        for name in ROUND:
            setattr(waiting, name, getattr(before, name))
        waiting.save(update_fields=ROUND)
        before.delete()
    record_act(actor, "cancel_request", repository, at=cancelled_at)


@transaction.atomic
def decide_access(
    actor: User,
    *,
    repository: Repository,
    user: User,
    state: AccessState | str,
    reason: str = "",
    is_final: bool = False,
    decided_at: datetime,
    organisation: Organisation | None = None,
) -> AccessRequest:
    """Let somebody in, turn them down, or put their request back among those waiting.

    Whoever is no longer let in takes nothing more from now on.

    Args:
        actor: who manages the repository.
        repository: behind a gate, or once behind one.
        user: who asked.
        state: what becomes of their request; who was let in and is turned down has
            their access revoked.
        reason: for the one who asked, where they are turned down; may be empty.
        is_final: whether one who is turned down may not ask again.
        decided_at: now.
        organisation: for whom they asked, if not for themselves.

    Raises:
        PermissionDenied: `actor` may not manage it.
        NoSuchRequest: `user` has not asked.
        Malformed: a reason too long, or for something else than turning down.
    """
    require(actor, MANAGE, repository)
    found = _locked().filter(repository=repository)
    asked = found.filter(**_asker(user, organisation)).first()
    if asked is None:
        name = organisation.namespace.name if organisation else user.username
        raise NoSuchRequest(
            gettext("%(name)s has not asked for access here.") % {"name": name}
        )
    said = _checked(state, reason, is_final=is_final)
    if _decide(actor, [asked], said, at=decided_at):
        _record(actor, "decide_access", asked, at=decided_at)
    return asked


@transaction.atomic
def decide_many(
    actor: User,
    *,
    repository: Repository,
    chosen: QuerySet[AccessRequest],
    state: AccessState | str,
    reason: str = "",
    is_final: bool = False,
    decided_at: datetime,
) -> int:
    """Decide of many requests as `decide_access` does of one; return how many changed.

    Args:
        actor: who manages the repository.
        repository: of others the choice holds nothing.
        chosen: which requests.
        state: see `decide_access`, as for the rest.
        reason: for each who is turned down.
        is_final: whether they may not ask again.
        decided_at: now.

    Raises:
        PermissionDenied: `actor` may not manage it.
        Malformed: more than 10,000, or see `decide_access`.

    Cost: a fixed number of queries, and one more for every thousand.
    """
    require(actor, MANAGE, repository)
    said = _checked(state, reason, is_final=is_final)
    mine = AccessRequest.objects.filter(
        repository=repository, pk__in=chosen.order_by().values("pk")
    )
    asked = list(mine.select_for_update().order_by("pk")[: MOST_AT_ONCE + 1])
    if len(asked) > MOST_AT_ONCE:
        raise Malformed(
            gettext("requests: decide of at most %(most_at_once)s at a time.")
            % {"most_at_once": f"{MOST_AT_ONCE:,}"}
        )
    changed = _decide(actor, asked, said, at=decided_at)
    if changed and len(asked) == 1:
        _record(actor, "decide_access", asked[0], at=decided_at)
    elif changed:
        record_act(
            actor,
            "decide_many_requests",
            repository,
            at=decided_at,
            state=str(said.state),
            count=changed,
        )
    return changed


@transaction.atomic
def grant_access(
    actor: User, *, repository: Repository, user: User, granted_at: datetime
) -> AccessRequest:
    """Let somebody in who need not have asked. Doing so twice changes nothing.

    Raises:
        PermissionDenied: `actor` may not manage it.
        NotGated: there is no gate.
    """
    require(actor, MANAGE, repository)
    require_gate(repository)
    asked, is_new = AccessRequest.objects.get_or_create(
        repository=repository,
        user=user,
        organisation=None,
        defaults={
            "state": AccessState.ACCEPTED,
            "asked_at": granted_at,
            "decided_at": granted_at,
            "decided_by": actor,
        },
    )
    if not is_new:
        return decide_access(
            actor,
            repository=repository,
            user=user,
            state=AccessState.ACCEPTED,
            decided_at=granted_at,
        )
    _record(actor, "grant_access", asked, at=granted_at)
    return asked


def _locked() -> QuerySet[AccessRequest]:
    return AccessRequest.objects.select_for_update(of=("self",))


def _asker(user: User, organisation: Organisation | None) -> dict[str, Any]:
    """Return what finds the one request there is for them before a gate."""
    if organisation is not None:
        return {"organisation": organisation}
    return {"organisation": None, "user": user}


def _ask_again(
    asked: AccessRequest, actor: User, answers: Mapping[str, Any], *, at: datetime
) -> None:
    _round_of(asked).save(force_insert=True)
    asked.user, asked.answers = actor, dict(answers)
    asked.attempt, asked.state = asked.attempt + 1, AccessState.PENDING
    asked.asked_at, asked.decided_at, asked.decided_by = at, None, None
    asked.reason = ""
    asked.save(update_fields=["user", *ROUND])


def _round_of(asked: AccessRequest) -> AccessRound:
    told = {name: getattr(asked, name) for name in ROUND if name != "decided_by"}
    return AccessRound(request=asked, decided_by_id=asked.decided_by_id, **told)


def _checked(state: AccessState | str, reason: str, *, is_final: bool) -> Decision:
    state, words = AccessState(state), " ".join(reason.split())
    checked_words(words, field="reason", most=LONGEST_REASON, is_needed=False)
    if (words or is_final) and state not in CLOSED:
        raise Malformed(gettext("reason: give one only to those you turn down."))
    return Decision(state, words, is_final)


def _decide(
    actor: User,
    asked: Sequence[AccessRequest],
    said: Decision,
    *,
    at: datetime,
) -> int:
    """Write what becomes of requests that are locked; return how many it changed."""
    is_waiting = said.state == AccessState.PENDING
    written = {
        "reason": said.reason,
        "is_final": said.is_final,
        "decided_at": None if is_waiting else at,
        "decided_by": None if is_waiting else actor,
    }
    changed: dict[AccessState, list[AccessRequest]] = {}
    for each in asked:
        became = _became(each, said.state)
        if (each.state, each.reason, each.is_final) != (became, *said[1:]):
            changed.setdefault(became, []).append(each)
    over = [each for rows in changed.values() for each in rows if each.decided_at]
    AccessRound.objects.bulk_create(map(_round_of, over), batch_size=1000)
    for became, rows in changed.items():
        some = AccessRequest.objects.filter(pk__in=[each.pk for each in rows])
        some.update(state=became, **written)
        for each in rows:
            each.state = became
            for name, value in written.items():
                setattr(each, name, value)
    return sum(map(len, changed.values()))


def _became(asked: AccessRequest, state: AccessState) -> AccessState:
    """Return what a decision comes to: who was let in is revoked, and not turned down."""
    if state not in CLOSED:
        return state
    was_in = asked.state in {AccessState.ACCEPTED, AccessState.REVOKED}
    return AccessState.REVOKED if was_in else AccessState.REJECTED


def _record(actor: User, act: str, asked: AccessRequest, *, at: datetime) -> None:
    record_act(
        actor,
        act,
        asked.repository,
        at=at,
        user=asked.user.username,
        state=str(asked.state),
        **({"organisation": asked.asker} if asked.organisation_id else {}),
    )
