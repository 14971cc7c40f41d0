"""Asks for the report on a model of the studio, once its test was opened."""

import json
import re
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404
from django.utils.translation import gettext

from marketplace.accounts.models import User
from marketplace.catalog.downloads import release_file
from marketplace.catalog.models import Commit, Repository
from marketplace.catalog.queries import (
    RevisionNotFound,
    commit_at,
    entry_at,
    files_of,
)
from marketplace.kit.errors import DomainError
from marketplace.storage.models import Blob
from training.cutting import MOST_TABLE_BYTES, form_of
from training.figures.asked import Asked, ModelKind
from training.figures.schema import Figures
from training.learning import FOLDER, LEARNERS
from training.reports.cards import body_of
from training.reports.folders import listed
from training.reports.models import Origin, Report
from training.reports.queries import newest_of
from training.reports.services import Subject, ask_for_report, attach_report
from training.studio.models import Project
from training.studio.permissions import require_owner
from training.studio.placed import built_on

OF_TREES = frozenset({"forest", "extra_trees", "boosting", "boosting_slow"})
OF_PEOPLE = re.compile(  # columns by which people are told apart more often than not
    r"(?i)(^|[^a-z])(sex|gender|age|race|ethnic\w*|origin|nationality|citizenship"
    r"|religion|disab\w*|pregnan\w*|marital\w*|married|skin\w*|language)($|[^a-z])"
)
MOST_GROUPED = 6  # columns
BESIDE = frozenset(  # files that decide nothing of what a model answers
    {"README.md", "requirements.txt", "LICENSE", "report.json", "REPORT.md"}
)


class NotJudged(DomainError):
    code = "not_judged"


def report_on(project: Project) -> Report | None:
    """Return the newest report on the model that is kept."""
    if project.model_id is None:
        return None
    return newest_of(project.pk, model_id=str(project.model_id))


def ask_for_project(actor: User, *, project: Project, at: datetime) -> Report:
    """Queue the report on a kept model whose test was opened.

    Columns that by their names tell people apart are looked at as groups, those too that
    the model was not given.

    Raises:
        PermissionDenied: it is another's.
        NotJudged: its test was not opened.
        TooManyReports: the owner waits for several.
    """
    require_owner(actor, project)
    plan, model = project.learning_plan, project.model
    if plan is None or model is None or project.prepared is None:
        raise NotJudged(gettext("Keep a model first; the report is of that one."))
    if project.test_opened_at is None:
        raise NotJudged(
            gettext("Open the test first; the report is worked out on its rows.")
        )
    word = built_on(project)
    newer = _newer(project, at=at)
    asked = Asked(
        modality=plan.modality,
        kind=_kind(project),
        target=plan.target,
        has_classes=plan.has_classes,
        classes=tuple(project.prepared["classes"]),
        recalibration=project.recalibration_choice,
        form=form_of(project.path),
        newer_form=newer.form if newer else "",
        groups=groups_in(project),
        left_out=plan.left_out,
        prepared=project.prepared,
        flagged=plan.flagged,
        threshold=project.policy["threshold"] if project.policy else 0.5,
        backbone=word.sha256 if word else "",
        tuned_from=(word.tuned_from or "") if word else "",
        source=_source(project),
        seed=plan.seed,
    )
    return ask_for_report(
        actor,
        subject=Subject(
            title=f"{plan.target} from {project.path.rpartition('/')[2]}",
            origin=Origin.STUDIO,
            origin_id=project.pk,
            asked=asked,
            model=model,
            table=project.table,
            learning=project.learning,
            test=project.test,
            newer=newer.blob if newer else None,
            dataset=project.dataset,
            repository=project.published,
            files=(
                _digests(project.published, model_id=model.pk)
                if project.published
                else {}
            ),
        ),
        at=at,
    )


def _kind(project: Project) -> ModelKind:
    learners = {str(key).partition("(")[0] for key, _ in project.members}
    if any(LEARNERS[one].is_network for one in learners):
        return ModelKind.NETWORK
    is_of_trees = len(project.members) == 1 and learners <= OF_TREES
    return ModelKind.TREES if is_of_trees else ModelKind.TRAINED


def groups_in(project: Project) -> tuple[str, ...]:
    """Return the columns that by their names say who people are."""
    facts, plan = project.table_facts, project.learning_plan
    if facts is None or plan is None:
        return ()
    names = [one.name for one in facts.columns if one.name != plan.target]
    return tuple(name for name in names if OF_PEOPLE.search(name))[:MOST_GROUPED]


def files_on(project: Project) -> dict[str, bytes]:
    """Return the finished report on the kept model as files, none without one."""
    report = report_on(project)
    if report is None or report.figures is None:
        return {}
    told = {
        "state": report.state,
        "checked_at": report.checked_at.isoformat() if report.checked_at else None,
        "model_sha256": report.model_id,
        "findings": report.findings,
        "thresholds": report.thresholds,
        "figures": report.figures,
    }
    body = body_of(report, Figures.model_validate(report.figures))
    return {
        "report.json": json.dumps(told, indent=1, sort_keys=True).encode(),
        "REPORT.md": body.encode(),
    }


def attach_to(project: Project, repository: Repository, *, revision: str) -> None:
    """Say of the project's report, if there is one, that the model stands there now."""
    report = report_on(project)
    if report is not None:
        files = _digests(repository, model_id=str(project.model_id))
        attach_report(report, repository=repository, revision=revision, files=files)


def _digests(repository: Repository, *, model_id: str) -> dict[str, str]:
    """Return the digests of what decides the answers, none if another model is there."""
    files = {
        entry.path: str(entry.blob_id)
        for entry in files_of(repository)
        if entry.path not in BESIDE
    }
    return files if model_id in files.values() else {}


def moved_since(dataset: Repository, path: str, *, at: datetime) -> bool:
    """Whether a file or a folder of a dataset has changed, and is there still.

    Cost: three queries.
    """
    try:
        commit = commit_at(dataset)
    except RevisionNotFound:
        return False
    line, position = commit.line, commit.position
    if named := path.strip("/"):
        entry = entry_at(dataset, revision=commit, path=named)
        if entry is None:
            return False
        line, position = entry.line, entry.since
    made = Commit.objects.filter(repository=dataset, line=line, position=position)
    return made.filter(committed_at__gt=at).exists()


@dataclass(frozen=True, slots=True)
class _Newer:
    """A newer version of what a project learnt from, and its form as a report has it."""

    blob: Blob
    form: str


def _newer(project: Project, *, at: datetime) -> _Newer | None:
    """Return what came in place of what was learnt from, if its owner may have it."""
    if project.dataset is None:
        return None
    try:
        if project.path.endswith("/"):
            return _newer_folder(project, project.dataset, at)
        return _newer_file(project, project.dataset, at)
    except (DomainError, Http404):  # it is gone, or no longer theirs to take
        return None


def _newer_folder(project: Project, dataset: Repository, at: datetime) -> _Newer | None:
    path = project.path
    if not moved_since(dataset, path, at=project.asked_at):
        return None
    blob = listed(
        project.owner, dataset=dataset, folder=path.strip("/"), field="path", at=at
    )
    return _Newer(blob, FOLDER)


def _newer_file(project: Project, dataset: Repository, at: datetime) -> _Newer | None:
    entry = release_file(
        project.owner, repository=dataset, path=project.path, at=at, is_counted=False
    )
    if entry.blob is None or entry.size_bytes > MOST_TABLE_BYTES:
        return None
    if entry.blob_id == project.table_id:
        return None
    return _Newer(entry.blob, form_of(project.path) or "zip")


def _source(project: Project) -> str:
    named = f" of {project.dataset}" if project.dataset else ""
    return f"{project.path}{named}"
