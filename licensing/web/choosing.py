"""The page that answers “which licences may I choose?”, for everyone."""

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from licensing.cases import MOST_INPUTS, BadCase, inputs_of
from licensing.choosing import USES, Candidate, candidates
from licensing.declared import facts_of
from licensing.licence_facts import BOOK, TABLE
from licensing.permissions import ACTING, parties_of, visible_terms
from licensing.terms import Reading

MOST_OWN = 20
HEADS = (
    ("allow", _("You may choose these")),
    ("obligations", _("You may choose these, and owe something")),
    ("warn", _("Not settled: somebody must decide, and say why")),
    ("deny", _("You may not choose these")),
)


def uses() -> list[tuple[str, str]]:
    return [(use, gettext(said)) for use, said in USES.items()]


class ChoosingForm(forms.Form):
    """What is made from what; sent by GET, so that an answer has an address."""

    use = forms.ChoiceField(choices=uses, label=_("What do you do?"))
    input = forms.CharField(
        label=_("Licences of what you use"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        max_length=5000,
        help_text=_(
            "One a line, such as CC-BY-4.0, or an expression such as MIT OR "
            "Apache-2.0. Write NONE for a work without a licence."
        ),
    )
    sold = forms.BooleanField(required=False, label=_("I ask a price for it"))
    extra = forms.BooleanField(
        required=False, label=_("I add terms or locks of my own on top")
    )
    strict = forms.BooleanField(
        required=False,
        label=_("Read strictly what the law has not settled"),
        help_text=_("Limits on adaptations then bind models and insights too."),
    )

    def clean_input(self) -> tuple[str, ...]:
        lines = self.cleaned_data["input"].splitlines()
        inputs = tuple(each for line in lines for each in inputs_of(line))
        if not 1 <= len(inputs) <= MOST_INPUTS:
            raise forms.ValidationError(
                gettext("Name 1 to %(most_inputs)s licences.")
                % {"most_inputs": MOST_INPUTS}
            )
        return inputs


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    form = ChoosingForm(
        request.GET if "input" in request.GET else None,
        initial={"strict": settings.STOA.licence_reading == Reading.STRICT.value},
    )
    found: list[Candidate] = []
    if form.is_bound and form.is_valid():
        try:
            found = _asked(request, form.cleaned_data)
        except BadCase as fault:
            said = str(fault).partition(": ")[2]
            form.add_error("input", said[:1].upper() + said[1:])
    context = {
        "form": form,
        "groups": [
            (verdict, head, [one for one in found if one.answer.verdict == verdict])
            for verdict, head in HEADS
        ],
        "asked": bool(found),
        "facts_version": TABLE,
    }
    return render(request, "licensing/licence_choose.html", context)


def _asked(request: HttpRequest, said: dict[str, Any]) -> list[Candidate]:
    """Judge what was asked, and the reader's own terms besides the known licences."""
    mine = Q(terms__owner__in=parties_of(request.user, roles=ACTING).values("pk"))
    named = Q(licence__in=[each for each in said["input"] if len(each) <= 100])
    rows = visible_terms(request.user).filter(mine | named).order_by("-written_at")
    declared = {row.licence_id: facts_of(row.declared()) for row in rows[:MOST_OWN]}
    return candidates(
        use=said["use"],
        inputs=said["input"],
        is_sold=said["sold"],
        has_extra_terms=said["extra"],
        reading=Reading.STRICT if said["strict"] else Reading.NEUTRAL,
        further=declared,
        book={**BOOK, **declared},
    )
