"""A work's recalls: why it is withdrawn or disputed, what that means, lifting it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from licensing import queries, services
from licensing.book import book_for
from licensing.copies import copies_told
from licensing.models import Recall, RecallKind, RecallVoice, Work
from licensing.permissions import AnyUser, visible_works
from licensing.services.recalls import LONGEST_REASON, voice_for
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.models import User
from marketplace.kit.web import choose_from, refusals_on, refusals_told

MOST_SHOWN = 50
LONG = forms.Textarea(attrs={"rows": 4})


class RecallForm(forms.Form):
    kind = forms.ChoiceField(label=_("It is"))
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=LONG,
        help_text=_(
            "Shown to everyone who may know of it, and sent to those concerned: "
            "what is wrong, since when, and what they should do."
        ),
        label=_("Reason"),
    )

    def __init__(self, *args: Any, voice: RecallVoice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may_withdraw = voice == RecallVoice.OWNER
        kinds = [each for each in RecallKind if may_withdraw or each.name == "DISPUTED"]
        choose_from(self, "kind", [(each.value, each.label) for each in kinds])


class LiftForm(forms.Form):
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=LONG,
        label=_("Why it is lifted"),
        help_text=_("Shown, and sent to those who were told of the recall."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def recalls_page(request: HttpRequest, work_id: UUID) -> HttpResponse:
    """Show the recalls of a work; by POST, recall it."""
    user = request.user
    if request.method == "POST" and not user.is_authenticated:
        return redirect_to_login(request.path)
    work = queries.find_recalled(user, work_id)
    voice = voice_for(user, work)
    form = RecallForm(request.POST or None, voice=voice) if voice else None
    if request.method == "POST" and isinstance(user, User):
        if form is None:
            raise PermissionDenied(
                gettext("Only its owners or the operators may recall it.")
            )
        if form.is_valid():
            with refusals_on(form):
                services.recall_work(
                    user, work=work, **form.cleaned_data, recalled_at=timezone.now()
                )
                messages.success(
                    request,
                    gettext(
                        "It is recalled. What was made of it is flagged, and those "
                        "concerned "
                        "are written to."
                    ),
                )
                return redirect("licensing:recalls", work.pk)
    recalls = list(queries.recalls_of(work)[:MOST_SHOWN])
    standing = [each for each in recalls if each.lifted_at is None]
    context = {
        "work": work,
        "recalls": recalls,
        "is_seen": visible_works(user).filter(pk=work.pk).exists(),
        "copies": _copies(user, work, standing) if standing else [],
        "lift_form": LiftForm(auto_id="lift_%s") if voice else None,
        "may_lift": {each.pk for each in standing if each.voice in _voices(user, work)},
        "form": form if voice not in {each.voice for each in standing} else None,
    }
    return render(request, "licensing/recalls.html", context)


@require_POST
@login_required
def lift(request: MemberRequest, work_id: UUID, recall_id: UUID) -> HttpResponse:
    work = queries.find_recalled(request.user, work_id)
    rows = Recall.objects.select_related("work__owner")
    recall = get_object_or_404(rows, pk=recall_id, work=work)
    with refusals_told(request):
        services.lift_recall(
            request.user,
            recall=recall,
            reason=request.POST.get("reason", ""),
            lifted_at=timezone.now(),
        )
        messages.success(request, gettext("The recall is lifted."))
    return redirect("licensing:recalls", work.pk)


def _voices(user: AnyUser, work: Work) -> set[RecallVoice]:
    """Return in whose names the reader may lift what was recalled."""
    voice = voice_for(user, work)
    is_operator = user.is_authenticated and user.is_staff
    return {
        *([voice] if voice else []),
        *([RecallVoice.OPERATOR] if is_operator else []),
    }


def _copies(user: AnyUser, work: Work, standing: list[Recall]) -> list[str]:
    """Say what the reader may do with copies: by its licence, and by what they hold."""
    held = queries.entitlements_of(user, at=timezone.now()).filter(offer__work=work)
    ids = {*held.values_list("line__offer_version__licence_id", flat=True)}
    ids |= {work.licence_id} if work.licence_id else set()
    book = book_for(ids)
    is_disputed = any(each.kind == RecallKind.DISPUTED for each in standing)
    said = [
        copies_told(one, book.get(one), is_disputed=is_disputed)
        for one in sorted(ids) or [""]
    ]
    return list(dict.fromkeys(line for lines in said for line in lines))
