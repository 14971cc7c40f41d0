"""What owners and operators fill in about use; services judge it."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licensing.money import NotAnAmount, exponent_of, parse
from marketplace.metering.calendar import next_month
from marketplace.metering.services import TariffTerms


class LimitForm(forms.Form):
    """What a namespace may spend in a month; left empty, all that was paid in."""

    limit = forms.CharField(
        required=False,
        max_length=20,
        label=_("Monthly budget"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["limit"].help_text = gettext(
            "In %(currency)s. Leave it empty to allow all that was paid in."
        ) % {"currency": currency}

    def clean_limit(self) -> int | None:
        said = self.cleaned_data["limit"]
        if not said:
            return None
        try:
            return parse(said, self.currency)
        except NotAnAmount as fault:
            raise forms.ValidationError(str(fault)) from fault


def _price(label: Any) -> forms.DecimalField:
    return forms.DecimalField(min_value=0, max_digits=14, initial=0, label=label)


def _free(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        min_value=0, max_digits=12, decimal_places=3, initial=0, label=label
    )


class TariffForm(forms.Form):
    """Prices in whole units of the currency, and what is free each month."""

    from_month = forms.DateField(
        label=_("From"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The first day of a month to come."),
    )
    cpu_hour = _price(_("An hour of a processor"))
    gpu_hour = _price(_("An hour of a graphics card"))
    gigabyte_month = _price(_("A gigabyte stored for a month"))
    gigabyte_sent = _price(_("A gigabyte sent"))
    free_cpu_hours = _free(_("Processor hours that are free each month"))
    free_gpu_hours = _free(_("Graphics card hours that are free each month"))
    free_gigabyte_months = _free(_("Gigabytes that are stored free"))
    free_gigabytes_sent = _free(_("Gigabytes that are sent free each month"))

    def __init__(self, *args: Any, currency: str, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["from_month"].initial = next_month(today)
        for name in ("cpu_hour", "gpu_hour", "gigabyte_month", "gigabyte_sent"):
            self.fields[name].help_text = gettext("In %(currency)s.") % {
                "currency": currency
            }

    @property
    def terms(self) -> TariffTerms:
        """What was filled in, in minor units."""
        said: dict[str, Decimal] = {
            name: value
            for name, value in self.cleaned_data.items()
            if isinstance(value, Decimal)
        }
        places = exponent_of(self.currency)
        prices = {
            f"{name}_minor": value.scaleb(places)
            for name, value in said.items()
            if not name.startswith("free_")
        }
        free = {name: value for name, value in said.items() if name.startswith("free_")}
        return TariffTerms(**prices, **free)
