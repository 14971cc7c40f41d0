import pytest

from marketplace.catalog import queries
from marketplace.catalog.paths import BadPath, checked_path, folders_above
from marketplace.catalog.queries import FolderNotFound
from tests.catalog.reading import files_in
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
    "½ of it.txt",
    "either\u29f8or.mp3",
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
    "a/.git\u200b/x": ".git",
    ".g\u200cit": ".git",
    ".git.": ".git",
    ".git ": ".git",
    ".git::$INDEX_ALLOCATION": ".git",
    "GIT~1/config": ".git",
    "\uff0egit": ".git",
    "\u2024\u2024/a": "segment",
    "a/\uff0e\uff0e/b": "segment",
    "a/\u2025/b": "segment",
    "a/.\u200b./b": "segment",
    ".. /a": "segment",
    "\uff0fetc/passwd": "as a slash",
    "a\uff0fb": "as a slash",
    "a\u2215b": "as a slash",
    "a\u2044b": "as a slash",
    "a\uff3cb": "as a slash",
    "a\ufe68b": "as a slash",
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


def test_two_spellings_of_the_same_characters_are_one_path():
    assert checked_path("cafe\u0301/\u0391\u0301") == "caf\xe9/\u0386"


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


@pytest.mark.django_db
def test_a_file_is_found_and_replaced_by_either_spelling():
    repository = RepositoryFactory()
    commit(repository, {"cafe\u0301/a": "1"})
    commit(repository, {"caf\xe9/a": "2"})

    assert files_in(repository) == {"caf\xe9/a": b"2"}
    for folder in ("cafe\u0301", "caf\xe9"):
        assert queries.file_at(repository, path=f"{folder}/a").size_bytes == 1
        assert queries.tree_of(repository, under=folder).count() == 1
        assert queries.files_of(repository, under=folder).count() == 1
    head = queries.head_of(repository)
    assert queries.commits_of(repository, until=head, path="cafe\u0301").count() == 2
    with pytest.raises(BadPath, match="twice"):
        commit(repository, {"cafe\u0301": "1", "caf\xe9": "2"})


@pytest.mark.django_db
def test_names_that_differ_by_case_are_two_paths():
    repository = RepositoryFactory()
    commit(repository, {"README": "1", "readme": "2"})
    assert files_in(repository) == {"README": b"1", "readme": b"2"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["a\0b", "\ud800", "..", "a//b", "x" * 5000])
def test_a_path_that_cannot_be_is_not_found(path):
    repository = RepositoryFactory()
    head = commit(repository, {"a": "1"})
    assert queries.entry_at(repository, path=path) is None
    assert not queries.files_of(repository, under=path).exists()
    assert not queries.commits_of(repository, until=head, path=path).exists()
    with pytest.raises(FolderNotFound):
        queries.tree_of(repository, under=path)
