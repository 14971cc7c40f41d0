"""A visitor explores a dataset's rows; one on a phone without scripts reads and buys."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import WIDER
from tests.journeys.moving import follow, press

PHONE = {"width": 390, "height": 844}
RIVERS, SOLD = "/datasets/ada/river-levels", "/datasets/ada/flood-features"
CONVERTED_MS = 180_000  # a worker has other runs before it


def rows(page: Page) -> list[list[str]]:
    """Return the table's cells, line by line, without its head."""
    return page.locator(".table--viewer tbody tr").evaluate_all(
        "lines => lines.map(line => [...line.cells].map(cell => cell.innerText.trim()))"
    )


def told(page: Page, words: str) -> None:
    """Wait until the page says how many rows there are in these words."""
    expect(page.locator("#viewer").get_by_role("status")).to_have_text(words)


def filter_by(page: Page, column: str, condition: str, value: str) -> None:
    page.get_by_text("Add a filter").click()
    page.get_by_label("Column", exact=True).select_option(column)
    page.get_by_label("Condition", exact=True).select_option(condition)
    page.get_by_label(re.compile("^Value")).fill(value)
    page.get_by_role("button", name="Add", exact=True).click()


def test_a_visitor_explores_a_table_by_clicking(worker, page, shoot, check_both):
    page.goto(RIVERS)
    page.get_by_role("link", name="Data", exact=True).click()
    worker.ask("viewing.look")  # where it was not yet, which beat asks for
    table = page.get_by_role("region", name="Rows of train")
    expect(table).to_be_visible(timeout=CONVERTED_MS)  # and nobody loaded the page anew
    told(page, "200 rows, page 1 of 4")
    expect(table.get_by_role("img")).not_to_have_count(0, timeout=CONVERTED_MS)
    check_both(page, "data")

    table.get_by_role("link", name="level", exact=True).click()
    expect(table.locator("th[aria-sort=ascending]")).to_contain_text("level")
    assert [line[3] for line in rows(page)[:4]] == ["120"] * 4
    filter_by(page, "station", "is", "S3")
    told(page, "29 of 200 rows")
    assert {line[1] for line in rows(page)} == {"S3"}
    check_both(page, "data-filtered")
    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV", exact=True).click()
    lines = taken.value.path().read_text().splitlines()
    assert lines[0] == "station,day,level"
    assert len(lines) == 1 + 29
    page.get_by_role("link", name=re.compile("take this filter away")).click()
    told(page, "200 rows, page 1 of 4")
    page.get_by_role("link", name="Next rows").click()
    told(page, "200 rows, page 2 of 4")

    page.get_by_label("Search in all texts").fill("2026-05-01")
    page.get_by_role("button", name="Search", exact=True).click()
    told(page, "22 of 200 rows")
    page.get_by_role("link", name="Quality of the data").click()
    expect(page.locator("main")).to_contain_text("Every version is looked at")
    check_both(page, "data-quality")


def test_a_reader_on_a_phone_without_scripts_reads_and_buys(worker, sign_in, shoot):
    page = sign_in("tomas", java_script_enabled=False, viewport=PHONE, has_touch=True)

    def look(name: str) -> None:
        shoot(page, f"phone-{name}")
        assert page.evaluate(WIDER) == [], page.url

    page.goto("/")
    look("home")
    page.locator("#site-search").fill("gauge readings")
    page.locator("#site-search").press("Enter")
    look("search")
    follow(page, "River levels of the Peloponnese")
    expect(page.locator(".markdown")).to_contain_text("height above the gauge's zero")
    look("dataset")
    page.goto(f"{RIVERS}/data")
    look("data")
    for path in ("/contests/olive-cup/leaderboard", "/studio", "/learn/splits-and-why"):
        page.goto(path)
        look(path.rpartition("/")[2])

    page.goto(SOLD)
    look("sold")
    follow(page, "For commerce")
    page.get_by_label("Your country").fill("GR")  # which this site takes no tax of
    page.locator("main").get_by_role("checkbox").first.check()
    look("offer")
    press(page, "Order and pay")
    expect(page.get_by_text("GR16 0110 1250 0000 0001 2300 695")).to_be_visible()
    look("order")
