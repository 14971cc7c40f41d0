"""Xorbs on their way in, and how long they are kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import BinaryIO

from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Greatest
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.storage.blobs import (
    HashedFile,
    Incomplete,
    StorageFull,
    TooLarge,
    hashed_copy,
)
from marketplace.storage.models import XetCache, Xorb, XorbSender
from marketplace.storage.queries import current_store, sources_of
from marketplace.storage.services.blobs import pardon, record_blobs
from marketplace.storage.services.uploads import UploadsFull
from marketplace.storage.xet.hashes import from_client_hex
from marketplace.storage.xet.tables import packed
from marketplace.storage.xet.xorbs import BODY_BYTES, XORB_BYTES, BadXorb, Body

KEPT = timedelta(days=28)  # clients count on a xorb for 21 after they last listed it
BODIES_STAY = timedelta(hours=1)  # once they are not needed: someone may be reading
COLLECTED_AT_ONCE = 500


def take_xorb(
    actor: User,
    *,
    claimed_hash: str,
    source: BinaryIO,
    length: int,
    taken_at: datetime,
    open_limit_bytes: int,
) -> bool:
    """Keep what is in a xorb that `actor` sends, once all of it is verified.

    Its chunks are kept plain, one after the other: where a file is made of all of them,
    it is here already. Of a xorb that is here nothing is kept again, but `actor` has
    shown to have it.

    Args:
        actor: who sends it.
        claimed_hash: what its chunks must hash to, as clients write it.
        source: the body, read once; a few megabytes are in memory at a time.
        length: how long the body is said to be, in bytes.
        taken_at: now.
        open_limit_bytes: the most that one person may have sent and made no file of.

    Returns:
        Whether it was not here before.

    Raises:
        TooLarge, Incomplete: the body is too long, or not as long as announced.
        BadXorb: it is not a xorb, or not that one.
        UploadsFull: `actor` has too much under way.
        StorageFull: the disk takes no more.
    """
    try:
        from_client_hex(claimed_hash)
    except ValueError as fault:
        raise BadXorb(
            gettext("The address of a xorb is its hash: %(fault)s.") % {"fault": fault}
        ) from fault
    if length > BODY_BYTES:
        raise TooLarge(
            gettext("A xorb has at most %(body_bytes)s bytes, and not %(length)s.")
            % {"body_bytes": f"{BODY_BYTES:,}", "length": f"{length:,}"}
        )
    _require_room(actor, length, limit_bytes=open_limit_bytes)
    body = Body(source, length=length, claimed=claimed_hash)
    try:
        with hashed_copy(
            body.plain(), folder=current_store().incoming, limit_bytes=XORB_BYTES
        ) as content:
            _require_length(body)
            is_known = touch_xorbs([claimed_hash], at=taken_at) > 0
            is_new = not (is_known and _is_held(actor, claimed_hash))
            if is_new:
                pardon([content.sha256])
                current_store().put(content)
    except (BadXorb, StorageFull):
        _require_length(body)  # not every client hears an answer before it has sent all
        raise
    with transaction.atomic():
        if is_new:
            _enter(body, content, is_known=is_known, at=taken_at)
        XorbSender.objects.bulk_create(
            [XorbSender(user=actor, xorb_id=claimed_hash, sent_at=taken_at)],
            update_conflicts=True,
            unique_fields=["user", "xorb"],
            update_fields=["sent_at"],
        )
    return is_new


def _require_length(body: Body) -> None:
    """Read a body to its end, and return if it is as long as announced.

    Raises:
        TooLarge, Incomplete: it is longer, or shorter.
    """
    received = body.drained()
    if received > body.length:
        raise TooLarge(
            gettext("The body goes on after the %(length)s bytes announced.")
            % {"length": f"{body.length:,}"}
        )
    if received < body.length:
        raise Incomplete(
            gettext(
                "Expected %(length)s bytes, received %(received)s. Send the xorb again."
            )
            % {"length": f"{body.length:,}", "received": f"{received:,}"}
        )


def _require_room(actor: User, length: int, *, limit_bytes: int) -> None:
    open_now = Xorb.objects.filter(senders__user=actor, is_covered=False)
    under_way = open_now.aggregate(sum=Sum("plain_bytes"))["sum"] or 0
    if under_way + length > limit_bytes:
        raise UploadsFull(
            gettext(
                "You have sent %(under_way)s bytes of which no file was made yet, "
                "and %(limit_bytes)s are allowed. Finish an upload, or wait: what no "
                "file is made of is forgotten after %(days)s days."
            )
            % {
                "under_way": f"{under_way:,}",
                "limit_bytes": f"{limit_bytes:,}",
                "days": KEPT.days,
            }
        )


def _is_held(actor: User, name: str) -> bool:
    """Whether a xorb is here with its bytes, as far as anyone knows."""
    source = sources_of(actor, [name], readable=lambda _: set()).get(name)
    return source is not None and source.is_held()


def _enter(body: Body, content: HashedFile, *, is_known: bool, at: datetime) -> None:
    """Write down a xorb whose chunks are in the store; another may just have done so."""
    record_blobs({content.sha256: content.size_bytes}, at=at)
    told = {
        "chunks": packed(body.chunks),
        "plain_bytes": content.size_bytes,
        "body_id": content.sha256,
    }
    if is_known:
        Xorb.objects.filter(pk=body.claimed).update(**told)
    else:
        Xorb.objects.bulk_create(
            [Xorb(pk=body.claimed, listed_at=at, **told)], ignore_conflicts=True
        )


def touch_xorbs(names: Iterable[str], *, at: datetime) -> int:
    """Keep xorbs for another four weeks: a client counts on them; return how many."""
    rows = Xorb.objects.filter(pk__in=names)
    return rows.update(listed_at=Greatest(F("listed_at"), at))


def renew_cache(user: User) -> None:
    """Make the clients of `user` forget what they have sent, and send it all again."""
    XetCache.objects.get_or_create(user=user)
    XetCache.objects.filter(user=user).update(generation=F("generation") + 1)


def collect_xorbs(*, now: datetime) -> int:
    """Forget xorbs that no client can count on any more, and bodies no longer needed.

    Returns:
        How many xorbs and bodies. The bytes go when nothing else needs them.
    """
    return _forget_old(before=now - KEPT) + _spare_bodies(before=now - BODIES_STAY)


@transaction.atomic
def _forget_old(*, before: datetime) -> int:
    old = Xorb.objects.filter(listed_at__lt=before).order_by("listed_at")
    locked = old.select_for_update(skip_locked=True).values_list("pk", flat=True)
    names = list(locked[:COLLECTED_AT_ONCE])
    Xorb.objects.filter(pk__in=names).delete()
    return len(names)


def _spare_bodies(*, before: datetime) -> int:
    spare = Xorb.objects.filter(
        is_covered=True, body__isnull=False, listed_at__lt=before
    )
    return spare.exclude(segments__blob__quarantined_at__isnull=False).update(body=None)
