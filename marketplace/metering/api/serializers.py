"""What is said over HTTP of use, prices and budgets."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from licensing.services.payments import LARGEST_AMOUNT
from marketplace.metering.models import DayOfUse, Meter, Tariff
from marketplace.metering.prices import UNITS

IN_UNITS = (
    "Hours of processors or graphics cards, gigabytes stored for 30 days, or gigabytes."
)


class TariffOut(serializers.ModelSerializer[Tariff]):
    class Meta:
        model = Tariff
        fields = read_only_fields = [
            *("from_month", "currency", "cpu_hour_minor", "gpu_hour_minor"),
            *("gigabyte_month_minor", "gigabyte_sent_minor", "free_cpu_hours"),
            *("free_gpu_hours", "free_gigabyte_months", "free_gigabytes_sent"),
        ]


class UsePricesOut(serializers.Serializer[Any]):
    now = TariffOut(allow_null=True, help_text="Null says that all use is free.")
    to_come = TariffOut(many=True, help_text="Of later months, the next first.")


class BudgetIn(serializers.Serializer[Any]):
    limit_minor = serializers.IntegerField(
        min_value=0,
        max_value=LARGEST_AMOUNT,
        allow_null=True,
        help_text="Minor units a month; null is all that was paid in.",
    )


class BudgetOut(serializers.Serializer[Any]):
    namespace = serializers.CharField()
    month = serializers.DateField(help_text="Its first day, in UTC.")
    currency = serializers.CharField()
    limit_minor = serializers.IntegerField(allow_null=True)
    ceiling_minor = serializers.IntegerField(
        help_text="What may be spent this month, by the limit and what was paid in."
    )
    spent_minor = serializers.IntegerField()
    committed_minor = serializers.IntegerField(
        help_text="With what is set aside for runs, and for what is stored."
    )
    left_minor = serializers.IntegerField(help_text="Of what was paid in.")


class BudgetDayOut(serializers.ModelSerializer[DayOfUse]):
    day = serializers.DateField(read_only=True)
    used = serializers.SerializerMethodField(help_text=IN_UNITS)
    priced = serializers.SerializerMethodField(
        help_text="What of it may cost something, before what is free."
    )

    class Meta:
        model = DayOfUse
        fields = read_only_fields = [
            *("day", "meter", "used", "priced"),
            *("charged_at", "charged_minor", "uncovered_minor"),
        ]

    def get_used(self, day: DayOfUse) -> float:
        return _in_units(day, day.amount)

    def get_priced(self, day: DayOfUse) -> float:
        return _in_units(day, day.priced)


def _in_units(day: DayOfUse, amount: Decimal) -> float:
    return float(amount / UNITS[Meter(day.meter)])
