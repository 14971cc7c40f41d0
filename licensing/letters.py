"""Letters about recalls: to those who built on a work or hold it, once each.

A row names each person who is to be told (`RecallNotice`), so no letter hangs on a
broker. It is claimed before it is written, so none is sent twice; what a mail server
cannot take is let go again. Who was told is told as well when the recall is lifted.
"""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from licensing.book import book_for
from licensing.copies import copies_told
from licensing.models import RecallKind, RecallNotice, Work
from marketplace.kit.letters import post_letter

AT_ONCE = 500


def send_letters(*, at: datetime, base_url: str) -> int:
    """Write the letters that are due, `AT_ONCE` of each kind; return how many.

    Args:
        at: now.
        base_url: of this site, without a slash at the end.

    Raises:
        OSError: the mail server cannot be reached; the next sweep tries again.
    """
    told = 0
    for notice in _untold():
        told += _tell(notice, "told_at", "recalled", at=at, base_url=base_url)
    for notice in _unlifted():
        told += _tell(notice, "lifting_told_at", "lifted", at=at, base_url=base_url)
    return told


def _untold() -> Iterator[RecallNotice]:
    due = RecallNotice.objects.filter(
        told_at__isnull=True, recall__lifted_at__isnull=True
    )
    return _first(due)


def _unlifted() -> Iterator[RecallNotice]:
    due = RecallNotice.objects.filter(
        told_at__isnull=False,
        lifting_told_at__isnull=True,
        recall__lifted_at__isnull=False,
    )
    return _first(due)


def _first(due: QuerySet[RecallNotice]) -> Iterator[RecallNotice]:
    told = due.select_related("user", "recall__work__owner", "recall__recalled_by")
    return iter(told.order_by("recall", "pk")[:AT_ONCE])


def _tell(
    notice: RecallNotice, column: str, what: str, *, at: datetime, base_url: str
) -> bool:
    row = RecallNotice.objects.filter(pk=notice.pk)
    if not row.filter(**{f"{column}__isnull": True}).update(**{column: at}):
        return False
    try:
        if notice.user.is_active:
            post_letter(
                notice.user,
                subject=_subject(notice, what),
                body=render_to_string(
                    f"licensing/letter_{what}.txt", _context(notice, base_url)
                ),
            )
    except OSError:
        row.update(**{column: None})
        raise
    return True


def _subject(notice: RecallNotice, what: str) -> str:
    title = notice.recall.work.title if notice.is_named else "A work you built on"
    if what == "lifted":
        return f"{title}: the recall is lifted"
    return f"{title} is {notice.recall.get_kind_display().lower()}"


def _context(notice: RecallNotice, base_url: str) -> dict[str, object]:
    recall = notice.recall
    works = Work.objects.filter(pk__in=notice.works).order_by("title", "pk")
    licence = recall.work.licence_id or ""
    with translation.override(settings.LANGUAGE_CODE):  # letters have one language
        copies = copies_told(
            licence,
            book_for([licence]).get(licence),
            is_disputed=recall.kind == RecallKind.DISPUTED,
        )
    return {
        "notice": notice,
        "recall": recall,
        "works": [
            (
                work.title,
                f"{base_url}{reverse('licensing:work-detail', args=[work.pk])}",
            )
            for work in works
        ],
        "more": notice.owns + notice.holds - len(notice.works),
        "copies": copies,
        "url": f"{base_url}{reverse('licensing:recalls', args=[recall.work_id])}",
    }
