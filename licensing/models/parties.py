"""Who can hold rights and be paid."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Organisation, User


class PartyKind(models.TextChoices):
    """What a party is, which follows from the account behind it. Not stored."""

    PERSON = "PERSON", _("A person")
    ORGANISATION = "ORGANISATION", _("An organisation")
    DESCRIBED = "DESCRIBED", _("Others, who have no account")


class Party(models.Model):
    """A person, an organisation, or others who are only described."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="party"
    )
    organisation = models.OneToOneField(
        Organisation, models.PROTECT, null=True, blank=True, related_name="party"
    )
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "parties"
        constraints = [
            models.CheckConstraint(
                name="licensing_party_one_identity",
                condition=Q(user__isnull=True) | Q(organisation__isnull=True),
            ),
            models.CheckConstraint(
                name="licensing_party_described_if_no_account",
                condition=Q(user__isnull=False)
                | Q(organisation__isnull=False)
                | ~Q(description=""),
            ),
            models.CheckConstraint(
                name="licensing_party_name_not_empty", condition=~Q(name="")
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_described(self) -> bool:
        """No account stands behind it, so nobody can act for it."""
        return self.user_id is None and self.organisation_id is None

    @property
    def kind(self) -> PartyKind:
        if self.user_id is not None:
            return PartyKind.PERSON
        is_described = self.organisation_id is None
        return PartyKind.DESCRIBED if is_described else PartyKind.ORGANISATION
