"""Files of a repository on their way out, on account of the namespace that holds it."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from licensing.queries.access import entitlements_of
from marketplace.catalog.models import Repository
from marketplace.catalog.permissions import CHANGE, AnyUser
from marketplace.metering.queries import is_charging
from marketplace.metering.services import record_sent, refuse_transfer
from marketplace.storage.delivery import blob_response
from marketplace.storage.models import Blob
from marketplace.storage.ranges import answer_for


def send_blob(
    request: HttpRequest,
    *,
    repository: Repository,
    blob: Blob,
    filename: str,
    content_type: str,
    inline: bool = False,
    now: datetime,
) -> HttpResponse:
    """Answer with a content of a repository, as `blob_response` does, and count it.

    Raises:
        BudgetUsedUp: see `count_sent`.
        BlobUnavailable: its bytes are withheld.
    """
    asked = answer_for(
        size=blob.size_bytes,
        etag=f'"{blob.pk}"',
        range_header=request.headers.get("Range"),
        if_range=request.headers.get("If-Range"),
    )
    count_sent(
        request.user,
        repository=repository,
        size_bytes=0 if request.method == "HEAD" else asked.length,
        at=now,
    )
    return blob_response(
        request,
        blob=blob,
        filename=filename,
        content_type=content_type,
        inline=inline,
        now=now,
    )


def count_sent(
    user: AnyUser, *, repository: Repository, size_bytes: int, at: datetime
) -> None:
    """Count bytes that somebody asked for, or the addresses of so many, as sent.

    Where transfer is charged for and the budget is used up, others are refused, but
    neither those who may change the repository nor those who paid for the work.

    Args:
        user: who asked, and may have them.
        repository: whose bytes they are.
        size_bytes: how many were asked for.
        at: now.

    Raises:
        BudgetUsedUp: the namespace may not spend what it would cost.

    Cost: one query, and those of `refuse_transfer` and two more where that is charged.
    """
    namespace = repository.namespace
    if not is_charging():
        record_sent(namespace, size_bytes=size_bytes, at=at)
        return
    with transaction.atomic():
        refusal = refuse_transfer(namespace, size_bytes=size_bytes, at=at)
        if refusal and not _is_never_refused(user, repository, at=at):
            raise refusal
        record_sent(namespace, size_bytes=size_bytes, at=at)


def _is_never_refused(user: AnyUser, repository: Repository, *, at: datetime) -> bool:
    if user.has_perm(CHANGE, repository):
        return True
    bought = entitlements_of(user, at=at).filter(offer__work=repository.work)
    return bought.filter(line__price_version__minor__gt=0).exists()
