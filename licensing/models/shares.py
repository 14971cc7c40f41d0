"""Who is paid which part of a work, and who agreed to that."""

import uuid

from django.db import models
from django.db.models import F, Q

from licensing.models.parties import Party
from licensing.models.works import Work
from marketplace.accounts.models import User


class ShareSet(models.Model):
    """One division of a work's income; in force once everyone it concerns has agreed.

    The shares never change: another division is another set, and orders keep the set
    they were placed under.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    work = models.ForeignKey(Work, models.PROTECT, related_name="share_sets")
    statement = models.TextField()
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    active_from = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_shareset_one_active",
                fields=["work"],
                condition=Q(active_from__isnull=False, closed_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="licensing_shareset_one_pending",
                fields=["work"],
                condition=Q(active_from__isnull=True, closed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="licensing_shareset_closed_after_active",
                condition=Q(active_from__isnull=True)
                | Q(closed_at__isnull=True)
                | Q(closed_at__gte=F("active_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"Shares of {self.work_id} proposed {self.proposed_at:%Y-%m-%d}"


class Share(models.Model):
    share_set = models.ForeignKey(ShareSet, models.PROTECT, related_name="shares")
    party = models.ForeignKey(Party, models.PROTECT, related_name="shares")
    basis_points = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_share_once_per_party", fields=["share_set", "party"]
            ),
            models.CheckConstraint(
                name="licensing_share_within_whole",
                condition=Q(basis_points__gte=1, basis_points__lte=10_000),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.basis_points} bp to {self.party_id}"


class ShareAcceptance(models.Model):
    """A party's word that it agrees to a set, with the digest of what it read."""

    share_set = models.ForeignKey(ShareSet, models.PROTECT, related_name="acceptances")
    party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    statement_sha256 = models.CharField(max_length=64)
    accepted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_shareacceptance_once",
                fields=["share_set", "party"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} accepted {self.share_set_id}"
