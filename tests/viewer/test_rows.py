"""Pages of rows: by number, by filter, by order, by words; and how cells are told."""

import json

import orjson
import pytest

from marketplace.viewer.asking.cells import Row, within
from marketplace.viewer.asking.columns import File, Table, columns_of
from marketplace.viewer.asking.grammar import FilterMalformed, read_filter, read_order
from marketplace.viewer.asking.rows import (
    LARGEST,
    Question,
    bytes_of,
    matching_rows,
    rows_of,
)
from marketplace.viewer.asking.searching import words_of
from tests.factories.viewer import made
from tests.viewer.conftest import FIRST, LIMITS, SECOND, address


def page(table, where="", orderby="", query="", offset=0, length=100):
    asked = Question(
        read_filter(where) if where else None,
        read_order(orderby) if orderby else (),
        words_of(query) if query else (),
    )
    return matching_rows(
        table, asked, offset=offset, length=length, address=address, limits=LIMITS
    )


def rows(table, offset, length=100, **more):
    return rows_of(
        table, offset=offset, length=length, address=address, limits=LIMITS, **more
    )


def test_rows_come_by_their_numbers_over_files_and_past_none(table, second):
    over = rows(table, FIRST - 2, 4)

    assert [each.index for each in over] == list(range(FIRST - 2, FIRST + 2))
    assert [each.cells["id"] for each in over] == [each.index for each in over]
    assert rows(second, FIRST + 10, 3) == rows(table, FIRST + 10, 3)
    assert len(rows(table, 0, 10**6)) == 100
    assert [each.index for each in rows(table, FIRST + SECOND - 1)] == [8499]
    assert rows(table, FIRST + SECOND) == rows(table, LARGEST) == []


def test_cells_are_what_json_can_tell(table):
    (row,) = rows(table, 4, 1)

    assert row == Row(
        4,
        {
            "id": 4,
            'na"me': "Ada 4",
            "weight": 1.0,
            "A": False,
            "hue": 1,
            "at": "2025-04-03T01:02:03",
            "zoned": "2025-03-30T05:02:03+00",
            "file_row_number": "2024-03-03",
            "words": ["ré 4", "x"],
            "inner": {"n": 4, "t": "in 4"},
            "face": {"src": "/4/face", "height": 5, "width": 7},
            "raw": "/w==",
        },
    )
    (odd,) = rows(table, 113, 1)
    assert (odd.cells['na"me'], odd.cells["weight"], odd.cells["face"]) == (
        None,
        None,
        None,
    )
    assert bytes_of(table, table.columns[10], index=4, limits=LIMITS)[:4] == b"\x89PNG"
    assert bytes_of(table, table.columns[10], index=5, limits=LIMITS) is None


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ('"id" < 3', [0, 1, 2]),
        ('"id" >= 8498 AND NOT "id" = 8499', [8498]),
        ("\"na\"\"me\" = 'O''Neill 7' OR id = 1", [1, 7]),
        ('"na""me" LIKE \'_mile 5\'', [5]),
        ('"na""me" ILIKE \'ADA 5%\' AND id < 100', [52, 56]),
        ('starts_with("na""me", \'Zoë 1\') AND id < 15', [10, 14]),
        ('contains("na""me", \'%\')', []),
        ('regexp_matches("na""me", \'^Ada 8?4$\')', [4, 84]),
        ('"na""me" IS NULL AND id BETWEEN 10 AND 25', [13, 23]),
        ("hue = 'blue' AND \"A\" = FALSE AND id < 6", [2, 5]),
        ("hue IN ('red', 1) AND id <= 4", [0, 1, 3, 4]),
        ("at >= '2025-04-01' AND at < TIMESTAMP '2025-04-03'", [2, 3]),
        ("zoned < '2025-03-30T04:02:03+02:00'", [0]),
        ("\"file_row_number\" = DATE '2024-03-01'", [2]),
        ("weight = id", []),
        ("id = 99999999999999999999999999999999999999", []),
    ],
)
def test_a_filter_picks_what_it_says(where, ids, table):
    found = page(table, where)

    assert [each.index for each in found.rows] == ids
    assert [each.cells["id"] for each in found.rows] == ids
    assert found.total == len(ids)


def test_order_and_pages_of_a_question_agree_with_each_other(table):
    last = page(table, '"A" = TRUE', "weight DESC, id", offset=2, length=2)
    whole = page(table, '"A" = TRUE', "weight DESC, id", length=5)

    assert last.rows == whole.rows[2:4]
    assert (last.total, whole.total) == (2834, 2834)
    assert page(table, orderby='"na""me"').rows[0].cells['na"me'] == "Ada 0"
    assert page(table, orderby='"na""me"', offset=8499).rows[0].cells['na"me'] is None
    assert page(table, "id > 5", offset=LARGEST).rows == ()


def test_search_finds_all_words_whatever_case_and_accents(table):
    found = page(table, query="EMILE 117")

    assert [each.index for each in found.rows] == [
        row
        for row in range(8500)
        if row % 4 == 1 and row % 10 != 3 and "117" in f"{row}"
    ]
    assert page(table, query="zoe 10 ré").total > 1
    assert page(table, '"id" < 20', query="RE 12").total == 1
    assert page(table, query="absent word").total == 0
    with pytest.raises(FilterMalformed, match="a word"):
        words_of("  ")
    with pytest.raises(FilterMalformed, match="at most"):
        words_of("a " * 21)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("nothing = 1", "no column “nothing”. There are “id”"),
        ("ID = 1", "capitals count"),
        ("id = 'x'", "compared with a number"),
        ("id LIKE 'x'", "is no text"),
        ('"na""me" = 5', "a text in single quotes"),
        ("at = 'yesterday'", "a date or a time"),
        ("hue = 'violet'", "one of its labels"),
        ("words = 'x'", "lists or records"),
        ("face = 'x'", "pictures or sound"),
        ("id = at", "cannot be compared with each other"),
        (" OR ".join(["id = 1"] * 201), "200 conditions at most"),
        (f"id IN ({', '.join(['1'] * 201)})", "200 conditions at most"),
    ],
)
def test_what_no_table_could_answer_is_refused_with_the_reason(where, says, table):
    with pytest.raises(FilterMalformed, match=says):
        page(table, where)


def test_a_question_reads_the_row_groups_it_needs_and_a_table_may_be_empty(table):
    empty = Table(table.columns, ())
    none = Table(table.columns, (File(table.files[0].path, 0),))

    assert page(empty, "id = 1").total == 0
    assert rows(empty, 0) == rows(none, 0) == []
    with pytest.raises(FilterMalformed):
        page(empty, "nothing = 1")


def test_long_cells_are_cut_and_named(tmp_path):
    told = made("SELECT repeat('é', 150000) AS t, 1 AS n, ['x'] AS l FROM range(3)")
    path = tmp_path / "long.parquet"
    path.write_bytes(told.files[0][0])
    long = Table(columns_of(told.features), (File(path, 3),))

    found = rows(long, 0)
    small = rows(long, 0, most_bytes=2_000)

    assert [len(each.cells["t"]) for each in found] == [100_000] * 3
    assert {each.cut for each in found} == {("t",)}
    assert {len(each.cells["t"].encode()) for each in small} == {222}
    assert len(orjson.dumps([each.cells for each in small])) < 2_000
    assert [each.cells["n"] for each in small] == [1, 1, 1]
    (nested,) = within([Row(0, {"l": [1] * 200, "n": 1})], most_bytes=150)
    assert nested.cut == ("l",)
    assert json.dumps([1] * 200, separators=(",", ":")).startswith(nested.cells["l"])
