import pytest

from licensing.licence_facts import BY_ID
from marketplace.front.licences import COMMON, DUTIES, grid, plain


@pytest.mark.parametrize("facts", BY_ID.values(), ids=lambda facts: facts.id)
def test_every_licence_has_a_page_that_asks_the_database_nothing(client, facts):
    answer = client.get(f"/licences/{facts.id}")

    assert answer.status_code == 200
    assert answer.content.count(b"<h1") == 1
    assert facts.name in answer.content.decode()


def test_the_list_names_every_licence_that_the_engine_has_read(client):
    page = client.get("/licences").content.decode()

    assert all(f'href="/licences/{id_}"' in page for id_ in BY_ID)


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
        for duty in (*facts.copy_duties, *facts.adapt_duties, *facts.result_duties)
    }

    assert owed <= DUTIES.keys()


@pytest.mark.parametrize("id_", COMMON)
def test_the_grid_of_a_common_licence_is_whole(id_):
    rows = grid(BY_ID[id_])

    assert len(rows) == 4
    assert all(len(row.cells) == 3 for row in rows)
