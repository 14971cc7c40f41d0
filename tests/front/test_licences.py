import html

import pytest

from licensing.duties import DUTIES
from licensing.licence_facts import BY_ID
from licensing.texts import digest_of, text_of
from marketplace.front.licences import COMMON, grid, plain


def test_every_licence_has_a_page_that_asks_the_database_nothing(client):
    for facts in BY_ID.values():
        answer = client.get(f"/licences/{facts.id}")
        page = answer.content.decode()
        assert answer.status_code == 200, facts.id
        assert page.count("<h1") == 1
        assert facts.name in html.unescape(page)


def test_the_list_shows_what_was_read_a_page_at_a_time(client):
    seen, path = [], "/licences"
    while path:
        answer = client.get(path)
        seen += [row.id for row in answer.context["licences"]]
        path = answer.context["next_url"] and f"/licences{answer.context['next_url']}"

    assert sorted(seen) == sorted(BY_ID)
    assert "Show every licence that is known" in answer.content.decode()


def test_a_search_finds_licences_that_were_only_listed_too(client):
    page = client.get("/licences?q=academic+free").content.decode()
    assert "No such licence" in page
    answer = client.get("/licences", {"q": "AFL"})
    assert [row.id for row in answer.context["licences"]][:1] == ["AFL-1.1"]
    assert "Known, not analysed" in answer.content.decode()
    assert client.get("/licences", {"q": "x\0" * 500}).status_code == 200
    every = client.get("/licences?all=1").context["count"]
    assert every > 600


def test_a_licence_that_was_not_read_says_so_and_promises_nothing(client):
    page = client.get("/licences/AFL-3.0").content.decode()

    assert "have not been read here" in page
    assert 'href="https://spdx.org/licenses/AFL-3.0.html"' in page
    assert "Only the address of its text" in page
    assert "What you may do" not in page


def test_the_page_of_a_licence_shows_its_text_by_its_digest(client):
    page = client.get("/licences/CDLA-Permissive-2.0").content.decode()

    assert digest_of(text_of("CDLA-Permissive-2.0")) in page
    assert "Community Data License Agreement - Permissive - Version 2.0" in page
    assert "not legal advice" in page


@pytest.mark.parametrize("id_", ["GPL-9.9", "cc by", "a\0b"])
def test_a_licence_we_have_not_read_is_a_404(client, id_):
    assert client.get(f"/licences/{id_}").status_code == 404


@pytest.mark.parametrize(
    ("id_", "in_business", "share_changes", "in_return"),
    [
        ("CC0-1.0", "Yes", "Yes", "Nothing; naming the source is good manners"),
        ("CC-BY-4.0", "Yes", "Yes", "Name the makers, say what you changed"),
        ("CC-BY-NC-4.0", "No", "Yes, not for sale", None),
        ("CC-BY-ND-4.0", "Yes", "No", None),
        ("ODbL-1.0", "Yes", "Yes, under ODbL-1.0", None),
        ("C-UDA-1.0", "Yes, for computing on only", "Yes, under C-UDA-1.0", None),
        (
            "LicenseRef-Stoa-Commercial-1.0",
            "Yes; it may not be sold on",
            "No",
            "The price, and credit in publications",
        ),
    ],
)
def test_a_licence_is_said_in_plain_words(id_, in_business, share_changes, in_return):
    said = plain(BY_ID[id_])

    assert (said.in_business, said.share_changes) == (in_business, share_changes)
    assert in_return is None or said.in_return == in_return


def test_every_duty_of_every_licence_has_words():
    owed = {
        duty
        for facts in BY_ID.values()
        for duty in (
            *facts.copy_duties,
            *facts.adapt_duties,
            *facts.result_duties,
            *facts.output_duties,
            *facts.distil_duties,
        )
    }

    assert owed <= DUTIES.keys()


@pytest.mark.parametrize("id_", COMMON)
def test_the_grid_of_a_common_licence_is_whole(id_):
    rows = grid(BY_ID[id_])

    assert len(rows) == 4
    assert all(len(row.cells) == 4 for row in rows)
