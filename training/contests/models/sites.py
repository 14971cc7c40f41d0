"""Sites that hold labels of their own, the workers there, and what these brought back."""

from django.db import models
from django.db.models import F, Q

from marketplace.storage.models import Blob
from training.contests.models.contests import Contest
from training.contests.models.submissions import Attempt
from training.runs.models import BroughtWorker


class ContestSite(models.Model):
    """A place where labels of a federated contest lie, and stay.

    What is known of them, each scorer version's truth says: it is the manifest of
    `training.contests.manifests`, and names sites by `number`.
    """

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="sites")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(
                name="contests_contestsite_numbered_once", fields=["contest", "number"]
            ),
            models.UniqueConstraint(
                name="contests_contestsite_named_once", fields=["contest", "name"]
            ),
            models.CheckConstraint(
                name="contests_contestsite_named", condition=~Q(name="")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SiteWorker(models.Model):
    """A brought worker that stands at a site, and does nothing for any other."""

    site = models.ForeignKey(ContestSite, models.CASCADE, related_name="workers")
    worker = models.OneToOneField(
        BroughtWorker, models.PROTECT, related_name="stands_at"
    )

    def __str__(self) -> str:
        return f"{self.worker} at {self.site}"


class SiteResult(models.Model):
    """What one site's worker brought of one attempt; the attempt's scores join them.

    `outcome` is `training.jobs.Outcome` as JSON without losses, and holds private
    scores: it is for no one before the release but the hosts.
    """

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="site_results")
    site = models.ForeignKey(ContestSite, models.PROTECT, related_name="results")
    worker = models.ForeignKey(BroughtWorker, models.PROTECT, related_name="+")
    row_count = models.PositiveIntegerField()
    private_count = models.PositiveIntegerField()
    outcome = models.JSONField()
    losses = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    brought_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_siteresult_once", fields=["attempt", "site"]
            ),
            models.CheckConstraint(
                name="contests_siteresult_has_public_rows",
                condition=Q(row_count__gt=F("private_count")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt} at {self.site}"
