"""The page of a board, against a bare view of the same bytes from one indexed query."""

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import include, path, reverse

from marketplace.accounts.models import User
from tests.benchmarks.measuring import cpu_seconds_of
from tests.factories.training import ContestFactory, scored
from training.contests.models import BoardRow
from training.web.leaderboards import _board_part

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
SMALL, LARGE = 10_000, 100_000
MOST_QUERIES, MOST_MS, MOST_TIMES, MOST_GROWTH = 5, 15, 2.5, 1.5
PLACES = 50
FILL = """
    WITH people AS (
        INSERT INTO accounts_user ({users}) SELECT {new_users}
        FROM accounts_user CROSS JOIN generate_series(2, %(count)s) AS n
        WHERE id = %(user)s RETURNING id, username
    ), entrants AS (
        INSERT INTO contests_entrant ({entrants})
        SELECT {new_entrants} FROM contests_entrant AS e CROSS JOIN people
        WHERE e.id = %(entrant)s RETURNING id, name
    )
    INSERT INTO contests_boardrow ({rows})
    SELECT {new_rows} FROM contests_boardrow AS b CROSS JOIN (
        SELECT id, name, 1 + row_number() OVER (ORDER BY id) AS n FROM entrants
    ) AS e WHERE b.entrant_id = %(entrant)s
"""


def copied(model, **changes):
    """Return the columns of a table but its key, and what a copy has in them."""
    columns = [each.column for each in model._meta.local_fields if each.column != "id"]
    return ", ".join(columns), ", ".join(changes.get(each, each) for each in columns)


def fill(contest, count):
    """Copy the only row of a board for so many entrants more; each has its own place."""
    row = BoardRow.objects.select_related("entrant__user").get(contest=contest)
    entrant = row.entrant
    users, new_users = copied(
        User,
        username="'many' || n || '-' || %(user)s",
        email="'many' || n || '-' || %(user)s || '@example.org'",
    )
    entrants, new_entrants = copied(
        type(entrant), user_id="people.id", name="people.username"
    )
    entrants_sql = new_entrants.replace("contest_id", "e.contest_id")
    rows, new_rows = copied(
        BoardRow, entrant_id="e.id", name="e.name", place="e.n", rank="e.n",
        rank_low="e.n", rank_high="e.n", score="0.9 - e.n::float8 / 1e6",
        merit="0.9 - e.n::float8 / 1e6",
    )  # fmt: skip
    statement = FILL.format(
        users=users,
        new_users=new_users,
        entrants=entrants,
        new_entrants=entrants_sql,
        rows=rows,
        new_rows=new_rows,
    )
    given = {"count": count, "user": entrant.user_id, "entrant": entrant.pk}
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        cursor.execute("ANALYZE")


def bare(request, contest):
    """Answer with the bytes of the page, and read what is on it by the index."""
    rows = BoardRow.objects.filter(contest=contest).order_by("place", "id")
    list(rows.values()[:PLACES])
    return HttpResponse(BODY["page"], content_type="text/html; charset=utf-8")


def drawn_anew(browser, page):
    _board_part.cache_clear()
    browser.get(page)


BODY = {}
urlpatterns = [
    path("bare/<uuid:contest>", bare),
    path("", include("marketplace.config.urls")),
]


def test_a_page_of_a_board_costs_little_however_many_are_on_it(settings):
    settings.ROOT_URLCONF = __name__
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    told = {}
    for count in (SMALL, LARGE):
        contest = ContestFactory()
        scored(contest, 0.9)
        fill(contest, count)
        page = reverse("training:leaderboard", args=[contest.slug])
        browser = Client()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            BODY["page"] = browser.get(page).content
            queries = len(asked)
        whole = cpu_seconds_of(lambda: browser.get(page), times=20)  # noqa: B023  at once
        floor = cpu_seconds_of(lambda: browser.get(f"/bare/{contest.pk}"), times=20)  # noqa: B023  at once
        anew = cpu_seconds_of(lambda: drawn_anew(browser, page), times=5)  # noqa: B023  at once
        told[count] = (queries, whole, floor, anew)
        assert BODY["page"].count(b"<tr") == PLACES + 1

    for count, (queries, whole, floor, anew) in told.items():
        print(
            f"\nboard page, 50 of {count:,}: {queries} queries, {1e3 * whole:.1f} ms of "
            f"CPU; bare view {1e3 * floor:.1f} ms ({whole / floor:.1f} ×); after a change "
            f"of the board {1e3 * anew:.1f} ms once",
            end="",
        )
    growth = told[LARGE][1] / told[SMALL][1]
    print(f"\n  {LARGE:,} entrants cost {growth:.2f} × what {SMALL:,} do")
    for queries, whole, floor, _ in told.values():
        assert queries <= MOST_QUERIES
        assert whole * 1e3 <= MOST_MS
        assert whole <= MOST_TIMES * floor
    assert growth <= MOST_GROWTH
