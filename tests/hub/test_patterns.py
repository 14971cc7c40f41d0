"""Which files are left out of a commit, and which are large, as Git itself says."""

import subprocess
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.hub.patterns import (
    ATTRIBUTES,
    MOST_PATTERNS,
    TooManyPatterns,
    attributes,
    ignores,
    is_text,
)
from tests.servers.processes import program

PATHS = [
    "a.log",
    "data/a.log",
    "data/deep/a.log",
    "build/x",
    "src/build/x",
    "src/build",
    "docs/a.txt",
    "docs/deep/a.txt",
    "keep/me.txt",
    "keep/other.txt",
    "#odd",
    "!odd",
    "x1",
    "x2",
    "xa",
    "foo/bar/baz",
    "foo/a/b/baz",
    "foo/baz",
    ".cache/x",
    "with space.txt",
]
RULES = """
*.log
!data/deep/a.log
build/
/docs/*.txt
keep/*
!keep/me.txt
\\#odd
\\!odd
x[0-9]
foo/**/baz
.cache
with space.txt
"""
pieces = st.sampled_from(["a", "b", "*", "**", "?", "[ab]", "[!a]", "a*", "*b", ".x"])
patterns = st.builds(
    lambda negated, root, parts, folder: negated + root + "/".join(parts) + folder,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "/"]),
    st.lists(pieces, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
)
names = st.sampled_from(["a", "b", "ab", "aab", ".x", "c"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@pytest.fixture(scope="module")
def git(tmp_path_factory):
    """Return what Git says is ignored among paths under given rules."""
    program("git", package="git")
    folder = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", folder], check=True)

    def ignored(rules, asked):
        (folder / ".gitignore").write_text(rules)
        told = subprocess.run(
            ["git", "-C", folder, "check-ignore", "--no-index", "--stdin", "-z"],
            input="\0".join(asked).encode(),
            capture_output=True,
            check=False,
        )
        return set(told.stdout.decode().split("\0")) - {""}

    return ignored


def test_what_git_ignores_is_left_out(git):
    rules = ignores(RULES)

    assert {path for path in PATHS if rules.leave_out(path)} == git(RULES, PATHS)


@settings(max_examples=60)
@given(rules=st.lists(patterns, min_size=1, max_size=4), path=paths)
def test_any_rules_are_read_as_git_reads_them(git, rules, path):
    text = "\n".join(rules) + "\n"

    assert ignores(text).leave_out(path) == (path in git(text, [path])), (text, path)


def test_without_rules_nothing_is_left_out():
    assert not ignores("").leave_out("a/b")
    assert not ignores("# a comment\n\n").leave_out("# a comment")


def test_the_first_attributes_of_a_repository_send_binary_files_apart():
    large = attributes(ATTRIBUTES)

    assert large.is_large("model.safetensors")
    assert large.is_large("data/train-00000.parquet")
    assert not large.is_large("README.md")
    assert not large.is_large("data/rows.csv")


def test_the_last_line_about_a_path_decides():
    large = attributes(
        "*.csv filter=lfs diff=lfs merge=lfs -text\n"
        "small/*.csv -filter\n"
        "/top.txt filter=lfs\n"
        "notes.txt text eol=lf\n"
    )

    assert large.is_large("rows.csv")
    assert large.is_large("data/rows.csv")
    assert not large.is_large("small/rows.csv")
    assert large.is_large("top.txt")
    assert not large.is_large("data/top.txt")
    assert not large.is_large("notes.txt")


@pytest.mark.parametrize(
    ("sample", "wanted"),
    [
        (b"", True),
        (b"a,b\n1,2\n", True),
        ("αβγ".encode(), True),
        ("αβγ".encode()[:-1], True),
        (b"\0", False),
        (b"\x89PNG\r\n\x1a\n", False),
        (b"\xff\xfea\x00", False),
    ],
)
def test_text_is_told_from_bytes_by_its_beginning(sample, wanted):
    assert is_text(sample) is wanted


def test_rules_made_to_be_slow_are_not():
    evil = ignores("\n".join(["**/a*a*a*a*a*b/**/*a*a*a*a*c"] * MOST_PATTERNS))
    path = "/".join(["a" * 30] * 30)
    started = time.perf_counter()
    assert not evil.leave_out(path)

    assert time.perf_counter() - started < 5


def test_more_rules_than_are_compared_are_refused_if_that_could_do_harm():
    many = "".join(f"{at}.bin filter=lfs\n" for at in range(MOST_PATTERNS + 1))
    with pytest.raises(TooManyPatterns, match="501 patterns"):
        ignores(many)

    large = attributes(many)
    assert large.is_large("0.bin")
    assert not large.is_large(f"{MOST_PATTERNS}.bin")
