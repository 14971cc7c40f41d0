"""How a work or a version of it was obtained, as its owners say. Rows are only added."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.models.works import Work
from marketplace.accounts.models import User


class PersonalData(models.TextChoices):
    NONE = "NONE", _("No personal data")
    SOME = "SOME", _("Personal data")
    UNKNOWN = "UNKNOWN", _("Not known")


class Procurement(models.Model):
    """One writing of a data card; the newest of a work and version is the one in force.

    `answers` are by key of `licensing.questions`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    work = models.ForeignKey(Work, models.PROTECT, related_name="procurements")
    revision = models.CharField(max_length=64, blank=True)
    number = models.PositiveIntegerField()
    personal_data = models.CharField(max_length=7, choices=PersonalData.choices)
    answers = models.JSONField(default=dict)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_procurement_number_once",
                fields=["work", "revision", "number"],
            ),
            models.CheckConstraint(
                name="licensing_procurement_personal_data_known",
                condition=Q(personal_data__in=PersonalData.values),
            ),
            models.CheckConstraint(
                name="licensing_procurement_revision_is_a_commit",
                condition=Q(revision__regex=r"^([0-9a-f]{40}([0-9a-f]{24})?)?$"),
            ),
        ]

    def __str__(self) -> str:
        return f"Data card {self.number} of {self.work_id}"
