"""A visitor reads a board: who leads, since when, at what cost, and what it was."""

import pytest
from playwright.sync_api import expect


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("contests/olive-cup/leaderboard", "Leaderboard"),
        ("contests/olive-cup/charts", "Charts of the board"),
        ("contests/olive-cup/editions", "Editions of the board"),
        ("receipts/verify", "Verify a result"),
    ],
)
def test_pages_about_a_board_are_sound(page, path, heading, shoot, check_page):
    page.goto(f"/{path}")

    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    check_page(page)
    shoot(page, f"board-{path.rpartition('/')[2]}")


def test_from_the_board_one_comes_to_its_charts_and_badge(page):
    page.goto("/contests/olive-cup/leaderboard")
    page.get_by_text("A badge for README files").click()
    expect(page.get_by_role("img", name="who leads")).to_be_visible()

    page.get_by_role("link", name="Charts").click()

    expect(page.get_by_role("heading", name="Best score over time")).to_be_visible()
