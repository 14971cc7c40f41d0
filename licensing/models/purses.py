"""Purses: prize money that waits in escrow for the winners of something."""

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from licensing.models.parties import Party
from marketplace.accounts.models import User


class Passing(models.TextChoices):
    """What becomes of a prize whose winner does not take it."""

    NEXT = "NEXT", _("Whoever is behind them moves up")
    BACK = "BACK", _("It goes back to who gave it")


class PurseState(models.TextChoices):
    """Where a purse stands; told by its money and its times, so never stored."""

    AWAITING = "AWAITING", _("Waits for its money")
    PARTLY_FUNDED = "PARTLY_FUNDED", _("Partly funded")
    HELD = "HELD", _("Held in escrow")
    OVERFUNDED = "OVERFUNDED", _("Held in escrow, and more than stated")
    DECIDED = "DECIDED", _("Waits for the winners")
    AWARDED = "AWARDED", _("Paid to the winners")
    RETURNED = "RETURNED", _("Returned to who gave it")


class Purse(models.Model):
    """Money promised to winners, and what has come in and gone out of it.

    `subject` is the id of what it is won by, in a room of its own; `title` and `path`
    say of it what people read. `stated_minor` is the sum of the newest statement.
    `held_since` is when the purse was first whole, `decided_at` when the line of those
    who may win was laid down.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.UUIDField(unique=True)
    reference = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=200)
    path = models.CharField(max_length=200)
    funder = models.ForeignKey(Party, models.PROTECT, related_name="purses")
    currency = models.CharField(max_length=3)
    conditions = models.TextField(blank=True)
    passing = models.CharField(max_length=4, choices=Passing.choices)
    answer_days = models.PositiveSmallIntegerField()
    stated_minor = models.BigIntegerField()
    received_minor = models.BigIntegerField(default=0)
    awarded_minor = models.BigIntegerField(default=0)
    returned_minor = models.BigIntegerField(default=0)
    stated_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()
    held_since = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_purse_passing_known",
                condition=Q(passing__in=Passing.values),
            ),
            models.CheckConstraint(
                name="licensing_purse_currency_is_iso",
                condition=Q(currency__regex=r"^[A-Z]{3}$"),
            ),
            models.CheckConstraint(
                name="licensing_purse_stated_positive",
                condition=Q(stated_minor__gt=0, answer_days__gte=1),
            ),
            models.CheckConstraint(
                name="licensing_purse_never_overdrawn",
                condition=Q(
                    awarded_minor__gte=0,
                    returned_minor__gte=0,
                    received_minor__gte=F("awarded_minor") + F("returned_minor"),
                ),
            ),
            models.CheckConstraint(
                name="licensing_purse_closed_is_empty",
                condition=Q(closed_at__isnull=True)
                | Q(received_minor=F("awarded_minor") + F("returned_minor")),
            ),
            models.CheckConstraint(
                name="licensing_purse_decided_only_if_held",
                condition=Q(decided_at__isnull=True) | Q(held_since__isnull=False),
            ),
            models.CheckConstraint(
                name="licensing_purse_awarded_once_decided",
                condition=Q(awarded_minor=0)
                | Q(decided_at__isnull=False, closed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="licensing_purse_newest", fields=["-stated_at", "-id"])
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def state(self) -> PurseState:
        if self.closed_at:
            return PurseState.AWARDED if self.awarded_minor else PurseState.RETURNED
        if self.decided_at:
            return PurseState.DECIDED
        if self.surplus_minor:
            return PurseState.OVERFUNDED
        if not self.due_minor:
            return PurseState.HELD
        return PurseState.PARTLY_FUNDED if self.held_minor else PurseState.AWAITING

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def held_minor(self) -> int:
        """What lies in escrow."""
        return self.received_minor - self.awarded_minor - self.returned_minor

    @property
    def due_minor(self) -> int:
        return max(self.stated_minor - self.held_minor, 0) if self.is_open else 0

    @property
    def surplus_minor(self) -> int:
        return max(self.held_minor - self.stated_minor, 0) if self.is_open else 0

    def keeps_shut(self, at: datetime) -> bool:
        """Whether what it is won by cannot open yet, for want of the money."""
        return self.is_open and (self.held_since is None or self.held_since > at)


class PurseStatement(models.Model):
    """What a purse gives each place, first to last, from a moment on. Never changed.

    The newest whose sum lies in escrow is in force.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purse = models.ForeignKey(Purse, models.PROTECT, related_name="statements")
    number = models.PositiveIntegerField()
    amounts = ArrayField(models.BigIntegerField())
    stated_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_pursestatement_number_once",
                fields=["purse", "number"],
            ),
            models.CheckConstraint(
                name="licensing_pursestatement_has_places",
                condition=Q(amounts__len__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purse_id}, statement {self.number}"


class PurseTransfer(models.Model):
    """Money that came in for a purse, and whose word we have for it. Never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purse = models.ForeignKey(Purse, models.PROTECT, related_name="transfers")
    bank_reference = models.CharField(max_length=140)
    amount_minor = models.BigIntegerField()
    received_on = models.DateField()
    confirmed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Upper("bank_reference"), name="licensing_pursetransfer_reference_once"
            ),
            models.CheckConstraint(
                name="licensing_pursetransfer_reference_not_empty",
                condition=~Q(bank_reference=""),
            ),
            models.CheckConstraint(
                name="licensing_pursetransfer_amount_positive",
                condition=Q(amount_minor__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.bank_reference


class Answer(models.TextChoices):
    ACCEPTED = "ACCEPTED", _("Accepted")
    DECLINED = "DECLINED", _("Declined")
    LAPSED = "LAPSED", _("Did not answer in time")
    STRUCK = "STRUCK", _("Disqualified")


OUT = [Answer.DECLINED, Answer.LAPSED, Answer.STRUCK]


class Candidate(models.Model):
    """A party in line for a purse, by the rank that the frozen board gives it.

    Whoever has won is asked (`asked_at`) and answers until `answer_by`; `payee` is who
    is paid for them. `awarded_minor` is what they got in the end.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purse = models.ForeignKey(Purse, models.PROTECT, related_name="candidates")
    party = models.ForeignKey(Party, models.PROTECT, related_name="candidatures")
    rank = models.PositiveIntegerField()
    asked_at = models.DateTimeField(null=True, blank=True)
    answer_by = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    payee = models.ForeignKey(
        Party, models.PROTECT, null=True, blank=True, related_name="+"
    )
    awarded_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="licensing_candidate_once", fields=["purse", "party"]
            ),
            models.CheckConstraint(
                name="licensing_candidate_answer_known",
                condition=Q(answer__in=["", *Answer.values]),
            ),
            models.CheckConstraint(
                name="licensing_candidate_answered_with_time",
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="licensing_candidate_accepted_with_payee",
                condition=~Q(answer=Answer.ACCEPTED)
                | Q(payee__isnull=False, asked_at__isnull=False),
            ),
            models.CheckConstraint(
                name="licensing_candidate_asked_until",
                condition=Q(asked_at__isnull=True, answer_by__isnull=True)
                | Q(answer_by__gt=F("asked_at")),
            ),
            models.CheckConstraint(
                name="licensing_candidate_awarded_if_accepted",
                condition=Q(awarded_minor=0)
                | Q(awarded_minor__gt=0, answer=Answer.ACCEPTED),
            ),
        ]
        indexes = [
            models.Index(
                name="licensing_candidate_asked",
                fields=["answer_by"],
                condition=Q(answer="", asked_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.party_id}, rank {self.rank}"

    @property
    def is_out(self) -> bool:
        return self.answer in OUT

    def may_be_answered(self, at: datetime) -> bool:
        """Whether there is a prize to accept or decline still; asks for the purse."""
        is_asked = self.answer_by is not None and at < self.answer_by
        return is_asked and not self.is_out and self.purse.is_open
