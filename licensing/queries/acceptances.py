"""Who agreed to which words, for those who did and for those whose work it is."""

from django.db.models import Q, QuerySet

from licensing.models import Acceptance, Work
from licensing.permissions import AnyUser


def acceptances_of(user: AnyUser) -> QuerySet[Acceptance]:
    """Return what a person agreed to, with the works it was for."""
    return _told(Acceptance.objects.filter(user=user.pk))


def acceptances_for(work: Work) -> QuerySet[Acceptance]:
    """Return who agreed to the work's licence, or to an offer of it, and when."""
    rows = Acceptance.objects.filter(Q(work=work) | Q(offer_version__offer__work=work))
    return _told(rows)


def has_accepted_licence(user: AnyUser, work: Work) -> bool:
    """Say whether somebody agreed to the text that the work's licence has now."""
    if work.licence is None:
        return False
    agreed = Acceptance.objects.filter(user=user.pk, work=work)
    return agreed.filter(licence_text=work.licence.text_id).exists()


def _told(rows: QuerySet[Acceptance]) -> QuerySet[Acceptance]:
    return rows.select_related("user", "holder", "work", "offer_version__offer__work")
