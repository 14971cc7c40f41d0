"""What somebody decided where licences leave it open."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from licensing.models.works import Licence, Work
from marketplace.accounts.models import User


class LicenceDecision(models.Model):
    """Why somebody found it right to give a work out under a licence. Never changed.

    It stands for the doubts that were there then: `sources` are the works above in
    question, `reasons` what was said against them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    work = models.ForeignKey(Work, models.PROTECT, related_name="decisions")
    licence = models.ForeignKey(Licence, models.PROTECT, related_name="+")
    is_sold = models.BooleanField()
    sources = ArrayField(models.UUIDField())
    reasons = ArrayField(models.TextField())
    words = models.TextField()
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_licencedecision_words_told", condition=~Q(words="")
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_decision_of_work", fields=["work", "decided_at", "id"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.work_id} under {self.licence_id}"
