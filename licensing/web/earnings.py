"""A seller's area: what was sold, what it brought, whose parts there are."""

from collections.abc import Mapping
from datetime import datetime
from itertools import chain

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from licensing import queries, receipts
from licensing.http import Seller, month_named, seller_named
from licensing.models import BankAccount, Party, Payee
from licensing.permissions import ACTING, parties_of
from licensing.queries.payouts import PAYOUTS, Funds
from licensing.queries.sales import (
    HELD,
    MONTHS,
    MOST_LISTINGS,
    SALES,
    first_of_months,
)
from licensing.web.charts import listing_bars, month_charts
from marketplace.accounts.http import MemberRequest
from marketplace.kit.keyset import next_url, page_of
from marketplace.kit.spreadsheets import csv_file, csv_rows

CHUNK = 500


@require_safe
@login_required
def earnings(request: MemberRequest) -> HttpResponse:
    """Show what is owed and what a year of sales brought, by month and by offer."""
    seller = seller_named(request)
    now = timezone.now()
    first = first_of_months(now)
    months = queries.revenue_by_month(seller.ids, since=first)
    listings = queries.revenue_by_listing(seller.ids, since=first, most=MOST_LISTINGS)
    context = {
        "seller": seller,
        "funds": _funds(seller, now),
        "charts": month_charts(months, first=first.date(), count=MONTHS),
        "listings": listing_bars(listings),
        "is_cut": len(listings) == MOST_LISTINGS,
    }
    return _shown(request, "earnings", context)


@require_safe
@login_required
def sales(request: MemberRequest) -> HttpResponse:
    seller = seller_named(request)
    page = page_of(
        queries.sales_of(seller.ids),
        order=SALES,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "seller": seller,
        "sales": [queries.sale_of(row, seen_by=seller.ids) for row in page.rows],
        "next_url": next_url(request, page),
    }
    return _shown(request, "sales", context)


@require_safe
@login_required
def sales_csv(request: MemberRequest) -> StreamingHttpResponse:
    seller = seller_named(request)
    oldest_first = queries.sales_of(seller.ids).order_by("occurred_at", "pk")
    rows = receipts.sale_rows(
        queries.sale_of(row, seen_by=seller.ids)
        for row in oldest_first.iterator(chunk_size=CHUNK)
    )
    return csv_file(csv_rows(receipts.SALE_HEAD, rows), name="sales.csv")


@require_safe
@login_required
def shares(request: MemberRequest) -> HttpResponse:
    """List the works from whose sales one has a part."""
    seller = seller_named(request)
    page = page_of(
        queries.shares_held(seller.ids),
        order=HELD,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "seller": seller,
        "shares": page.rows,
        "next_url": next_url(request, page),
    }
    return _shown(request, "shares", context)


@require_safe
@login_required
def statement(request: MemberRequest) -> HttpResponse:
    """Show what changed a party's balances in a month, by kind."""
    seller, party = _one_seller(request)
    month = month_named(request, now=timezone.now())
    found = queries.statements_of(party, month=month) if party else []
    context = {
        "seller": seller,
        "party": party,
        "month": month,
        "statements": [(each, queries.sums_by_kind(each)) for each in found],
    }
    return _shown(request, "statement", context)


@require_safe
@login_required
def statement_csv(request: MemberRequest) -> StreamingHttpResponse:
    _, party = _one_seller(request)
    month = month_named(request, now=timezone.now())
    found = queries.statements_of(party, month=month) if party else []
    rows = chain.from_iterable(queries.statement_rows(each) for each in found)
    name = f"statement-{month:%Y-%m}.csv"
    return csv_file(csv_rows(queries.STATEMENT_COLUMNS, rows), name=name)


@require_safe
@login_required
def payouts(request: MemberRequest) -> HttpResponse:
    seller = seller_named(request)
    page = page_of(
        queries.payouts_of(_rows(seller)),
        order=PAYOUTS,
        cursor=request.GET.get("cursor", ""),
    )
    context = {
        "seller": seller,
        "funds": _funds(seller, timezone.now()),
        "payouts": page.rows,
        "accounts": _accounts(seller),
        "next_url": next_url(request, page),
    }
    return _shown(request, "payouts", context)


@require_safe
@login_required
def payouts_csv(request: MemberRequest) -> StreamingHttpResponse:
    sent = queries.payouts_of(_rows(seller_named(request)))
    rows = csv_rows(queries.PAYOUT_COLUMNS, queries.payout_rows(sent))
    return csv_file(rows, name="payouts.csv")


@require_safe
@login_required
def earnings_csv(request: MemberRequest) -> StreamingHttpResponse:
    mine = parties_of(request.user, roles=ACTING)
    lines = queries.statement_lines(mine).order_by("entry__occurred_at", "pk")
    rows = receipts.statement_rows(lines.iterator(chunk_size=CHUNK))
    return csv_file(csv_rows(receipts.STATEMENT_HEAD, rows), name="earnings.csv")


def _one_seller(request: MemberRequest) -> tuple[Seller, Party | None]:
    """Return whom a member acts for, and the one they ask about, else the first."""
    seller = seller_named(request)
    return seller, seller.asked[0] if seller.asked else None


def _rows(seller: Seller) -> QuerySet[Party]:
    return Party.objects.filter(pk__in=seller.ids)


def _accounts(seller: Seller) -> list[tuple[Party, BankAccount | None]]:
    """Return where those are paid by transfer whom no processor pays."""
    known = BankAccount.objects.filter(party__in=seller.ids).in_bulk()
    by_processor = Payee.objects.filter(party__in=seller.ids, is_payable=True)
    paid = set(by_processor.values_list("party", flat=True))
    others = (party for party in seller.asked if party.pk not in paid)
    return [(party, known.get(party.pk)) for party in others]


def _funds(seller: Seller, now: datetime) -> list[Funds]:
    return queries.funds_of(seller.asked, at=now, hold=settings.STOA.payout_hold)


def _shown(
    request: MemberRequest, name: str, context: Mapping[str, object]
) -> HttpResponse:
    site = settings.STOA
    told = {
        "fee_bps": site.fee_bps,
        "hold_days": site.payout_hold_days,
        "minimums": sorted(site.payout_minimums.items()),
        **context,
    }
    return render(request, f"licensing/{name}.html", told)
