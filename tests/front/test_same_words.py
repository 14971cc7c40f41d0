"""A page in Spanish says nothing in English but what people wrote, and names.

The pages of an owner are compared, with `WALK=all` in the environment those of a host,
a buyer and staff too.
"""

import os
import re
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from bs4.element import PreformattedString
from django.db import connection
from django.test import Client

from licensing.licence_facts import BOOK
from tests.architecture.test_leaks import browser_of
from tests.architecture.test_links import is_to_walk, route_of
from training.kinds import METRIC_FACTS

STARTS = ("/", "/dashboard", "/search", "/contests", "/new", "/settings", "/licences")
WALKERS = ("owner",)
if os.environ.get("WALK") == "all":
    WALKERS = ("owner", "host", "buyer", "staff")
READ_OUT = ("aria-label", "title", "placeholder", "alt")
NOT_SAID = "script, style, svg, code, pre, textarea, .markdown, .lead"
# Decision 0003: these show what was written into a record, or are for operators.
KEPT = re.compile(r"/(inbox|model-reports|operator|style|contests/drafts|learn)\b")
OF_PROGRAMS = re.compile(
    r"\b(ST-[A-Z0-9-]+|SHA-\d+|[A-Z]{3}|\d+ \w{3} \d{4}|\d+ bytes|UTC"
    r"|https?://\S+|[\w/.-]+\.(csv|json|md|onnx|zip)|text/\w+|s\.\d.*)"
)
THE_SAME = {  # in both languages, or names of formats, programs and things
    *("Stoa", "Español", "Tokens", "Token", "token", "API", "AUC", "Total", "Commit"),
    *("Croissant", "Parquet", "JSON", "JSON-LD", "CSV", "ZIP", "PDF", "XML", "SHA"),
    *("Webhook", "Webhooks", "English", "json", "onnx", "csv", "EUR", "standard"),
    *("Markdown", "text/csv", "data", "Publish", "Submissions to", "Describe"),
}
IN_FILES = (  # of the world, as pages show them
    *("gannet", "heron", "Where the ptarmigan nests.", "Lengths of birds"),
    *("Four birds and how long they are.", "Four"),
)
WORD = re.compile(r"[^\W\d_]{3,}")


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


@pytest.mark.parametrize("who", WALKERS)
def test_no_page_says_the_same_in_two_languages(who, world, db):
    english, spanish = browser_of(who, world), browser_of(who, world)
    spanish.post("/language", {"language": "es"})
    stays, same, pages = names_and_what_people_wrote(), {}, 0

    for path, page in walked(english):
        pages += 1
        again = BeautifulSoup(spanish.get(path).content, "html.parser")
        common = words_of(page) & words_of(again)
        if found := sorted(said for said in common if is_left(said, stays)):
            same[path] = found

    assert same == {}
    assert pages > 60


def test_words_of_the_site_are_told_from_names():
    stays = sorted({"Bird Lengths", "owner/birds"}, key=len, reverse=True)
    page = BeautifulSoup(
        '<p>Bird Lengths: 37 bytes</p><p title="Throw it away">owner/birds</p>',
        "html.parser",
    )

    assert {said for said in words_of(page) if is_left(said, stays)} == {
        "Throw it away"
    }


def walked(browser: Client) -> Iterator[tuple[str, BeautifulSoup]]:
    """Yield one page of each route that links lead to, with its path."""
    waiting, seen = dict.fromkeys(STARTS), set()
    while waiting:
        path = next(iter(waiting))
        del waiting[path]
        if route_of(path) in seen or KEPT.match(path):
            continue
        seen.add(route_of(path))
        answer = browser.get(path)
        if answer.streaming:
            list(answer)  # a file, which is closed once it is read
        if answer.status_code != 200 or "html" not in answer["Content-Type"]:
            continue
        page = BeautifulSoup(answer.content, "html.parser")
        links = [
            link["href"].partition("#")[0] for link in page.find_all("a", href=True)
        ]
        waiting |= dict.fromkeys(filter(is_to_walk, links))
        yield path, page


def words_of(page: BeautifulSoup) -> set[str]:
    """Return what a page says: its texts, and what is read out or told of elements."""
    for part in page.select(NOT_SAID):
        part.decompose()
    texts = [
        text
        for text in page.find_all(string=True)
        if not isinstance(text, PreformattedString)
    ]
    told = [
        each[name] for each in page.find_all() for name in READ_OUT if each.get(name)
    ]
    return {" ".join(text.split()) for text in [*texts, *told]}


def is_left(said: str, stays: list[str]) -> bool:
    """Whether words are left once names and what people wrote are taken out."""
    for each in stays:
        if each in said:
            said = said.replace(each, " ")
    return bool(WORD.search(OF_PROGRAMS.sub(" ", said)))


def names_and_what_people_wrote() -> list[str]:
    """Return every text in the database and all names that are no words, longest first."""
    names = {facts.source for facts in METRIC_FACTS.values()} | {*THE_SAME, *IN_FILES}
    names |= {name for facts in BOOK.values() for name in (facts.id, facts.name)}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                "SELECT DISTINCT found #>> '{}' FROM "
                f"{connection.ops.quote_name(table)} AS t, jsonb_path_query("
                "to_jsonb(t), 'strict $.** ? (@.type() == \"string\")') AS found"
            )
            names |= {text for (text,) in cursor.fetchall() if len(text) > 2}
    return sorted((" ".join(each.split()) for each in names), key=len, reverse=True)
