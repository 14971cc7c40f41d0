"""What provider, ledger and orders say of the money, for operators."""

from collections import Counter

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from licensing import services
from licensing.reconciled import compared, require_processor
from licensing.reconciliation import HEAD
from licensing.tasks import read_statement_of_now
from marketplace.accounts.http import MemberRequest
from marketplace.accounts.permissions import require_staff
from marketplace.kit.keyset import next_url, page_of_rows
from marketplace.kit.spreadsheets import csv_file, csv_rows

PERIODS = (1, 7, 30, 92)


@require_safe
@login_required
def reconciliation(request: MemberRequest) -> HttpResponse:
    """Show what disagrees, or all that moved, and what to do about each kind."""
    require_staff(request.user)
    found = compared(request, now=timezone.now())
    counts = Counter((row.finding.label, row.advice) for row in found.report.differing)
    page = page_of_rows(found.rows, cursor=request.GET.get("cursor", ""))
    context = {
        "found": found,
        "report": found.report,
        "rows": page.rows,
        "to_do": [(label, count, told) for (label, told), count in counts.items()],
        "periods": sorted({*PERIODS, found.days}),
        "next_url": next_url(request, page),
    }
    return render(request, "licensing/reconciliation.html", context)


@require_safe
@login_required
def reconciliation_csv(request: MemberRequest) -> StreamingHttpResponse:
    require_staff(request.user)
    found = compared(request, now=timezone.now())
    rows = csv_rows(HEAD, (row.cells for row in found.rows))
    return csv_file(rows, name="reconciliation.csv")


@require_POST
@login_required
def ask_again(request: MemberRequest) -> HttpResponse:
    """Have a worker read the processor's statement again."""
    require_staff(request.user)
    require_processor()
    _, is_to_be_read = services.ask_for_statement(request.user, at=timezone.now())
    if is_to_be_read:
        transaction.on_commit(read_statement_of_now.delay, robust=True)
    messages.success(
        request,
        gettext(
            "The provider’s statement is being read. Reload this page in a minute."
        ),
    )
    return redirect("licensing:reconciliation")
