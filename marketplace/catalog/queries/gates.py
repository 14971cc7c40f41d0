"""Who stands before a gate, and who is behind it."""

from dataclasses import dataclass

from django.db.models import F, Prefetch, Q, QuerySet, TextField
from django.db.models.functions import Cast

from marketplace.accounts.models import Membership, Organisation, Role
from marketplace.catalog.models import (
    AccessRequest,
    AccessRound,
    AccessState,
    Gate,
    Repository,
)
from marketplace.catalog.permissions import AnyUser
from marketplace.kit.keyset import Order

REQUESTS_ORDER = Order(("asked_at", "id"))


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands before a gate.

    Attributes:
        requests: their own and those of their organisations; the one that lets them in
            first, else their own.
        organisations: those they own, and so may ask for.
    """

    requests: list[AccessRequest]
    organisations: list[Organisation]

    @property
    def foremost(self) -> AccessRequest | None:
        return self.requests[0] if self.requests else None

    def request_for(self, organisation: Organisation | None) -> AccessRequest | None:
        """Return what was asked for an organisation; for None, for the person alone."""
        wanted = organisation.pk if organisation else None
        found = (each for each in self.requests if each.organisation_id == wanted)
        return next(found, None)


def gate_of(repository: Repository) -> Gate:
    """Return what the card says at the gate; an empty one if it says nothing."""
    found = Gate.objects.filter(pk=repository.pk).first()
    return found or Gate(repository=repository)


def made_for(user: AnyUser) -> Q:
    """Match requests that are for `user`: their own, and those of their organisations."""
    theirs = Membership.objects.filter(user=user.pk).values("organisation")
    return Q(user=user.pk, organisation=None) | Q(organisation__in=theirs)


def access_request_of(user: AnyUser, repository: Repository) -> AccessRequest | None:
    """Return what was asked here for `user`, or None; nobody asks for nothing.

    What lets them in comes first, and then what they asked for themselves alone.
    """
    return _asked_for(user, repository).first() if user.is_authenticated else None


def standing_of(user: AnyUser, repository: Repository) -> Standing:
    """Return how `user` stands before a gate, and for whom they may ask.

    Cost: two queries, none for nobody.
    """
    if not user.is_authenticated:
        return Standing([], [])
    asked = _asked_for(user, repository).select_related("organisation__namespace")
    owned = Organisation.objects.filter(
        memberships__user=user.pk, memberships__role=Role.OWNER
    )
    named = owned.select_related("namespace").order_by("namespace__name")
    return Standing(list(asked), list(named))


def access_requests_of(
    repository: Repository, state: AccessState | str | None = None, *, words: str = ""
) -> QuerySet[AccessRequest]:
    """Return the requests of a repository, with who asked and who decided.

    Args:
        repository: before whose gate.
        state: only those that stand so.
        words: only those in whose asker or answers this is found.
    """
    asked = AccessRequest.objects.filter(repository=repository)
    if state is not None:
        asked = asked.filter(state=state)
    if words := words.replace("\0", "").strip():
        asked = asked.annotate(said=Cast("answers", TextField())).filter(
            Q(user__username__icontains=words)
            | Q(user__full_name__icontains=words)
            | Q(user__email__icontains=words)
            | Q(organisation__namespace__name__icontains=words)
            | Q(organisation__title__icontains=words)
            | Q(said__icontains=words)
        )
    return asked.select_related("user", "organisation__namespace", "decided_by")


def with_rounds(asked: QuerySet[AccessRequest]) -> QuerySet[AccessRequest]:
    """Read with each request what it said before. Cost: one query more."""
    rounds = AccessRound.objects.select_related("decided_by").order_by("pk")
    return asked.prefetch_related(Prefetch("rounds", rounds))


def _asked_for(user: AnyUser, repository: Repository) -> QuerySet[AccessRequest]:
    accepted_first = Q(state=AccessState.ACCEPTED)
    return (
        AccessRequest.objects.filter(made_for(user), repository=repository)
        .annotate(lets_in=accepted_first)
        .order_by("-lets_in", F("organisation").asc(nulls_first=True))
    )
