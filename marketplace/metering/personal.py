"""What metering holds on people."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from marketplace.kit.personal import (
    AtErasure,
    Held,
    Obstacle,
    Part,
    Person,
    PersonalData,
)
from marketplace.metering.models import Budget, Tariff


def obstacles_of(person: Person) -> Iterator[Obstacle]:
    """Yield what a person paid in for use and did not spend."""
    mine = Budget.objects.filter(namespace__user=person)
    for budget in mine.select_related("namespace", "prepaid"):
        if budget.prepaid.left_minor:
            yield Obstacle(
                "You paid in for use, and some of it is left. Have it paid out.",
                reverse("metering:budget", args=[budget.namespace.name]),
            )


METERING = PersonalData(
    room="metering",
    held=(
        Held(
            what=_("Prices of use that you stated for the site"),
            why=_("Others are charged by them, so it is known who said so."),
            at_erasure=AtErasure.STAYS,
            parts=(
                Part(
                    Tariff,
                    ("stated_by",),
                    person="stated_by",
                    shown=("pk", "from_month", "stated_at"),
                ),
            ),
        ),
    ),
    obstacles=obstacles_of,
)
