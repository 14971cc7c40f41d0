"""What people are told, by letter and in their inbox: noted inside the act it tells of.

A note is a row, written in the transaction of the act, so no letter hangs on a broker and
none tells of what was undone. Notes of one kind to one person make one letter, and of a
kind nobody gets more than one an hour, unless it is urgent.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from marketplace.accounts.models import LEGAL, URGENT, Letter, Notice, User
from marketplace.kit.audit import record_act
from marketplace.kit.letters import post_letter
from marketplace.kit.together import Together

REST = timedelta(hours=1)
AT_ONCE = 500  # letters of one sweep
TOLD_AT_ONCE = 20  # notes of one letter; of more it says how many


def notify(
    people: Iterable[User],
    *,
    kind: Letter,
    subject: str,
    text: str,
    path: str,
    at: datetime,
    address: str = "",
    into: Together | None = None,
) -> None:
    """Note that somebody is to be told; call it inside the act it tells of.

    Each is told as they want it: by letter, in their inbox, both, or not at all.

    Args:
        people: who; those who are shut out are passed over.
        kind: what it is about.
        subject: of the letter, if it is alone.
        text: a sentence or a few, as plain text.
        path: of the page it leads to, on this site.
        at: now.
        address: also of somebody who has no account.
        into: other writes of the act, with which it is written.
    """
    told = [
        Notice(person=person, is_mailed=mailed, is_shown=shown)
        for person in people
        if (mailed := person.wants(kind)) | (shown := person.shows(kind))
    ]
    told += [Notice(address=address, is_shown=False)] if address else []
    for notice in told:
        notice.kind, notice.path, notice.due_at = kind, path, at
        notice.subject, notice.text = " ".join(subject.split())[:300], text
    if into is None:
        Notice.objects.bulk_create(told)
    else:
        into.insert(told)


@transaction.atomic
def choose_letters(
    actor: User, *, wanted: Collection[str], shown: Collection[str], at: datetime
) -> None:
    """Say what one is told by letter, and what in the inbox.

    What the law or fairness asks for comes both ways anyway.

    Args:
        actor: who.
        wanted: kinds of `Letter` that come by letter.
        shown: those that are in the inbox.
        at: now.
    """
    free = [kind for kind in Letter if kind not in LEGAL]
    actor.unwanted = sorted(str(kind) for kind in free if kind not in wanted)
    actor.unshown = sorted(str(kind) for kind in free if kind not in shown)
    actor.save(update_fields=["unwanted", "unshown"])
    record_act(
        actor,
        "choose_letters",
        actor,
        at=at,
        unwanted=len(actor.unwanted),
        unshown=len(actor.unshown),
    )


def mark_notice(actor: User, *, notice: Notice, is_read: bool, at: datetime) -> None:
    """Say that one has read a notice of one's own, or not yet; twice is once."""
    own = Notice.objects.filter(pk=notice.pk, person=actor, read_at__isnull=is_read)
    own.update(read_at=at if is_read else None)


def mark_all_notices(actor: User, *, kind: str = "", at: datetime) -> int:
    """Say that one has read all there is, or all of a kind; return how many it was."""
    unread = Notice.objects.filter(
        person=actor, is_shown=True, read_at=None, due_at__lte=at
    )
    return (unread.filter(kind=kind) if kind else unread).update(read_at=at)


def send_notices(*, at: datetime, base_url: str) -> int:
    """Write the letters that are due; return how many.

    A mail server that does not answer is tried again by the next sweep; one that will
    not have an address is not asked twice. A worker that dies between writing down that
    it sends and sending loses that one letter, rather than sending it for ever.

    Args:
        at: now.
        base_url: of this site, without a slash at the end.

    Raises:
        OSError: the mail server cannot be reached.
    """
    due = _due(at).values_list("person", "address", "kind").distinct()
    return sum(
        _write(person, address, kind, at=at, base_url=base_url)
        for person, address, kind in due.order_by("person", "address", "kind")[:AT_ONCE]
    )


def _due(at: datetime) -> QuerySet[Notice]:
    lately = Notice.objects.filter(
        person=OuterRef("person"), kind=OuterRef("kind"), sent_at__gt=at - REST
    )
    return Notice.objects.filter(
        ~Exists(lately) | Q(kind__in=URGENT),
        is_mailed=True,
        sent_at__isnull=True,
        due_at__lte=at,
    )


def _write(
    person_id: int | None, address: str, kind: str, *, at: datetime, base_url: str
) -> bool:
    with transaction.atomic():
        waiting = Notice.objects.select_for_update(
            skip_locked=True, of=("self",)
        ).filter(
            person=person_id,
            address=address,
            kind=kind,
            is_mailed=True,
            sent_at=None,
            due_at__lte=at,
        )
        notices = list(waiting.order_by("due_at", "pk").select_related("person"))
        rows = Notice.objects.filter(pk__in=[notice.pk for notice in notices])
        rows.update(sent_at=at)
    if not notices:
        return False
    try:
        _post(notices, base_url=base_url)
    except OSError:
        rows.update(sent_at=None)
        raise
    rows.filter(~Q(address="")).delete()  # of whom we know nothing else
    return True


def _post(notices: list[Notice], *, base_url: str) -> None:
    first = notices[0]
    person = first.person
    if person is not None and not person.is_active:
        return
    subject = first.subject
    if len(notices) > 1:
        subject = f"{Letter(first.kind).label}: {len(notices)} messages"
    body = render_to_string(
        "accounts/letter.txt",
        {
            "notices": notices[:TOLD_AT_ONCE],
            "more": max(len(notices) - TOLD_AT_ONCE, 0),
            "base_url": base_url,
            "person": person,
            "is_legal": first.kind in LEGAL,
            "letters_path": reverse("accounts:letters"),
        },
    )
    post_letter(person, subject=subject, body=body, address=first.address)
