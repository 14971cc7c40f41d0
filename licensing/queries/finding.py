"""A work or an offer by its id, for whoever may know of it."""

from uuid import UUID

from django.http import Http404

from licensing.models import Offer, OfferState, Work
from licensing.permissions import AnyUser, visible_offers, visible_works


def find_work(user: AnyUser, work_id: UUID) -> Work:
    """Return a work that `user` may know of, with its owner and licence.

    Raises:
        Http404: there is none, or it is not for them to know.

    Cost: one query for what is listed, two for the rest.
    """
    found = Work.objects.select_related("owner", "licence")
    work = found.filter(pk=work_id).first()
    if work and (work.is_listed or visible_works(user).filter(pk=work.pk).exists()):
        return work
    raise Http404("There is no such work.")


def find_offer(user: AnyUser, offer_id: UUID) -> Offer:
    """Return an offer that `user` may read, with its work, terms, texts and price.

    Raises:
        Http404: there is none, or it is not for them to read.

    Cost: one query for what is open to everybody, two for the rest.
    """
    found = Offer.objects.select_related(
        "work__owner",
        "terms__licence",
        "terms__licence_text",
        "terms__terms_text",
        "terms__for_party",
        "proposed__licence",
        "proposed__for_party",
        "price",
    )
    offer = found.filter(pk=offer_id).first()
    if offer and (_is_open(offer) or visible_offers(user).filter(pk=offer.pk).exists()):
        return offer
    raise Http404("There is no such offer.")


def _is_open(offer: Offer) -> bool:
    is_public = offer.state == OfferState.LIVE and offer.terms.for_party_id is None
    return is_public and offer.work.is_listed
