"""How many leases ran out, counted for who watches."""

from django.db import models


class LostLeases(models.Model):
    """Workers of one queue that fell silent with a run in hand, since the site began.

    Most of their runs were `requeued`; those that had used up their attempts `failed`.
    """

    queue = models.CharField(max_length=40, primary_key=True)
    requeued = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "lost leases"

    def __str__(self) -> str:
        return f"{self.queue}: {self.requeued} requeued, {self.failed} failed"
