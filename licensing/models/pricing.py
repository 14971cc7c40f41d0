"""Price policies stated in public, and the free places that were taken under them."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from licensing.freemium import Freemium, Rule
from licensing.models.offers import Offer
from licensing.models.orders import OrderLine
from marketplace.accounts.models import User

LONGEST_NOTICE = 365


class FreemiumRule(models.TextChoices):
    FIRST_ORDERS = "FIRST_ORDERS", _("The first orders")
    UNTIL_DATE = "UNTIL_DATE", _("Everything, until a day")
    OLDER_VERSIONS = "OLDER_VERSIONS", _("Older versions")
    PRICED = "PRICED", _("Nothing: it has a price")


class FreemiumPolicy(models.Model):
    """One version of what an offer promises of its price. Rows are only added.

    Without `takes_effect_at` it is published and takes effect as the offer goes live.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="policies")
    number = models.PositiveIntegerField()
    rule = models.CharField(max_length=14, choices=FreemiumRule.choices)
    places = models.PositiveIntegerField(null=True, blank=True)
    last_free_date = models.DateField(null=True, blank=True)
    older_than_days = models.PositiveIntegerField(null=True, blank=True)
    then_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    notice_days = models.PositiveIntegerField()
    words = models.TextField(blank=True)
    public_text = models.TextField()
    reasons = models.JSONField(default=list, blank=True)
    decision = models.TextField(blank=True)
    announced_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    announced_at = models.DateTimeField()
    takes_effect_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "freemium policies"
        constraints = [
            models.UniqueConstraint(
                name="licensing_freemiumpolicy_number_once", fields=["offer", "number"]
            ),
            models.CheckConstraint(
                name="licensing_freemiumpolicy_says_what_its_rule_asks",
                condition=Q(
                    rule=FreemiumRule.FIRST_ORDERS,
                    places__gte=1,
                    last_free_date__isnull=True,
                    older_than_days__isnull=True,
                )
                | Q(
                    rule=FreemiumRule.UNTIL_DATE,
                    places__isnull=True,
                    last_free_date__isnull=False,
                    older_than_days__isnull=True,
                )
                | Q(
                    rule=FreemiumRule.OLDER_VERSIONS,
                    places__isnull=True,
                    last_free_date__isnull=True,
                    older_than_days__gte=1,
                )
                | Q(
                    rule=FreemiumRule.PRICED,
                    places__isnull=True,
                    last_free_date__isnull=True,
                    older_than_days__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="licensing_freemiumpolicy_then_has_a_price",
                condition=Q(then_minor__gt=0, currency__regex=r"^[A-Z]{3}$"),
            ),
            models.CheckConstraint(
                name="licensing_freemiumpolicy_notice_within_a_year",
                condition=Q(notice_days__lte=LONGEST_NOTICE),
            ),
            models.CheckConstraint(
                name="licensing_freemiumpolicy_effect_not_before_word",
                condition=Q(takes_effect_at__isnull=True)
                | Q(takes_effect_at__gte=F("announced_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"Free: {self.get_rule_display().lower()} (version {self.number})"

    @property
    def is_first(self) -> bool:
        return self.takes_effect_at is None

    @property
    def published_at(self) -> datetime | None:
        """When everyone could read it; None while the offer is a draft. Reads `offer`."""
        return self.offer.live_from if self.is_first else self.announced_at

    @property
    def effect_at(self) -> datetime | None:
        """When it took effect, or takes it; None while the offer is a draft."""
        return self.takes_effect_at or self.offer.live_from

    def said(self) -> Freemium:
        """Return what was stated."""
        return Freemium(
            rule=Rule(self.rule),
            notice_days=self.notice_days,
            places=self.places,
            last_free_date=self.last_free_date,
            older_than_days=self.older_than_days,
            words=self.words,
        )


class FreePlace(models.Model):
    """One of the first orders, `number` of `of`, which was free for that. Only added."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    policy = models.ForeignKey(
        FreemiumPolicy, models.PROTECT, related_name="places_taken"
    )
    number = models.PositiveIntegerField()
    of = models.PositiveIntegerField()
    line = models.OneToOneField(OrderLine, models.PROTECT, related_name="free_place")
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_freeplace_number_once", fields=["policy", "number"]
            ),
            models.CheckConstraint(
                name="licensing_freeplace_number_within",
                condition=Q(number__gte=1, number__lte=F("of")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.of}"
