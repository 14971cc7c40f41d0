"""A host's page of the scores that a board is compared with."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from marketplace.accounts.http import MemberRequest
from marketplace.kit.web import refusals_at_fields
from training.contests import services
from training.contests.references import (
    LONGEST_NAME,
    LONGEST_SOURCE,
    Reference,
    ReferenceKind,
    references_of,
)
from training.web.contests import about
from training.web.hosting import hosted


class ReferenceForm(forms.Form):
    """A score of people, or a published one."""

    name = forms.CharField(
        max_length=LONGEST_NAME,
        help_text=_("Such as “Five radiologists”."),
        label=_("Name"),
    )
    kind = forms.ChoiceField(
        choices=[
            (ReferenceKind.HUMAN.value, _("People")),
            (ReferenceKind.PUBLISHED.value, _("Published")),
        ],
        label=_("Kind"),
    )
    value = forms.FloatField(
        label=_("Score"), help_text=_("In the unit of the board's score.")
    )
    source = forms.CharField(
        max_length=LONGEST_SOURCE,
        help_text=_("Who measured it and how, or an address."),
        label=_("Source"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board_references(request: MemberRequest, slug: str) -> HttpResponse:
    """Show the scores to compare the board with, add one, and remove one."""
    contest = hosted(request, slug)
    kept = list(references_of(contest))
    is_removal = request.POST.get("act") == "remove"
    form = ReferenceForm(None if is_removal else request.POST or None)
    wanted = None
    if is_removal:
        wanted = [each for each in kept if each.name != request.POST.get("name")]
    elif form.is_valid():
        wanted = [*kept, Reference.from_json(form.cleaned_data)]
    if wanted is not None:
        with refusals_at_fields(form):
            services.set_references(
                request.user, contest=contest, references=wanted, at=timezone.now()
            )
            messages.success(request, gettext("The board is compared with these now."))
            return redirect("training:board-references", slug)
    context = {**about(request, contest), "references": kept, "form": form}
    return render(request, "training/board_references.html", context)
