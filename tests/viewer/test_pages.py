"""What people see of a dataset's tables: rows, filters, what to look at, two versions."""

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from marketplace.viewer.models import Conversion, State
from tests.accounts.markup import Page
from tests.factories.accounts import NOON, UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer
from tests.factories.viewer import converted, made
from tests.readable import words_of

pytestmark = pytest.mark.django_db

PNG = (
    r"\x89PNG\x0D\x0A\x1A\x0A"
    + r"\x00" * 3
    + r"\x0DIHDR\x00\x00\x01\x00\x00\x00\x00\x80"
)
TREES = """
    SELECT i AS id, i * 1.5 AS height,
           CASE WHEN i % 4 = 0 THEN NULL ELSE 'tree <b> no. ' || i END AS "na<me",
           CAST(i % 2 AS BIGINT) AS kind, repeat('long ', 200) AS story, [i, 2] AS marks,
           {{'bytes': '{png}'::BLOB, 'path': 'p.png'}} AS face,
           {{'bytes': 'RIFF0000WAVE'::BLOB, 'path': 'p.wav'}} AS song
    FROM range({start}, {end}) AS t(i)
"""
STATISTICS = [
    {
        "column_name": "height",
        "column_type": "float",
        "column_statistics": {
            "nan_count": 2,
            "nan_proportion": 0.025,
            "min": 0.0,
            "max": 118.5,
            "mean": 59.25,
            "median": 59.25,
            "std": 34.85,
            "histogram": {"hist": [40, 38, 2], "bin_edges": [0.0, 40.0, 80.0, 118.5]},
        },
    },
    {
        "column_name": "kind",
        "column_type": "class_label",
        "column_statistics": {
            "nan_count": 0,
            "nan_proportion": 0.0,
            "n_unique": 2,
            "no_label_count": 0,
            "no_label_proportion": 0.0,
            "frequencies": {"oak": 60, "ash": 20},
        },
    },
]
LEAK = {
    "code": "rows_in_other_split",
    "count": 3,
    "of": 8,
    "rows": [1],
    "is_estimate": False,
    "facts": {"other": "train", "pairs": [[1, 5]], "by_chance": False},
}
PEOPLE = {
    "code": "personal_data",
    "count": 8,
    "of": 8,
    "rows": [0],
    "is_estimate": False,
    "facts": {
        "columns": [{"name": "contact", "kind": "EMAIL", "count": 8, "rows": [0]}]
    },
}


def trees(start=0, end=80):
    return made(
        TREES.format(start=start, end=end, png=PNG),
        kind={"_type": "ClassLabel", "names": ["oak", "ash"]},
        face={"_type": "Image"},
        song={"_type": "Audio"},
    )


@pytest.fixture(scope="module")
def wood():
    return {"default/train": trees(), "default/test": trees(80, 88)}


@pytest.fixture
def dataset():
    repository = RepositoryFactory(public=True, title="Trees")
    commit(repository, {"train.csv": "id\n1\n"})
    return repository


@pytest.fixture
def ready(dataset, wood):
    found = converted(dataset, wood, statistics=STATISTICS)
    found.splits.filter(split="test").update(quality=[PEOPLE, LEAK])
    return dataset


def data(repository, *below):
    return "/".join(["", "datasets", str(repository), "data", *below])


def table_of(answer):
    """Return the cells of the table of rows, line by line, its heads first."""
    rows = BeautifulSoup(answer.content, "html.parser").select(".table--viewer tr")
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])]
        for row in rows
    ]


def test_rows_are_shown_page_by_page(client, ready):
    answer = client.get(data(ready))

    assert answer.status_code == 200
    assert Page(answer).flaws() == []
    heads, *lines = table_of(answer)
    assert len(lines) == 50
    assert lines[1][:4] == ["1", "1", "1.5", "tree <b> no. 1"]
    assert lines[0][3:5] == ["missing", "oak"]
    assert lines[1][5].endswith("… whole")
    assert "0 to 118.5 2 missing (2.5 %)" in heads[2]
    assert "oak 75 %" in heads[4]
    assert "80 rows, page 1 of 2" in words_of(answer)
    assert "of all 80 rows" in words_of(answer)
    page = BeautifulSoup(answer.content, "html.parser")
    picture, sound = page.select_one("td img"), page.select_one("td audio")
    assert (picture["width"], picture["height"]) == ("112", "56")
    assert parse_qs(urlsplit(picture["src"]).query)["row"] == ["0"]
    assert sound["preload"] == "none"
    bars = page.select_one("th svg")["aria-label"]
    assert "0 to 40: 40; 40 to 80: 38; 80 to 118.5: 2" in bars

    after = client.get(page.select_one("a[rel=next]")["href"])
    assert [line[0] for line in table_of(after)[1:]] == [str(n) for n in range(50, 80)]


def test_rows_are_sorted_filtered_and_searched_without_a_script(client, ready):
    page = BeautifulSoup(client.get(data(ready)).content, "html.parser")
    by_height = page.select("th[aria-sort=none] a.viewer-sort")[1]["href"]
    up = client.get(by_height)
    down = BeautifulSoup(up.content, "html.parser").select_one(
        "th[aria-sort=ascending] a.viewer-sort"
    )["href"]
    assert [line[0] for line in table_of(client.get(down))[1:3]] == ["79", "78"]

    chosen = {"column": "height", "how": "more", "value": "30"}
    added = client.get(down, {**asked_of(down), **chosen})
    assert added.status_code == 302
    more = {"column": "kind", "how": "is", "value": "ash"}
    both = client.get(added["Location"], {**asked_of(added["Location"]), **more})
    found = client.get(both["Location"])
    assert "30 of 80 rows" in words_of(found)
    assert table_of(found)[1][0] == "79"
    chips = BeautifulSoup(found.content, "html.parser").select("a.chip")
    assert [chip.get_text(" ").split(" ×")[0].strip() for chip in chips] == [
        "height is more than 30",
        "kind is “ash”",
    ]
    fewer = client.get(chips[0]["href"])
    assert "40 of 80 rows" in words_of(fewer)

    searched = client.get(data(ready), {"query": "TREE 17"})
    assert [line[0] for line in table_of(searched)[1:]] == ["17"]


def test_what_is_shown_can_be_downloaded_and_its_pictures_have_signed_addresses(
    client, ready
):
    page = BeautifulSoup(
        client.get(data(ready), {"query": "no. 17"}).content, "html.parser"
    )
    csv, parquet = (one["href"] for one in page.select("a[href^='/viewer/selection']"))

    taken = client.get(csv)
    assert taken.status_code == 200, taken.content
    assert b"".join(taken).splitlines()[1].startswith(b"17,")
    packed = client.get(parquet)
    assert b"".join(packed)[:4] == b"PAR1"

    address = page.select_one("td img")["src"]
    assert client.get(address)["Content-Type"] == "image/png"
    forged = address.replace("row=17", "row=18")
    assert client.get(forged).status_code == 403


def asked_of(url):
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"column": "height", "how": "more", "value": "tall"}, "“tall” is no number."),
        ({"column": "kind", "how": "contains", "value": "x"}, "does not answer"),
        ({"where": "height >"}, "where: it ends too early"),
        ({"orderby": '"lost"'}, "There is no column “lost”"),
    ],
)
def test_what_cannot_be_asked_is_said_where_it_was_asked(client, ready, asked, said):
    answer = client.get(data(ready), asked)

    assert said in words_of(answer)
    assert Page(answer).flaws() == []


def test_one_row_is_shown_whole(client, ready):
    answer = client.get(data(ready, "main", "row", "7"))

    assert "long " * 199 in words_of(answer)
    assert "tree <b> no. 7" in words_of(answer)
    assert Page(answer).flaws() == []
    assert client.get(data(ready, "main", "row", "80")).status_code == 404


def test_what_was_found_is_told_in_sentences(client, ready):
    answer = client.get(data(ready, "main", "quality"))

    words = words_of(answer)
    assert "Rows of “test” stand in “train” too" in words
    assert "3 of 8 rows (37.5 %) are the same" in words
    assert "“contact”: what looks like e-mail addresses, in 8 of 8 rows" in words
    assert "Nobody has looked at it yet" in words  # of train
    page = BeautifulSoup(answer.content, "html.parser")
    assert page.select_one("a[href='/learn/leakage']")
    assert page.select_one(f"a[href^='{data(ready, 'main', 'row', '5')}']")
    brief = client.get(data(ready, "main", "brief"))
    assert "88 rows" in words_of(brief)
    assert "This may be about people" in words_of(brief)


def test_two_versions_are_compared_by_content_and_by_a_key(client, ready, settings):
    commit(ready, {"train.csv": "id\n1\n2\n"})
    converted(ready, {"default/train": trees(10, 100)}, statistics=STATISTICS)

    by_content = client.get(data(ready, "main", "comparison"))
    words = words_of(by_content)
    assert "90 rows after" in words or "rows after 90" in words
    counted = {
        one.dt.get_text(): one.dd.get_text()
        for one in BeautifulSoup(by_content.content, "html.parser").select(
            ".counters > div"
        )[:5]
    }
    assert counted == {
        "rows before": "80",
        "rows after": "90",
        "the same": "70",
        "added": "20",
        "removed": "10",
    }
    assert "test" in words
    assert "Gone" in words
    by_key = words_of(client.get(data(ready, "main", "comparison"), {"key": "id"}))
    assert "changed" in by_key
    wrong = words_of(client.get(data(ready, "main", "comparison"), {"key": "kind"}))
    assert "Select a valid choice" in wrong
    settings.STOA = settings.STOA.model_copy(update={"viewer_seconds": 0.0})
    late = words_of(client.get(data(ready, "main", "comparison")))
    assert "The tables above took the time of a page." in late
    assert "the same 70" not in late


CAUSE = {
    "code": "malformed",
    "sentence": "A quotation mark is never closed.",
    "path": "data/train.csv",
    "line": 17,
}


@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        ("WAITING", {}, "It waits for a worker"),
        ("RUNNING", {"done_bytes": 2048, "total_bytes": 4096}, "are read."),
        ("NOTHING", {"ended_at": NOON}, "Nothing here is a table"),
        ("FAILED", {"ended_at": NOON, "cause": CAUSE}, "Its rows cannot be shown yet"),
    ],
)
def test_each_state_has_a_page(client, dataset, state, more, said):
    Conversion.objects.create(
        repository=dataset,
        commit=dataset.commits.get(),
        state=State[state],
        asked_at=NOON,
        **more,
    )

    answer = client.get(data(dataset))

    assert said in words_of(answer)
    assert Page(answer).flaws() == []
    assert "quotation" not in words_of(answer)
    if state == "FAILED":
        client.force_login(dataset.created_by)
        answer = client.get(data(dataset))
        assert "is never closed. Line 17 of data/train.csv" in words_of(answer)
        assert b'/blob/main/data/train.csv"' in answer.content


def test_opening_the_page_has_a_version_converted_once(client, dataset):
    client.get(data(dataset))
    client.get(data(dataset))

    assert Conversion.objects.get().state == State.WAITING


def test_rows_of_what_is_sold_are_for_those_who_have_it(client, ready):
    ready.work.licence = None
    ready.work.save(update_fields=["licence"])
    make_offer(ready.work)
    client.force_login(UserFactory())

    answer = client.get(data(ready))

    words = words_of(answer)
    assert "tree" not in words
    assert "train 80" in words
    assert client.get(data(ready, "main", "row", "1")).status_code == 403
    assert "contact" not in words_of(client.get(data(ready, "main", "quality")))
    client.force_login(ready.created_by)
    assert "tree <b> no. 1" in words_of(client.get(data(ready)))


def test_a_page_of_rows_takes_as_many_queries_for_many_splits(
    client, dataset, wood, django_assert_num_queries
):
    small = wood["default/test"]
    converted(dataset, {f"one/{n}": small for n in range(9)})
    client.get(data(dataset))

    with django_assert_num_queries(9):
        client.get(data(dataset))
    with django_assert_num_queries(7):
        client.get(data(dataset, "main", "quality"))
