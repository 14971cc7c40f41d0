"""A host's acts about the pages of a contest: add, change, put in order, take away."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.text import slugify
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from training.contests import boards
from training.contests.models import Contest, ContestPage
from training.contests.permissions import require_host

MOST_PAGES = 30
MOST_TITLE = 100
MOST_TEXT = 100_000


class PageMissing(DomainError):
    """The contest has no page at this address."""

    code = "no_such_page"
    status = 404


@transaction.atomic
def add_page(
    actor: User, *, contest: Contest, title: str, text: str, at: datetime
) -> ContestPage:
    """Add a page after those there are.

    Args:
        actor: a host.
        contest: whose.
        title: 1 to 100 characters; its address is made of it.
        text: Markdown.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        Malformed: the message names the field.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    page = put_page(held, title=title, text=text)
    record_act(actor, "add_page", held, at=at, page=page.slug)
    return page


def put_page(contest: Contest, *, title: str, text: str) -> ContestPage:
    """Add a page whoever asks, with the contest held; for services alone.

    Raises:
        Malformed: the message names the field.
    """
    title, text = checked_words(title, text)
    taken = set(contest.pages.values_list("slug", flat=True))
    if len(taken) >= MOST_PAGES:
        raise Malformed(
            gettext("pages: at most %(most_pages)s.") % {"most_pages": MOST_PAGES}
        )
    return ContestPage.objects.create(
        contest=contest,
        number=len(taken) + 1,
        slug=_free_slug(title, taken),
        title=title,
        text=text,
    )


@transaction.atomic
def change_page(
    actor: User,
    *,
    contest: Contest,
    slug: str,
    title: str,
    text: str,
    number: int | None = None,
    at: datetime,
) -> ContestPage:
    """Change the words of a page, and its place; its address stays.

    Args:
        actor: a host.
        contest: whose.
        slug: the page's.
        title: 1 to 100 characters.
        text: Markdown.
        number: its new place from 1, as in `move_page`; None leaves it.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        PageMissing: it has none at this address.
        Malformed: the message names the field.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    page = _page(held, slug)
    page.title, page.text = checked_words(title, text)
    page.save(update_fields=["title", "text"])
    if number is not None:
        _place(page, number)
    record_act(actor, "change_page", held, at=at, page=slug)
    return page


@transaction.atomic
def move_page(
    actor: User, *, contest: Contest, slug: str, number: int, at: datetime
) -> ContestPage:
    """Put a page at another place; those between move by one.

    Args:
        actor: a host.
        contest: whose.
        slug: the page's.
        number: its new place from 1; beyond the last, it becomes the last.
        at: now.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        PageMissing: it has none at this address.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    page = _page(held, slug)
    if _place(page, number):
        record_act(actor, "move_page", held, at=at, page=slug, number=page.number)
    return page


def _place(page: ContestPage, number: int) -> bool:
    """Put a page at a place, those between one further; return whether it moved."""
    pages = ContestPage.objects.filter(contest=page.contest_id)
    place = min(max(number, 1), pages.count())
    if place == page.number:
        return False
    if place < page.number:
        between = pages.filter(number__gte=place, number__lt=page.number)
        between.update(number=F("number") + 1)
    else:
        between = pages.filter(number__gt=page.number, number__lte=place)
        between.update(number=F("number") - 1)
    page.number = place
    page.save(update_fields=["number"])
    return True


@transaction.atomic
def remove_page(actor: User, *, contest: Contest, slug: str, at: datetime) -> None:
    """Take a page away; those behind it move up.

    Raises:
        PermissionDenied: `actor` does not run the contest.
        PageMissing: it has none at this address.
    """
    require_host(actor, contest)
    held = boards.hold(contest.pk)
    page = _page(held, slug)
    page.delete()
    held.pages.filter(number__gt=page.number).update(number=F("number") - 1)
    record_act(actor, "remove_page", held, at=at, page=slug)


def checked_words(title: str, text: str) -> tuple[str, str]:
    """Return a page's title on one line, and its text.

    Raises:
        Malformed: one of them is missing, too long, or holds what no text does.
    """
    title, text = " ".join(title.split()), text.strip()
    if not 1 <= len(title) <= MOST_TITLE or "\0" in title:
        raise Malformed(
            gettext("title: give 1 to %(most_title)s characters.")
            % {"most_title": MOST_TITLE}
        )
    if not 1 <= len(text) <= MOST_TEXT or "\0" in text:
        raise Malformed(
            gettext("text: give 1 to %(most_text)s characters.")
            % {"most_text": f"{MOST_TEXT:,}"}
        )
    return title, text


def _free_slug(title: str, taken: set[str]) -> str:
    plain = slugify(title)[:70].strip("-_") or "page"
    slug, count = plain, 1
    while slug in taken:
        count += 1
        slug = f"{plain}-{count}"
    return slug


def _page(contest: Contest, slug: str) -> ContestPage:
    page = contest.pages.filter(slug=slug).first()
    if page is None:
        raise PageMissing(
            gettext("This contest has no page “%(slug)s”.") % {"slug": slug}
        )
    return page
