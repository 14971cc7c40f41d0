"""What was asked of models and what that took, where they may be embedded, their drafts."""

import uuid
from itertools import zip_longest
from typing import Any

from django.db import models
from django.db.models import F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Namespace, User
from marketplace.catalog.models import Commit, Repository
from marketplace.storage.models import Blob
from training.runs.models import Run


class Way(models.TextChoices):
    """How somebody came to ask."""

    PAGE = "PAGE", _("On its page")
    API = "API", _("By program")
    WIDGET = "WIDGET", _("In another page")


class Prediction(models.Model):
    """Something asked of a model, and what its file at `path` of `commit` answered.

    `asked` are the cells of rows or texts as JSON, or the bytes of a picture; it is emptied
    once that is answered or given up. Without a `caller` it came by a widget, and `account`
    is that of the model; else of the caller. `is_metered` is paid by use. `answers` are
    as `training.runner.serving.answering` says them, one for each input; `notes` are what
    was odd about each before it was answered, and `shown` what a form said. `signature` is
    what it was asked by, where that was a draft and no file of `commit`; its
    `calibration_sha256` is that of the draft, if there was one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    commit = models.ForeignKey(Commit, models.CASCADE, related_name="+")
    caller = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="predictions"
    )
    account = models.ForeignKey(Namespace, models.CASCADE, related_name="+")
    way = models.CharField(max_length=6, choices=Way.choices)
    run = models.OneToOneField(Run, models.PROTECT, related_name="prediction")
    asked = models.BinaryField(blank=True)
    input_count = models.PositiveIntegerField()
    is_metered = models.BooleanField(default=False)
    asked_at = models.DateTimeField()
    path = models.CharField(max_length=1000)
    target = models.CharField(max_length=1000)
    notes = models.JSONField(default=list, blank=True)
    shown = models.JSONField(default=dict, blank=True)
    answers = models.JSONField(null=True, blank=True)
    signature = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="serving_prediction_way_known", condition=Q(way__in=Way.values)
            ),
            models.CheckConstraint(
                name="serving_prediction_called_or_embedded",
                condition=Q(caller=None, way=Way.WIDGET)
                | Q(caller__isnull=False) & ~Q(way=Way.WIDGET),
            ),
            models.CheckConstraint(
                name="serving_prediction_asks_something",
                condition=Q(input_count__gte=1),
            ),
            models.CheckConstraint(
                name="serving_prediction_answered_keeps_no_input",
                condition=Q(answers=None) | Q(asked=b""),
            ),
        ]
        indexes = [
            models.Index(
                name="serving_prediction_own", fields=["caller", "-asked_at", "-id"]
            ),
            models.Index(name="serving_prediction_age", fields=["asked_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.repository}: {self.get_way_display()}"

    @property
    def told(self) -> list[dict[str, Any]]:
        """The answers, each with what was odd about its input."""
        pairs = zip_longest(self.answers or (), self.notes, fillvalue=())
        return [{**answer, "notes": list(notes)} for answer, notes in pairs if answer]


class DailyUse(models.Model):
    """What a model answered in a day on one account, and what processors took for it."""

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    account = models.ForeignKey(Namespace, models.CASCADE, related_name="+")
    day = models.DateField()
    requests = models.PositiveBigIntegerField(default=0)
    inputs = models.PositiveBigIntegerField(default=0)
    unknown = models.PositiveBigIntegerField(default=0)
    cpu_ms = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            UniqueConstraint(
                name="serving_dailyuse_once", fields=["repository", "account", "day"]
            ),
            models.CheckConstraint(
                name="serving_dailyuse_unknown_are_inputs",
                condition=Q(unknown__lte=F("inputs")),
            ),
        ]
        indexes = [
            models.Index(name="serving_dailyuse_of", fields=["repository", "-day"])
        ]

    def __str__(self) -> str:
        return f"{self.repository} on {self.day}"


class Embedding(models.Model):
    """A model that pages of others may show, answered on its own account.

    `by` let them, and the runs of widgets are theirs.
    """

    repository = models.OneToOneField(
        Repository, models.CASCADE, primary_key=True, related_name="embedding"
    )
    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.repository)


class SignatureDraft(models.Model):
    """How a model may be called: as its file says, and as its owner words it.

    `run` reads the file at `path` of `commit`; `described` (`training.jobs.Described`) is
    there once it has. `signature` (`training.signatures`) is how `by` worded it since,
    until that is committed; the proposal itself follows from `described`. `calibration` is
    worked out, by a run that takes the place of the first, from the rows of `table`, whose
    `form` is of `training.cutting` and whose `names` are its columns, the last of them the
    one that the model tells. For pictures it is a zip without either, or the list of a
    folder of them (`training.learning.FOLDER`).
    """

    repository = models.OneToOneField(
        Repository, models.CASCADE, primary_key=True, related_name="signature_draft"
    )
    commit = models.ForeignKey(Commit, models.CASCADE, related_name="+")
    path = models.CharField(max_length=1000)
    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    run = models.OneToOneField(Run, models.PROTECT, related_name="signature_draft")
    asked_at = models.DateTimeField()
    described = models.JSONField(null=True, blank=True)
    signature = models.JSONField(null=True, blank=True)
    table = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )
    form = models.CharField(max_length=10, blank=True)
    names = models.JSONField(default=list, blank=True)
    calibration = models.ForeignKey(
        Blob, models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="serving_signaturedraft_worded_once_read",
                condition=Q(signature__isnull=True) | Q(described__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.repository}: {self.path}"
