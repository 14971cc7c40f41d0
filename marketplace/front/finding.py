"""What a search finds besides repositories: contests, people, organisations, lessons."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from marketplace.accounts.models import Namespace
from marketplace.catalog.permissions import AnyUser
from marketplace.front.learn.catalogue import lessons_on
from marketplace.front.learn.lesson import Lesson
from training.contests.finding import with_words
from training.contests.models import Contest
from training.contests.permissions import visible_to as visible_contests

BESIDE = 3  # of each, beside the results


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The first of what else words find."""

    contests: list[Contest]
    people: list[Namespace]
    lessons: list[Lesson]

    def __bool__(self) -> bool:
        return bool(self.contests or self.people or self.lessons)


def elsewhere(user: AnyUser, text: str) -> Elsewhere:
    """Return the first that words find outside the catalog, for `user` to see.

    Cost: two queries.
    """
    contests = with_words(visible_contests(user), text)
    return Elsewhere(
        list(contests.order_by("-created_at", "-id")[:BESIDE]),
        list(people_called(text).order_by("name")[:BESIDE]),
        lessons_on(text)[:BESIDE],
    )


def people_called(text: str) -> QuerySet[Namespace]:
    """Return people and organisations by a part of their name.

    If nothing is said, only organisations: a list of all members is nobody's to have.
    People whose account is closed are nobody. Addresses are not looked into.
    """
    there = Namespace.objects.select_related("user", "organisation").filter(
        Q(user__is_active=True) | Q(organisation__isnull=False)
    )
    words = " ".join(text.replace("\0", "").split())
    if not words:
        return there.filter(organisation__isnull=False)
    return there.filter(
        Q(name__icontains=words)
        | Q(user__full_name__icontains=words)
        | Q(organisation__title__icontains=words)
    )
