"""A file by its whole address, in one query: the most asked of all questions.

Clients probe for files that are mostly not there, so the answer no costs as little as
the answer yes: repository, version and file are read at once, by SQL written once.
"""

import functools
import json
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef, Q, Subquery, TextField
from django.db.models.functions import Cast, JSONObject

from licensing.models import Work
from marketplace.accounts.models import Namespace
from marketplace.catalog.models import (
    Commit,
    EntryKind,
    Kind,
    Ref,
    Repository,
    TreeEntry,
)
from marketplace.catalog.models.commits import MAIN, REF_CHARACTERS
from marketplace.catalog.paths import is_storable, normal, split
from marketplace.catalog.permissions import AnyUser, may_see
from marketplace.catalog.queries.repositories import find_repository
from marketplace.catalog.queries.revisions import QUALIFIED, is_oid, split_revision
from marketplace.catalog.queries.trees import entry_at
from marketplace.kit.statements import Statement
from marketplace.storage.models import Blob

MOST_READINGS = 16


@dataclass(frozen=True, slots=True)
class Located:
    """What an address names: `entry` is None where the version has no such file.

    Of `commit` and `entry` only what tells them apart was read: ids, path, size, blob.
    """

    repository: Repository
    commit: Commit
    revision: str
    path: str
    entry: TreeEntry | None


def located(
    user: AnyUser, *, kind: Kind, namespace: str, name: str, rest: str
) -> Located:
    """Return what `rest`, a revision and a path, names in a repository.

    Raises:
        Http404: there is no such repository, or `user` may not know of it.
        Moved: it has another address now.
        RevisionNotFound: `rest` begins with no known ref or commit.

    Cost: one query for what is public and on no branch, whether the file is there or
    not; up to four for anything else.
    """
    readings = _readings(rest)
    at = {"kind": kind, "namespace": namespace, "name": name}
    if readings and is_storable(namespace) and is_storable(name):
        found = _at_once(readings, at)
        if found is not None and may_see(user, found.repository):
            return found
    return _step_by_step(user, kind, namespace, name, rest)


def _step_by_step(
    user: AnyUser, kind: Kind, namespace: str, name: str, rest: str
) -> Located:
    repository = find_repository(user, kind=kind, namespace=namespace, name=name)
    commit, revision, path = split_revision(repository, rest)
    entry = entry_at(repository, revision=commit, path=path) if path else None
    is_file = entry is not None and entry.is_file
    return Located(repository, commit, revision, path, entry if is_file else None)


def _readings(rest: str) -> list[tuple[str, str]]:
    """Return the ways to read `rest` as a revision and a path; none if it takes care."""
    if not is_storable(rest) or rest.startswith(tuple(QUALIFIED)):
        return []
    first, _, path = rest.partition("/")
    if first == MAIN or is_oid(first):
        return [(first, path)] if path else []
    slashes = [
        place for place, char in enumerate(rest[: REF_CHARACTERS + 1]) if char == "/"
    ]
    ways = [(rest[:place], rest[place + 1 :]) for place in slashes]
    return ways if len(ways) <= MOST_READINGS else []


def _at_once(readings: list[tuple[str, str]], at: dict[str, str]) -> Located | None:
    by_oid = is_oid(readings[0][0])
    values: dict[str, Any] = dict(at)
    for number, (revision, path) in enumerate(readings):
        values[f"revision {number}"] = revision
        folder, name = split(normal(path.strip("/")))
        values[f"folder {number}"], values[f"name {number}"] = folder, name
    rows = _statement(by_oid, len(readings)).rows(values)
    if not rows or rows[0][-1] is None:
        return None
    *columns, told = rows[0]
    version = json.loads(told)
    if version["under"]:  # what it lies over has to be looked through as well
        return None
    repository = _repository(columns)
    commit = Commit(
        pk=version["id"],
        repository=repository,
        **{name: version[name] for name in ("oid", "line", "position", "under")},
    )
    revision = version["revision"]
    path = dict(readings)[revision].strip("/")
    entries = (_entry(repository, json.loads(entry)) for entry in version["entries"])
    found = (entry for entry in entries if entry.path == normal(path))
    return Located(repository, commit, revision, path, next(found, None))


def _repository(columns: list[Any]) -> Repository:
    made: list[Model] = []
    for model in (Repository, Namespace, Work):
        names = _names(model)
        made.append(model.from_db(None, names, columns[: len(names)]))
        columns = columns[len(names) :]
    repository, namespace, work = made
    assert isinstance(repository, Repository)  # noqa: S101  for the type checker
    repository.namespace, repository.work = namespace, work  # type: ignore[assignment]
    return repository


def _entry(repository: Repository, told: dict[str, Any]) -> TreeEntry:
    blob = Blob(sha256=told.pop("blob"), size_bytes=told["size_bytes"])
    return TreeEntry(
        repository=repository, kind=EntryKind.FILE, file_count=1, blob=blob, **told
    )


def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001  documented API


@functools.lru_cache(maxsize=64)
def _statement(by_oid: bool, readings: int) -> Statement:  # noqa: FBT001  a key of the cache
    names = ["kind", "namespace", "name"]
    names += [
        f"{part} {number}"
        for part in ("revision", "folder", "name")
        for number in range(readings)
    ]
    marks = {name: f"<{name}>" for name in names}
    repositories = Repository.objects.filter(
        kind=marks["kind"],
        namespace__name__iexact=marks["namespace"],
        name__iexact=marks["name"],
        deleted_at__isnull=True,
    ).annotate(version=Cast(_version(marks, readings, by_oid=by_oid), TextField()))
    columns = _names(Repository)
    columns += [f"namespace__{name}" for name in _names(Namespace)]
    columns += [f"work__{name}" for name in _names(Work)]
    return Statement(repositories.values_list(*columns, "version"), marks=marks)


def _version(marks: dict[str, str], readings: int, *, by_oid: bool) -> Subquery:
    if by_oid:
        commits = Commit.objects.known().filter(
            repository=OuterRef("pk"), oid=marks["revision 0"]
        )
        told = _told("", entries=_entries("", marks, readings), revision="oid")
        return Subquery(commits.values(told=told)[:1])
    refs = Ref.objects.filter(
        repository=OuterRef("pk"),
        name__in=[marks[f"revision {number}"] for number in range(readings)],
        commit__isnull=False,
    )
    entries = _entries("commit__", marks, readings)
    told = _told("commit__", entries=entries, revision="name")
    return Subquery(refs.values(told=told)[:1])


def _told(commit: str, *, entries: ArraySubquery, revision: str) -> JSONObject:
    return JSONObject(
        id=f"{commit}id",
        oid=f"{commit}oid",
        line=f"{commit}line",
        position=f"{commit}position",
        under=f"{commit}under",
        revision=revision,
        entries=entries,
    )


def _entries(commit: str, marks: dict[str, str], readings: int) -> ArraySubquery:
    places = [
        Q(folder=marks[f"folder {number}"], name=marks[f"name {number}"])
        for number in range(readings)
    ]
    position = OuterRef(f"{commit}position")
    entries = TreeEntry.objects.filter(
        reduce(or_, places),
        Q(until__isnull=True) | Q(until__gt=position),
        repository=OuterRef("repository"),
        line=OuterRef(f"{commit}line"),
        since__lte=position,
        kind=EntryKind.FILE,
    )
    said = JSONObject(
        id="id",
        folder="folder",
        name="name",
        oid="oid",
        size_bytes="size_bytes",
        since="since",
        line="line",
        blob="blob_id",
    )
    return ArraySubquery(entries.values(said=Cast(said, TextField())))
