"""Works that can be had on terms that permit something: by licence, or by an offer."""

from typing import Any

from django.db.models import Q, QuerySet

from licensing.models import Licence, Offer, OfferState, ResultsRule, TrainingRule
from licensing.rights import Right, licences_that_permit

DECLARED = {
    Right.COMMERCIAL: Q(declared_version__permits_commercial_use=True),
    Right.ADAPT: Q(
        declared_version__permits_derivatives=True,
        declared_version__permits_redistribution=True,
    ),
    Right.SHARE: Q(declared_version__permits_redistribution=True),
    Right.TRAIN: Q(
        declared_version__training=TrainingRule.PUBLISHED,
        declared_version__results_are=ResultsRule.TAKER,
    ),
}
PUBLIC = Q(state=OfferState.LIVE, terms__for_party__isnull=True)


def public_offers(**conditions: Any) -> QuerySet[Offer]:
    """Return the offers that lists may show to everyone: live, and made to nobody alone.

    Args:
        **conditions: further lookups.
    """
    return Offer.objects.filter(PUBLIC, **conditions)


def licences_permitting(right: Right) -> QuerySet[Licence]:
    """Return the licences that permit it, read by us or declared by owners here."""
    return Licence.objects.filter(
        Q(pk__in=licences_that_permit(right)) | DECLARED[right]
    )


def offers_permitting(right: Right) -> QuerySet[Offer]:
    """Return the public offers whose terms permit it: their licence, unnarrowed."""
    offers = public_offers(terms__licence__in=licences_permitting(right))
    return offers.exclude(terms__may_train=False) if right is Right.TRAIN else offers
