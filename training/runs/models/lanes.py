"""Lanes: what the fair queue takes turns over, such as one contest."""

from django.db import models
from django.db.models import Q

from marketplace.accounts.models import Namespace

MOST_WEIGHT = 100
MOST_AT_ONCE = 1000


class Lane(models.Model):
    """One lane of the queue, and how far its turns have come.

    A lane gets `weight` turns when others get one, and no claimant of it has more than
    `per_claimant` runs with workers at once; both are the operator's. `passed` is its
    virtual time: it grows by 1/weight a turn, and the lane that is furthest behind is
    next. `namespace` is whose work it is, none for the site's own.
    """

    name = models.CharField(max_length=120, primary_key=True)
    namespace = models.ForeignKey(
        Namespace, models.PROTECT, null=True, blank=True, related_name="lanes"
    )
    weight = models.PositiveSmallIntegerField(default=1)
    per_claimant = models.PositiveSmallIntegerField(default=8)
    passed = models.FloatField(default=0.0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="runs_lane_weight_sane",
                condition=Q(weight__gte=1, weight__lte=MOST_WEIGHT),
            ),
            models.CheckConstraint(
                name="runs_lane_cap_sane",
                condition=Q(per_claimant__gte=1, per_claimant__lte=MOST_AT_ONCE),
            ),
        ]

    def __str__(self) -> str:
        return self.name or "(no lane)"
