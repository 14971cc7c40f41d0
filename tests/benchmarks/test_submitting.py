"""Submissions accepted in a second, beside bare inserts of the very rows that one makes."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from psycopg.rows import dict_row

from tests.benchmarks.test_unit_costs import Site, form
from tests.factories.accounts import ApiTokenFactory, UserFactory
from tests.factories.training import ContestFactory, enter, predictions
from tests.servers import site
from tests.servers.databases import database_url
from tests.tables import contents

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
]
PROCESSES, CLIENTS, EACH = 2, 4, 50
LEAST_SHARE = 0.3
CAREFUL = ("fsync", "full_page_writes", "synchronous_commit")
COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"""
KEYS = """
SELECT a.attname, a.attidentity <> '' AS is_counted FROM pg_index i
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
WHERE i.indrelid = %s::regclass AND i.indisunique"""


@pytest.fixture
def careful():
    """The database keeps its promises, as an operator's does, while this is measured."""

    def told(how):
        with connection.cursor() as cursor:
            for name in CAREFUL:
                cursor.execute(how.format(name))
            cursor.execute("SELECT pg_reload_conf()")

    told("ALTER SYSTEM SET {} = on")
    yield
    told("ALTER SYSTEM SET {} = off")


@pytest.fixture
def served(careful, settings):
    environment = {
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(settings.STOA.data_dir),
        "SECRET_KEY": settings.SECRET_KEY,
        "LOG_LEVEL": "ERROR",
        "MEMBER_REQUESTS_PER_MINUTE": "100000000",
    }
    with site(environment, workers=PROCESSES) as server:
        yield server


def together(acts) -> float:
    """Return the seconds that acts took side by side."""
    began = time.perf_counter()
    with ThreadPoolExecutor(len(acts)) as threads:
        for done in [threads.submit(act) for act in acts]:
            done.result()
    return time.perf_counter() - began


def new_rows(before) -> dict[str, list[dict]]:
    """Return the rows that came, by table, each value as text."""
    told = {}
    with psycopg.connect(database_url(), row_factory=dict_row) as line:
        for table, (count, _) in contents().items():
            if many := max(0, count - before[table][0]):
                names = [each["attname"] for each in line.execute(COLUMNS, [table])]
                texts = [sql.SQL("{}::text").format(sql.Identifier(n)) for n in names]
                last = sql.SQL("SELECT {} FROM {} ORDER BY ctid DESC LIMIT {}").format(
                    sql.SQL(", ").join(texts), sql.Identifier(table), sql.Literal(many)
                )
                told[table] = line.execute(last).fetchall()
    return told


class Bare:
    """Inserts copies of some rows, one statement a row, all in one transaction."""

    def __init__(self, rows: dict[str, list[dict]]) -> None:
        self.steps = []
        with psycopg.connect(database_url()) as line:
            for table, found in rows.items():
                keys = dict(line.execute(KEYS, [table]).fetchall())
                self.steps += [self.step(table, keys, row) for row in found]

    def step(self, table, keys, row):
        """Return the statement, its values, and which of these are new each time."""
        kept = {name: value for name, value in row.items() if not keys.get(name)}
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, kept)),
            sql.SQL(", ").join([sql.Placeholder()] * len(kept)),
        )
        return statement, list(kept.values()), [name in keys for name in kept]

    def run(self) -> None:
        with psycopg.connect(database_url(), autocommit=True) as line:
            line.execute("SET session_replication_role = replica")
            for _ in range(EACH):
                with line.transaction():
                    for statement, values, unique in self.steps:
                        line.execute(
                            statement,
                            [
                                fresh(value) if is_key else value
                                for value, is_key in zip(values, unique, strict=True)
                            ],
                        )


def fresh(value: str | None) -> str | None:
    """Return another value of the same kind, where one has to be unique."""
    if value is None or len(value) < 32:
        return value
    return str(uuid.uuid4()) if "-" in value else (uuid.uuid4().hex * 2)[: len(value)]


def test_submissions_are_accepted_at_a_third_of_the_rate_of_bare_inserts(
    served, figure
):
    contest = ContestFactory(slug="unit", daily_limit=10_000)
    tokens = []
    for person in UserFactory.create_batch(CLIENTS + 1):
        enter(contest, person)
        ApiTokenFactory(user=person, secret=f"stoa_{person.username}")
        tokens.append(f"stoa_{person.username}")

    def hand_in(token, numbers):
        asking = Site(served)
        path = f"/api/v1/contests/{contest.slug}/submissions"
        with closing(asking.line):
            for number in numbers:
                content = predictions(noise=number / 100_000)
                asking.ask("POST", path, token=token, wants=201, **form(content))

    hand_in(tokens[-1], range(4))  # each process has its statements and templates
    before = contents()
    hand_in(tokens[-1], [90_000])
    rows = new_rows(before)
    bare = Bare(rows)

    taken = together(
        [
            lambda token=token, place=place: hand_in(
                token, range(1000 * (place + 1), 1000 * (place + 1) + EACH)
            )
            for place, token in enumerate(tokens[:CLIENTS])
        ]
    )
    floor = together([bare.run] * PROCESSES)

    accepted, inserted = CLIENTS * EACH / taken, PROCESSES * EACH / floor
    named = ", ".join(f"{len(found)} {table}" for table, found in rows.items())
    print(f"a submission writes {named}")
    print(
        f"{PROCESSES} processes accept {accepted:.0f}/s; bare inserts {inserted:.0f}/s"
    )
    figure("submissions", accepted / inserted, "of bare inserts", at_least=LEAST_SHARE)
