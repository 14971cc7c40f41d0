"""Budgets and statements of one's namespaces; prices for everyone; the operator's view."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from licensing.money import shown
from licensing.web.forms import TransferForm
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import Namespace
from marketplace.accounts.permissions import require_staff
from marketplace.accounts.proof import staff_for_money
from marketplace.kit.keyset import Order, next_url, page_of
from marketplace.kit.spreadsheets import csv_file, csv_rows
from marketplace.kit.web import refusals_at_fields, refusals_on, refusals_told
from marketplace.metering import queries, services, showing
from marketplace.metering.calendar import day_of, month_of
from marketplace.metering.models import Budget
from marketplace.metering.web.forms import LimitForm, TariffForm

LATEST = Order(("day", "id"), descending=True)
NEWEST = Order(("opened_at", "namespace"), descending=True)
CHUNK = 500


@require_safe
def prices(request: HttpRequest) -> HttpResponse:
    """Tell everyone what use costs, now and as far as it is stated."""
    now = timezone.now()
    tariff = queries.tariff_at(now)
    context = {
        "tariff": tariff,
        "prices": showing.prices_shown(tariff) if tariff else [],
        "to_come": [
            (each, showing.prices_shown(each)) for each in queries.tariffs_to_come(now)
        ],
    }
    return render(request, "metering/prices.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def budget(request: MemberRequest, namespace: str) -> HttpResponse:
    """Show what a namespace uses and spends; set what it may."""
    found, now = _owned(request, namespace), timezone.now()
    tariff = queries.tariff_at(now)
    currency = tariff.currency if tariff else settings.STOA.currency
    form = LimitForm(request.POST or None, currency=currency)
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form, limit_minor="limit"):
            services.set_limit(
                request.user,
                namespace=found,
                limit_minor=form.cleaned_data["limit"],
                at=now,
            )
            messages.success(request, gettext("The budget is set."))
            return redirect("metering:budget", found.name)
    page = page_of(
        queries.days_of(found), order=LATEST, cursor=request.GET.get("cursor", "")
    )
    standing = None
    if tariff is None:
        meters = showing.amounts_shown(queries.amounts_of(found, month_of(now)))
    else:
        standing = queries.standing_of(found, prices=queries.prices_of(tariff), at=now)
        meters = showing.meters_shown(standing)
        if standing.limit_minor is not None:
            form.initial["limit"] = shown(standing.limit_minor, currency).split()[0]
    context = {
        "namespace": found,
        "tariff": tariff,
        "currency": currency,
        "standing": standing,
        "meters": meters,
        "form": form,
        "budget": Budget.objects.select_related("prepaid").filter(pk=found.pk).first(),
        "bank_details": settings.STOA.bank_details,
        "days": showing.days_shown(page.rows),
        "next_url": next_url(request, page),
    }
    return render(request, "metering/budget.html", context)


@require_safe
@login_required
def statement(request: MemberRequest, namespace: str) -> StreamingHttpResponse:
    found = _owned(request, namespace)
    paid = Budget.objects.select_related("prepaid").filter(pk=found.pk).first()
    days = queries.days_of(found).order_by("day", "meter").iterator(chunk_size=CHUNK)
    rows = showing.statement_rows(
        days, currency=paid.prepaid.currency if paid else settings.STOA.currency
    )
    lines = csv_rows(showing.STATEMENT_HEAD, rows)
    return csv_file(lines, name=f"use-{found.name}.csv")


@require_POST
@login_required
def begin(request: MemberRequest, namespace: str) -> HttpResponse:
    """Give a namespace the reference that money for its use is paid in under."""
    found = _owned(request, namespace)
    with refusals_told(request):
        services.open_budget(request.user, namespace=found, at=timezone.now())
    return redirect("metering:budget", found.name)


@require_POST
@login_required
def give_back(request: MemberRequest, namespace: str) -> HttpResponse:
    """Pay out what was paid in and is neither spent nor set aside."""
    found = _owned(request, namespace)
    with refusals_told(request):
        minor = services.return_unused(request.user, namespace=found, at=timezone.now())
        messages.success(
            request,
            gettext("What is not needed will be paid out to you.")
            if minor
            else gettext("All of it is spent or set aside."),
        )
    return redirect("metering:budget", found.name)


@require_safe
@login_required
def operator(request: MemberRequest) -> HttpResponse:
    """Show an operator what is used, charged and paid in."""
    require_staff(request.user)
    now = timezone.now()
    page = page_of(
        queries.budgets_overview(), order=NEWEST, cursor=request.GET.get("cursor", "")
    )
    tariff = queries.tariff_at(now)
    context = {
        "is_charging": queries.is_charging(),
        "tariff": tariff,
        "prices": showing.prices_shown(tariff) if tariff else [],
        "to_come": [
            (each, showing.prices_shown(each)) for each in queries.tariffs_to_come(now)
        ],
        "used": [
            (
                meter.label,
                showing.unit_of(meter),
                showing.in_units(meter, amount),
                *paid,
            )
            for meter, (amount, *paid) in queries.use_of_month(month_of(now)).items()
        ],
        "currency": tariff.currency if tariff else settings.STOA.currency,
        "month": month_of(now),
        "budgets": page.rows,
        "next_url": next_url(request, page),
    }
    return render(request, "metering/operator.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def state_prices(request: MemberRequest) -> HttpResponse:
    """Take the prices of months to come."""
    now, currency = timezone.now(), settings.STOA.currency
    form = TariffForm(request.POST or None, currency=currency, today=day_of(now))
    if request.method == "POST" and form.is_valid():
        with refusals_at_fields(form):
            services.state_tariff(
                request.user,
                terms=form.terms,
                currency=currency,
                from_month=form.cleaned_data["from_month"],
                at=now,
            )
            messages.success(request, gettext("The prices are stated."))
            return redirect("metering:operator")
    return render(request, "metering/tariff_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@staff_for_money
def confirm(request: MemberRequest, reference: str) -> HttpResponse:
    """Show an operator what a namespace paid in, and take what the bank says."""
    related = Budget.objects.select_related("namespace", "prepaid")
    found = get_object_or_404(related, prepaid__reference=reference)
    prepaid = found.prepaid
    form = TransferForm(request.POST or None, currency=prepaid.currency)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        with refusals_on(form):
            services.confirm_payment(
                request.user,
                prepaid=prepaid,
                bank_reference=said["bank_reference"],
                amount_minor=said["amount"],
                received_on=said["received_on"],
                at=timezone.now(),
            )
            messages.success(request, gettext("Recorded."))
            return redirect("metering:confirm", prepaid.reference)
    context = {
        "budget": found,
        "prepaid": prepaid,
        "transfers": prepaid.transfers.order_by("-confirmed_at"),
        "form": form,
    }
    return render(request, "metering/confirm.html", context)


def _owned(request: MemberRequest, name: str) -> Namespace:
    """Return a namespace whose budget the member may see.

    Raises:
        Http404: there is none, or it is another's.
    """
    found = queries.owned_namespaces(request.user).filter(name__iexact=name).first()
    if found is None:
        raise Http404(f"You own no “{name}”.")
    return found
