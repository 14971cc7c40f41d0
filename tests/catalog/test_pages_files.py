"""What is shown of a file: text, tables, pictures, and bytes that are none of these."""

import csv

import pytest

from marketplace.catalog import previews
from marketplace.catalog.models import Download
from tests.accounts.markup import Page
from tests.catalog.test_pages import page_of
from tests.factories.catalog import RepositoryFactory, commit

pytestmark = pytest.mark.django_db


@pytest.fixture
def public():
    return RepositoryFactory(public=True, title="Open birds")


ODD = {
    "latin.txt": "Größe, naïve, façade and other words".encode("latin-1"),
    "long.txt": b"x" * 300_000,
    "nul.txt": b"a\0b",
    "bom.csv": b"\xef\xbb\xbfid,name\n1,wren\n",
    "utf16.txt": "wren".encode("utf-16"),
    "quotes.csv": b'id,name\n1,"never closed\n2,x\n' + b"y" * 190_000,
    "ragged.csv": b"id,name\n1\n1,2,3\n\n",
    "wide.tsv": b"\t".join([b"c"] * 5000) + b"\n",
    "escape.txt": b"\x1b[31mred\x1b[0m",
    "bidi.py": "access = '\u202euser'".encode(),
    "bad.json": b"{",
    "empty.csv": b"",
    "empty.txt": b"",
    "cut.md": "é".encode() * 150_000,
    "cell.csv": b"id,text\n1," + b"z" * 5000 + b"\n",
    "front.md": b"---\nnever closed\n# Title\n",
    "noise.txt": bytes(range(128, 256)) * 50,
    "not.png": b"<script>alert(1)</script>",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_bytes_have_a_page(client, public, name):
    commit(public, {name: ODD[name]})

    answer = client.get(page_of(public, "blob/main", name))

    assert answer.status_code == 200
    assert b"\0" not in answer.content
    assert b"\x1b" not in answer.content
    assert "\u202e" not in answer.content.decode()
    assert len(answer.content) < 1_000_000
    assert Page(answer).flaws() == []


class TestPreviews:
    def test_a_byte_order_mark_is_no_part_of_a_header(self):
        text = previews.text_of(ODD["bom.csv"])

        table = previews.table_of(text, is_whole=True)

        assert (table.header, table.rows) == (["id", "name"], [["1", "wren"]])

    def test_utf_16_is_read(self):
        assert previews.text_of(ODD["utf16.txt"]) == "wren"

    def test_binary_is_no_text(self):
        assert previews.text_of(ODD["nul.txt"]) is None
        assert previews.text_of(ODD["noise.txt"]) is None

    def test_odd_characters_are_marked_and_the_rest_is_read(self):
        assert previews.text_of(ODD["latin.txt"]).startswith("Gr\ufffd")

    @pytest.mark.parametrize("limit", [2**17, 2**31])
    def test_a_field_that_never_ends_is_no_table(self, limit):
        before = csv.field_size_limit(limit)
        try:
            assert previews.table_of(ODD["quotes.csv"].decode(), is_whole=True) is None
        finally:
            csv.field_size_limit(before)

    def test_a_row_cut_in_the_middle_is_left_out(self):
        table = previews.table_of("a,b\n1,2\n3", is_whole=False)

        assert (table.rows, table.is_cut) == ([["1", "2"]], True)

    def test_only_the_first_rows_are_shown(self):
        text = "n\n" + "".join(f"{n}\n" for n in range(80))

        table = previews.table_of(text, is_whole=True)

        assert (len(table.rows), table.is_cut) == (50, True)

    def test_fifty_rows_are_all_of_them(self):
        text = "n\n" + "".join(f"{n}\n" for n in range(50))

        table = previews.table_of(text, is_whole=True)

        assert (len(table.rows), table.is_cut) == (50, False)

    def test_semicolons_part_cells_where_they_lead(self):
        assert previews.table_of("a;b\n1,5;2\n", is_whole=True).rows == [["1,5", "2"]]

    def test_what_reorders_text_is_made_visible(self):
        source = previews.source_of(ODD["bidi.py"].decode(), is_whole=True)

        assert source.lines == ["access = '⟨U+202E⟩user'"]

    def test_long_lines_are_cut(self):
        source = previews.source_of("x" * 5000, is_whole=True)

        assert ([len(line) for line in source.lines], source.is_cut) == ([2001], True)


def test_a_preview_is_not_counted_as_a_download(client, public):
    commit(public, {"one.png": b"\x89PNG"})

    client.get(page_of(public, "blob/main/one.png"))
    answer = client.get(page_of(public, "raw/main/one.png?inline=1"))

    assert answer.status_code == 302
    assert not Download.objects.exists()
