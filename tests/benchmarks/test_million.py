"""A million listings: what searches, deep pages and whole pages cost, beside bare SQL."""

import os
import re
import statistics
import time

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from licensing.services.licences import licence_row
from marketplace.kit.search_words import prefix_query
from tests.benchmarks.many import settle
from tests.factories.accounts import UserFactory
from tests.load.rows import PEOPLE, fill_listings
from tests.tables import empty_all

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]
LISTINGS = int(os.environ.get("LISTINGS", "1000000"))
ROUNDS = 25
PAGE, WALKED = 20, 100  # rows of a page that is measured, and of one that is walked
DEEP = min(10_000, LISTINGS // PAGE - 10)  # pages
MOST_TIMES_SQL, MOST_TIMES_FIRST = 3, 1.25
WORDS = {
    "common word": "birds",
    "two words": "birds region",
    "middling word": "region 77",
    "rare word": "777777",
}
# The page alone, as one would write it who needs nothing else of it: by rank, of the most
# downloaded, what is shown of each.
QUERY = (
    "(websearch_to_tsquery('english', %(text)s) || to_tsquery('simple', %(prefix)s))"
)
BARE = f"""
SELECT to_jsonb(repository), work.licence_id FROM (
    SELECT repository_id, work_id, ts_rank(search, {QUERY}) AS rank FROM (
        SELECT repository_id, work_id, search FROM catalog_listing
        WHERE is_public AND kind = 'DATASET' AND search @@ {QUERY}
        ORDER BY downloads DESC, repository_id DESC LIMIT 500
    ) AS popular
    ORDER BY 3 DESC, 1 DESC LIMIT 20
) AS found
JOIN catalog_repository AS repository ON repository.id = found.repository_id
JOIN licensing_work AS work ON work.id = found.work_id
ORDER BY rank DESC, found.repository_id DESC"""


@pytest.fixture(scope="module")
def million(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        with transaction.atomic():
            licence_row("CC-BY-4.0")
            fill_listings(UserFactory.create_batch(PEOPLE), LISTINGS)
        settle()
        yield
        empty_all()


@pytest.fixture
def browser(million, db, settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    return Client()


def median_ms(*acts) -> list[float]:
    """Return the median of each act's milliseconds, the acts taken in turn."""
    taken = [[] for _ in acts]
    for _ in range(ROUNDS):
        for act, each in zip(acts, taken, strict=True):
            begun = time.perf_counter()
            act()
            each.append((time.perf_counter() - begun) * 1e3)
    return [statistics.median(each) for each in taken]


def asked_by(act) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        act()
        return [each["sql"] for each in asked]


def run(*statements, given=None) -> list[tuple]:
    with connection.cursor() as cursor:
        for each in statements:
            cursor.execute(each, given)
        return cursor.fetchall()


def opened(browser, path) -> bytes:
    answer = browser.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return b"".join(answer) if answer.streaming else answer.content


@pytest.mark.parametrize("word", WORDS)
def test_a_search_is_within_three_times_the_bare_sql(word, browser, figure):
    words = WORDS[word].replace(" ", "+")
    listed = f"/api/v1/datasets?q={words}&sort=relevance"
    searched = f"/api/v1/search?q={words}"
    statements = asked_by(lambda: opened(browser, searched))
    given = {"text": WORDS[word], "prefix": prefix_query(WORDS[word])}
    found = run(BARE, given=given)
    assert len(opened(browser, listed).split(b'"kind"')) - 1 == len(found)

    bare, page, own, whole = median_ms(
        lambda: run(BARE, given=given),
        lambda: opened(browser, listed),
        lambda: run(*statements),
        lambda: opened(browser, searched),
    )
    print(f"{word}: bare SQL of a page {bare:.1f} ms, of page and counts {own:.1f} ms")
    figure(f"search, {word}, p50", whole, "ms")
    figure(f"search with counts, {word}", whole / own, "× SQL", at_most=MOST_TIMES_SQL)
    figure(f"search, {word}", page / bare, "× bare SQL", at_most=MOST_TIMES_SQL)


def test_page_10_000_is_as_fast_as_page_1(browser, figure):
    address = f"/api/v1/datasets?limit={WALKED}"
    for _ in range(DEEP * PAGE // WALKED):
        answer = browser.get(address).json()
        address = answer["next"]
    first = f"/api/v1/datasets?limit={PAGE}"
    deep = address.replace(f"limit={WALKED}", f"limit={PAGE}")
    assert opened(browser, deep) != opened(browser, first)

    page_1, page_10_000 = median_ms(
        lambda: opened(browser, first), lambda: opened(browser, deep)
    )
    print(f"page 1: {page_1:.1f} ms; page {DEEP:,}: {page_10_000:.1f} ms")
    figure("page 10,000", page_10_000 / page_1, "× page 1", at_most=MOST_TIMES_FIRST)


def test_whole_pages_stay_quick(browser, figure):
    parts = re.findall(rb"(/sitemap-datasets[^<]*)<", opened(browser, "/sitemap.xml"))
    pages = {
        "home": "/",
        "datasets": "/datasets",
        "search": "/search?q=birds",
        "sitemap, index": "/sitemap.xml",
        "sitemap, first part": parts[0].decode(),
        "sitemap, last part": parts[-1].decode(),
        "harvest by OAI-PMH": "/feeds/oai?verb=ListIdentifiers&metadataPrefix=oai_dc",
        "harvest by DCAT": "/feeds/dcat.jsonld",
    }
    for name, path in pages.items():
        queries = len(asked_by(lambda: opened(browser, path)))  # noqa: B023  at once
        (taken,) = median_ms(lambda: opened(browser, path))  # noqa: B023  at once
        print(f"{name}: {queries} queries")
        figure(f"{name}, p50 of a million", taken, "ms")
