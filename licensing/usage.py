"""On which terms somebody may have a work: its licence, and its offers, as ODRL."""

from collections.abc import Iterator
from typing import Any

from licensing.book import book_for
from licensing.catalogue import page_of
from licensing.models import Licence, Offer, OfferState, Work
from licensing.odrl import Terms, offer_of
from licensing.periods import DURATIONS
from licensing.permissions import AnyUser, visible_offers
from licensing.plain_grid import grid_of, narrowed
from licensing.terms import Book


def live_offers(work: Work, *, user: AnyUser) -> list[Offer]:
    """Return the live offers of a work that `user` may read, cheapest first."""
    offers = visible_offers(user).filter(work=work, state=OfferState.LIVE)
    found = offers.select_related("terms__licence", "price")
    return list(found.order_by("price__minor", "code"))


def usage_info(work: Work, *, offers: list[Offer], site: str) -> list[dict[str, Any]]:
    """Return what may be done with a work, an ODRL offer for each way to have it.

    Nothing is said of a licence that was not read here.

    Args:
        work: with its `owner` and `licence`.
        offers: those the reader may know of, as `live_offers` gives them.
        site: the address people use.
    """
    book = book_for(
        [work.licence_id or "", *(offer.terms.licence_id for offer in offers)]
    )
    told = _terms_of(work, offers, book, site)
    address = f"{site}/works/{work.pk}"
    return [offer_of(each, work=address, owner=work.owner.name) for each in told]


def address_of(licence: Licence, *, site: str) -> str:
    """Return where a licence is to be read: with SPDX, or here."""
    if licence.pk.startswith("LicenseRef-"):
        return f"{site}/licences/{licence.pk}"
    return page_of(licence.pk)


def _terms_of(
    work: Work, offers: list[Offer], book: Book, site: str
) -> Iterator[Terms]:
    if work.licence is not None and (grid := grid_of(work.licence.pk, book=book)):
        yield Terms(
            uri=f"{site}/works/{work.pk}#licence",
            title=work.licence.name,
            licence=work.licence.pk,
            licence_url=address_of(work.licence, site=site),
            grid=grid,
        )
    for offer in offers:
        licence = offer.terms.licence
        if grid := grid_of(licence.pk, book=book):
            yield Terms(
                uri=f"{site}/offers/{offer.pk}",
                title=offer.terms.title,
                licence=licence.pk,
                licence_url=address_of(licence, site=site),
                grid=narrowed(grid, offer.terms.conditions()),
                audience=offer.terms.get_audience_display(),
                price_minor=offer.price.minor,
                currency=offer.price.currency,
                price_is_least=offer.price.is_named_by_buyers,
                price_is_for_each=DURATIONS.get(offer.price.period, ""),
            )
