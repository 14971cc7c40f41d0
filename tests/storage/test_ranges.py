import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.storage.ranges import answer_for, matches, parse_range

ETAG = '"0123abcd"'
WHOLE = (200, 0, 10)
NONE = (416, 0, 0)

# Of ten bytes: what RFC 9110 section 14 says about each header.
RANGES = [
    (None, WHOLE),
    ("bytes=0-0", (206, 0, 1)),
    ("bytes=0-9", (206, 0, 10)),
    ("bytes=0-", (206, 0, 10)),
    ("bytes=3-5", (206, 3, 6)),
    ("bytes=9-9", (206, 9, 10)),
    ("bytes=5-99", (206, 5, 10)),  # the last position is cut to the end
    ("bytes=-1", (206, 9, 10)),
    ("bytes=-10", (206, 0, 10)),
    ("bytes=-99", (206, 0, 10)),  # more than there is: all of it
    ("bytes=-0", NONE),
    ("bytes=10-", NONE),
    ("bytes=10-10", NONE),
    ("bytes=99-100", NONE),
    ("bytes=00003-00005", (206, 3, 6)),
    (f"bytes={'9' * 5000}-", NONE),
    (f"bytes=0-{'9' * 5000}", (206, 0, 10)),
    (f"bytes=-{'9' * 5000}", (206, 0, 10)),
    ("BYTES=3-5", (206, 3, 6)),  # range units are case-insensitive
    (" bytes=3-5 ", (206, 3, 6)),
    ("bytes= 3-5 , ", (206, 3, 6)),  # a list may have empty elements
    ("bytes=,3-5", (206, 3, 6)),
    ("bytes=0-1,3-5", WHOLE),  # several: a server may send the whole
    ("bytes=5-3", WHOLE),  # not valid, so not there
    ("bytes=-", WHOLE),
    ("bytes=", WHOLE),
    ("bytes=,", WHOLE),
    ("bytes", WHOLE),
    ("bytes=a-b", WHOLE),
    ("bytes=1", WHOLE),
    ("bytes=--1", WHOLE),
    ("bytes=1--2", WHOLE),
    ("bytes=1-2-3", WHOLE),
    ("bytes=+1-2", WHOLE),
    ("bytes=1 - 2", WHOLE),
    ("bytes=0x1-2", WHOLE),
    ("bytes=1.5-2", WHOLE),
    ("bytes=\u0661-\u0662", WHOLE),  # digits, but not ASCII
    ("lines=1-2", WHOLE),
    ("", WHOLE),
    ("=1-2", WHOLE),
    ("bytes=\n1-2", WHOLE),
]


@pytest.mark.parametrize(("header", "wanted"), RANGES)
def test_a_range_header_selects_these_bytes_of_ten(header, wanted):
    answer = answer_for(size=10, etag=ETAG, range_header=header)

    assert (answer.status, answer.start, answer.stop) == wanted


@pytest.mark.parametrize(
    ("header", "status"),
    [("bytes=0-", 416), ("bytes=0-0", 416), ("bytes=-1", 200), ("bytes=-0", 416)],
)
def test_of_nothing_only_a_suffix_can_be_had(header, status):
    answer = answer_for(size=0, etag=ETAG, range_header=header)

    assert (answer.status, answer.length) == (status, 0)


@pytest.mark.parametrize(
    ("header", "content_range"),
    [
        ("bytes=3-5", "bytes 3-5/10"),
        ("bytes=-1", "bytes 9-9/10"),
        ("bytes=10-", "bytes */10"),
        ("bytes=0-1,3-5", None),
        (None, None),
    ],
)
def test_content_range_is_inclusive_and_names_the_size(header, content_range):
    answer = answer_for(size=10, etag=ETAG, range_header=header)

    assert answer.content_range == content_range


@pytest.mark.parametrize(
    ("if_range", "status"),
    [
        (None, 206),
        (ETAG, 206),
        (f" {ETAG} ", 206),
        ('"another"', 200),
        (f"W/{ETAG}", 200),  # a weak tag never says that bytes are the same
        ("Wed, 21 Oct 2026 07:28:00 GMT", 200),
        ("", 200),
        ("0123abcd", 200),
    ],
)
def test_if_range_keeps_the_range_only_of_the_same_content(if_range, status):
    answer = answer_for(size=10, etag=ETAG, range_header="bytes=3-5", if_range=if_range)

    assert answer.status == status


@pytest.mark.parametrize(
    ("if_none_match", "status"),
    [
        (None, 200),
        (ETAG, 304),
        (f"W/{ETAG}", 304),  # compared weakly
        (f'"a", {ETAG}', 304),
        (f'"a,b" ,W/"c",{ETAG}', 304),
        ("*", 304),
        (" * ", 304),
        ('"another"', 200),
        ("0123abcd", 200),
        ('"0123abcd', 200),
        ('"*"', 200),
        ("", 200),
    ],
)
def test_if_none_match_spares_what_the_client_has(if_none_match, status):
    answer = answer_for(size=10, etag=ETAG, if_none_match=if_none_match)

    assert answer.status == status


def test_if_none_match_comes_before_the_range():
    answer = answer_for(
        size=10, etag=ETAG, range_header="bytes=99-", if_none_match=ETAG
    )

    assert (answer.status, answer.content_range) == (304, None)


@given(
    size=st.integers(0, 2**63),
    first=st.integers(0, 2**70),
    length=st.integers(0, 2**70),
)
def test_every_range_is_what_a_slice_would_be(size, first, length):
    answer = answer_for(
        size=size, etag=ETAG, range_header=f"bytes={first}-{first + length}"
    )

    start, stop, _ = slice(first, first + length + 1).indices(size)
    if first < size:
        assert (answer.status, answer.start, answer.stop) == (206, start, stop)
    else:
        assert answer.status == 416


@given(size=st.integers(1, 2**63), length=st.integers(1, 2**70))
def test_every_suffix_is_what_a_negative_slice_would_be(size, length):
    answer = answer_for(size=size, etag=ETAG, range_header=f"bytes=-{length}")

    start, stop, _ = slice(-length, None).indices(size)
    assert (answer.status, answer.start, answer.stop) == (206, start, stop)


@given(
    size=st.integers(0, 100),
    header=st.text() | st.from_regex(r"bytes=[-,0-9 ]*"),
    if_range=st.none() | st.text(),
    if_none_match=st.none() | st.text(),
)
def test_no_header_can_select_bytes_that_are_not_there(
    size, header, if_range, if_none_match
):
    answer = answer_for(
        size=size,
        etag=ETAG,
        range_header=header,
        if_range=if_range,
        if_none_match=if_none_match,
    )

    assert 0 <= answer.start <= answer.stop <= size
    assert answer.status in {200, 206, 304, 416}
    assert (answer.status == 206) <= (answer.length > 0)


@given(st.integers(0, 10**19 - 1), st.integers(0, 10**19 - 1))
def test_what_is_written_is_what_is_read(first, more):
    assert parse_range(f"bytes={first}-{first + more}") == (
        (first, first + more) if first + more < 10**19 else (first, 10**20)
    )


@given(st.lists(st.from_regex(r'\A(W/)?"[!#-~]*"\Z'), min_size=1))
def test_a_tag_is_found_wherever_it_stands_in_a_list(tags):
    header = ", ".join(tags)

    for tag in tags:
        assert matches(header, etag=tag.removeprefix("W/"))
