"""Selections as files; and Parquet that has to be copied before it can be asked."""

import polars as pl
import pytest

from marketplace.storage.services import store_bytes
from marketplace.viewer.asking.engine import TooMuchAsked
from marketplace.viewer.asking.files import Shelf, lent
from marketplace.viewer.asking.grammar import FilterMalformed, read_filter, read_order
from marketplace.viewer.asking.rows import Question, rows_of
from marketplace.viewer.asking.selection import (
    MOST_BYTES,
    MOST_ROWS,
    Format,
    most_rows,
    selected,
)
from marketplace.viewer.models import Part, Split
from tests.factories.accounts import NOON
from tests.viewer.conftest import FIRST, LIMITS, address


def taken(table, form, folder, *, most=MOST_ROWS):
    asked = Question(
        read_filter("id BETWEEN 5990 AND 6009 AND NOT hue = 'red'"),
        read_order("weight DESC, id"),
    )
    return selected(table, asked, form=form, most=most, limits=LIMITS, folder=folder)


def test_a_selection_holds_the_rows_in_order_with_their_types(table, tmp_path):
    found = taken(table, Format.PARQUET, tmp_path)

    with found.file as file:
        frame = pl.read_parquet(file)
    whole = pl.concat(map(pl.read_parquet, table.paths))
    wanted = whole.filter(pl.col("id").is_between(5990, 6009) & (pl.col("hue") != 0))
    assert (
        frame["id"].to_list()
        == (
            wanted.sort("weight", "id", descending=[True, False], nulls_last=True)["id"]
        ).to_list()
    )
    assert frame.columns[:4] == ["id", 'na"me', "weight", "A"]
    assert frame.schema["face"] == whole.schema["face"]
    assert (found.rows, found.is_full) == (len(frame), False)
    assert list(tmp_path.iterdir()) == []


def test_csv_has_what_text_can_hold_and_a_selection_an_end(table, tmp_path):
    found = taken(table, Format.CSV, tmp_path, most=3)

    with found.file as file:
        said = file.read()
    assert len(said) == found.size_bytes
    assert (found.rows, found.is_full) == (3, True)
    header, first, *_ = said.decode().splitlines()
    assert header.startswith('id,"na""me",weight,A,hue,at,zoned,')
    assert "face" not in header
    assert first.startswith("5993,,nan,false,2,")
    assert len(said.decode().splitlines()) == 4
    assert most_rows(10**9, bytes_in_memory=10**12) == MOST_BYTES // 1000
    assert most_rows(0, bytes_in_memory=0) == MOST_ROWS


def test_a_table_of_pictures_alone_is_no_csv(table, tmp_path):
    pictures = type(table)((table.columns[10],), table.files)

    with pytest.raises(FilterMalformed, match="Take Parquet"):
        selected(
            pictures,
            Question(),
            form=Format.CSV,
            most=1,
            limits=LIMITS,
            folder=tmp_path,
        )


@pytest.fixture
def parts(birds, own_store, db):
    """A split of two files, in a store of its own; nothing of it is in the database."""
    split = Split(config="default", split="train", features=birds.features)
    return split, [
        Part(
            split=split,
            number=number,
            rows=rows,
            blob=store_bytes(data, stored_at=NOON),
        )
        for number, (data, rows) in enumerate(birds.files)
    ]


def test_copies_are_kept_within_bounds_and_stay_while_they_are_read(parts, tmp_path):
    split, (first, second) = parts
    most = max(first.size_bytes, second.size_bytes)
    kept = Shelf(tmp_path / "asked", tmp_path / "copies", most)

    with lent(split, [first, second], shelf=kept, rows=range(FIRST, FIRST + 1)) as held:
        (copy,) = (tmp_path / "copies").iterdir()
        assert copy.name == second.blob.pk
        with lent(split, [first, second], shelf=kept, rows=range(1)) as other:
            (copy,) = (tmp_path / "copies").iterdir()
            assert copy.name == first.blob.pk
            (row,) = rows_of(other, offset=0, length=1, address=address, limits=LIMITS)
        assert row.cells["id"] == 0
        (row,) = rows_of(held, offset=FIRST, length=1, address=address, limits=LIMITS)
        assert row.cells["id"] == FIRST
    with lent(split, [first, second], shelf=kept, rows=range(1)) as again:
        assert again.files[0].path.stat().st_ino == copy.stat().st_ino
    assert list((tmp_path / "asked").iterdir()) == []
    with (
        pytest.raises(TooMuchAsked, match="own machine"),
        lent(split, [first, second], shelf=kept),
    ):
        pass


def test_the_stores_own_files_are_read_where_they_lie(parts, tmp_path):
    split, both = parts

    with lent(split, both, shelf=Shelf(tmp_path / "asked", None, 0)) as table:
        assert table.starts == [0, FIRST]
        assert [each.path.name for each in table.files] == [p.blob.pk for p in both]
    assert not (tmp_path / "asked").exists()
