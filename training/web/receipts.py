"""Signed receipts of results as pages: one's own, and whether a given one holds."""

import uuid

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.http import MemberRequest
from marketplace.kit.errors import DomainError
from marketplace.kit.spreadsheets import as_file
from marketplace.kit.web import refusals_on
from training.contests.queries import submission_of
from training.contests.receipts import MOST_BYTES, signed_result, verified_result


class ReceiptForm(forms.Form):
    file = forms.FileField(
        label=_("Receipt"),
        help_text=_("The JSON file of a result, as it was downloaded."),
    )


@require_safe
@login_required
def submission_receipt(
    request: MemberRequest, submission_id: uuid.UUID
) -> HttpResponse:
    submission = submission_of(request.user, submission_id)
    try:
        file = signed_result(submission, site=settings.STOA.base_url, at=timezone.now())
    except DomainError as refusal:
        context = {
            "section": "contests",
            "refusal": str(refusal),
            "form": ReceiptForm(),
        }
        return render(
            request, "training/receipt_verify.html", context, status=refusal.status
        )
    return HttpResponse(
        file,
        content_type="application/json",
        headers=as_file(f"result-{submission.pk}.json"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def receipt_verify(request: HttpRequest) -> HttpResponse:
    """Say whether a receipt is ours and unchanged; anybody may ask."""
    form = ReceiptForm(request.POST or None, request.FILES or None)
    told = None
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            told = verified_result(form.cleaned_data["file"].read(MOST_BYTES + 1))
    context = {"section": "contests", "form": form, "told": told}
    return render(request, "training/receipt_verify.html", context)
