"""What owners fill in about prices over time; services judge it."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licensing.freemium import Freemium, Rule
from licensing.models import FreemiumRule, Period, PriceKind
from licensing.models.pricing import LONGEST_NOTICE
from licensing.money import CURRENCIES, NotAnAmount, parse
from licensing.services import Asking
from licensing.services.price_checks import LONGEST_WORDS, MOST_COUNTED
from marketplace.kit.web import choose_from

EACH = [(Period.MONTH, "each month"), (Period.YEAR, "each year")]
KIND_OF = {
    "": PriceKind.FIXED,
    PriceKind.PAY_WHAT_YOU_WANT: PriceKind.PAY_WHAT_YOU_WANT,
    Period.USE: PriceKind.METERED,
}
NO_POLICY = [("", _("No policy is stated"))]
ASKED = {
    FreemiumRule.FIRST_ORDERS: "places",
    FreemiumRule.UNTIL_DATE: "last_free_date",
    FreemiumRule.OLDER_VERSIONS: "older_than_days",
}


class FreemiumFields(forms.Form):
    """The fields of a price policy, in a form that asks for a price besides."""

    rule = forms.ChoiceField(
        choices=[*NO_POLICY, *FreemiumRule.choices],
        required=False,
        label=_("What is free?"),
        help_text=_(
            "Stated in public, and kept: another policy takes effect after the "
            "notice you give here. The price above is what it costs otherwise."
        ),
    )
    places = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_COUNTED,
        label=_("How many orders are free"),
    )
    last_free_date = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        label=_("Last day it is free"),
    )
    older_than_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_COUNTED,
        label=_("Days after which a version is free"),
    )
    notice_days = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LONGEST_NOTICE,
        initial=30,
        label=_("Days of notice"),
        help_text=_(
            "Nobody is charged sooner after a free offer is published, and no "
            "higher price holds sooner after it is announced."
        ),
    )
    policy_words = forms.CharField(
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
        label=_("In your own words"),
        help_text=_(
            "Shown below the policy. The policy itself is put into words for you."
        ),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        said["freemium"] = None
        if self.errors or not said.get("rule"):
            return said
        wanted = ASKED.get(said["rule"])
        if wanted and said[wanted] is None:
            self.add_error(wanted, gettext("Say this for the policy you chose."))
        for field in ASKED.values():
            if field != wanted and said[field] is not None:
                self.add_error(
                    field, gettext("Leave this empty; you chose another policy.")
                )
        if self.errors:
            return said
        said["freemium"] = Freemium(
            rule=Rule(said["rule"]),
            notice_days=said["notice_days"] or 0,
            words=said["policy_words"],
            **{field: said[field] for field in ASKED.values()},
        )
        return said


class PriceFields(forms.Form):
    """An amount as people write it, and its currency; together they are minor units."""

    price = forms.CharField(
        max_length=20, help_text=_("Such as 100.00; 0 is free."), label=_("Price")
    )
    currency = forms.ChoiceField(
        choices=[(code, code) for code in sorted(CURRENCIES)], label=_("Currency")
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "price" in said and "currency" in said:
            try:
                said["price_minor"] = parse(said["price"], said["currency"])
            except NotAnAmount as fault:
                self.add_error("price", str(fault))
        return said


class AskingFields(PriceFields):
    """How the price is meant, beside it."""

    paid = forms.ChoiceField(
        choices=[
            ("", _("Once")),
            (PriceKind.PAY_WHAT_YOU_WANT, _("Once, as much as the buyer wants")),
            *(
                (
                    period,
                    format_lazy(_("For {label}, until it is stopped"), label=label),
                )
                for period, label in EACH
            ),
            (Period.USE, _("By use, for each 1,000 files taken, after each month")),
        ],
        required=False,
        label=_("How it is paid"),
        help_text=_("Where buyers name what they pay, the price above is the least."),
    )
    suggested = forms.CharField(
        required=False,
        max_length=20,
        label=_("What you suggest to pay"),
        help_text=_("Only where buyers name it, such as 20.00."),
    )

    cap = forms.CharField(
        required=False,
        max_length=20,
        label=_("The most for one month"),
        help_text=_("Only of what is paid by use; empty is no limit."),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        paid = said.get("paid", "")
        kind = KIND_OF.get(paid, PriceKind.RECURRING)
        suggested, cap = self._amount("suggested"), self._amount("cap")
        period = paid if paid in Period.values else ""
        said["asking"] = Asking(kind, suggested, period, cap)
        return said

    def _amount(self, name: str) -> int | None:
        said = self.cleaned_data
        if said.get(name) and "currency" in said:
            try:
                return parse(said[name], said["currency"])
            except NotAnAmount as fault:
                self.add_error(name, str(fault))
        return None


class PriceForm(AskingFields):
    decision = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Reason to go on"),
        help_text=_(
            "Asked only where the law is not settled, or where what was free "
            "cannot be taken back. It is kept and shown."
        ),
    )


class PolicyForm(PriceForm, FreemiumFields):
    """Another policy of an offer that is live; what it costs then is paid once."""

    field_order = ["rule", *ASKED.values(), "price", "currency"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "rule", FreemiumRule.choices)
        self.fields["rule"].required = True
        self.fields["price"].help_text = gettext(
            "What it costs otherwise, such as 100.00."
        )
        del self.fields["paid"], self.fields["suggested"], self.fields["cap"]
