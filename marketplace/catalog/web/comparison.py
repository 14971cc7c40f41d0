"""The page that compares what one task can be had for, for everyone."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from licensing.models import Audience
from licensing.money import CURRENCIES, finely_shown
from marketplace.catalog.models import Kind
from marketplace.catalog.queries.comparison import (
    Choice,
    Compared,
    SortBy,
    Unit,
    compare,
)
from marketplace.catalog.queries.facets import facets_for
from marketplace.catalog.queries.wanted import Wanted
from marketplace.kit.keyset import next_url

UNITS = {
    Unit.ROWS: _("1,000 rows"),
    Unit.SEAT_MONTH: _("seat and month"),
    Unit.WORK: _("work"),
}
SORTS = {
    SortBy.CHEAPEST: _("Cheapest first"),
    SortBy.NEWEST: _("Newest first"),
    SortBy.DOWNLOADS: _("Most downloaded first"),
}


class CompareForm(forms.Form):
    """What to compare; sent by GET, so that an answer has an address."""

    task = forms.CharField(
        max_length=96,
        help_text=_("As cards name it, such as image-classification."),
        label=_("Task"),
    )
    kind = forms.TypedChoiceField(
        choices=[("dataset", _("Datasets")), ("model", _("Models"))],
        coerce=lambda said: Kind(said.upper()),
        required=False,
        empty_value=Kind.DATASET,
        label=_("Kind"),
    )
    unit = forms.TypedChoiceField(
        choices=[("", _("What suits the kind"))]
        + [
            (unit.value, format_lazy(_("Per {label}"), label=label))
            for unit, label in UNITS.items()
        ],
        coerce=Unit,
        required=False,
        empty_value=None,
        label=_("Price per"),
    )
    currency = forms.ChoiceField(
        choices=[(code, code) for code in sorted(CURRENCIES)],
        required=False,
        label=_("Currency"),
    )
    price = forms.TypedChoiceField(
        choices=[("", _("Free and paid")), ("free", _("Free")), ("paid", _("Paid"))],
        coerce=lambda said: said == "free",
        required=False,
        empty_value=None,
        label=_("Price"),
    )
    audience = forms.ChoiceField(
        choices=[("", _("Anybody")), *Audience.choices], required=False, label=_("For")
    )
    sort = forms.TypedChoiceField(
        choices=[(sort.value, label) for sort, label in SORTS.items()],
        coerce=SortBy,
        required=False,
        empty_value=None,
        label=_("Order"),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One choice, and its price on the unit in words."""

    choice: Choice
    work_url: str
    unit_price: str


@require_safe
def compare_offers(request: HttpRequest) -> HttpResponse:
    given = request.GET.copy()
    given.setdefault("currency", settings.STOA.currency)
    form = CompareForm(given if "task" in given else None, initial=given.dict())
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        context |= _found(request, _asked(form.cleaned_data))
    else:
        context["tasks"] = _common_tasks(request)
    return render(request, "catalog/comparison.html", context)


def _asked(said: dict[str, Any]) -> Compared:
    kind: Kind = said["kind"]
    return Compared(
        task=said["task"],
        kind=kind,
        currency=said["currency"] or settings.STOA.currency,
        unit=said["unit"] or (Unit.ROWS if kind == Kind.DATASET else Unit.WORK),
        audience=said["audience"],
        is_free=said["price"],
        sort=said["sort"] or SortBy.CHEAPEST,
    )


def _found(request: HttpRequest, asked: Compared) -> dict[str, Any]:
    cursor = request.GET.get("cursor", "")
    found = compare(request.user, asked=asked, at=timezone.now(), cursor=cursor)
    query = request.GET.copy()
    query.pop("cursor", None)
    elsewhere = []
    for currency, count in found.elsewhere.items():
        query["currency"] = currency
        elsewhere.append((currency, count, f"{request.path}?{query.urlencode()}"))
    return {
        "asked": asked,
        "unit": UNITS[asked.unit],
        "rows": [_row(choice, asked) for choice in found.page.rows],
        "elsewhere": elsewhere,
        "next_url": next_url(request, found.page),
    }


def _row(choice: Choice, asked: Compared) -> Row:
    facts = choice.facts
    if facts["unit_minor"] is None:
        unit_price = gettext("Unknown")
    elif not facts["unit_minor"]:
        unit_price = gettext("Free")
    else:
        unit_price = finely_shown(facts["unit_minor"], asked.currency)
    name = f"catalog:{asked.kind.lower()}-detail"
    return Row(choice, reverse(name, args=[facts["owner"], facts["name"]]), unit_price)


def _common_tasks(request: HttpRequest) -> list[tuple[str, int, str]]:
    kind = Kind.MODEL if request.GET.get("kind") == "model" else Kind.DATASET
    counted = facets_for(request.user, wanted=Wanted(kind=kind)).facets["task"]
    return [
        (
            task.value,
            task.count,
            f"{request.path}?{urlencode({'kind': kind.lower(), 'task': task.value})}",
        )
        for task in counted
    ]
