"""A running site and a real browser, for whole journeys."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.fakestripe.deliveries import Endpoint
from tests.fakestripe.server import fakestripe
from tests.journeys.furnish import PASSWORD
from tests.journeys.running import RunningSite, free_address

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 740}
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STILL = {"reduced_motion": "reduce"}  # so that pictures are not taken half-way
FURNISH = "from tests.journeys.furnish import furnish; furnish()"
WEBHOOK_SECRET = "whsec_of_the_journeys"
PATIENCE_MS = 15_000
WIDER = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll("main *, header *, footer *")]
    .filter(each => each.getBoundingClientRect().right > room)
    .map(each => each.outerHTML.slice(0, 160));
}"""
FAULTS_OF_ACCESS = """() => axe.run({resultTypes: ["violations"]})
  .then(found => found.violations)"""
REFUSED = "Failed to load resource: the server responded with a status of 4"
AWAY = "Failed to load resource: net::ERR_"  # where pages wait for us and go on
WAITED_FOR = ("/lfs/", ".git/info/lfs/", "/preupload/", "/commit/")


@pytest.fixture(scope="package")
def stripe():
    """Return the stand-in for Stripe that the site talks to."""
    with fakestripe() as running:
        running.book.fee_bps = 100
        yield running


@pytest.fixture(scope="package")
def site(tmp_path_factory, migrated, stripe):
    """A fresh installation with web and file processes, and a small market in it."""
    running = RunningSite(tmp_path_factory.mktemp("site"), free_address(), migrated)
    running.variables |= {
        "STRIPE_SECRET_KEY": "sk_test_journeys",
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "STRIPE_API_BASE": stripe.url,
        "PAYOUT_HOLD_DAYS": "0",
        "FEE_BPS": "1000",
        "TAX_RATES": '{"DE": 1900}',
    }
    stripe.endpoint = Endpoint(f"{running.base_url}/payments/stripe", WEBHOOK_SECRET)
    running.manage("shell", "-c", FURNISH)
    try:
        running.start("web", "files")
        running.wait_until_ready()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def worker(site):
    """The site, with a worker; what beat asks for, tests ask for."""
    site.start("worker")
    return site


@pytest.fixture(scope="package")
def browser():
    """Debian's Chromium, headless. Package scope, so that its event loop ends with it."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.fail("The journeys need a browser: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=executable, args=CHROMIUM_FLAGS
        )
        yield launched
        launched.close()


@contextmanager
def _pages(browser: Browser, site: RunningSite) -> Iterator[Callable[..., Page]]:
    """Open a page in a profile of its own; at the end no script may have complained."""
    faults: list[str] = []
    contexts = []

    def listen(message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        is_waited_for = message.text.startswith(AWAY) and any(
            part in where for part in WAITED_FOR
        )
        is_told = is_waited_for or message.text.startswith(REFUSED)
        if message.type == "error" and not is_told:
            faults.append(f"{message.location.get('url')}: {message.text}")

    def opened(**options) -> Page:
        options = {"viewport": WIDE, "base_url": site.base_url, **STILL, **options}
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", listen)
        context.on("weberror", lambda fault: faults.append(str(fault.error)))
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def open_page(browser: Browser, site: RunningSite):
    with _pages(browser, site) as opened:
        yield opened


@pytest.fixture(scope="module")
def lasting_pages(browser: Browser, site: RunningSite, sessions):
    """Open one page a person for all tests of a module: a new one starts a process."""
    with _pages(browser, site) as opened:
        yield cache(
            lambda name: _signed_in(opened, name, sessions) if name else opened()
        )


@pytest.fixture
def page_of(lasting_pages):
    """Return the lasting page of somebody, or of nobody, as wide and light as a new one."""

    def page_of(name: str = "") -> Page:
        page = lasting_pages(name)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(WIDE)
        return page

    return page_of


@pytest.fixture
def page(open_page):
    return open_page()


@pytest.fixture
def narrow_page(open_page):
    return open_page(viewport=NARROW, has_touch=True)


@pytest.fixture
def page_without_scripts(open_page):
    return open_page(java_script_enabled=False)


@pytest.fixture(scope="package")
def shoot():
    """Keep a picture of a page in STOA_SCREENSHOTS, if that names a folder.

    The caret is left as it is: to hide it takes a style that the site's policy refuses.
    """
    kept = os.environ.get("STOA_SCREENSHOTS")

    def shot(page: Page, name: str) -> None:
        if kept:
            file = Path(kept) / f"{name}.png"
            page.screenshot(path=file, full_page=True, caret="initial")

    return shot


@pytest.fixture(scope="package")
def check_both(shoot, check_page):
    """Check a page on a wide screen in the light and on a narrow one in the dark."""

    def check(page: Page, name: str) -> None:
        for theme, size in (("light", WIDE), ("dark", NARROW)):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size(size)
            shoot(page, f"{name}-{theme}")
            check_page(page)

    return check


@pytest.fixture(scope="package")
def check_page():
    """Assert that a page is accessible, and no wider than the screen."""

    def check(page: Page) -> None:
        if page.evaluate("typeof axe") == "undefined":
            page.evaluate(AXE_SCRIPT)
        grave = [
            f"{found['id']} ({found['impact']}): "
            + "; ".join(node["html"][:200] for node in found["nodes"][:3])
            for found in page.evaluate(FAULTS_OF_ACCESS)
        ]
        assert grave == [], f"{page.url}: {grave}"
        wider = page.evaluate(WIDER)
        assert wider == [], f"{page.url} is wider than the screen: {wider}"
        headings = page.locator("h1").count()
        assert headings == 1, f"{page.url} has {headings} first headings"

    return check


@pytest.fixture(scope="package")
def sessions():
    """Return what browsers remember of those who have signed in, by name."""
    return {}


@pytest.fixture
def sign_in(open_page, sessions):
    """Open the dashboard as one of the people that `furnish` made."""

    def signed_in(name: str, **options) -> Page:
        return _signed_in(open_page, name, sessions, **options)

    return signed_in


def _signed_in(open_page: Callable[..., Page], name: str, sessions, **options) -> Page:
    page = open_page(storage_state=sessions.get(name), **options)
    page.goto("/dashboard")
    if "/accounts/login/" in page.url:
        page.get_by_label("Name or e-mail").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.locator("main").get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/dashboard")
        sessions[name] = page.context.storage_state()
    return page
