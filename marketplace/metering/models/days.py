"""What each namespace used, day by day, and what it was charged for it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.models import Namespace


class Meter(models.TextChoices):
    CPU = "CPU", _("Processors")
    GPU = "GPU", _("Graphics cards")
    STORAGE = "STORAGE", _("Storage")
    TRANSFER = "TRANSFER", _("Transfer")


class DayOfUse(models.Model):
    """What one namespace used by one meter on one day (UTC).

    In milliseconds, byte-seconds or bytes. Of `amount` only `priced` may cost something.
    Once `charged_at` it is never changed; what a budget did not cover is `uncovered_minor`,
    which nobody pays.
    """

    id = models.BigAutoField(primary_key=True)
    namespace = models.ForeignKey(
        Namespace, models.CASCADE, related_name="days_of_use", db_index=False
    )
    day = models.DateField()
    meter = models.CharField(max_length=8, choices=Meter.choices)
    amount = models.DecimalField(max_digits=30, decimal_places=0, default=0)
    priced = models.DecimalField(max_digits=30, decimal_places=0, default=0)
    charged_at = models.DateTimeField(null=True, blank=True)
    charged_minor = models.BigIntegerField(default=0)
    uncovered_minor = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "days of use"
        constraints = [
            models.UniqueConstraint(
                name="metering_dayofuse_once", fields=["namespace", "day", "meter"]
            ),
            models.CheckConstraint(
                name="metering_dayofuse_meter_known",
                condition=Q(meter__in=Meter.values),
            ),
            models.CheckConstraint(
                name="metering_dayofuse_priced_was_used",
                condition=Q(priced__gte=0, amount__gte=models.F("priced")),
            ),
            models.CheckConstraint(
                name="metering_dayofuse_charged_once_closed",
                condition=Q(charged_minor=0, uncovered_minor=0)
                | Q(
                    charged_at__isnull=False,
                    charged_minor__gte=0,
                    uncovered_minor__gte=0,
                ),
            ),
        ]
        indexes = [
            models.Index(
                name="metering_dayofuse_uncharged",
                fields=["day", "namespace"],
                condition=Q(charged_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace_id}: {self.meter} on {self.day}"


class Transfer(models.Model):
    """Bytes that were sent on account of a namespace, until its day has them."""

    id = models.BigAutoField(primary_key=True)
    namespace = models.ForeignKey(
        Namespace, models.CASCADE, related_name="transfers", db_index=False
    )
    size_bytes = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="metering_transfer_of_something", condition=Q(size_bytes__gt=0)
            ),
        ]
        indexes = [
            models.Index(name="metering_transfer_of", fields=["namespace", "id"])
        ]

    def __str__(self) -> str:
        return f"{self.namespace_id}: {self.size_bytes} bytes"


class StorageReading(models.Model):
    """What a namespace was last seen to store, which counts until it is looked at again."""

    namespace = models.OneToOneField(
        Namespace, models.CASCADE, primary_key=True, related_name="storage_reading"
    )
    size_bytes = models.BigIntegerField()
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="metering_storagereading_not_negative",
                condition=Q(size_bytes__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.namespace_id}: {self.size_bytes} bytes"
