"""What is done with conversions: asking for one, and letting go of those of the past."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.models import (
    Commit,
    KeptVersion,
    Ref,
    Repository,
    TreeEntry,
)
from marketplace.catalog.permissions import CHANGE, require
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError
from marketplace.viewer.models import UNDER_WAY, Conversion, Split, State

FORGOTTEN_AT_ONCE = 200


class NotFailed(DomainError):
    code = "not_failed"


def ask_conversion(
    repository: Repository, *, commit: Commit, at: datetime
) -> Conversion:
    """Have a version of a dataset converted, if it is not yet; return how far it is.

    A worker's timer finds what waits within seconds. Asking twice changes nothing.

    Args:
        repository: a dataset.
        commit: one of its versions.
        at: now.
    """
    found, _ = Conversion.objects.get_or_create(
        commit=commit, defaults={"repository": repository, "asked_at": at}
    )
    return found


@transaction.atomic
def ask_again(actor: User, *, conversion: Conversion, at: datetime) -> Conversion:
    """Have a version converted anew of which nothing came, or not all of it.

    Raises:
        PermissionDenied: `actor` may not change the dataset.
        NotFailed: it is under way, or there is nothing wrong with it.
    """
    require(actor, CHANGE, conversion.repository)
    held = Conversion.objects.select_for_update(of=("self",)).get(pk=conversion.pk)
    splits = Split.objects.filter(conversion=held)
    has_faults = splits.filter(Q(failure__isnull=False) | Q(statistics=None)).exists()
    if held.is_under_way or not (held.state == State.FAILED or has_faults):
        raise NotFailed(
            gettext("Its tables are there, or on their way; nothing is to be done.")
        )
    splits.delete()
    held.state, held.run_id, held.cause = State.WAITING, None, None
    held.asked_at, held.ended_at, held.digest = at, None, ""
    held.done_bytes = held.total_bytes = 0
    held.save(
        update_fields=[
            *("state", "run_id", "cause", "asked_at", "ended_at", "digest"),
            *("done_bytes", "total_bytes"),
        ]
    )
    record_act(actor, "convert_again", held, at=at)
    return held


def forget_past(*, before: datetime) -> int:
    """Let go of old tables of versions that no name points at; return how many.

    And of those of datasets whose files were let go of. Whoever looks at such a version
    has it converted again.
    """
    named = Ref.objects.filter(commit=OuterRef("commit"))
    kept = KeptVersion.objects.filter(commit=OuterRef("commit"))
    files = TreeEntry.objects.filter(repository=OuterRef("repository"))
    past = Conversion.objects.exclude(state__in=UNDER_WAY).filter(
        ~Exists(named) & ~Exists(kept) & Q(ended_at__lt=before) | ~Exists(files)
    )
    gone = list(past.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    Conversion.objects.filter(pk__in=gone).delete()
    return len(gone)
