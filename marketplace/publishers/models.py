"""Which identities may commit where."""

import uuid

from django.db import models
from django.db.models import CheckConstraint, Q

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository

ADDRESS_CHARACTERS = 300
SUBJECT_CHARACTERS = 400


class TrustedPublisher(models.Model):
    """Whom a repository takes commits from: a job, as its issuer describes it in a token.

    The token has to be from `issuer` and for `audience`, and its subject has to fit
    `subject`, as `rules.fits` reads that. `claims` are further ones that it has to have,
    each with this very value. What comes in is committed as `created_by`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    repository = models.ForeignKey(
        Repository, models.CASCADE, related_name="trusted_publishers"
    )
    issuer = models.CharField(max_length=ADDRESS_CHARACTERS)
    audience = models.CharField(max_length=ADDRESS_CHARACTERS)
    subject = models.CharField(max_length=SUBJECT_CHARACTERS)
    claims = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="publishers_trustedpublisher_has_issuer",
                condition=Q(issuer__startswith="http"),
            ),
            CheckConstraint(
                name="publishers_trustedpublisher_names_subject_and_audience",
                condition=~Q(subject="") & ~Q(audience=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"
