"""Who made a work and who holds which right in it, as stated and confirmed; handovers.

Rights are kept apart from income: who is paid is in `shares`.
"""

import uuid
from typing import TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from licensing.models.parties import Party
from licensing.models.works import Work
from marketplace.accounts.models import User

S = TypeVar("S", bound="Statement")


class ContributionRole(models.TextChoices):
    GENERATED = "GENERATED", _("Generated")
    COLLECTED = "COLLECTED", _("Collected")
    CURATED = "CURATED", _("Curated")
    ANNOTATED = "ANNOTATED", _("Annotated")
    TRAINED = "TRAINED", _("Trained")
    DREW_INSIGHTS = "DREW_INSIGHTS", _("Drew insights from")
    FUNDED = "FUNDED", _("Funded")


class Right(models.TextChoices):
    COPYRIGHT = "COPYRIGHT", _("Copyright")
    DATABASE = "DATABASE", _("Database right")
    PATENT = "PATENT", _("Patent")
    TRADE_SECRET = "TRADE_SECRET", _("Trade secret")
    CONTRACT = "CONTRACT", _("Right by contract")
    PERSONAL_DATA = "PERSONAL_DATA", _("Controller of personal data")


class StatementQuerySet(models.QuerySet[S]):
    def standing(self) -> "StatementQuerySet[S]":
        """Return those that nobody took back."""
        return self.filter(withdrawn_at__isnull=True)


class HoldingQuerySet(StatementQuerySet["RightsHolding"]):
    def in_force(self) -> "HoldingQuerySet":
        """Return those that stand and whose time it is, by the database's clock."""
        today = TruncDate(Now())
        return self.filter(
            Q(starts_on__isnull=True) | Q(starts_on__lte=today),
            Q(ends_on__isnull=True) | Q(ends_on__gte=today),
            withdrawn_at__isnull=True,
        )


class Statement(models.Model):
    """What a work's owner says of a party; the party may confirm it or take it back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    work = models.ForeignKey(Work, models.PROTECT, related_name="%(class)ss")
    party = models.ForeignKey(Party, models.PROTECT, related_name="%(class)ss")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="licensing_%(class)s_confirmed_by_someone",
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
            ),
        ]


class Contribution(Statement):
    """What a party did for a work, or for one version of it, and how that is known."""

    role = models.CharField(max_length=13, choices=ContributionRole.choices)
    revision = models.CharField(max_length=64, blank=True)
    evidence = models.TextField(blank=True)
    links = ArrayField(models.URLField(max_length=500), default=list, blank=True)

    objects = StatementQuerySet["Contribution"].as_manager()

    class Meta(Statement.Meta):
        constraints = [
            *Statement.Meta.constraints,
            models.CheckConstraint(
                name="licensing_contribution_role_known",
                condition=Q(role__in=ContributionRole.values),
            ),
            models.CheckConstraint(
                name="licensing_contribution_revision_is_a_commit",
                condition=Q(revision__regex=r"^([0-9a-f]{40}([0-9a-f]{24})?)?$"),
            ),
            models.UniqueConstraint(
                name="licensing_contribution_stated_once",
                fields=["work", "party", "role", "revision"],
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} {self.get_role_display().lower()} {self.work_id}"


class RightsHolding(Statement):
    """A right that a party holds in a work, by what, where and from when to when.

    No territory is everywhere; the dates are inclusive, and none is without an end.
    """

    right = models.CharField(max_length=13, choices=Right.choices)
    basis = models.TextField()
    territories = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    objects = HoldingQuerySet.as_manager()

    class Meta(Statement.Meta):
        constraints = [
            *Statement.Meta.constraints,
            models.CheckConstraint(
                name="licensing_rightsholding_right_known",
                condition=Q(right__in=Right.values),
            ),
            models.CheckConstraint(
                name="licensing_rightsholding_basis_told", condition=~Q(basis="")
            ),
            models.CheckConstraint(
                name="licensing_rightsholding_ends_after_start",
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(ends_on__gte=F("starts_on")),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_holding_standing",
                fields=["work", "party"],
                condition=Q(withdrawn_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.party_id} holds {self.get_right_display().lower()}"


class Disclosed(models.TextChoices):
    """What owners may show or keep back."""

    CONTRIBUTIONS = "CONTRIBUTIONS", _("Who contributed")
    EVIDENCE = "EVIDENCE", _("Evidence of contributions")
    RIGHTS = "RIGHTS", _("Who holds which right")
    SHARES = "SHARES", _("Who is paid which part")
    PROCUREMENT = "PROCUREMENT", _("How it was obtained: the data card")


class DisclosedTo(models.TextChoices):
    EVERYONE = "EVERYONE", _("Everyone who may see the work")
    BUYERS = "BUYERS", _("Those who hold an order, and the owners")
    OWNERS = "OWNERS", _("The owners and holders alone")


class Disclosure(models.Model):
    """To whom one kind of fact is shown. Without a row, to everyone."""

    work = models.ForeignKey(Work, models.PROTECT, related_name="disclosures")
    kind = models.CharField(max_length=13, choices=Disclosed.choices)
    audience = models.CharField(max_length=8, choices=DisclosedTo.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_disclosure_once", fields=["work", "kind"]
            ),
            models.CheckConstraint(
                name="licensing_disclosure_kind_known",
                condition=Q(kind__in=Disclosed.values),
            ),
            models.CheckConstraint(
                name="licensing_disclosure_audience_known",
                condition=Q(audience__in=DisclosedTo.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.work_id} to {self.audience}"


class HandoverState(models.TextChoices):
    PENDING = "PENDING", _("Waits for an answer")
    ACCEPTED = "ACCEPTED", _("Accepted")
    DECLINED = "DECLINED", _("Declined")
    CANCELLED = "CANCELLED", _("Taken back")
    EXPIRED = "EXPIRED", _("Expired without an answer")


class Handover(models.Model):
    """A work, or one right in it, given to another party, should that party accept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    work = models.ForeignKey(Work, models.PROTECT, related_name="handovers")
    holding = models.ForeignKey(
        RightsHolding, models.PROTECT, null=True, blank=True, related_name="handovers"
    )
    giver = models.ForeignKey(Party, models.PROTECT, related_name="+")
    taker = models.ForeignKey(Party, models.PROTECT, related_name="+")
    message = models.TextField(blank=True)
    state = models.CharField(
        max_length=9, choices=HandoverState.choices, default=HandoverState.PENDING
    )
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_handover_state_known",
                condition=Q(state__in=HandoverState.values),
            ),
            models.CheckConstraint(
                name="licensing_handover_closed_unless_pending",
                condition=Q(state=HandoverState.PENDING, closed_at__isnull=True)
                | (~Q(state=HandoverState.PENDING) & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="licensing_handover_to_another", condition=~Q(giver=F("taker"))
            ),
            models.CheckConstraint(
                name="licensing_handover_expires_later",
                condition=Q(expires_at__gt=F("proposed_at")),
            ),
            models.UniqueConstraint(
                name="licensing_handover_one_pending_of_a_work",
                fields=["work"],
                condition=Q(state=HandoverState.PENDING, holding__isnull=True),
            ),
            models.UniqueConstraint(
                name="licensing_handover_one_pending_of_a_right",
                fields=["holding"],
                condition=Q(state=HandoverState.PENDING, holding__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_handover_pending",
                fields=["expires_at"],
                condition=Q(state=HandoverState.PENDING),
            )
        ]

    def __str__(self) -> str:
        return f"{self.work_id} from {self.giver_id} to {self.taker_id}"
