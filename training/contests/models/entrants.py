"""Who competes: teams of one person or more, and what they propose to each other."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import User
from training.contests.models.contests import Contest


class Entrant(models.Model):
    """A team's place in a contest; whoever competes alone is a team of one.

    `user` is the captain, who speaks for it and gets its prize. A baseline is the host's,
    has its own name and no members. Who is disqualified is off the board, or struck out
    on one that is frozen already; who has withdrawn may come back. A team that went into
    another is dissolved: its people and submissions are the other's.
    """

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="entrants")
    user = models.ForeignKey(User, models.PROTECT, related_name="entries")
    is_baseline = models.BooleanField(default=False)
    name = models.CharField(max_length=100)
    joined_at = models.DateTimeField()
    disqualified_at = models.DateTimeField(null=True, blank=True)
    disqualification = models.CharField(max_length=1000, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    dissolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contests_entrant_disqualified_with_reason",
                condition=Q(disqualified_at__isnull=True, disqualification="")
                | (Q(disqualified_at__isnull=False) & ~Q(disqualification="")),
            ),
            models.UniqueConstraint(
                name="contests_entrant_once",
                fields=["contest", "user"],
                condition=Q(is_baseline=False, dissolved_at__isnull=True),
            ),
            models.UniqueConstraint(
                "contest",
                Upper("name"),
                name="contests_entrant_named_once",
                condition=Q(dissolved_at__isnull=True),
            ),
            models.CheckConstraint(
                name="contests_entrant_named", condition=~Q(name="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} in {self.contest}"


class Member(models.Model):
    """One person of a team, and the rules of the contest as they accepted them."""

    contest = models.ForeignKey(Contest, models.CASCADE, related_name="members")
    entrant = models.ForeignKey(Entrant, models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, related_name="contest_places")
    rules_sha256 = models.CharField(max_length=64)
    rules_accepted_at = models.DateTimeField()
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contests_member_once", fields=["contest", "user"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} of {self.entrant}"

    @property
    def is_captain(self) -> bool:
        return self.entrant.user_id == self.user_id

    @property
    def must_accept_rules(self) -> bool:
        """Whether the rules have changed since this person accepted them."""
        return self.rules_sha256 != self.contest.rules_sha256


class ProposalState(models.TextChoices):
    WAITING = "WAITING", _("Waiting for an answer")
    ACCEPTED = "ACCEPTED", _("Accepted")
    DECLINED = "DECLINED", _("Declined")
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


class TeamProposal(models.Model):
    """What a captain proposes: to a person to join, or to another team to become one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Entrant, models.CASCADE, related_name="proposals")
    person = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="+"
    )
    other = models.ForeignKey(
        Entrant, models.CASCADE, null=True, blank=True, related_name="+"
    )
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    state = models.CharField(
        max_length=9, choices=ProposalState.choices, default=ProposalState.WAITING
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contests_teamproposal_to_one",
                condition=Q(person__isnull=False, other__isnull=True)
                | Q(person__isnull=True, other__isnull=False),
            ),
            models.CheckConstraint(
                name="contests_teamproposal_answered_or_waiting",
                condition=Q(state=ProposalState.WAITING, answered_at__isnull=True)
                | Q(
                    state__in=[
                        ProposalState.ACCEPTED,
                        ProposalState.DECLINED,
                        ProposalState.WITHDRAWN,
                    ],
                    answered_at__isnull=False,
                ),
            ),
            models.UniqueConstraint(
                name="contests_teamproposal_person_asked_once",
                fields=["team", "person"],
                condition=Q(state=ProposalState.WAITING, person__isnull=False),
            ),
            models.UniqueConstraint(
                name="contests_teamproposal_team_asked_once",
                fields=["team", "other"],
                condition=Q(state=ProposalState.WAITING, other__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team} to {self.person or self.other}"
