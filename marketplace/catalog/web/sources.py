"""Taking back a source that was recorded by mistake."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from licensing.permissions import require_writes_for
from licensing.queries import find_derivation
from licensing.services.derivations import LONGEST_REASON
from marketplace.accounts.http import MemberRequest
from marketplace.catalog.services.ancestry import withdraw_source
from marketplace.kit.web import refusals_on


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=_("Why it was a mistake"),
        help_text=_("Shown with the work, beside what was recorded."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def withdraw(request: MemberRequest, work_id: UUID, source_id: UUID) -> HttpResponse:
    found = find_derivation(request.user, work_id=work_id, source_id=source_id)
    require_writes_for(request.user, found.work.owner)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            withdraw_source(
                request.user,
                derivation=found,
                reason=form.cleaned_data["reason"],
                withdrawn_at=timezone.now(),
            )
            messages.success(request, gettext("The source is taken back."))
            return redirect("licensing:work-detail", work_id)
    context = {"derivation": found, "work": found.work, "form": form}
    return render(request, "catalog/source_withdraw.html", context)
