"""The forms by which operators tell of money that moved: back, in dispute, paid out."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licensing.money import NotAnAmount, parse
from licensing.queries import Owed
from licensing.services.payments import LARGEST_AMOUNT, LONGEST_REFERENCE
from licensing.services.refunds import LONGEST_REASON
from marketplace.kit.web import choose_from


class AmountField(forms.CharField):
    """An amount as people write it, which its form reads in a currency it knows."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(max_length=20, widget=forms.TextInput(attrs=attrs), **kwargs)


def minor_of(said: str, currency: str) -> int:
    """Return what was written in minor units, above zero.

    Raises:
        ValidationError: it is no such amount of the currency.
    """
    try:
        minor = parse(said, currency)
    except NotAnAmount as fault:
        raise forms.ValidationError(str(fault)) from fault
    if not 1 <= minor <= LARGEST_AMOUNT:
        raise forms.ValidationError(gettext("Give an amount above zero."))
    return minor


class RefundForm(forms.Form):
    """What goes back to a buyer; `key` makes one refund of a form sent twice."""

    amount = AmountField(required=False, label=_("Amount"))
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        help_text=_("The buyer reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Reason"),
    )
    revokes = forms.BooleanField(
        required=False,
        label=_("Take the licences back"),
        help_text=_("New downloads stop. What was had already stays with the buyer."),
    )
    key = forms.UUIDField(initial=uuid4, widget=forms.HiddenInput())

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["amount"].help_text = gettext(
            "In %(currency)s, tax included. Leave it empty for all that is left."
        ) % {"currency": currency}

    def clean_amount(self) -> int | None:
        said = self.cleaned_data["amount"]
        return minor_of(said, self.currency) if said else None


class ReturnForm(forms.Form):
    amount = AmountField(label=_("Amount"))
    reference = forms.CharField(
        max_length=LONGEST_REFERENCE,
        help_text=_("The bank's reference of the transfer by which you sent it back."),
        label=_("Reference"),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["amount"].help_text = gettext(
            "In %(currency)s, as it was sent."
        ) % {"currency": currency}

    def clean_amount(self) -> int:
        return minor_of(self.cleaned_data["amount"], self.currency)


class DisputeForm(ReturnForm):
    reference = forms.CharField(
        max_length=LONGEST_REFERENCE,
        help_text=_("The bank's own reference of the case; each has its own."),
        label=_("Reference"),
    )
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        help_text=_("What the payer says. The buyer reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Reason"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = gettext("In %(currency)s, as the bank took it back.") % {
            "currency": self.currency
        }
        self.fields["amount"].help_text = said


class SentForm(forms.Form):
    reference = forms.CharField(
        max_length=LONGEST_REFERENCE,
        help_text=_("The bank's reference of the transfer by which you sent it."),
        label=_("Reference"),
    )


class FailedForm(forms.Form):
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        help_text=_("Whom it is owed to reads it."),
        label=_("Reason"),
    )


class PayoutForm(forms.Form):
    """A transfer to one of those to whom something is due."""

    to = forms.ChoiceField(label=_("To"))
    amount = AmountField(
        required=False,
        help_text=_("Leave it empty for all that is due to them."),
        label=_("Amount"),
    )
    bank_reference = forms.CharField(
        max_length=LONGEST_REFERENCE,
        help_text=_("The transfer's own reference at the bank; each has its own."),
        label=_("Bank reference"),
    )

    def __init__(self, *args: Any, due: list[Owed], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.due = {f"{owed.party.pk}:{owed.currency}": owed for owed in due}
        named = [
            (key, f"{owed.party.name}, {owed.currency}")
            for key, owed in self.due.items()
        ]
        choose_from(self, "to", named)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        owed = self.due.get(said.get("to", ""))
        if owed is not None:
            try:
                given = said.get("amount")
                said["minor"] = (
                    minor_of(given, owed.currency) if given else owed.due_minor
                )
            except forms.ValidationError as fault:
                self.add_error("amount", fault)
            said["party"], said["currency"] = owed.party, owed.currency
        return said
