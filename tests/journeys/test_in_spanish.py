"""A person who reads Spanish signs up, finds, takes a free dataset and reads a board."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Page, expect

from tests.journeys.furnish import PASSWORD, ROWS

PHONE = {"width": 390, "height": 844}
KEPT = Path(__file__).parents[2] / "marketplace" / "locale" / "es" / "LC_MESSAGES"
# What members wrote, and code.
THEIRS = ".markdown, pre, code, .card h3, .clamp, .lead, .breadcrumbs, [lang=en]"
NAMES = re.compile(
    "River levels of the Peloponnese|Which olive leaves are sick\\?"
    "|The Agora Society|CC-BY(-SA)?-4.0"
)
OF_ENGLISH = re.compile(
    r"\b(and|are|by|each|for|from|is|it|its|may|not|of|or|than|that|the|them|this|to"
    r"|was|were|what|which|who|with|you|your)\b",
    re.IGNORECASE,
)
SAID = """theirs => {
  const said = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const within = walker.currentNode.parentElement;
    if (within.closest(theirs + ", script, style")) continue;
    said.push(walker.currentNode.textContent);
  }
  for (const name of ["aria-label", "placeholder", "title", "alt"])
    for (const each of document.querySelectorAll(`[${name}]`))
      if (!each.closest(theirs)) said.push(each.getAttribute(name));
  return said.map(text => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""


def forms_of(said):
    return said if isinstance(said, tuple) else (said,)


@pytest.fixture(scope="module")
def english():
    """Return what pages say in English, where Spanish says it in other words."""
    with (KEPT / "django.po").open("rb") as file:
        messages = [one for one in read_po(file, locale="es") if one.id]
    spanish = {to for one in messages for to in forms_of(one.string)}
    return {said for one in messages for said in forms_of(one.id)} - spanish


@pytest.fixture
def look(english, check_page, shoot):
    """Check that a page is Spanish, accessible, and no wider than the screen."""

    def look(page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        shoot(page, f"spanish-{name}")
        expect(page.locator("html")).to_have_attribute("lang", "es")
        said = page.evaluate(SAID, THEIRS)
        left = [
            text
            for text in said
            if text in english or OF_ENGLISH.search(NAMES.sub("", text))
        ]
        assert left == [], f"{page.url} says in English: {left}"
        check_page(page)

    return look


def test_a_reader_of_spanish_signs_up_finds_takes_and_reads_a_board(open_page, look):
    page = open_page(viewport=PHONE, has_touch=True, locale="en-GB")
    page.goto("/")
    page.get_by_role("button", name="Español").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(
        "Un mercado de conjuntos"
    )
    look(page, "home")

    page.get_by_role("link", name="Crear cuenta").first.click()
    page.get_by_label("Nombre", exact=True).fill("carmen")
    page.get_by_label("Dirección de correo").fill("carmen@example.org")
    page.get_by_label("Contraseña", exact=True).fill("12345678")
    page.get_by_label("La misma contraseña otra vez").fill("12345678")
    page.locator("main").get_by_role("button", name="Crear una cuenta").click()
    look(page, "sign-up-errors")
    page.get_by_label("Contraseña", exact=True).fill(PASSWORD)
    page.get_by_label("La misma contraseña otra vez").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Crear una cuenta").click()
    page.wait_for_url("**/dashboard")
    look(page, "dashboard")

    page.locator("#site-search").fill("gauge readings")
    page.locator("#site-search").press("Enter")
    look(page, "search")
    page.get_by_role("link", name="River levels of the Peloponnese").click()
    look(page, "dataset")
    page.get_by_role("link", name="Descargar los archivos").first.click()
    page.get_by_role("link", name="data/", exact=True).click()
    look(page, "files")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Descargar rows.csv").click()
    assert taken.value.path().read_text() == ROWS

    page.goto("/contests/olive-cup")
    look(page, "contest")
    page.get_by_role("link", name="Clasificación", exact=True).click()
    expect(page.get_by_role("row", name=re.compile("maya"))).to_contain_text("0.95")
    look(page, "leaderboard")
