"""Opens a contest of our own bundle as a draft, and makes the dataset it is about."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import BinaryIO

from django.utils.translation import gettext

from marketplace.accounts.models import Namespace, User
from marketplace.catalog.changes import AddFile
from marketplace.catalog.models import Kind, Repository
from marketplace.catalog.models import Visibility as Sight
from marketplace.catalog.services import commit_files, create_repository
from marketplace.kit.audit import record_act
from marketplace.kit.errors import Malformed
from marketplace.storage.models import Blob
from marketplace.storage.queries import local_copy, open_blob
from marketplace.storage.services import store_bytes
from training.contests.importers import BundleFormat, Fate, Note, Part
from training.contests.importers.home import (
    FILE,
    HomeDescription,
    MetricsHome,
    ProgramHome,
)
from training.contests.importers.refusal import BundleRefused
from training.contests.models import Contest, Convention, Format, Task, Visibility
from training.contests.services.columns import choose_columns
from training.contests.services.home_extras import restore_extras
from training.contests.services.hosting import ContestPlan, open_contest
from training.contests.services.programs import (
    Named,
    ProgrammedPlan,
    ProgramPlan,
    TaskPlan,
    open_programmed,
)
from training.contests.services.subgrouping import name_subgroups
from training.contests.several import chosen_ranking
from training.contests.subgroups import HEAD
from training.contests.tables import Columns


def make_dataset(
    actor: User,
    namespace: Namespace,
    *,
    slug: str,
    title: str,
    summary: str,
    files: Mapping[str, Blob],
    source: BundleFormat,
    at: datetime,
) -> Repository:
    """Make the private dataset that an imported contest is about.

    Args:
        actor: a writer of the namespace.
        namespace: whose it is.
        slug: its name.
        title: for people.
        summary: likewise.
        files: what the bundle gives out, by path.
        source: where it came from.
        at: now.

    Raises:
        PermissionDenied: `actor` may not write there.
        BadName, NameTaken: choose another name.
    """
    title, summary = _line(title) or slug, _line(summary)
    dataset = create_repository(
        actor,
        namespace=namespace,
        name=slug,
        kind=Kind.DATASET,
        visibility=Sight.PRIVATE,
        licence_id="",
        title=title,
        summary=summary,
        created_at=at,
    )
    readme = f"# {title}\n\n{summary}\n\nImported from a bundle of {source.value}.\n"
    given = {"README.md": store_bytes(readme.encode(), stored_at=at), **files}
    commit_files(
        actor,
        repository=dataset,
        changes=[AddFile(path, blob) for path, blob in given.items()],
        message=f"Import from {source.value}",
        committed_at=at,
    )
    return dataset


def _line(text: str) -> str:
    """Return words as a dataset takes them: one line of what can be printed."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())


def open_home(
    actor: User,
    *,
    namespace: Namespace,
    slug: str,
    described: HomeDescription,
    parts: Mapping[Part, Blob],
    at: datetime,
) -> tuple[Contest, list[Note]]:
    """Open what was exported here, as a draft; say what could not come along.

    Raises:
        PermissionDenied: `actor` may not write there.
        Malformed: a file does not fit what describes it.
        SlugTaken, NameTaken: choose another name.
    """
    dataset = make_dataset(
        actor,
        namespace,
        slug=slug,
        title=described.title,
        summary=described.summary,
        files={},
        source=BundleFormat.HOME,
        at=at,
    )
    where = (actor, namespace, dataset, slug)
    if described.program is not None:
        contest = _programmed(where, described, described.program, parts, at=at)
    elif described.metrics is not None:
        contest = _measured(where, described, described.metrics, parts, at=at)
    else:
        raise BundleRefused(
            gettext("it says neither metrics nor a program."), file=FILE
        )
    if described.metrics and described.metrics.subgroups:
        with open_blob(parts[described.metrics.subgroups].pk) as table:
            contest = name_subgroups(
                actor,
                contest=contest,
                column=HEAD[1],
                table=table,
                id_column=HEAD[0],
                title=described.metrics.subgroup_title,
                at=at,
            )
    if described.board:
        contest = choose_columns(
            actor,
            contest=contest,
            scheme=described.ranking,
            columns=described.board,
            at=at,
        )
    notes = []
    for name in restore_extras(
        actor,
        contest,
        described,
        parts,
        program=partial(_program_plan, parts=parts),
        at=at,
    ):
        remark = "its repository is not here, or not for you; add the kit again"
        notes.append(Note(f"kits: {name}", Fate.IGNORED, remark))
    record_act(
        actor, "import_contest", contest, at=at, format=BundleFormat.HOME.value, count=1
    )
    return contest, notes


def _programmed(
    where: tuple[User, Namespace, Repository, str],
    described: HomeDescription,
    program: ProgramHome,
    parts: Mapping[Part, Blob],
    *,
    at: datetime,
) -> Contest:
    actor, namespace, dataset, slug = where
    return open_programmed(
        actor,
        namespace=namespace,
        dataset=dataset,
        plan=ProgrammedPlan(
            slug=slug,
            title=described.title,
            summary=described.summary,
            description=described.words["description"],
            rules=described.words["rules"],
            prizes=described.words["prizes"],
            starts_at=described.starts_at,
            ends_at=described.ends_at,
            daily_limit=described.daily_limit,
            program=_program_plan(program, parts=parts),
            takes_code=Format.CODE in described.formats,
        ),
        opened_at=at,
    )


def _program_plan(program: ProgramHome, *, parts: Mapping[Part, Blob]) -> ProgramPlan:
    def named(part: Part | None, name: str) -> Named | None:
        return None if part is None else Named(parts[part], name)

    tasks = [
        TaskPlan(
            task.name,
            parts[task.scoring],
            None if task.ingestion is None else parts[task.ingestion],
            named(task.reference, task.reference_name),
            named(task.inputs, task.inputs_name),
        )
        for task in program.tasks
    ]
    return ProgramPlan(
        Convention(program.convention),
        program.columns,
        tasks,
        program.time_limit_seconds,
        program.codename,
    )


def _measured(
    where: tuple[User, Namespace, Repository, str],
    described: HomeDescription,
    metrics: MetricsHome,
    parts: Mapping[Part, Blob],
    *,
    at: datetime,
) -> Contest:
    actor, namespace, dataset, slug = where
    if metrics.task not in Task.values or not set(described.formats) <= set(
        Format.values
    ):
        raise Malformed(
            gettext("%(file)s: its task or a format is not known here.")
            % {"file": FILE}
        )
    if metrics.truth is None:
        raise Malformed(gettext("%(file)s: it has no labels.") % {"file": FILE})
    plan = ContestPlan(
        slug=slug,
        title=described.title,
        summary=described.summary,
        description=described.words["description"],
        rules=described.words["rules"],
        prizes=described.words["prizes"],
        task=Task(metrics.task),
        metric=metrics.metric,
        starts_at=described.starts_at,
        ends_at=described.ends_at,
        daily_limit=described.daily_limit,
        formats=[Format(each) for each in described.formats],
        visibility=Visibility.PRIVATE,
        columns=Columns(metrics.id_column, metrics.target_column, metrics.split_column),
        classes=metrics.classes,
        is_guarded=metrics.is_guarded,
        tasks=metrics.asked,
        rank_by=chosen_ranking(metrics.metric),
    )
    with ExitStack() as files:

        def table(part: Part) -> BinaryIO:
            path = files.enter_context(local_copy(parts[part].sha256))
            return files.enter_context(path.open("rb"))

        contest = open_contest(
            actor,
            namespace=namespace,
            dataset=dataset,
            plan=plan,
            truth=table(metrics.truth),
            inputs=None if metrics.inputs is None else table(metrics.inputs),
            opened_at=at,
        )
    if metrics.training is not None:
        contest.training = parts[metrics.training]
        contest.save(update_fields=["training"])
    return contest
