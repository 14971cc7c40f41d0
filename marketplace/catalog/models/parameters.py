"""How many parameters the contents of safetensors files have."""

from django.db import models
from django.db.models import CheckConstraint, Q

from marketplace.storage.models import Blob


class ParameterCount(models.Model):
    """What one content says of its parameters: by type, and in all; None if nothing."""

    blob = models.OneToOneField(
        Blob, models.CASCADE, primary_key=True, related_name="parameter_count"
    )
    by_type = models.JSONField(default=dict, blank=True)
    total = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(
                name="catalog_parametercount_not_negative",
                condition=Q(total__isnull=True) | Q(total__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.blob_id}: {self.total}"
