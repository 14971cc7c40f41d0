"""Codes that take something off orders: made, closed, used once for each, given back.

Who gives a discount bears it. A code of owners is theirs to make who may change the price
of its offers; the operator's takes off the platform's fee, and owners get what they would
without it.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Q
from django.utils.translation import gettext

from licensing.models import Discount, DiscountUse, Offer, Order, Party
from licensing.money import CURRENCIES, WHOLE
from licensing.permissions import may_act_for
from licensing.services.price_checks import LARGEST_PRICE
from licensing.services.pricing import may_price
from licensing.totals import Off
from marketplace.accounts.models import User
from marketplace.accounts.permissions import require_staff
from marketplace.accounts.queries import confirmed_domains
from marketplace.kit.audit import record_act
from marketplace.kit.errors import DomainError, Malformed

CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{3,39}")
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
MOST_OFFERS = 100
MOST_DOMAINS = 100
MOST_USES = 1_000_000


class CodeTaken(DomainError):
    code = "code_taken"


class DiscountRefused(DomainError):
    """The code gives nothing for this order; the message says why."""

    code = "discount_refused"


@dataclass(frozen=True, slots=True)
class DiscountTerms:
    """What a code takes off, and for whom.

    Attributes:
        percent_bps: 1 to 10,000 hundredths of a per cent, or None for an amount.
        amount_minor: minor units of `currency`, off the whole of an order.
        currency: ISO 4217, with an amount alone.
        domains: of e-mail addresses, such as `uoa.gr`; those below one count too.
        valid_until: the moment it ends, None for never.
        max_uses: by everybody together.
        max_uses_each: by one person.
    """

    valid_from: datetime
    percent_bps: int | None = None
    amount_minor: int | None = None
    currency: str = ""
    domains: Sequence[str] = field(default_factory=tuple)
    valid_until: datetime | None = None
    max_uses: int | None = None
    max_uses_each: int | None = None


@transaction.atomic
def make_discount(
    actor: User,
    *,
    code: str,
    issuer: Party | None,
    offers: Collection[Offer],
    said: DiscountTerms,
    made_at: datetime,
) -> Discount:
    """Make a code for some offers of one owner, or the operator's for some or for all.

    Args:
        actor: acts for `issuer` and every holder of rights in the works; or staff.
        code: 4 to 40 letters, digits and hyphens; capital or not is the same.
        issuer: the owner of the works; None for the operator.
        offers: what it is for; none means all, which is the operator's alone.
        said: what it gives.
        made_at: when.

    Raises:
        PermissionDenied: `actor` may not.
        Malformed: the message names the field.
        CodeTaken: there is such a code, open or closed.
    """
    if issuer is None:
        require_staff(actor)
    else:
        _require_prices(actor, issuer, offers)
    code = code.strip().upper()
    domains = _checked(code, offers, said)
    try:
        with transaction.atomic():
            discount = Discount.objects.create(
                code=code,
                issuer=issuer,
                percent_bps=said.percent_bps,
                amount_minor=said.amount_minor,
                currency=said.currency,
                domains=domains,
                valid_from=said.valid_from,
                valid_until=said.valid_until,
                max_uses=said.max_uses,
                max_uses_each=said.max_uses_each,
                made_by=actor,
                made_at=made_at,
            )
    except IntegrityError as clash:
        raise CodeTaken(
            gettext("code: %(code)s is taken; choose another.") % {"code": code}
        ) from clash
    discount.offers.set(offers)
    record_act(actor, "make_discount", discount, at=made_at, code=code)
    return discount


@transaction.atomic
def close_discount(actor: User, *, discount: Discount, closed_at: datetime) -> Discount:
    """Let a code give nothing from now on; orders keep what it gave. Twice is once.

    Raises:
        PermissionDenied: it is not `actor`'s to close.
    """
    discount = Discount.objects.select_for_update(of=("self",)).get(pk=discount.pk)
    if discount.issuer is None:
        require_staff(actor)
    elif not may_act_for(actor, discount.issuer):
        raise PermissionDenied("Only who made a code may close it.")
    if discount.closed_at is None:
        discount.closed_at = closed_at
        discount.save(update_fields=["closed_at"])
        record_act(actor, "close_discount", discount, at=closed_at)
    return discount


def find_discount(
    code: str, *, user: User, offers: Sequence[Offer], currency: str, at: datetime
) -> tuple[Discount, list[int]]:
    """Return a code and the places in `offers` that it takes something off from.

    Raises:
        DiscountRefused: there is none, it is over or used up, or is for other offers,
            another currency or other people.

    Cost: one query; one more if it is for some domains.
    """
    named = Discount.offers.through.objects.filter(discount=OuterRef("pk"))
    rows = Discount.objects.annotate(named=ArraySubquery(named.values("offer")))
    found = rows.filter(code=code.strip().upper()[:41]).first()
    if found is None or found.closed_at or found.valid_from > at:
        raise DiscountRefused(
            gettext("code: there is no such code. Check how it is written.")
        )
    if found.valid_until is not None and found.valid_until <= at:
        raise DiscountRefused(
            gettext("code: %(code)s was good until %(valid_until)s UTC.")
            % {
                "code": found.code,
                "valid_until": f"{found.valid_until:%d %B %Y, %H:%M}",
            }
        )
    if found.max_uses is not None and found.uses >= found.max_uses:
        raise _used_up(found)
    if found.currency not in {"", currency}:
        raise DiscountRefused(
            gettext("code: %(code)s is for orders in %(currency)s.")
            % {"code": found.code, "currency": found.currency}
        )
    if found.domains and not _is_from(found.domains, user):
        raise DiscountRefused(
            gettext(
                "code: %(code)s is for people with an address at %(domains)s. Add "
                "yours to your account and confirm it."
            )
            % {"code": found.code, "domains": ", ".join(found.domains)}
        )
    is_for_all = found.issuer_id is None and not found.named
    reached = [
        place
        for place, offer in enumerate(offers)
        if is_for_all or offer.pk in found.named
    ]
    if not reached:
        raise DiscountRefused(
            gettext("code: %(code)s is for other offers than these.")
            % {"code": found.code}
        )
    return found, reached


def off_of(discount: Discount) -> Off:
    """Return what a code takes off, for the sums."""
    return Off(
        bps=discount.percent_bps or 0,
        minor=discount.amount_minor or 0,
        is_of_fee=discount.issuer_id is None,
    )


def use_discount(discount: Discount, *, order: Order, used_at: datetime) -> DiscountUse:
    """Count an order as a use of a code, in the transaction that places it.

    The row of the code is held from here to the end of it: as long as nobody else counts,
    the maximum and the times of one person cannot be passed.

    Raises:
        DiscountRefused: it was used up in the meantime, or by the buyer before.
    """
    is_left = Q(max_uses__isnull=True) | Q(uses__lt=F("max_uses"))
    row = Discount.objects.filter(is_left, pk=discount.pk, closed_at__isnull=True)
    if not row.update(uses=F("uses") + 1):
        raise _used_up(discount)
    if discount.max_uses_each is not None:
        theirs = discount.used.filter(
            order__buyer=order.buyer_id, given_back_at__isnull=True
        )
        if theirs.count() >= discount.max_uses_each:
            raise DiscountRefused(
                gettext(
                    "code: you used %(code)s already; it may be used "
                    "%(max_uses_each)s times by one person."
                )
                % {"code": discount.code, "max_uses_each": discount.max_uses_each}
                if discount.max_uses_each > 1
                else gettext("code: you used %(code)s already.")
                % {"code": discount.code}
            )
    return DiscountUse.objects.create(discount=discount, order=order, used_at=used_at)


def give_back_discounts(orders: Collection[Order], *, at: datetime) -> None:
    """Let the codes of orders that came to nothing be used again, each once.

    Cost: one query if there are none; else one for each code, and one more.
    """
    standing = DiscountUse.objects.filter(order__in=orders, given_back_at__isnull=True)
    uses = list(standing.order_by("discount_id", "pk"))
    for use in uses:
        row = DiscountUse.objects.filter(pk=use.pk, given_back_at__isnull=True)
        if row.update(given_back_at=at):
            Discount.objects.filter(pk=use.discount_id).update(uses=F("uses") - 1)


def _require_prices(actor: User, issuer: Party, offers: Collection[Offer]) -> None:
    if not may_act_for(actor, issuer):
        raise PermissionDenied(f"You make no codes for {issuer}.")
    if not offers:
        raise Malformed(gettext("offers: name those that the code is for."))
    for offer in offers:
        if offer.work.owner_id != issuer.pk or not may_price(actor, offer):
            raise PermissionDenied(
                "Only someone who acts for every rights holder may make a code for an "
                f"offer, and “{offer.terms.title}” has others."
            )


def _checked(code: str, offers: Collection[Offer], said: DiscountTerms) -> list[str]:
    """Return the domains in one form, of what is well said."""
    if not CODE.fullmatch(code):
        raise Malformed(gettext("code: give 4 to 40 letters, digits and hyphens."))
    if len(offers) > MOST_OFFERS:
        raise Malformed(
            gettext("offers: name at most %(most_offers)s.")
            % {"most_offers": MOST_OFFERS}
        )
    _check_what_is_off(said)
    if said.valid_until is not None and said.valid_until <= said.valid_from:
        raise Malformed(gettext("valid_until: give a moment after the first."))
    for name, count in (
        ("max_uses", said.max_uses),
        ("max_uses_each", said.max_uses_each),
    ):
        if count is not None and not 1 <= count <= MOST_USES:
            raise Malformed(
                gettext("%(name)s: give 1 to %(most_uses)s, or nothing.")
                % {"name": name, "most_uses": MOST_USES}
            )
    domains = sorted({each.strip().lower().lstrip("@") for each in said.domains})
    if len(domains) > MOST_DOMAINS:
        raise Malformed(
            gettext("domains: name at most %(most_domains)s.")
            % {"most_domains": MOST_DOMAINS}
        )
    for domain in domains:
        if not DOMAIN.fullmatch(domain):
            raise Malformed(
                gettext("domains: “%(domain)s” is no domain such as uoa.gr.")
                % {"domain": domain[:60]}
            )
    return domains


def _check_what_is_off(said: DiscountTerms) -> None:
    if (said.percent_bps is None) == (said.amount_minor is None):
        raise Malformed(
            gettext("percent_bps: give a percentage or an amount, one of them.")
        )
    if said.percent_bps is not None and not 1 <= said.percent_bps <= WHOLE:
        raise Malformed(
            gettext("percent_bps: give 1 to %(whole)s hundredths of a per cent.")
            % {"whole": WHOLE}
        )
    if said.amount_minor is not None and not 1 <= said.amount_minor <= LARGEST_PRICE:
        raise Malformed(
            gettext("amount_minor: give 1 to %(largest_price)s minor units.")
            % {"largest_price": LARGEST_PRICE}
        )
    if (said.amount_minor is None) != (not said.currency):
        raise Malformed(gettext("currency: name it with an amount, and only then."))
    if said.currency and said.currency not in CURRENCIES:
        raise Malformed(gettext("currency: give an ISO 4217 code such as EUR."))


def _is_from(domains: Sequence[str], user: User) -> bool:
    wanted = tuple(f".{domain}" for domain in domains)
    return any(f".{theirs}".endswith(wanted) for theirs in confirmed_domains(user))


def _used_up(discount: Discount) -> DiscountRefused:
    return DiscountRefused(
        gettext("code: %(code)s has been used up.") % {"code": discount.code}
    )
