"""Orders paid in a second by two processes, against updates of one row by pgbench."""

import os
import subprocess
import time
import uuid
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, connections
from django.utils import timezone

from licensing.models import Invoice, Order, OrderLine
from licensing.queries import faults_of_books
from licensing.services.numbers import new_number
from licensing.services.seen import TOGETHER
from licensing.services.settlement import settle_all
from marketplace.config.boot import embedded_postgres
from tests.benchmarks.many import settle as let_the_database_settle
from tests.factories.accounts import UserFactory
from tests.factories.licensing import make_offer, make_order, pay, share
from tests.licensing.cards import received

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
    pytest.mark.django_db(transaction=True),
]

ORDERS, UPDATES = 500, 20_000
WORKERS = 2
WANTED = 200  # orders a second on two cores
TICKS = os.sysconf("SC_CLK_TCK")
UPDATE = r"""
\set id random(1, 1000)
UPDATE measured SET n = n + 1 WHERE id = :id
"""


def orders_like(first, many):
    """Write orders that wait for money, each of one line, as `place_order` would."""
    line = first.lines.get()
    orders, lines = [], []
    for _ in range(many):
        order, its_line = _copy(first), _copy(line)
        order.pk, order.number = uuid.uuid4(), new_number()
        its_line.pk, its_line.order = uuid.uuid4(), order
        orders.append(order)
        lines.append(its_line)
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(lines)
    return orders


def _copy(row):
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.fields}
    return type(row)(**fields)


def settle_by(many, orders):
    """Settle orders so many at a time, as the sweep of a processor's events does."""
    for start in range(0, len(orders), many):
        some = [received(order) for order in orders[start : start + many]]
        settle_all(some, at=timezone.now())


def in_processes(acts):
    """Run each act in a process of its own; return the CPU seconds that they took."""
    connections.close_all()
    children = []
    for act in acts:
        child = os.fork()
        if not child:
            status = 1
            try:
                act()
                connections.close_all()
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    spent = 0.0
    for child in children:
        _, status, used = os.wait4(child, 0)
        assert status == 0
        spent += used.ru_utime + used.ru_stime
    return spent


def server_seconds(server):
    """Return the CPU seconds of PostgreSQL: of its processes, and of those that ended."""
    spent = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, fields = stat.parent.name, stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended as we looked
        if int(pid) == server:
            spent += sum(map(int, fields[11:15]))
        elif int(fields[1]) == server:
            spent += sum(map(int, fields[11:13]))
    return spent / TICKS


def pgbench(script):
    """Update single rows by as many clients as settle orders; return CPU seconds."""
    at = connection.settings_dict
    used = os.times()
    subprocess.run(
        [
            str(embedded_postgres().binaries / "pgbench"),
            *("--no-vacuum", "--file", str(script), "--protocol", "prepared"),
            *("--client", str(WORKERS), "--jobs", str(WORKERS)),
            *("--transactions", str(UPDATES // WORKERS)),
            *("--host", at["HOST"], "--port", str(at["PORT"] or 5432)),
            *("--username", at["USER"], at["NAME"]),
        ],
        check=True,
        capture_output=True,
    )
    now = os.times()
    return (
        now.children_user
        + now.children_system
        - used.children_user
        - used.children_system
    )


def measured(act, *, times, server):
    """Return seconds and CPU seconds, ours and the server's, that each of times took."""
    begun, spent = time.perf_counter(), server_seconds(server)
    ours = act()
    seconds, theirs = time.perf_counter() - begun, server_seconds(server) - spent
    return seconds / times, ours / times, theirs / times


def test_orders_settled_in_a_second_by_two_processes(tmp_path):
    offer, co_owner = make_offer(), UserFactory()
    share(offer.work, {offer.work.owner.user: 7000, co_owner: 3000})
    first = make_order(offer)
    before = orders_like(first, ORDERS)
    waiting = {many: orders_like(first, ORDERS) for many in (1, TOGETHER)}
    pay(first)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS measured")
        cursor.execute("CREATE TABLE measured (id int PRIMARY KEY, n int NOT NULL)")
        cursor.execute(
            "INSERT INTO measured SELECT n, 0 FROM generate_series(1, 1000) n"
        )
        cursor.execute("SELECT pg_backend_pid()")
        backend = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text()
    server = int(backend.rpartition(")")[2].split()[1])
    in_processes([partial(settle_by, TOGETHER, before)])  # as in a shop that has sold
    let_the_database_settle()
    script = tmp_path / "update.sql"
    script.write_text(UPDATE)

    figures = {}
    for many, orders in waiting.items():
        parts = [orders[start::WORKERS] for start in range(WORKERS)]
        acts = [partial(settle_by, many, part) for part in parts]
        figures[many] = measured(
            partial(in_processes, acts), times=ORDERS, server=server
        )
    bare, bare_ours, bare_theirs = measured(
        lambda: pgbench(script), times=UPDATES, server=server
    )

    assert Invoice.objects.count() == 3 * ORDERS + 1
    assert list(faults_of_books()) == []
    print(f"\n{ORDERS:,} orders of one line and two owners, by {WORKERS} processes")
    least = bare_ours + bare_theirs
    for many, (seconds, ours, theirs) in figures.items():
        spent = ours + theirs
        print(
            f"settled {many} at a time: {1 / seconds:.0f} a second (wanted: {WANTED}); "
            f"{spent * 1e3:.1f} ms of CPU each ({ours * 1e3:.1f} ours, "
            f"{theirs * 1e3:.1f} the database's), so two cores with nothing else to do "
            f"settle {2 / spent:.0f} a second"
        )
        print(
            f"  {seconds / bare:.0f} × the time of an update of one row by pgbench, "
            f"{spent / least:.0f} × its CPU"
        )
    print(
        f"an update of one row by pgbench: {1 / bare:,.0f} a second, "
        f"{least * 1e6:.0f} µs of CPU"
    )
