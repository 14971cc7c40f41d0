"""Use, prices and budgets for staff to look at; acts are on the site's own pages."""

from django.contrib import admin

from marketplace.kit.admin import ReadOnlyAdmin
from marketplace.metering.models import Budget, DayOfUse, Reservation, Tariff


@admin.register(Tariff)
class TariffAdmin(ReadOnlyAdmin):
    list_display = ["from_month", "currency", "stated_by", "stated_at"]
    list_select_related = ["stated_by"]
    search_fields = ["stated_by__username"]


@admin.register(Budget)
class BudgetAdmin(ReadOnlyAdmin):
    list_display = ["namespace", "prepaid", "limit_minor", "warned_for"]
    list_select_related = ["namespace", "prepaid"]
    search_fields = ["namespace__name", "prepaid__reference"]


@admin.register(DayOfUse)
class DayOfUseAdmin(ReadOnlyAdmin):
    list_display = ["namespace", "day", "meter", "amount", "charged_minor"]
    list_filter = ["meter"]
    list_select_related = ["namespace"]
    search_fields = ["namespace__name"]


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    list_display = ["run_id", "namespace", "cpu_ms", "gpu_ms", "made_at"]
    list_select_related = ["namespace"]
    search_fields = ["namespace__name", "=run_id"]
