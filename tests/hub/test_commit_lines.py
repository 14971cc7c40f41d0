"""What a commit may say on the wire, and what becomes of all that it may not."""

import io
import json
import tracemalloc
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalog.paths import BadPath
from marketplace.hub.commits import (
    INLINE_BYTES,
    MOST_LINES,
    BadLine,
    BodyCutOff,
    Deletion,
    Header,
    InlineFile,
    LargeFile,
    LineTooLong,
    read_commit,
)
from marketplace.kit.errors import Malformed

HEADER = {"key": "header", "value": {"summary": "Add", "description": "Why."}}
OID = "ab" * 32


def read(*lines, end=b"\n", missing=0):
    """Return what a body says; each line a value to write as JSON, or bytes as they are."""
    said = [
        line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines
    ]
    body = b"".join(line + end for line in said)
    header, operations = read_commit(
        io.BytesIO(body), expected_bytes=len(body) + missing
    )
    return header, list(operations)


def line(key, **value):
    return {"key": key, "value": value}


def inline(path, content=b"x"):
    return line(
        "file", path=path, content=b64encode(content).decode(), encoding="base64"
    )


def test_a_commit_says_what_to_put_and_what_to_take_away():
    header, operations = read(
        HEADER,
        inline("a.txt", b"hello"),
        line("lfsFile", path="b.bin", algo="sha256", oid=OID, size=12),
        line("lfsFile", path="copy.bin", algo="sha256", oid=OID),
        line("deletedFile", path="c.txt"),
        line("deletedFolder", path="d/"),
    )

    assert header == Header("Add", "Why.", None)
    assert header.message == "Add\n\nWhy."
    assert operations == [
        InlineFile(2, "a.txt", b"hello"),
        LargeFile(3, "b.bin", OID, 12),
        LargeFile(4, "copy.bin", OID, None),
        Deletion(5, "c.txt", is_folder=False),
        Deletion(6, "d", is_folder=True),
    ]


def test_the_parent_is_told_and_blank_lines_are_nothing():
    said = {"summary": "Add", "parentCommit": "0" * 40}
    header, operations = read(line("header", **said), b"", b"  ", inline("a"))

    assert header.parent == "0" * 40
    assert operations == [InlineFile(4, "a", b"x")]


def test_the_last_line_needs_no_end():
    body = b"\n".join(json.dumps(each).encode() for each in (HEADER, inline("a")))
    _, operations = read_commit(io.BytesIO(body), expected_bytes=len(body))

    assert list(operations) == [InlineFile(2, "a", b"x")]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b"{", "line 2: this is not JSON"),
        (b'{"key": "file", "value": {"path": "a"', "line 2: this is not JSON"),
        (b"\xff\xfe", "line 2: this is not JSON"),
        (
            b'{"key":"file","value":{"path":"\xff","content":""}}',
            "line 2: this is not JSON",
        ),
        (
            b'{"key":"file","value":{"path":"\\ud800","content":""}}',
            "line 2: this is not",
        ),
        (b"[" * 100_000, "line 2: this is not JSON"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "line 2: this is not JSON"),
        (b"NaN", "line 2: this is not JSON"),
        (b"null", "line 2: write"),
        (b"[]", "line 2: write"),
        ({"key": "file"}, "line 2: write"),
        ({"key": "file", "value": []}, "line 2: write"),
        ({"value": {}}, "line 2: key: there is no operation"),
        ({"key": ["file"], "value": {}}, "line 2: key: there is no operation"),
        (line("renamedFile", path="a"), "line 2: key: there is no operation"),
        (HEADER, "line 2: key: there is no operation"),
        (line("file", content=""), "line 2: path: write a text"),
        (line("file", path=7, content=""), "line 2: path: write a text"),
        (line("file", path="a"), "line 2: content: write a text"),
        (line("file", path="a", content="*"), "line 2: content is not base64"),
        (line("file", path="a", content="YQ"), "line 2: content is not base64"),
        (line("file", path="a", content="é"), "line 2: content is not base64"),
        (line("file", path="a", content="", encoding="rot13"), "line 2: encoding"),
        (line("lfsFile", path="a"), "line 2: oid: write a text"),
        (line("lfsFile", path="a", oid="AB" * 32), "line 2: oid: give 64"),
        (line("lfsFile", path="a", oid=OID, algo="md5"), "line 2: algo"),
        (line("lfsFile", path="a", oid=OID, size=-1), "line 2: size"),
        (line("lfsFile", path="a", oid=OID, size="1"), "line 2: size"),
        (line("lfsFile", path="a", oid=OID, size=1.5), "line 2: size"),
        (line("lfsFile", path="a", oid=OID, size=True), "line 2: size"),
        (line("lfsFile", path="a", oid=OID, size=10**30), "line 2: size"),
        (line("deletedFile"), "line 2: path"),
    ],
    ids=str,
)
def test_a_line_that_says_nothing_is_named(bad, says):
    with pytest.raises(BadLine, match="^" + says):
        read(HEADER, bad)


@pytest.mark.parametrize(
    "path",
    [
        *("", "/etc/passwd", "../a", "a/../b", "a//b", ".git/config", "a/.GIT/b"),
        *("a\0b", "a\\b", "x" * 256, "a/" * 600 + "b", "a/./b", "data\u202etxt"),
    ],
)
def test_a_path_that_cannot_be_is_named_with_its_line(path):
    for key in ("file", "deletedFile", "lfsFile"):
        with pytest.raises(BadPath, match=r"^line 2: path: "):
            read(HEADER, line(key, path=path, content="", oid=OID))


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"{}",
        inline("a"),
        line("header"),
        line("header", summary=None),
        line("header", summary="a", description=1),
        line("header", summary="a", parentCommit="main"),
        line("header", summary="a", parentCommit=1),
    ],
    ids=str,
)
def test_without_a_header_nothing_is_read(first):
    with pytest.raises(BadLine, match=r"^line 1: "):
        read(first)


@pytest.mark.parametrize("missing", [1, 10_000])
def test_a_body_that_is_cut_off_between_two_lines_is_no_smaller_commit(missing):
    with pytest.raises(BodyCutOff, match="nothing was committed"):
        read(HEADER, inline("a"), missing=missing)


def test_a_line_holds_no_more_than_the_longest_file():
    longest = bytes(INLINE_BYTES)
    _, operations = read(HEADER, inline("a", longest))
    assert operations[0].content == longest
    with pytest.raises(LineTooLong, match="line 2"):
        read(HEADER, inline("a", longest + b"1"))
    with pytest.raises(LineTooLong, match="line 2"):
        read(HEADER, b'"' + b"a" * 2 * INLINE_BYTES)


def test_a_line_without_end_is_not_read_to_its_end():
    class Endless:
        given = 0

        def read(self, size):
            self.given += size
            return b"a" * size

    source = Endless()
    with pytest.raises(LineTooLong, match="line 1"):
        read_commit(source, expected_bytes=10**12)
    assert source.given < 2 * INLINE_BYTES


def test_one_commit_takes_a_hundred_thousand_operations_and_no_more():
    one = json.dumps(line("deletedFile", path="a")).encode() + b"\n"
    head = json.dumps(HEADER).encode() + b"\n"
    body = head + one * MOST_LINES
    _, operations = read_commit(io.BytesIO(body), expected_bytes=len(body))
    assert sum(1 for _ in operations) == MOST_LINES
    body += one
    _, operations = read_commit(io.BytesIO(body), expected_bytes=len(body))
    with pytest.raises(
        BadLine, match=f"line {MOST_LINES + 2}: one commit takes at most"
    ):
        list(operations)


def test_reading_holds_one_line_at_a_time():
    content = b64encode(bytes(2**20)).decode()
    one = json.dumps(line("file", path="a", content=content)).encode() + b"\n"
    head = json.dumps(HEADER).encode() + b"\n"

    class Long:
        """Two hundred such lines, made as they are read."""

        def __init__(self):
            self.left, self.held = 200, head

        def read(self, size):
            if not self.held and self.left:
                self.left, self.held = self.left - 1, one
            given, self.held = self.held[:size], self.held[size:]
            return given

    tracemalloc.start()
    _, operations = read_commit(Long(), expected_bytes=len(head) + 200 * len(one))
    count = sum(1 for _ in operations)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 200
    assert peak < 32 * 2**20


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_whatever_bytes_come_they_are_read_or_refused(lines):
    for body in (
        b"\n".join(lines),
        json.dumps(HEADER).encode() + b"\n" + b"\n".join(lines),
    ):
        try:
            _, operations = read_commit(io.BytesIO(body), expected_bytes=len(body))
            list(operations)
        except (Malformed, LineTooLong):
            continue


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
said_of = st.dictionaries(
    st.sampled_from(["path", "content", "oid", "algo", "size", "encoding", "summary"]),
    values,
)


@given(
    st.sampled_from(["header", "file", "lfsFile", "deletedFile", "deletedFolder"]),
    said_of,
)
def test_whatever_json_comes_it_is_read_or_refused(key, value):
    try:
        _, operations = read(HEADER, {"key": key, "value": value})
    except (Malformed, LineTooLong):
        return
    assert len(operations) == 1
