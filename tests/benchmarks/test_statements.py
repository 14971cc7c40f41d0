"""A seller's month out of a ledger of a million entries, against reading its rows bare."""

import os
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection, transaction

from licensing import ledger
from licensing.models import LedgerLine
from licensing.queries import statements_of
from tests.benchmarks.many import settle
from tests.benchmarks.measuring import ROUNDS, cpu_seconds_of
from tests.factories.licensing import PartyFactory

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.timeout(1200),
    pytest.mark.django_db(transaction=True),
]

ENTRIES = 1_000_000
SELLERS = 100
MONTHS = 24
MONTH = date(2025, 12, 1)
MOST_SECONDS = 0.100  # of CPU, ours and the database's
START = datetime(2024, 1, 1, tzinfo=UTC)
TABLES = ["licensing_entry", "licensing_ledgerline"]
STEPS = [
    """
    CREATE TEMPORARY TABLE made ON COMMIT DROP AS
    SELECT gen_random_uuid() AS id, n,
           %(start)s + n * (interval '730 days' / %(entries)s) AS at,
           (%(sellers)s::bigint[])[
               CASE WHEN n %% 2 = 0 THEN 1 ELSE 2 + n / 2 %% (%(count)s - 1) END
           ] AS seller
    FROM generate_series(1, %(entries)s) AS n
    """,
    """
    INSERT INTO licensing_entry (id, key, kind, content_sha256, occurred_at)
    SELECT id, 'payment:' || n, 'PAYMENT', '', at FROM made
    """,
    """
    INSERT INTO licensing_ledgerline
        (entry_id, account_id, currency, minor, occurred_at)
    SELECT id, account, 'EUR', minor, at FROM made, LATERAL (
        VALUES (%(cash)s::bigint, 1000), (%(fee)s, -50), (seller, -950)
    ) AS line (account, minor)
    """,
]


def make_ledger(sellers):
    """Write a million balanced payments to a hundred sellers, as `post` would have.

    The first of them has half of it all.
    """
    values = {
        "start": START,
        "entries": ENTRIES,
        "sellers": [ledger.payable(seller).pk for seller in sellers],
        "count": SELLERS,
        "cash": ledger.account(ledger.CASH_BANK).pk,
        "fee": ledger.account(ledger.PLATFORM_FEE).pk,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for table in TABLES:  # each entry is balanced; asking row by row takes minutes
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for step in STEPS:
            cursor.execute(step, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


class Backend:
    """The process of PostgreSQL that answers this connection, where it can be seen."""

    def __init__(self):
        with connection.cursor() as cursor:
            cursor.execute("SET max_parallel_workers_per_gather = 0")
            cursor.execute("SELECT pg_backend_pid()")
            self.stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")

    def cpu_seconds_of(self, act, *, times=10):
        rounds = []
        for _ in range(ROUNDS):
            before = self._spent()
            for _ in range(times):
                act()
            rounds.append((self._spent() - before) / times)
        return min(rounds)

    def _spent(self):
        fields = self.stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_month_out_of_a_million_entries_takes_three_queries_and_100_ms_of_cpu(
    django_assert_max_num_queries,
):
    begun = time.perf_counter()
    sellers = PartyFactory.create_batch(SELLERS)
    make_ledger(sellers)
    settle()
    print(f"\n{ENTRIES:,} entries made in {time.perf_counter() - begun:.0f} s")
    backend, seller = Backend(), sellers[1]
    account = ledger.payable(seller)

    def bare():
        """Read the same rows of the month, and add up all before it, with no objects."""
        of_it = LedgerLine.objects.filter(account=account)
        month = of_it.filter(occurred_at__year=2025, occurred_at__month=12)
        return list(month.values_list("minor")), list(of_it.values_list("minor"))

    def read():
        (statement,) = statements_of(seller, month=MONTH)
        return statement, [
            (line.occurred_at, line.entry.kind, line.entry.order, line.minor)
            for line in statement.lines
        ]

    with django_assert_max_num_queries(3) as asked:
        statement, lines = read()
    assert statement.closing_minor - statement.opening_minor == 950 * len(lines)
    assert len(lines) > ENTRIES / SELLERS / MONTHS / 4

    floor = cpu_seconds_of(bare) + backend.cpu_seconds_of(bare)
    ours, theirs = cpu_seconds_of(read), backend.cpu_seconds_of(read)
    spent = ours + theirs
    print(
        f"statement of {len(lines)} lines out of {ENTRIES:,} entries: {len(asked)} "
        f"queries, {spent * 1e3:.1f} ms of CPU ({ours * 1e3:.1f} ours, "
        f"{theirs * 1e3:.1f} the database's), {spent / floor:.2f} × reading all the "
        f"seller's rows bare ({floor * 1e3:.1f} ms)"
    )
    assert spent < MOST_SECONDS

    largest = backend.cpu_seconds_of(
        lambda: statements_of(sellers[0], month=MONTH), times=3
    )
    print(
        f"balances of the seller who has half of all: {largest * 1e3:.1f} ms of the "
        f"database's CPU, {largest / floor:.2f} ×"
    )
