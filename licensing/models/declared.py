"""Terms that owners declare for what is theirs, each version as it was filled in."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.declared import Declared, Training, Whose
from licensing.models.parties import Party
from licensing.models.works import Licence
from marketplace.accounts.models import User


class TrainingRule(models.TextChoices):
    NO = Training.NO.value, _("No")
    INTERNAL = Training.INTERNAL.value, _("Yes; the models stay inside")
    PUBLISHED = Training.PUBLISHED.value, _("Yes; the models may be published and sold")


class ResultsRule(models.TextChoices):
    TAKER = Whose.TAKER.value, _("Whoever drew them")
    OWNER = Whose.OWNER.value, _("The owners of the work")


class OwnTerms(models.Model):
    """A set of terms of one party; what they say is in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(Party, models.PROTECT, related_name="own_terms")
    title = models.CharField(max_length=150)
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_ownterms_title_not_empty", condition=~Q(title="")
            ),
        ]

    def __str__(self) -> str:
        return self.title


class TermsVersion(models.Model):
    """One version; rows are only added. Its text is its licence's, by digest."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    terms = models.ForeignKey(OwnTerms, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    licence = models.OneToOneField(
        Licence, models.PROTECT, related_name="declared_version"
    )
    permits_redistribution = models.BooleanField()
    permits_derivatives = models.BooleanField()
    permits_commercial_use = models.BooleanField()
    training = models.CharField(max_length=9, choices=TrainingRule.choices)
    results_are = models.CharField(max_length=5, choices=ResultsRule.choices)
    asks_credit = models.BooleanField()
    is_revocable = models.BooleanField()
    seats = models.PositiveIntegerField(null=True, blank=True)
    term_days = models.PositiveIntegerField(null=True, blank=True)
    territory = models.CharField(max_length=200, blank=True)
    restrictions = models.TextField(blank=True)
    further = models.TextField(blank=True)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_termsversion_number_once", fields=["terms", "number"]
            ),
            models.CheckConstraint(
                name="licensing_termsversion_training_known",
                condition=Q(training__in=TrainingRule.values),
            ),
            models.CheckConstraint(
                name="licensing_termsversion_results_known",
                condition=Q(results_are__in=ResultsRule.values),
            ),
            models.CheckConstraint(
                name="licensing_termsversion_counts_from_one",
                condition=Q(number__gte=1)
                & (Q(seats__isnull=True) | Q(seats__gte=1))
                & (Q(term_days__isnull=True) | Q(term_days__gte=1)),
            ),
        ]

    def __str__(self) -> str:
        return self.licence_id

    def declared(self) -> Declared:
        """Return what was filled in; reads `licence`."""
        return Declared(
            id=self.licence_id,
            title=self.licence.name.rpartition(", version ")[0],
            version=self.number,
            permits_redistribution=self.permits_redistribution,
            permits_derivatives=self.permits_derivatives,
            permits_commercial_use=self.permits_commercial_use,
            training=Training(self.training),
            results_are=Whose(self.results_are),
            asks_credit=self.asks_credit,
            is_revocable=self.is_revocable,
            seats=self.seats,
            term_days=self.term_days,
            territory=self.territory,
            restrictions=self.restrictions,
            further=self.further,
        )
