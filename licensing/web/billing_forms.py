"""What buyers fill in: whom invoices are made out to, which orders they look for."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licensing.models import BillingDetails, Order, OrderState, Party
from licensing.services.billing import LONGEST_ADDRESS, LONGEST_NAME
from marketplace.kit.web import choose_from


class BillingForm(forms.Form):
    name = forms.CharField(
        max_length=LONGEST_NAME,
        help_text=_("A person’s name, or a firm’s with its form."),
        label=_("Name"),
    )
    address = forms.CharField(
        required=False,
        max_length=LONGEST_ADDRESS,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
        help_text=_("Street, postcode and town, as lines."),
        label=_("Address"),
    )
    country = forms.CharField(
        required=False,
        max_length=2,
        help_text=_("Two letters of ISO 3166, such as DE."),
        label=_("Country"),
    )
    vat_id = forms.CharField(
        required=False,
        max_length=40,
        label=_("VAT ID"),
        help_text=_("With its country’s letters, such as DE123456789."),
    )

    def __init__(self, *args: Any, party: Party, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = BillingDetails.objects.filter(party=party).first()
        self.fields["name"].initial = said.name if said else party.name
        if said:
            for column in ("address", "country", "vat_id"):
                self.fields[column].initial = getattr(said, column)


class OrderFilterForm(forms.Form):
    """Which orders to show; what cannot be read narrows nothing down."""

    state = forms.ChoiceField(
        required=False,
        choices=[("", _("All states")), *OrderState.choices],
        label=_("State"),
    )
    year = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_years = [("", gettext("All years")), *((year, str(year)) for year in years)]
        choose_from(self, "year", of_years)

    def narrowed(self, orders: QuerySet[Order]) -> QuerySet[Order]:
        """Return the orders that are asked for."""
        self.is_valid()
        said = getattr(self, "cleaned_data", {})
        if state := said.get("state"):
            orders = orders.filter(state=state)
        if year := said.get("year"):
            orders = orders.filter(placed_at__year=year)
        return orders

    def query(self) -> str:
        """Return the part of an address that asks for the same, with its `?`."""
        said = getattr(self, "cleaned_data", {})
        chosen = {name: value for name, value in said.items() if value}
        return f"?{urlencode(chosen)}" if chosen else ""
