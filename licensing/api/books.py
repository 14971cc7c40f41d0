"""The ledger over HTTP: all of it for staff, a statement for each party."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from licensing import queries
from licensing.api.serializers import (
    BalanceListOut,
    BalanceOut,
    LedgerEntryOut,
    StatementLineOut,
)
from licensing.models import Entry, LedgerLine
from licensing.permissions import ACTING, parties_of
from licensing.queries.books import ENTRIES, STATEMENT
from marketplace.accounts.http import MemberOnly, StaffOnly
from marketplace.kit.keyset import KeysetPagination


class LedgerAccounts(APIView):
    permission_classes = [StaffOnly]

    @extend_schema(operation_id="ledger_accounts_list", responses=BalanceListOut)
    def get(self, _request: Request) -> Response:
        """Each account's balance by currency, debits positive. They sum to zero."""
        balances = queries.ledger_balances()
        return Response({"results": BalanceOut(balances, many=True).data, "next": None})


class LedgerEntries(ListAPIView[Entry]):
    """Every entry with its lines, newest first."""

    permission_classes = [StaffOnly]
    serializer_class = LedgerEntryOut
    pagination_class = KeysetPagination
    keyset = ENTRIES
    queryset = Entry.objects.none()

    def get_queryset(self) -> Any:
        return queries.entries()

    @extend_schema(operation_id="ledger_entries_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class EarningsBalances(APIView):
    permission_classes = [MemberOnly]

    @extend_schema(operation_id="earnings_balances_list", responses=BalanceListOut)
    def get(self, request: Request) -> Response:
        """What the house owes you and those you act for, by currency."""
        owed = queries.owed_to(parties_of(request.user, roles=ACTING))
        return Response({"results": BalanceOut(owed, many=True).data, "next": None})


class Earnings(ListAPIView[LedgerLine]):
    """What you and those you act for have earned, line by line, newest first."""

    permission_classes = [MemberOnly]
    serializer_class = StatementLineOut
    pagination_class = KeysetPagination
    keyset = STATEMENT
    queryset = LedgerLine.objects.none()

    def get_queryset(self) -> Any:
        return queries.statement_lines(parties_of(self.request.user, roles=ACTING))

    @extend_schema(operation_id="earnings_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)
