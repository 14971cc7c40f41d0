"""What a party has earned here: a balance and a statement."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from licensing import queries, receipts
from licensing.permissions import ACTING, parties_of
from licensing.queries.books import STATEMENT
from marketplace.accounts.http import MemberRequest
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.spreadsheets import csv_file, csv_rows

CHUNK = 500


@require_safe
@login_required
def earnings(request: MemberRequest) -> HttpResponse:
    mine = parties_of(request.user, roles=ACTING)
    page = page_of(
        queries.statement_lines(mine),
        order=STATEMENT,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "balances": queries.owed_to(mine),
        "lines": [(line, -line.minor) for line in page.rows],
        "next_url": next_url(request, page),
    }
    return render(request, "licensing/earnings.html", context)


@require_safe
@login_required
def earnings_csv(request: MemberRequest) -> StreamingHttpResponse:
    mine = parties_of(request.user, roles=ACTING)
    lines = queries.statement_lines(mine).order_by("entry__occurred_at", "pk")
    rows = receipts.statement_rows(lines.iterator(chunk_size=CHUNK))
    return csv_file(csv_rows(receipts.STATEMENT_HEAD, rows), name="earnings.csv")
