"""What people agreed to: whose words, which, when and how."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.models.offers import OfferVersion
from licensing.models.parties import Party
from licensing.models.works import LicenceText, Work
from marketplace.accounts.models import User


class AcceptedBy(models.TextChoices):
    PAGE = "PAGE", _("A tick on a page of this site")
    API = "API", _("A call of the API")


class Acceptance(models.Model):
    """A person's agreement to the words of an offer, or of a work's licence.

    `holder` is the organisation they also agreed for, `terms_text` what the offer adds
    to its licence. Rows are only added; the earliest do not say when the words were
    shown, and how they were accepted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="acceptances")
    holder = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+"
    )
    offer_version = models.ForeignKey(
        OfferVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="acceptances",
    )
    work = models.ForeignKey(
        Work, models.PROTECT, null=True, blank=True, related_name="acceptances"
    )
    licence_text = models.ForeignKey(LicenceText, models.PROTECT, related_name="+")
    terms_text = models.ForeignKey(
        LicenceText, models.PROTECT, null=True, blank=True, related_name="+"
    )
    shown_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField()
    method = models.CharField(max_length=4, choices=AcceptedBy.choices, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_acceptance_once_per_version",
                fields=["user", "offer_version", "holder"],
                condition=Q(offer_version__isnull=False),
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                name="licensing_acceptance_once_per_text_of_work",
                fields=["user", "work", "licence_text", "holder"],
                condition=Q(work__isnull=False),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="licensing_acceptance_of_an_offer_or_a_work",
                condition=Q(offer_version__isnull=False, work__isnull=True)
                | Q(
                    offer_version__isnull=True,
                    work__isnull=False,
                    terms_text__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="licensing_acceptance_shown_before_accepted",
                condition=Q(method="", shown_at__isnull=True)
                | Q(
                    method__in=AcceptedBy.values,
                    shown_at__isnull=False,
                    shown_at__lte=F("accepted_at"),
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_acceptance_by_user",
                fields=["user", "accepted_at", "id"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} accepted {self.licence_text_id[:12]}"

    @property
    def of_work(self) -> Work:
        """The work it is for; read `work` and `offer_version__offer__work` with it."""
        if self.work is not None:
            return self.work
        assert self.offer_version is not None  # noqa: S101  a constraint says so
        return self.offer_version.offer.work

    @property
    def texts(self) -> list[str]:
        """The digests of all the words agreed to."""
        return [self.licence_text_id, *filter(None, [self.terms_text_id])]
