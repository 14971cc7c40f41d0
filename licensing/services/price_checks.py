"""What prices and policies keep to before they are stated."""

from datetime import date, datetime

from django.utils.translation import gettext

from licensing.freemium import Freemium
from licensing.models import FreemiumRule
from licensing.models.pricing import LONGEST_NOTICE
from licensing.money import CURRENCIES
from marketplace.kit.errors import Malformed

LARGEST_PRICE = 10**12
LONGEST_WORDS = 2_000
MOST_COUNTED = 1_000_000  # places, or days
MOST_POLICIES = 100
LATEST_DATE = date(2100, 1, 1)


def check_price(price_minor: int, currency: str) -> None:
    """Return if this is a price.

    Raises:
        Malformed: the message names the field.
    """
    if not 0 <= price_minor <= LARGEST_PRICE:
        raise Malformed(
            gettext("price_minor: give 0 to %(largest_price)s minor units.")
            % {"largest_price": LARGEST_PRICE}
        )
    if currency not in CURRENCIES:
        raise Malformed(gettext("currency: give an ISO 4217 code such as EUR."))


def check_policy(said: Freemium, *, then_minor: int, at: datetime) -> None:
    """Return if a policy can be stated at a moment.

    Raises:
        Malformed: the message names the field.
    """
    if then_minor < 1:
        raise Malformed(
            gettext(
                "price_minor: a policy says what it costs in the end; give a price above "
                "zero, or no policy."
            )
        )
    if not 0 <= said.notice_days <= LONGEST_NOTICE:
        raise Malformed(
            gettext("notice_days: give 0 to %(longest_notice)s days.")
            % {"longest_notice": LONGEST_NOTICE}
        )
    for field, count, rule in (
        ("places", said.places, FreemiumRule.FIRST_ORDERS),
        ("older_than_days", said.older_than_days, FreemiumRule.OLDER_VERSIONS),
    ):
        if said.rule.value != rule and count is not None:
            raise Malformed(
                gettext("%(field)s: leave it empty; the rule is another.")
                % {"field": field}
            )
        if said.rule.value == rule and not 1 <= (count or 0) <= MOST_COUNTED:
            raise Malformed(
                gettext("%(field)s: give 1 to %(most_counted)s.")
                % {"field": field, "most_counted": MOST_COUNTED}
            )
    _check_date(said, at)
    if len(said.words) > LONGEST_WORDS or "\0" in said.words:
        raise Malformed(
            gettext(
                "policy_words: give at most %(longest_words)s characters of plain text."
            )
            % {"longest_words": LONGEST_WORDS}
        )


def _check_date(said: Freemium, at: datetime) -> None:
    if said.rule.value != FreemiumRule.UNTIL_DATE:
        if said.last_free_date is not None:
            raise Malformed(
                gettext("last_free_date: leave it empty; the rule is another.")
            )
        return
    if said.last_free_date is None or said.last_free_date > LATEST_DATE:
        raise Malformed(
            gettext("last_free_date: give a day before %(year)s.")
            % {"year": LATEST_DATE.year}
        )
    if said.last_free_date < at.date():
        raise Malformed(
            gettext("last_free_date: this day is over; give today or a later one.")
        )
