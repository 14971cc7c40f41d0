"""The reference of the API, as somebody reads it: in both themes, wide and narrow."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tests.journeys.conftest import FAULTS_OF_ACCESS, NARROW, PATIENCE_MS, WIDE

FOLLOWS = """theme =>
  document.documentElement.classList.contains("dark-mode") === (theme === "dark")
  && document.getAnimations().length === 0"""  # colours take a moment to change


def test_the_reference_says_how_to_begin_and_can_be_read_by_everyone(page, shoot):
    page.goto("/api/#/metrics")
    operation = page.locator("[id^=operations-metrics-]")
    expect(operation).to_be_visible(timeout=4 * PATIENCE_MS)  # once it has the document
    expect(page.get_by_text("curl -H").first).to_be_visible()
    operation.locator("button").first.click()
    expect(operation.get_by_role("button", name="Try it out")).to_be_visible()
    page.evaluate(AXE_SCRIPT)

    faults = []
    for theme, size in (("light", WIDE), ("dark", NARROW)):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size(size)
        page.wait_for_function(FOLLOWS, arg=theme)
        shoot(page, f"api-{theme}")
        faults += [
            (theme, found["id"], each["html"][:120], each["failureSummary"][:120])
            for found in page.evaluate(FAULTS_OF_ACCESS)
            if found["impact"] in {"serious", "critical"}
            for each in found["nodes"]
        ]

    assert "\n".join(map(str, faults)) == ""
    assert page.locator("h1:visible").count() == 1
