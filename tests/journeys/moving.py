"""Going from page to page as people do, and being there before the next step."""

from playwright.sync_api import Page

from tests.journeys.furnish import PASSWORD


def follow(page: Page, link: str) -> None:
    """Follow a link by its name; return once the page that it leads to has loaded."""
    with page.expect_navigation():
        page.get_by_role("link", name=link).click()


def press(page: Page, button: str) -> None:
    """Press a button that sends a form; return once the page it answers has loaded."""
    with page.expect_navigation():
        page.get_by_role("button", name=button).click()


def press_twice(page: Page, label: str, button: str) -> None:
    """Open what asks whether it is meant, and press the button there."""
    page.locator("summary", has_text=label).click()
    press(page, button)


def prove(page: Page) -> None:
    """Give the password once more, if it is asked for; return on the page after that."""
    if page.get_by_label("Password").count():
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Go on")
