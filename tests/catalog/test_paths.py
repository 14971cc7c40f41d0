import pytest

from marketplace.catalog.paths import BadPath, checked_path, folders_above
from tests.factories.catalog import RepositoryFactory, commit

GOOD = [
    "a",
    "README.md",
    ".gitattributes",
    ".github/workflow.yml",
    "git",
    "a/b/c.d",
    "data/Δεδομένα.csv",
    "with space/and 'quotes\".txt",
    "...",
    "a..b/..c",
    "-rf",
    "~",
    "%2e%2e",
    "x" * 255,
    "/".join(["x" * 204] * 5),
    "\N{ZERO WIDTH JOINER}.txt",
]
BAD = {
    "": "empty",
    "/a": "absolute",
    "//": "absolute",
    "a//b": "empty segment",
    "a/": "empty segment",
    ".": "segment",
    "..": "segment",
    "../a": "segment",
    "a/../b": "segment",
    "a/./b": "segment",
    ".git": ".git",
    ".GIT/config": ".git",
    "a/.git/hooks": ".git",
    "a\\b": "backslash",
    "..\\..\\x": "backslash",
    "a\0b": "control",
    "a\nb": "control",
    "a\rb": "control",
    "a\x1b[31m": "control",
    "a\x7f": "control",
    "a\u202egnp.exe": "control",
    "a\u2028b": "control",
    "\ud800": "Unicode",
    "x" * 256: "255 bytes",
    "é" * 128: "255 bytes",
    "/".join(["x" * 204] * 5) + "y": "1024 bytes",
}


@pytest.mark.parametrize("path", GOOD)
def test_a_plain_path_is_kept_as_it_came(path):
    assert checked_path(path) == path


@pytest.mark.parametrize(("path", "reason"), BAD.items(), ids=map(repr, BAD))
def test_a_path_that_could_do_harm_is_refused_with_its_reason(path, reason):
    with pytest.raises(BadPath, match=reason) as refusal:
        checked_path(path)

    assert refusal.value.code == "bad_path"
    assert str(refusal.value).isprintable()


def test_the_folders_above_a_path_end_with_the_root():
    assert folders_above("a/b/c") == ["a/b", "a", ""]
    assert folders_above("a") == [""]


@pytest.mark.django_db
@pytest.mark.parametrize("path", sorted({*BAD} - {""})[:5])
def test_a_commit_refuses_bad_paths_whole(path):
    repository = RepositoryFactory()
    with pytest.raises(BadPath):
        commit(repository, {"good": "1", path: "2"})
    assert not repository.commits.exists()
