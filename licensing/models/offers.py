"""What can be had of a work, on which terms, at what price."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from licensing.conditions import Conditions, Insights
from licensing.declared import Whose
from licensing.models.declared import ResultsRule
from licensing.models.parties import Party
from licensing.models.works import Licence, LicenceText, Work
from licensing.terms import Outlet
from marketplace.accounts.models import User

RIGHTS_UNSAID = (
    "may_train__isnull",
    "may_publish__isnull",
    "may_sell__isnull",
    "must_report__isnull",
)


class OfferState(models.TextChoices):
    DRAFT = "DRAFT", _("Waiting for co-owners")
    LIVE = "LIVE", _("Open")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


class Audience(models.TextChoices):
    EVERYONE = "EVERYONE", _("Everyone")
    RESEARCH = "RESEARCH", _("Research and teaching")
    COMMERCE = "COMMERCE", _("Commercial use")


class PriceKind(models.TextChoices):
    FREE = "FREE", _("Free")
    FIXED = "FIXED", _("One price")
    PAY_WHAT_YOU_WANT = "PAY_WHAT_YOU_WANT", _("Whatever the buyer wants to pay")
    RECURRING = "RECURRING", _("A price for each month or year")
    METERED = "METERED", _("A price for what is used, after each month")


class Period(models.TextChoices):
    """What a price is for each of, where it is not paid once."""

    MONTH = "MONTH", _("a month")
    YEAR = "YEAR", _("a year")
    USE = "USE", _("for 1,000 requests")


class Gate(models.TextChoices):
    """What sources' licences said when the terms were written; a denial is no row."""

    ALLOW = "ALLOW", _("Allowed")
    OBLIGATIONS = "OBLIGATIONS", _("Allowed, with duties")
    WARN = "WARN", _("Unsettled; somebody decided")


class Offer(models.Model):
    """One way to have a work, on the terms and at the price of now.

    `proposed` are terms that take the place of `terms` once every holder has agreed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    work = models.ForeignKey(Work, models.PROTECT, related_name="offers")
    code = models.SlugField(max_length=50)
    state = models.CharField(
        max_length=9, choices=OfferState.choices, default=OfferState.DRAFT
    )
    terms = models.ForeignKey("OfferVersion", models.PROTECT, related_name="+")
    proposed = models.ForeignKey(
        "OfferVersion", models.PROTECT, null=True, blank=True, related_name="+"
    )
    price = models.ForeignKey("PriceVersion", models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    live_from = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_offer_code_once_per_work", fields=["work", "code"]
            ),
            models.CheckConstraint(
                name="licensing_offer_state_known",
                condition=Q(state__in=OfferState.values),
            ),
            models.CheckConstraint(
                name="licensing_offer_live_has_time",
                condition=~Q(state=OfferState.LIVE) | Q(live_from__isnull=False),
            ),
            models.CheckConstraint(
                name="licensing_offer_withdrawn_has_time",
                condition=Q(state=OfferState.WITHDRAWN, withdrawn_at__isnull=False)
                | (~Q(state=OfferState.WITHDRAWN) & Q(withdrawn_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="licensing_offer_proposes_while_live",
                condition=Q(proposed__isnull=True) | Q(state=OfferState.LIVE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.work_id}"

    @property
    def asked(self) -> "OfferVersion":
        """The terms that holders are asked to agree to."""
        return self.proposed or self.terms


class OfferVersion(models.Model):
    """The terms of an offer as written once; an order points at the version it took.

    `terms_text` is what the offer adds to its licence, in words, if it adds anything.
    What `insights_are` is empty of, the licence decides. An offer `for_party` is nobody
    else's to see, until `expires_at` theirs to take.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    audience = models.CharField(max_length=8, choices=Audience.choices)
    licence = models.ForeignKey(Licence, models.PROTECT, related_name="+")
    licence_text = models.ForeignKey(LicenceText, models.PROTECT, related_name="+")
    terms_text = models.ForeignKey(
        LicenceText, models.PROTECT, null=True, blank=True, related_name="+"
    )
    gate = models.CharField(max_length=11, choices=Gate.choices)
    gate_table = models.CharField(max_length=20)
    duties = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    reasons = models.JSONField(default=list, blank=True)
    decision = models.TextField(blank=True)
    seats = models.PositiveIntegerField(null=True, blank=True)
    term_days = models.PositiveIntegerField(null=True, blank=True)
    includes_updates = models.BooleanField(default=True, db_default=True)
    territories = ArrayField(
        models.CharField(max_length=2), default=list, db_default=[], blank=True
    )
    insights_are = models.CharField(
        max_length=5, choices=ResultsRule.choices, default="", db_default="", blank=True
    )
    may_train = models.BooleanField(null=True, blank=True)
    may_publish = models.BooleanField(null=True, blank=True)
    may_sell = models.BooleanField(null=True, blank=True)
    must_report = models.BooleanField(null=True, blank=True)
    trial_days = models.PositiveIntegerField(null=True, blank=True)
    sample = ArrayField(
        models.CharField(max_length=200), default=list, db_default=[], blank=True
    )
    for_party = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="private_offers"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(default="", db_default="", blank=True)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_offerversion_number_once", fields=["offer", "number"]
            ),
            models.CheckConstraint(
                name="licensing_offerversion_audience_known",
                condition=Q(audience__in=Audience.values),
            ),
            models.CheckConstraint(
                name="licensing_offerversion_gate_passed",
                condition=Q(gate__in=Gate.values),
            ),
            models.CheckConstraint(
                name="licensing_offerversion_warning_decided",
                condition=~Q(gate=Gate.WARN) | ~Q(decision=""),
            ),
            models.CheckConstraint(
                name="licensing_offerversion_counts_from_one",
                condition=(Q(seats__isnull=True) | Q(seats__gte=1))
                & (Q(term_days__isnull=True) | Q(term_days__gte=1))
                & (Q(trial_days__isnull=True) | Q(trial_days__gte=1)),
            ),
            models.CheckConstraint(
                name="licensing_offerversion_insights_whole",
                condition=Q(insights_are="", **dict.fromkeys(RIGHTS_UNSAID, True))
                | Q(
                    insights_are__in=ResultsRule.values,
                    **dict.fromkeys(RIGHTS_UNSAID, False),
                ),
            ),
            models.CheckConstraint(
                name="licensing_offerversion_expires_if_private",
                condition=Q(for_party__isnull=True, expires_at__isnull=True, message="")
                | Q(for_party__isnull=False, expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} (version {self.number})"

    def outlet(self, *, is_sold: bool) -> Outlet:
        """Return how it gives the work out, for the sources' licences to judge."""
        binds = bool(self.conditions().binding())
        return Outlet(self.licence_id, is_sold=is_sold, has_extra_terms=binds)

    def conditions(self) -> Conditions:
        """Return what it says beside its licence."""
        rights = None
        if self.insights_are:
            rights = Insights(
                belong_to=Whose(self.insights_are),
                may_train=bool(self.may_train),
                may_publish=bool(self.may_publish),
                may_sell=bool(self.may_sell),
                must_report=bool(self.must_report),
            )
        return Conditions(
            seats=self.seats,
            term_days=self.term_days,
            includes_updates=self.includes_updates,
            territories=tuple(self.territories),
            insights=rights,
            trial_days=self.trial_days,
            sample=tuple(self.sample),
        )


class PriceVersion(models.Model):
    """What an offer costs from a moment on. Rows are only added.

    `minor` is the least where buyers name what they pay, and `suggested_minor` what they
    are told of; of what recurs, it is the price of one `period`; of what is metered, that
    of 1,000 requests, and `cap_minor` is the most for one month.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="prices")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=17, choices=PriceKind.choices)
    minor = models.BigIntegerField()
    suggested_minor = models.BigIntegerField(null=True, blank=True)
    cap_minor = models.BigIntegerField(null=True, blank=True)
    period = models.CharField(
        max_length=5, choices=Period.choices, blank=True, db_default=""
    )
    currency = models.CharField(max_length=3)
    valid_from = models.DateTimeField()
    decision = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_priceversion_number_once", fields=["offer", "number"]
            ),
            models.CheckConstraint(
                name="licensing_priceversion_says_what_its_kind_asks",
                condition=Q(
                    kind=PriceKind.FREE,
                    minor=0,
                    suggested_minor__isnull=True,
                    period="",
                )
                | Q(
                    kind=PriceKind.FIXED,
                    minor__gt=0,
                    suggested_minor__isnull=True,
                    period="",
                )
                | Q(
                    kind=PriceKind.PAY_WHAT_YOU_WANT,
                    minor__gte=0,
                    suggested_minor__gte=Greatest("minor", 1),
                    period="",
                )
                | Q(
                    kind=PriceKind.RECURRING,
                    minor__gt=0,
                    suggested_minor__isnull=True,
                    period__in=[Period.MONTH, Period.YEAR],
                )
                | Q(
                    kind=PriceKind.METERED,
                    minor__gt=0,
                    suggested_minor__isnull=True,
                    period=Period.USE,
                ),
            ),
            models.CheckConstraint(
                name="licensing_priceversion_cap_is_of_use",
                condition=Q(cap_minor__isnull=True)
                | Q(kind=PriceKind.METERED, cap_minor__gte=1),
            ),
            models.CheckConstraint(
                name="licensing_priceversion_currency_is_iso",
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minor} {self.currency} minor units"

    @property
    def is_named_by_buyers(self) -> bool:
        return self.kind == PriceKind.PAY_WHAT_YOU_WANT

    @property
    def judged_minor(self) -> int:
        """What its terms are judged by: more than nothing is hoped for, so it is sold."""
        return max(self.minor, self.suggested_minor or 0)


class OfferConsent(models.Model):
    """A rights holder's agreement to one version of an offer."""

    offer_version = models.ForeignKey(
        OfferVersion, models.PROTECT, related_name="consents"
    )
    party = models.ForeignKey(Party, models.PROTECT, related_name="+")
    consented_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    consented_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_offerconsent_once", fields=["offer_version", "party"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.party_id} consents to {self.offer_version_id}"
