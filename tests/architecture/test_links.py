"""Wherever a page points its reader, the reader may go."""

import re
from urllib.parse import urldefrag, urljoin

import pytest
from django.test import Client

from tests.architecture.addresses import LOG_IN
from tests.architecture.test_leaks import browser_of
from tests.world import EVERYONE

HREF = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"')
ELSEWHERE = ("/admin/", "/static/", "/accounts/logout/")
SHOWS_A_WAY = re.compile(rb'<a\b[^>]*href="/(works|offers)/')  # where it can be bought
STARTS = ("/", "/dashboard", "/search", "/contests", "/orders", "/submissions")
MOST_PAGES = 400


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


@pytest.mark.parametrize("who", EVERYONE)
def test_no_link_leads_its_reader_to_a_closed_door(who, world, db):
    browser = browser_of(who, world)

    walked, closed = walk(browser)

    assert closed == {}
    assert 20 < len(walked) < MOST_PAGES


def walk(browser: Client):
    """Follow every link once, whatever its query; return what was met, what was shut."""
    waiting = dict.fromkeys(STARTS, "typed")
    walked, closed = set(), {}
    while waiting and len(walked) < MOST_PAGES:
        path, came_from = waiting.popitem()
        walked.add(path.partition("?")[0])
        answer = browser.get(path)
        goes_on = answer.get("Location", "")
        if answer.status_code >= 400 and not SHOWS_A_WAY.search(answer.content):
            closed[path] = (answer.status_code, came_from)
        if goes_on.startswith("/") and not goes_on.startswith(LOG_IN):
            waiting.setdefault(goes_on, path)
        if answer.status_code != 200 or "html" not in answer["Content-Type"]:
            continue
        for href in HREF.findall(answer.content.decode()):
            there = urldefrag(urljoin(path, href.replace("&amp;", "&")))[0]
            if is_to_walk(there) and there.partition("?")[0] not in walked:
                waiting.setdefault(there, path)
    return walked, closed


def is_to_walk(address):
    return address.startswith("/") and not address.startswith(ELSEWHERE)
