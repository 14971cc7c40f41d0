"""What deploy/security says of us names places that are there."""

import re
from collections import Counter

from marketplace.config.env import ROOT

PAGES = ROOT / "deploy" / "security"
ROW = re.compile(r"\| (V\d+\.\d+\.\d+) \| (.+?) \| (.+?) \| (.+?) \|")
PLACE = re.compile(r"`([\w./-]+/[\w.-]+|\w+\.\w+)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")
REQUIRED = dict(  # of level 2, by chapter of ASVS 4.0.3
    enumerate((38, 54, 18, 9, 30, 13, 12, 15, 7, 5, 8, 15, 13, 23), start=1)
)


def test_each_requirement_is_judged_once_and_what_is_met_can_be_seen():
    lines = (PAGES / "asvs.md").read_text().splitlines()
    rows = [ROW.fullmatch(line).groups() for line in lines if line.startswith("| V")]
    numbers = [tuple(map(int, number[1:].split("."))) for number, *_ in rows]

    assert numbers == sorted(set(numbers))
    assert Counter(chapter for chapter, *_ in numbers) == REQUIRED
    assert {verdict for _, _, verdict, _ in rows} == {
        "met",
        "not met",
        "not applicable",
    }
    for number, _, verdict, seen in rows:
        places = PLACE.findall(seen)
        assert verdict != "met" or places, number
        assert [place for place in places if not (ROOT / place).exists()] == [], number


def test_each_page_leads_to_pages_that_are_there():
    for page in (ROOT / "SECURITY.md", *PAGES.glob("*.md")):
        led = LINK.findall(page.read_text())
        assert [one for one in led if not (page.parent / one).exists()] == [], page.name
