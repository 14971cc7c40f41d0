"""Gates: shut and open them; ask to be let in, let in, turn down.

Nobody is written to from here: `catalog.letters` reads the rows, so that no letter is
lost with a broker and no flood of requests becomes one of letters.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from marketplace.accounts.models import User
from marketplace.catalog.gates import GateText, checked_answers, fields_from, stored
from marketplace.catalog.models import (
    AccessRequest,
    AccessState,
    Gate,
    Gating,
    Repository,
)
from marketplace.catalog.permissions import CHANGE, MANAGE, require
from marketplace.catalog.services.repositories import lock_present
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed

LONGEST_REASON = 500


class NotGated(DomainError):
    code = "not_gated"
    status = 400


class AccessNotNeeded(DomainError):
    code = "access_not_needed"


class AlreadyAsked(DomainError):
    code = "already_asked"


class NoSuchRequest(DomainError):
    code = "no_such_request"
    status = 404


@transaction.atomic
def set_gating(
    actor: User, *, repository: Repository, gating: Gating | str, changed_at: datetime
) -> None:
    """Let whoever sees a repository have its bytes, or only those let in by its gate.

    Requests are kept while the gate is open, and count again once it is shut.

    Raises:
        PermissionDenied: `actor` may not manage it.
        RepositoryDeleted: restore it first.
    """
    require(actor, MANAGE, repository)
    lock_present(repository)
    if repository.gating == Gating(gating):
        return
    repository.gating = Gating(gating)
    repository.save(update_fields=["gating"])
    Gate.objects.get_or_create(repository=repository)
    record_act(
        actor,
        "set_gating",
        repository,
        at=changed_at,
        gating=str(repository.gating),
    )


def write_gate(repository: Repository, text: GateText) -> None:
    """Keep what the card says of the gate; call it in the act that brought the card."""
    said = {
        "heading": text.heading,
        "description": text.description,
        "prompt": text.prompt,
        "button": text.button,
        "fields": stored(text.fields),
    }
    if any(said.values()):
        Gate.objects.update_or_create(repository=repository, defaults=said)
    else:
        Gate.objects.filter(repository=repository).update(**said)


@transaction.atomic
def request_access(
    actor: User,
    *,
    repository: Repository,
    answers: Mapping[str, Any],
    requested_at: datetime,
) -> AccessRequest:
    """Ask to be let in; an automatic gate opens at once. Asking again changes nothing.

    Args:
        actor: somebody who may see it.
        repository: behind a gate.
        answers: by the label of each of the gate's fields; yes or no for a checkbox.
        requested_at: now.

    Raises:
        NotGated: there is no gate.
        AccessNotNeeded: `actor` may change it, and so is behind the gate anyway.
        BadAnswer: a field is not answered, or not so.
        AlreadyAsked: they were turned down.
    """
    _require_gate(repository)
    if actor.has_perm(CHANGE, repository):
        raise AccessNotNeeded(
            f"You may take “{repository}” already: you may change it."
        )
    gate = Gate.objects.filter(pk=repository.pk).first()
    given = checked_answers(fields_from(gate.fields if gate else []), answers)
    is_open = repository.gating == Gating.AUTOMATIC
    asked, is_new = AccessRequest.objects.get_or_create(
        repository=repository,
        user=actor,
        defaults={
            "state": AccessState.ACCEPTED if is_open else AccessState.PENDING,
            "answers": given,
            "asked_at": requested_at,
            "decided_at": requested_at if is_open else None,
        },
    )
    if is_new:
        record_act(
            actor, "request_access", repository, at=requested_at, state=asked.state
        )
    elif asked.state == AccessState.REJECTED:
        raise AlreadyAsked("Your request was turned down. Write to the owners instead.")
    elif asked.state == AccessState.PENDING and is_open:
        asked.state, asked.decided_at = AccessState.ACCEPTED, requested_at
        asked.save(update_fields=["state", "decided_at"])
    return asked


@transaction.atomic
def cancel_request(
    actor: User, *, repository: Repository, cancelled_at: datetime
) -> None:
    """Take back one's own request that waits; its answers are forgotten.

    Raises:
        NoSuchRequest: there is none that waits.
    """
    waiting = AccessRequest.objects.filter(
        repository=repository, user=actor, state=AccessState.PENDING
    )
    if not waiting.delete()[0]:
        raise NoSuchRequest("You have no request here that waits for an answer.")
    record_act(actor, "cancel_request", repository, at=cancelled_at)


@transaction.atomic
def decide_access(
    actor: User,
    *,
    repository: Repository,
    user: User,
    state: AccessState | str,
    reason: str = "",
    decided_at: datetime,
) -> AccessRequest:
    """Let somebody in, turn them down, or put their request back among those waiting.

    Whoever is no longer let in takes nothing more from now on.

    Args:
        actor: who manages the repository.
        repository: behind a gate, or once behind one.
        user: who asked.
        state: what becomes of their request.
        reason: for the one who asked, where they are turned down; may be empty.
        decided_at: now.

    Raises:
        PermissionDenied: `actor` may not manage it.
        NoSuchRequest: `user` has not asked.
        Malformed: a reason too long, or for something else than turning down.
    """
    require(actor, MANAGE, repository)
    state, reason = AccessState(state), " ".join(reason.split())
    if len(reason) > LONGEST_REASON or "\0" in reason:
        raise Malformed(f"reason: write at most {LONGEST_REASON} characters.")
    if reason and state != AccessState.REJECTED:
        raise Malformed("reason: give one only to those you turn down.")
    found = AccessRequest.objects.select_for_update(of=("self",))
    asked = found.filter(repository=repository, user=user).first()
    if asked is None:
        raise NoSuchRequest(f"{user.username} has not asked for access here.")
    if (asked.state, asked.reason) != (state, reason):
        is_waiting = state == AccessState.PENDING
        asked.state, asked.reason = state, reason
        asked.decided_at = None if is_waiting else decided_at
        asked.decided_by = None if is_waiting else actor
        asked.save(update_fields=["state", "reason", "decided_at", "decided_by"])
        _record(actor, "decide_access", asked, at=decided_at)
    return asked


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
    _require_gate(repository)
    asked, is_new = AccessRequest.objects.get_or_create(
        repository=repository,
        user=user,
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


def _require_gate(repository: Repository) -> None:
    if not repository.is_gated:
        raise NotGated(f"“{repository}” has no gate: whoever sees it may ask for none.")


def _record(actor: User, act: str, asked: AccessRequest, *, at: datetime) -> None:
    record_act(
        actor,
        act,
        asked.repository,
        at=at,
        user=asked.user.username,
        state=str(asked.state),
    )
