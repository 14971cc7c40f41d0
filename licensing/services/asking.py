"""How an offer asks for money: once, as the buyer wants, or for each month or year."""

from dataclasses import dataclass

from django.utils.translation import gettext

from licensing.models import Period, PriceKind
from licensing.money import shown
from marketplace.kit.errors import Malformed

RECURRING = (Period.MONTH, Period.YEAR)
PAID_ONCE = frozenset({PriceKind.FREE, PriceKind.FIXED})


@dataclass(frozen=True, slots=True)
class Asking:
    """How a price is meant; what is paid once is `FIXED`, or `FREE` if it is nothing.

    Attributes:
        kind: of the price, which is the least where buyers name what they pay.
        suggested_minor: what buyers who may name it are told of, above zero.
        period: MONTH or YEAR, of what recurs; USE, of what is metered.
        cap_minor: the most that one month of what is metered comes to; None is no cap.
    """

    kind: PriceKind = PriceKind.FIXED
    suggested_minor: int | None = None
    period: str = ""
    cap_minor: int | None = None

    def kind_at(self, price_minor: int) -> PriceKind:
        """Return the kind that a price is kept as."""
        if self.kind in PAID_ONCE:
            return PriceKind.FIXED if price_minor else PriceKind.FREE
        return self.kind

    def judged_minor(self, price_minor: int) -> int:
        """Return the price that terms are judged by."""
        return max(price_minor, self.suggested_minor or 0)

    def gives_free(self, price_minor: int) -> bool:
        """Whether somebody may get for nothing what others pay for."""
        return self.kind == PriceKind.PAY_WHAT_YOU_WANT and not price_minor


ONCE = Asking()


def check_asking(
    asking: Asking,
    *,
    price_minor: int,
    largest_minor: int,
    term_days: int | None = None,
    has_policy: bool = False,
) -> None:
    """Return if a price can be asked for so.

    Args:
        asking: how.
        price_minor: the price, checked already.
        largest_minor: above which nothing may be asked for.
        term_days: how long the offer says that it lasts.
        has_policy: it says in public what is free, by a rule.

    Raises:
        Malformed: the message names the field.
    """
    if asking.kind == PriceKind.FREE and price_minor:
        raise Malformed(
            gettext("price_kind: what is FREE costs nothing; give 0, or another.")
        )
    if has_policy and asking.kind not in PAID_ONCE:
        raise Malformed(
            gettext(
                "price_kind: a policy goes with one price, paid once; leave this out."
            )
        )
    _check_suggestion(asking, price_minor, largest_minor)
    _check_cap(asking, price_minor, largest_minor)
    if asking.kind == PriceKind.RECURRING:
        _check_period(asking, price_minor, term_days)
    elif asking.period != (Period.USE if asking.kind == PriceKind.METERED else ""):
        raise Malformed(
            gettext("period: leave it empty, or choose the kind that it goes with.")
        )


def _check_cap(asking: Asking, price_minor: int, largest_minor: int) -> None:
    if asking.kind != PriceKind.METERED:
        if asking.cap_minor is not None:
            raise Malformed(
                gettext("cap_minor: leave it empty; it is not paid by use.")
            )
        return
    if not price_minor:
        raise Malformed(
            gettext("price_minor: 1,000 requests cost something, above zero.")
        )
    if asking.cap_minor is not None and not 1 <= asking.cap_minor <= largest_minor:
        raise Malformed(
            gettext("cap_minor: give what a month costs at most, above zero.")
        )


def _check_suggestion(asking: Asking, price_minor: int, largest_minor: int) -> None:
    suggested = asking.suggested_minor
    if asking.kind != PriceKind.PAY_WHAT_YOU_WANT:
        if suggested is not None:
            raise Malformed(
                gettext("suggested_minor: leave it empty; buyers do not name it.")
            )
    elif suggested is None or not max(price_minor, 1) <= suggested <= largest_minor:
        raise Malformed(
            gettext(
                "suggested_minor: suggest what to pay, above zero and not below the least."
            )
        )


def _check_period(asking: Asking, price_minor: int, term_days: int | None) -> None:
    if asking.period not in RECURRING:
        raise Malformed(
            gettext("period: choose one of %(recurring)s.")
            % {"recurring": ", ".join(RECURRING)}
        )
    if not price_minor:
        raise Malformed(gettext("price_minor: what is paid each time is above zero."))
    if term_days is not None:
        raise Malformed(
            gettext("term_days: leave it empty; it lasts as long as it is paid for.")
        )


def check_amount(
    amount_minor: int | None,
    *,
    least_minor: int,
    most_minor: int,
    currency: str,
    title: str,
) -> int:
    """Return what a buyer named for an offer that leaves it to them.

    Raises:
        Malformed: nothing is named, less than the least, or too much.
    """
    if amount_minor is None or not least_minor <= amount_minor <= most_minor:
        least = shown(least_minor, currency)
        raise Malformed(
            gettext("amounts: say what you pay for “%(title)s”: %(least)s or more.")
            % {"title": title, "least": least}
        )
    return amount_minor
