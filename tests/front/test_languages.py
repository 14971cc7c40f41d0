"""The site in a second language: all of it is translated, and people choose it."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.utils import translation
from django.utils.formats import number_format

from marketplace.accounts.names import fault_of
from marketplace.kit.errors import Malformed
from tests.factories.accounts import UserFactory
from training.contests.services.bounds import checked_slug

ROOT = Path(__file__).parents[2]
SPANISH = Path("es", "LC_MESSAGES")
DOMAINS = ("django", "djangojs")
KEPT = ROOT / "marketplace" / "locale"
BYTECODE = shutil.ignore_patterns("__pycache__", "vendor")
# What is filled in, what is marked up, and the field that a refusal begins with.
MARKS = re.compile(r"\{\w+\}|%\(\w+\)s|%%|<[^>]+>|&\w+;|^[a-z_]+(?:, [a-z_]+)*: ")


def catalogue(path):
    with path.open("rb") as file:
        return {
            (one.context, one.id): one for one in read_po(file, locale="es") if one.id
        }


def marks(text):
    return Counter(MARKS.findall(text))


@pytest.fixture
def spanish(client):
    client.post("/language", {"language": "es"})
    return client


def test_every_word_that_is_marked_has_its_translation(tmp_path, settings, monkeypatch):
    for room in ("marketplace", "licensing", "training"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=BYTECODE)
    locale = tmp_path / "marketplace" / "locale"
    settings.LOCALE_PATHS = [locale]
    monkeypatch.chdir(tmp_path)

    for domain in DOMAINS:
        call_command(
            "makemessages",
            locale=["es"],
            domain=domain,
            ignore_patterns=["*/vendor/*"],
            no_location=True,
            no_obsolete=True,
            verbosity=0,
        )
        name = SPANISH / f"{domain}.po"
        there, wanted = catalogue(KEPT / name), catalogue(locale / name)
        assert sorted(map(str, wanted.keys() - there.keys())) == []
        untold = [one.id for one in there.values() if one.fuzzy or not all(_told(one))]
        assert untold == []


def _told(message):
    return message.string if isinstance(message.string, tuple) else (message.string,)


def test_translations_keep_what_is_filled_in_and_what_is_marked_up():
    astray = []
    for domain in DOMAINS:
        for one in catalogue(KEPT / SPANISH / f"{domain}.po").values():
            words = one.id if isinstance(one.id, tuple) else (one.id,)
            expected = [marks(each) for each in words]
            astray += [one.id for told in _told(one) if marks(told) not in expected]
    assert astray == []


@pytest.mark.django_db
def test_who_chooses_spanish_reads_spanish(spanish):
    page = BeautifulSoup(spanish.get("/").content, "html.parser")

    assert page.html["lang"] == "es"
    assert "Datos" in page.select_one(".site-nav").text
    assert page.select_one("footer button[name=language]")["value"] == "en-gb"


@pytest.mark.django_db
def test_a_browser_says_which_language_its_reader_speaks(client):
    answer = client.get("/pricing", headers={"accept-language": "es-MX,es;q=0.9"})

    assert answer.headers["Content-Language"] == "es"
    assert "Accept-Language" in answer.headers["Vary"]
    assert "Cookie" in answer.headers["Vary"]
    for unknown in ("fr", "en-US,en;q=0.5", "*"):
        answer = client.get("/pricing", headers={"accept-language": unknown})
        assert answer.headers["Content-Language"] == "en-gb"


@pytest.mark.django_db
def test_forms_speak_it_too(spanish):
    spanish.force_login(UserFactory())
    spanish.post("/language", {"language": "es"})

    page = spanish.get("/new").content.decode()

    assert "Propietario" in page
    assert "Tú, o una organización para la que escribes." in page


@pytest.mark.django_db
def test_no_language_is_chosen_by_looking_or_that_is_not_there(client):
    assert client.get("/language").status_code == 405
    client.post("/language", {"language": "xx"})
    assert client.get("/").headers["Content-Language"] == "en-gb"


@pytest.mark.django_db
def test_scripts_speak_it(spanish):
    marked = [
        words
        for script in (ROOT / "marketplace" / "static").glob("**/*.js")
        if "vendor" not in script.parts
        for words in re.findall(r'\bn?gettext\("([^"]+)"', script.read_text())
    ]
    kept = {one.id for one in catalogue(KEPT / SPANISH / "djangojs.po").values()}
    known = kept | {one[0] for one in kept if isinstance(one, tuple)}

    assert set(marked) <= known  # what gathers them does not read all of the language
    assert "Lo que lleg\\u00f3 se guarda." in spanish.get("/words.js").content.decode()


def test_refusals_speak_it():
    with translation.override("es"):
        with pytest.raises(Malformed, match=r"^slug: usa letras minúsculas"):
            checked_slug("--")
        assert str(fault_of("a--b")).startswith("Usa de 1 a 96 letras")


def test_numbers_are_written_as_programs_read_them():
    with translation.override("es"):
        assert number_format(1234.5, 2, force_grouping=True) == "1,234.50"
