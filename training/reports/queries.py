"""How a model stands: what its report found, and whether it may be put to use."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from marketplace.catalog.models import Commit, TreeEntry
from marketplace.catalog.models.trees import EntryKind
from training.reports.models import Report, State

SEVEREST_FIRST = (State.BLOCKED, State.CHECKED, State.CLEARED)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a version stands; `report` is None where none is finished.

    `override` is the written reason for which it may be put to use all the same.
    """

    state: State
    report: Report | None = None
    override: str = ""

    @property
    def reasons(self) -> list[str]:
        return [] if self.report is None else self.report.reasons

    @property
    def is_deployable(self) -> bool:
        return self.state == State.CLEARED or bool(self.override)


UNCHECKED = Standing(State.UNCHECKED)


def standing(revision: Commit) -> Standing:
    """Return how a version of a model stands.

    Finished reports of the repository count if the version has the files they are of.
    Of several, the newest on each dataset counts, and the severest of these decides, so
    that another dataset, which is easier, does not clear what one has blocked.

    Cost: two queries, one where there is no report.
    """
    finished = (
        Report.objects.filter(repository=revision.repository_id)
        .exclude(state=State.UNCHECKED)
        .order_by("-checked_at")
    )
    reports = list(finished)
    if not reports:
        return UNCHECKED
    held = _digests(revision, {path for one in reports for path in one.files})
    return _of_newest(one for one in reports if one.files.items() <= held.items())


def _digests(revision: Commit, paths: Iterable[str]) -> dict[str, str]:
    """Return the digests of those of `paths` that are files of a version."""
    wanted = Q(pk=None)
    for path in paths:
        folder, _, name = path.rpartition("/")
        wanted |= Q(folder=folder, name=name)
    files = TreeEntry.objects.at(revision).filter(wanted, kind=EntryKind.FILE)
    return {entry.path: str(entry.blob_id) for entry in files}


def _of_newest(reports: Iterable[Report]) -> Standing:
    """Return the standing by reports, the newest first."""
    newest: dict[object, Report] = {}
    for report in reports:
        if report.files:
            newest.setdefault(report.dataset_id, report)
    if not newest:
        return UNCHECKED

    def severity(one: Report) -> tuple[bool, int]:
        return one.is_deployable, SEVEREST_FIRST.index(State(one.state))

    decisive = min(newest.values(), key=severity)
    return Standing(State(decisive.state), decisive, decisive.override_reason)


def newest_of(origin_id: UUID, *, model_id: str) -> Report | None:
    """Return the newest report on the model of these bytes that another room made."""
    reports = Report.objects.filter(origin_id=origin_id, model_id=model_id)
    return reports.select_related("run").order_by("-asked_at").first()
