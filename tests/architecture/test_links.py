"""Wherever a page points its reader, the reader may go.

Six kinds of people are asked, with `WALK=all` in the environment all ten.
"""

import os
import re
from collections import Counter
from urllib.parse import urldefrag, urljoin

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from tests.architecture.addresses import LOG_IN
from tests.architecture.test_leaks import browser_of
from tests.world import EVERYONE

HREF = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"')
ELSEWHERE = ("/admin/", "/static/", "/accounts/logout/")
SHOWS_A_WAY = re.compile(rb'<a\b[^>]*href="/(works|offers)/')  # where it can be bought
STARTS = ("/", "/dashboard", "/search", "/contests", "/orders", "/submissions")
WALKERS = ("anonymous", "writer", "owner", "buyer", "host", "staff")
if os.environ.get("WALK") == "all":
    WALKERS = EVERYONE
MOST_PAGES = 400
MOST_OF_A_KIND = 2  # pages of one route, such as the files of a dataset


@pytest.fixture(autouse=True)
def nothing_in_the_way(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 10**9, "member": 10**9}
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True


@pytest.mark.parametrize("who", WALKERS)
def test_no_link_leads_its_reader_to_a_closed_door(who, world, db):
    browser = browser_of(who, world)

    walked, closed = walk(browser)

    assert closed == {}
    assert 20 < len(walked) < MOST_PAGES


def walk(browser: Client):
    """Follow links once, whatever their query; return what was met, what was shut."""
    waiting = dict.fromkeys(STARTS, "typed")
    walked, closed, seen = set(), {}, Counter()
    while waiting and len(walked) < MOST_PAGES:
        path, came_from = waiting.popitem()
        seen[route_of(path)] += 1
        if seen[route_of(path)] > MOST_OF_A_KIND:
            continue
        walked.add(path.partition("?")[0])
        answer = browser.get(path)
        if answer.streaming:
            list(answer)  # a file, which is closed once it is read
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


def route_of(path):
    """Return the pattern of an address; what leads nowhere is one of its kind."""
    try:
        return resolve(path.partition("?")[0]).route
    except Resolver404:
        return path


def is_to_walk(address):
    return address.startswith("/") and not address.startswith(ELSEWHERE)
