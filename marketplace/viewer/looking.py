"""What somebody may look at: the tables of a version, if they may take its files."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from django.conf import settings
from django.utils.translation import gettext

from licensing.queries import Access
from marketplace.catalog.downloads import AccessRefused
from marketplace.catalog.models import Commit, Repository
from marketplace.catalog.permissions import AnyUser
from marketplace.kit.errors import DomainError
from marketplace.viewer.asking.engine import Limits
from marketplace.viewer.asking.files import Shelf
from marketplace.viewer.models import Conversion, Part, Split, State
from marketplace.viewer.permissions import require_rows
from marketplace.viewer.queries import conversion_of, parts_of, splits_of
from marketplace.viewer.releasing import count_look
from marketplace.viewer.services import ask_conversion


class TablesNotReady(DomainError):
    """A worker has them still to make, or makes them just now."""

    code = "tables_not_ready"
    status = 503


class NoTables(DomainError):
    code = "no_tables"
    status = 404


class TablesFailed(DomainError):
    """Its files cannot be read; `cause` says which and where."""

    code = "tables_failed"
    status = 422


class ConfigNotFound(DomainError):
    code = "config_not_found"
    status = 404


class SplitNotFound(DomainError):
    code = "split_not_found"
    status = 404


SAID: dict[str, str] = {
    State.WAITING: "The tables of this version wait for a worker. Try again in a minute.",
    State.RUNNING: "The tables of this version are being made: {share:.0%} of its bytes "
    "are read. Try again in a minute.",
}


@dataclass(frozen=True)
class Looked:
    """The tables of a version, for somebody who may see their rows now."""

    user: AnyUser
    repository: Repository
    commit: Commit
    conversion: Conversion
    access: Access
    at: datetime

    most_named: ClassVar[int] = 10

    @cached_property
    def splits(self) -> list[Split]:
        return list(splits_of(self.conversion))

    @property
    def sound(self) -> list[Split]:
        """The splits that have rows to look at."""
        return [each for each in self.splits if each.failure is None]

    def of_config(self, config: str, *, is_read: bool = False) -> list[Split]:
        """Return the splits of a config.

        Args:
            config: its name.
            is_read: whether one of them has to have rows.

        Raises:
            ConfigNotFound: there is none.
            TablesFailed: none has rows, and one has to.
        """
        found = [each for each in self.splits if each.config == config]
        if not found:
            raise ConfigNotFound(
                gettext("There is no config “%(config)s”. %(value)s")
                % {"config": config[:100], "value": self._named("config")}
            )
        if is_read and all(each.failure is not None for each in found):
            raise _failed(found[0].failure or {})
        return found

    def split(self, config: str, name: str) -> Split:
        """Return a split that has rows.

        Raises:
            ConfigNotFound, SplitNotFound: there is none.
            TablesFailed: its files could not be read.
        """
        for each in self.of_config(config):
            if each.split == name:
                if each.failure is not None:
                    raise _failed(each.failure)
                return each
        raise SplitNotFound(
            gettext("There is no split “%(name)s” of “%(config)s”. %(value)s")
            % {
                "name": name[:100],
                "config": config[:100],
                "value": self._named("split"),
            }
        )

    def parts(
        self, split: Split, *, address: str, is_taken: bool = False
    ) -> list[Part]:
        """Return the files of a split, and count the look where it is paid for.

        Args:
            split: of this version.
            address: the network address that is asked from.
            is_taken: whether rows are taken away, and not looked at by the page.
        """
        found = list(parts_of(split))
        if found:
            count_look(
                self.user,
                repository=self.repository,
                part=found[0],
                access=self.access,
                at=self.at,
                is_taken=is_taken,
                address=address,
            )
        return found

    def _named(self, kind: str) -> str:
        names = list(dict.fromkeys(getattr(each, kind) for each in self.splits))
        told = ", ".join(f"“{each}”" for each in names[: self.most_named])
        return f"There are {told}{' and others' * (len(names) > self.most_named)}."


def look(
    user: AnyUser, *, repository: Repository, commit: Commit, at: datetime
) -> Looked:
    """Return the tables of a version; have them made, if nobody asked for them yet.

    Args:
        user: who looks.
        repository: a dataset that they may know of.
        commit: one of its versions.
        at: now.

    Raises:
        Http404, TakenDown, AccessRefused: see `require_rows`.
        TablesNotReady, NoTables, TablesFailed: there is nothing to look at, yet or ever.

    Cost: two queries more than access takes; three, when asked first.
    """
    access = require_rows(user, repository=repository, at=at)
    found = conversion_of(repository, commit)
    found = found or ask_conversion(repository, commit=commit, at=at)
    if found.state == State.NOTHING:
        raise NoTables(
            gettext("No file of this version is a table, a picture or a sound.")
        )
    if found.state == State.FAILED:
        raise _failed(found.cause or {})
    if found.state != State.READY:
        raise TablesNotReady(SAID[found.state].format(share=found.progress))
    return Looked(user, repository, commit, found, access, at)


def limits() -> Limits:
    """Return what the operator lets one question use."""
    asked = settings.STOA
    return Limits(seconds=asked.viewer_seconds, memory_mib=asked.viewer_memory_mib)


def shelf() -> Shelf:
    """Return where this installation keeps copies of tables, if it has to."""
    place = settings.STOA.data_dir.resolve() / "viewer"
    return Shelf(
        place / "asked",
        place / "copies" if settings.STOA.storage_url else None,
        settings.STOA.viewer_cache_bytes,
    )


def _failed(cause: dict[str, str]) -> TablesFailed:
    where = f" ({cause['path']}" if cause.get("path") else ""
    line = f", line {cause['line']}" if where and cause.get("line") else ""
    end = ")" if where else ""
    said = cause.get("sentence", "Its files could not be read.")
    return TablesFailed(f"{said}{where}{line}{end}", cause=str(cause.get("code", "")))


def look_if_there(
    user: AnyUser, *, repository: Repository, commit: Commit, at: datetime
) -> Looked | None:
    """Return the tables of a version as `look` does, or None where there is nothing."""
    try:
        return look(user, repository=repository, commit=commit, at=at)
    except (AccessRefused, TablesNotReady, NoTables, TablesFailed):
        return None
