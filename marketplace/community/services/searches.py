"""Searches that members keep: saved, renamed, deleted, had back, and told of."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils.translation import gettext

from marketplace.accounts.models import Letter, User
from marketplace.accounts.services import notify
from marketplace.community.models import Place, SavedSearch
from marketplace.community.models.searches import NAME_CHARACTERS, QUERY_CHARACTERS
from marketplace.community.queries.searches import (
    MOST_NEW,
    Finding,
    kept_query,
    new_in,
    searches_of,
)
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed
from marketplace.kit.words import checked_words

MOST_SEARCHES = 50
EVERY = timedelta(days=1)
AT_ONCE = 1_000  # searches of one sweep
NAMED = 5  # findings that a notice names


class SearchNameTaken(DomainError):
    code = "search_name_taken"


class TooManySearches(DomainError):
    code = "too_many_searches"


@transaction.atomic
def save_search(
    actor: User, *, name: str, place: Place, query: QueryDict, saved_at: datetime
) -> SavedSearch:
    """Keep a search under a name; from now on what is new in it is told, once a day.

    Args:
        actor: whose it will be.
        name: 1 to 100 characters on one line, once for each person.
        place: where it looks.
        query: of the page that shows what it finds; what is no part of it is left out.
        saved_at: now.

    Raises:
        Malformed: name or query cannot be so.
        SearchNameTaken: they keep another of this name.
        TooManySearches: they keep as many as one may.
    """
    _require_room(actor)
    kept = kept_query(query, place=place)
    if len(kept) > QUERY_CHARACTERS:
        raise Malformed(gettext("query: it names too much. Take some filters away."))
    search = SavedSearch(
        user=actor,
        name=_checked_name(name),
        place=place,
        query=kept,
        looked_at=saved_at,
        saved_at=saved_at,
    )
    _save(search)
    record_act(actor, "save_search", search, at=saved_at, place=str(place))
    return search


@transaction.atomic
def change_search(
    actor: User,
    *,
    search: SavedSearch,
    name: str | None = None,
    is_told: bool | None = None,
    changed_at: datetime,
) -> None:
    """Give one's search another name, or be told of it or not; None leaves it.

    Whoever wants to be told again is told of what comes from now on.

    Raises:
        Malformed: the name cannot be so.
        SearchNameTaken: they keep another of this name.
    """
    if name is not None:
        search.name = _checked_name(name)
    if is_told is not None and is_told != search.is_told:
        search.is_told, search.looked_at = is_told, changed_at
    _save(search, only=["name", "is_told", "looked_at"])
    record_act(actor, "change_search", search, at=changed_at, is_told=search.is_told)


@transaction.atomic
def delete_search(actor: User, *, search: SavedSearch, deleted_at: datetime) -> None:
    """Keep a search no more; `restore_search` takes that back."""
    search.deleted_at = deleted_at
    search.save(update_fields=["deleted_at"])
    record_act(actor, "delete_search", search, at=deleted_at)


@transaction.atomic
def restore_search(actor: User, *, search: SavedSearch, restored_at: datetime) -> None:
    """Keep a deleted search again, twice is once; what came meanwhile is told of.

    Raises:
        SearchNameTaken: another has its name by now.
        TooManySearches: they keep as many as one may.
    """
    if search.deleted_at is None:
        return
    _require_room(actor)
    search.deleted_at = None
    _save(search, only=["deleted_at"])
    record_act(actor, "restore_search", search, at=restored_at)


def tell_of_searches(*, at: datetime) -> int:
    """Tell of what is new in the searches that were not looked at for a day.

    Returns:
        How many people were told of something, counted once for each search.
    """
    due = SavedSearch.objects.filter(
        deleted_at__isnull=True, is_told=True, looked_at__lte=at - EVERY
    )
    keys = list(due.order_by("looked_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    return sum(_look_into(key, at=at) for key in keys)


@transaction.atomic
def _look_into(key: UUID, *, at: datetime) -> bool:
    """Tell of one search, unless another sweep has it; say whether there was anything."""
    locked = SavedSearch.objects.select_for_update(skip_locked=True, of=("self",))
    search = (
        locked.filter(pk=key, deleted_at__isnull=True, looked_at__lte=at - EVERY)
        .select_related("user")
        .first()
    )
    if search is None:
        return False
    found = new_in(search)
    search.looked_at = at
    search.save(update_fields=["looked_at"])
    if not found:
        return False
    many = f"{MOST_NEW} or more" if len(found) == MOST_NEW else str(len(found))
    notify(
        [search.user],
        kind=Letter.SEARCH,
        subject=f"{many} new in “{search.name}”",
        text=_told(found),
        path=search.newest_path,
        at=at,
    )
    return True


def _told(found: list[Finding]) -> str:
    named = [f"“{one.title}” by {one.owner}" for one in found[:NAMED]]
    more = [f"and {len(found) - NAMED} more"] if len(found) > NAMED else []
    return f"{', '.join([*named, *more])}."


def _require_room(actor: User) -> None:
    """Return if a person may keep one more, and let nobody count meanwhile."""
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if searches_of(actor).count() >= MOST_SEARCHES:
        raise TooManySearches(
            gettext(
                "You keep %(most_searches)s searches. Delete one that you need no more."
            )
            % {"most_searches": MOST_SEARCHES}
        )


def _checked_name(name: str) -> str:
    return checked_words(name, field="name", most=NAME_CHARACTERS)


def _save(search: SavedSearch, *, only: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            search.save(update_fields=only)
    except IntegrityError as fault:
        if "community_savedsearch_name_once" not in str(fault):
            raise
        raise SearchNameTaken(
            gettext(
                "name: you keep another search as “%(search_name)s”. Give this one "
                "another."
            )
            % {"search_name": search.name}
        ) from fault
