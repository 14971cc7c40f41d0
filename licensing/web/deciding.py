"""Putting a work under a licence, and deciding where its sources leave that open."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from licensing import services
from licensing.http import proposed
from licensing.licence_facts import BY_ID
from licensing.models import Party
from licensing.permissions import require_writes_for
from licensing.queries.finding import find_work
from licensing.services.decisions import LONGEST_DECISION, in_question
from licensing.web.forms import licences, own_terms_of
from marketplace.accounts.http import MemberRequest
from marketplace.kit.errors import DomainError
from marketplace.kit.web import choose_from, led_back, refusals_on

LONG = forms.Textarea(attrs={"rows": 4})
NO_LICENCE = ("", _("None: all rights reserved"))


class LicenceForm(forms.Form):
    licence = forms.ChoiceField(
        required=False,
        help_text=_(
            "Where its card names a licence, change it there too: the next change "
            "of the card decides otherwise."
        ),
        label=_("Licence"),
    )
    decision = forms.CharField(
        required=False,
        max_length=LONGEST_DECISION,
        widget=LONG,
        label=_("Reason to go on"),
        help_text=_(
            "Asked only where its sources leave it open. It is kept and shown."
        ),
    )

    def __init__(self, *args: Any, owner: Party, now: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(
            self,
            "licence",
            [
                NO_LICENCE,
                *(
                    [(now, gettext("As it is: %(now)s") % {"now": now})]
                    if now and now not in BY_ID
                    else []
                ),
                *own_terms_of(owner),
                *licences(),
            ],
        )


class DecisionForm(forms.Form):
    decision = forms.CharField(
        max_length=LONGEST_DECISION,
        widget=LONG,
        label=_("Why it is right to go on"),
        help_text=_("Kept with your name, and shown with the work."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def licence(request: MemberRequest, work_id: UUID) -> HttpResponse:
    """Put a work under a licence."""
    work = find_work(request.user, work_id)
    require_writes_for(request.user, work.owner)
    back = led_back(request, reverse("licensing:work-detail", args=[work.pk]))
    now = work.licence_id or ""
    form = LicenceForm(
        request.POST or None, owner=work.owner, now=now, initial={"licence": now}
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.set_licence(
                request.user,
                work=work,
                licence_id=form.cleaned_data["licence"],
                decision=form.cleaned_data["decision"],
                at=timezone.now(),
            )
            messages.success(
                request,
                gettext("It is under %(licence_id_or_no_licence)s now.")
                % {"licence_id_or_no_licence": work.licence_id or "no licence"},
            )
            return redirect(back)
    context = {"work": work, "form": form, "back": back}
    return render(request, "licensing/licence.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def decide(request: MemberRequest, work_id: UUID) -> HttpResponse:
    """Say why a licence is right; by `?licence=` with what a refusal asked about."""
    work = find_work(request.user, work_id)
    require_writes_for(request.user, work.owner)
    form = DecisionForm(request.POST or None)
    asked = request.GET.get("licence", "").replace("\0", "")
    is_sold = "sold" in request.GET
    context: dict[str, Any] = {"work": work, "form": form, "is_sold": is_sold}
    try:
        also = proposed(request.user, request.GET.getlist("source"))
        out, found = in_question(work, licence_id=asked, is_sold=is_sold, also=also)
    except DomainError as refusal:
        context["refusal"] = str(refusal)
        return render(request, "licensing/decision_new.html", context)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.decide_licence(
                request.user,
                work=work,
                licence_id=asked,
                is_sold=is_sold,
                also=also,
                decision=form.cleaned_data["decision"],
                decided_at=timezone.now(),
            )
            messages.success(
                request,
                gettext("It is decided for %(licence)s. What was refused passes now.")
                % {"licence": out.licence},
            )
            return redirect("licensing:work-detail", work.pk)
    context |= {"also": also, "out": out, "reasons": found.verdict.told()}
    return render(request, "licensing/decision_new.html", context)
