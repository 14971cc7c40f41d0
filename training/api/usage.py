"""What one's namespaces used of the site's machines, over HTTP."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.accounts.http import MemberOnly
from marketplace.kit.keyset import KeysetPagination, Order
from training.runs.models import MonthOfUse
from training.runs.queries import months_of_use

SECONDS = 1000


class MonthOfUseOut(serializers.ModelSerializer[MonthOfUse]):
    namespace = serializers.CharField(source="namespace.name", read_only=True)
    month = serializers.DateField(read_only=True, help_text="Its first day, in UTC.")
    cpu_seconds = serializers.SerializerMethodField()
    gpu_seconds = serializers.SerializerMethodField(
        help_text="For how long graphics cards were held."
    )
    worker_seconds = serializers.SerializerMethodField(
        help_text="For how long workers were held."
    )
    stored_bytes = serializers.IntegerField(
        read_only=True, help_text="The most that was stored at once in the month."
    )

    class Meta:
        model = MonthOfUse
        fields = read_only_fields = [
            *("namespace", "month", "run_count", "cpu_seconds", "gpu_seconds"),
            *("worker_seconds", "stored_bytes"),
        ]

    def get_cpu_seconds(self, month: MonthOfUse) -> float:
        return month.cpu_ms / SECONDS

    def get_gpu_seconds(self, month: MonthOfUse) -> float:
        return month.gpu_ms / SECONDS

    def get_worker_seconds(self, month: MonthOfUse) -> float:
        return month.wall_ms / SECONDS


class MachineUsage(generics.ListAPIView[MonthOfUse]):
    pagination_class = KeysetPagination
    keyset = Order(("month", "id"), descending=True)
    permission_classes = [MemberOnly]
    serializer_class = MonthOfUseOut

    def get_queryset(self) -> QuerySet[MonthOfUse]:
        return months_of_use(self.request.user)

    @extend_schema(operation_id="machine_usage", tags=["machine-usage"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what one's own name and organisations one owns used, by month."""
        return super().get(request, *args, **kwargs)
