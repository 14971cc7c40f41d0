"""What people fill in about rights and money; services judge it."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from licensing.conditions import MOST_SEATS
from licensing.facts import COMMERCIAL
from licensing.licence_facts import BY_ID, FAMILIES
from licensing.models import (
    Audience,
    Party,
    Relation,
    Share,
    TermsVersion,
    Work,
)
from licensing.money import WHOLE, NotAnAmount, parse
from licensing.permissions import ACTING, AnyUser, parties_of, visible_works
from licensing.services.payments import LONGEST_REFERENCE
from licensing.web.pricing_forms import AskingFields
from marketplace.kit.web import choose_from


def licences() -> list[Any]:
    """Return values and labels, or families of them."""
    return [
        (COMMERCIAL, f"{BY_ID[COMMERCIAL].name} ({COMMERCIAL})"),
        *(
            (gettext(family), [(each, f"{BY_ID[each].name} ({each})") for each in ids])
            for family, ids in FAMILIES.items()
            if COMMERCIAL not in ids
        ),
    ]


SHA256 = r"^[0-9a-f]{64}$"
SHOWN = Signer(salt="licensing.shown")
WISHED = ("quantity", "amount", "country", "discount_code")
ROWS = 5
MOST_OWN = 50  # terms of an owner's own to choose from, the newest


def own_terms_of(owner: Party) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the terms an owner declared as a group of licences, none if there are none."""
    declared = TermsVersion.objects.filter(terms__owner=owner)
    rows = declared.select_related("licence").order_by("-written_at")[:MOST_OWN]
    own = [(row.licence_id, row.licence.name) for row in rows]
    return [(gettext("Your own terms"), own)] if own else []


class OfferForm(AskingFields):
    title = forms.CharField(
        max_length=200,
        help_text=_("Such as “For research” or “Commercial use”."),
        label=_("Title"),
    )
    code = forms.SlugField(
        max_length=50,
        help_text=_("A short name in addresses, once per work."),
        label=_("Code"),
    )
    audience = forms.ChoiceField(choices=Audience.choices, label=_("Audience"))
    licence = forms.ChoiceField(
        choices=licences,
        help_text=_(
            "What buyers may do. The licences of your sources are asked first."
        ),
        label=_("Licence"),
    )
    summary = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What else a buyer should know."),
        label=_("Summary"),
    )
    decision = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Reason to go on"),
        help_text=_(
            "Asked only where the law is not settled, or where what is given free "
            "cannot be taken back. It is kept and shown."
        ),
    )
    field_order = [
        *("title", "code", "audience", "licence"),
        *("price", "currency", "paid", "suggested", "cap"),
    ]

    def __init__(self, *args: Any, owner: Party, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "licence", [*own_terms_of(owner), *licences()])
        self.fields["price"].initial = "0"


class AcceptForm(forms.Form):
    """A person's yes to words, by their digests, and for whom they say it.

    `shown` is our own word of which they were shown when; without it they were shown as
    they were accepted. `asks` names what a buyer is asked besides, of `WISHED`.
    """

    licence_sha256 = forms.RegexField(SHA256, widget=forms.HiddenInput)
    terms_sha256 = forms.RegexField(SHA256, widget=forms.HiddenInput, required=False)
    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=500)
    holder = forms.ModelChoiceField(
        queryset=Party.objects.none(),
        required=False,
        empty_label=_("Myself"),
        label=_("For whom"),
    )
    quantity = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_SEATS,
        initial=1,
        label=_("How many times the seats"),
    )
    amount = forms.CharField(required=False, max_length=20, label=_("What you pay"))
    country = forms.CharField(
        required=False,
        max_length=2,
        label=_("Your country"),
        help_text=_("Where you are taxed, in two letters, such as GR."),
        widget=forms.TextInput(attrs={"autocomplete": "country"}),
    )
    discount_code = forms.CharField(
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"size": 20}),
        label=_("Discount code"),
    )
    accept = forms.BooleanField(label=_("I have read these terms and accept them."))

    def __init__(
        self,
        data: QueryDict | None,
        *,
        user: AnyUser,
        licence_sha256: str,
        terms_sha256: str = "",
        shown_at: datetime,
        older_than_days: int | None = None,
        asks: Collection[str] = (),
    ) -> None:
        words = {"licence_sha256": licence_sha256, "terms_sha256": terms_sha256}
        stamp = SHOWN.sign_object({**words, "at": shown_at.isoformat()})
        super().__init__(data, initial={**words, "shown": stamp})
        if older_than_days:
            self.fields["only_older"] = forms.BooleanField(
                required=False,
                label=gettext(
                    "Only the versions older than %(older_than_days)s days, free"
                )
                % {"older_than_days": older_than_days},
            )
        if not settings.STOA.tax_is_included:
            self.fields["country"].help_text = gettext(
                "Where you are taxed, in two letters, such as GR. Its tax comes on top of "
                "the price."
            )
        for name in WISHED:
            if name not in asks:
                del self.fields[name]
        theirs = parties_of(user, roles=ACTING).filter(organisation__isnull=False)
        if theirs.exists():
            choose_from(self, "holder", theirs.order_by("name"))
        else:
            del self.fields["holder"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if stamp := said.pop("shown", ""):
            words = {
                name: said.get(name) for name in ("licence_sha256", "terms_sha256")
            }
            try:
                shown = SHOWN.unsign_object(stamp)
                said["shown_at"] = datetime.fromisoformat(shown.pop("at"))
            except BadSignature as fault:
                raise forms.ValidationError(gettext("Open this page again.")) from fault
            if shown != words:
                raise forms.ValidationError(gettext("Open this page again."))
        return said


class ShareForm(forms.Form):
    """One row of a division of income; an empty row is left out."""

    holder = forms.CharField(
        max_length=96,
        required=False,
        help_text=_("The name of a person or organisation."),
        label=_("Holder"),
    )
    percent = forms.DecimalField(
        required=False,
        min_value=0.01,
        max_value=100,
        decimal_places=2,
        label=_("Percent"),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and bool(said.get("holder")) != bool(said.get("percent")):
            raise forms.ValidationError(
                gettext("Give both a name and a part, or neither.")
            )
        return said


if TYPE_CHECKING:  # a class that takes no parameter once it runs
    ShareRows = forms.BaseFormSet[ShareForm]
else:
    ShareRows = forms.BaseFormSet


class _SharesFormSet(ShareRows):
    def clean(self) -> None:
        if any(self.errors):
            return
        points = basis_points(self)
        named = [name for name, _ in points]
        if len({name.lower() for name in named}) < len(named):
            raise forms.ValidationError(gettext("Name each holder once."))
        if sum(part for _, part in points) != WHOLE:
            total = sum(part for _, part in points) / 100
            raise forms.ValidationError(
                gettext("The parts must sum to 100, not to %(total)s.")
                % {"total": f"{total:g}"}
            )


def basis_points(rows: ShareRows) -> list[tuple[str, int]]:
    """Return (name, hundredths of a per cent) of the rows that were filled in."""
    filled = (form.cleaned_data for form in rows.forms)
    return [
        (row["holder"], int(row["percent"] * 100))
        for row in filled
        if row.get("holder")
    ]


SharesFormSet = forms.formset_factory(
    ShareForm, formset=_SharesFormSet, extra=0, min_num=ROWS, max_num=100
)


def shares_initial(shares: list[Share]) -> list[dict[str, object]]:
    """Return the rows a form of new shares starts with: those in force."""
    return [
        {"holder": share.party.name, "percent": share.basis_points / 100}
        for share in shares
    ]


class SourceForm(forms.Form):
    source = forms.CharField(
        max_length=300,
        help_text=_("The address of its rights page here, or its id."),
        label=_("Source"),
    )
    relation = forms.ChoiceField(choices=Relation.choices, label=_("Relation"))
    changes = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What you changed; most licences ask you to say it."),
        label=_("Changes"),
    )
    decision = forms.CharField(
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Reason to go on"),
        help_text=_(
            "Asked only where it leaves your licence or an offer open. It is kept "
            "and shown."
        ),
    )

    def __init__(self, *args: Any, user: AnyUser, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_source(self) -> Work:
        given = self.cleaned_data["source"].rstrip("/").rpartition("/")[2]
        try:
            pk = forms.UUIDField().clean(given)
        except forms.ValidationError:
            pk = None
        work = visible_works(self.user).filter(pk=pk).first() if pk else None
        if work is None:
            raise forms.ValidationError(gettext("There is no such work here."))
        return work


class TransferForm(forms.Form):
    """What the bank's statement says of one transfer, for an order or a purse."""

    bank_reference = forms.CharField(
        max_length=LONGEST_REFERENCE,
        help_text=_("The transfer's own reference at the bank; each has its own."),
        label=_("Bank reference"),
    )
    amount = forms.CharField(max_length=20, label=_("Amount"))
    received_on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}), label=_("Received on")
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["amount"].help_text = gettext("In %(currency)s, as it came in.") % {
            "currency": currency
        }
        self.fields["received_on"].initial = timezone.localdate()

    def clean_amount(self) -> int:
        try:
            return parse(self.cleaned_data["amount"], self.currency)
        except NotAnAmount as fault:
            raise forms.ValidationError(str(fault)) from fault


class RejectForm(forms.Form):
    reason = forms.CharField(
        max_length=2000, help_text=_("The buyer reads it."), label=_("Reason")
    )
