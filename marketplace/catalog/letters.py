"""Letters about access: to owners of whom asked, to those of what was decided.

A row says when somebody was last written to and a sweep looks for what happened since,
so no letter hangs on a broker. Owners hear of one repository once an hour at most,
however many ask.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse

from marketplace.accounts.models import Letter, User
from marketplace.accounts.queries import owners_of
from marketplace.catalog.models import AccessRequest, AccessState, Gate, Repository
from marketplace.kit.letters import post_letter

OWNERS_REST = timedelta(hours=1)
AT_ONCE = 500


def send_letters(*, at: datetime, base_url: str) -> int:
    """Write whatever letters are due; return how many rows were told of.

    A mail server that does not answer is tried again by the next sweep; one that will
    not have an address is not asked twice.

    Args:
        at: now.
        base_url: of this site, without a slash at the end.

    Raises:
        OSError: the mail server cannot be reached.
    """
    told = 0
    for repository in _asked_for(at):
        told += _tell_owners(repository, at=at, base_url=base_url)
    for asked in _decided():
        told += _tell_asker(asked, at=at, base_url=base_url)
    return told


def _asked_for(at: datetime) -> list[Repository]:
    told_at = "repository__gate__owners_told_at"
    waiting = AccessRequest.objects.filter(
        Q(**{f"{told_at}__isnull": True})
        | Q(**{f"{told_at}__lte": at - OWNERS_REST}, asked_at__gt=F(told_at)),
        state=AccessState.PENDING,
    )
    gated = Repository.objects.filter(
        pk__in=waiting.values("repository"), deleted_at__isnull=True, gate__isnull=False
    )
    return list(gated.select_related("namespace", "gate")[:AT_ONCE])


def _tell_owners(repository: Repository, *, at: datetime, base_url: str) -> bool:
    before = repository.gate.owners_told_at
    gate = Gate.objects.filter(pk=repository.pk)
    if not gate.filter(owners_told_at=before).update(owners_told_at=at):
        return False
    waiting = AccessRequest.objects.filter(
        repository=repository, state=AccessState.PENDING
    )
    page = f"catalog:{repository.kind.lower()}-requests"
    path = reverse(page, args=[repository.namespace.name, repository.name])
    try:
        _post(
            owners_of(repository.namespace),
            subject=f"Access to {repository} is asked for",
            body=render_to_string(
                "catalog/letter_asked.txt",
                {
                    "repository": repository,
                    "count": waiting.count(),
                    "url": f"{base_url}{path}",
                },
            ),
        )
    except OSError:
        gate.update(owners_told_at=before)
        raise
    return True


def _decided() -> list[AccessRequest]:
    due = AccessRequest.objects.filter(
        Q(told_at__isnull=True) | Q(told_at__lt=F("decided_at")),
        decided_by__isnull=False,
    )
    with_names = due.select_related(
        "repository__namespace", "user", "organisation__namespace"
    )
    return list(with_names[:AT_ONCE])


def _tell_asker(asked: AccessRequest, *, at: datetime, base_url: str) -> bool:
    row, before = AccessRequest.objects.filter(pk=asked.pk), asked.told_at
    moment = max(at, asked.decided_at or at)
    unchanged = row.filter(told_at=before, decided_at=asked.decided_at)
    if not unchanged.update(told_at=moment):
        return False
    is_in = asked.state == AccessState.ACCEPTED
    answer = {AccessState.ACCEPTED: "yes", AccessState.REVOKED: "revoked"}
    said = answer.get(AccessState(asked.state), "no")
    try:
        _post(
            [asked.user] if asked.user.is_active else [],
            subject=f"Access to {asked.repository}: {said}",
            body=render_to_string(
                "catalog/letter_decided.txt",
                {
                    "asked": asked,
                    "is_in": is_in,
                    "is_revoked": asked.state == AccessState.REVOKED,
                    "url": f"{base_url}{asked.repository.get_absolute_url()}",
                    "gate_url": f"{base_url}{asked.repository.get_absolute_url()}/access",
                },
            ),
        )
    except OSError:
        row.update(told_at=before)
        raise
    return True


def _post(people: Iterable[User], *, subject: str, body: str) -> None:
    for person in (each for each in people if each.wants(Letter.ACCESS)):
        post_letter(person, subject=subject, body=body)
