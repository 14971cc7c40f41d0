"""Invitations into organisations, sent to e-mail addresses."""

import uuid

from django.db import models
from django.db.models import F, Q

from marketplace.accounts.models.people import Organisation, Role, User


class MembershipInvitation(models.Model):
    """Lets one person into an organisation, once: whoever has the link of the letter."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="invitations"
    )
    address = models.EmailField()
    role = models.CharField(max_length=6, choices=Role.choices)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_accepted = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_membershipinvitation_role_known",
                condition=Q(role__in=Role.values),
            ),
            models.CheckConstraint(
                name="accounts_membershipinvitation_expires_later",
                condition=Q(expires_at__gt=F("invited_at")),
            ),
            models.CheckConstraint(
                name="accounts_membershipinvitation_answered_closes",
                condition=Q(answered_by__isnull=True) | Q(closed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="accounts_membershipinvitation_accepted_by_someone",
                condition=Q(is_accepted=False) | Q(answered_by__isnull=False),
            ),
            models.UniqueConstraint(
                name="accounts_membershipinvitation_one_open",
                fields=["organisation", "address"],
                condition=Q(closed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} into {self.organisation}"
