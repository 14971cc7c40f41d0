"""What a host gives and an entrant hands in where a contest has several tasks."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import PurePosixPath
from typing import BinaryIO

from django.utils.translation import gettext

from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from training.contests.handed import FORMAT_OF_ENDING
from training.contests.layouts import check_header
from training.contests.models import Contest, Format, RankingScheme, Task
from training.contests.services.keeping import keep_table
from training.contests.several import (
    AskedTask,
    WrongTasks,
    check_tasks,
    is_greater_better,
    ranking_by,
    task_columns,
    tasks_of,
)
from training.contests.tables import Columns, check_inputs, read_truth
from training.contests.task_files import opened_tasks, packed
from training.contests.trivial import constant_predictions

ENDING = ".csv"
FILE_OF_TASK = "file."  # and its name: the field in which it is posted by itself
ANSWERS_NAME = "predictions.zip"


@contextmanager
def read_tasks(
    asked: Sequence[AskedTask], *, truth: BinaryIO, inputs: BinaryIO | None
) -> Iterator[tuple[tuple[AskedTask, ...], BinaryIO, BinaryIO | None]]:
    """Check what a host gives for several tasks; give it back as it is kept.

    Args:
        asked: as the host describes them; classes may be left to be read off the labels.
        truth: a zip of one CSV file of labels for each task.
        inputs: a zip of one CSV file of features for each task, or None.

    Yields:
        The tasks with their classes and rows, and both zips, the same bytes for the
        same tables.

    Raises:
        Malformed: the tasks do not hold together, or a file does not fit its task; the
            message names the task, and the row.
    """
    try:
        check_tasks(asked)
    except WrongTasks as wrong:
        raise Malformed(f"tasks: {wrong}") from wrong
    with ExitStack() as open_files:
        labels = open_files.enter_context(opened_tasks(truth, asked, what="truth"))
        kept, found = [], []
        for each in asked:
            table = open_files.enter_context(labels.open(each.name))
            with of_task(each):
                read = read_truth(
                    table,
                    columns=_columns(each),
                    task=Task(each.task),
                    classes=each.classes,
                )
            kept.append((f"{each.name}{ENDING}", table))
            found.append(
                (replace(each, classes=read.classes, row_count=len(read.ids)), read.ids)
            )
        tables = []
        if inputs is not None:
            given = open_files.enter_context(opened_tasks(inputs, asked, what="inputs"))
            for each, ids in found:
                table = open_files.enter_context(given.open(each.name))
                with of_task(each):
                    check_inputs(table, id_column=each.id_column, ids=ids)
                tables.append((f"{each.name}{ENDING}", table))
        yield (
            tuple(each for each, _ in found),
            open_files.enter_context(packed(kept)),
            open_files.enter_context(packed(tables)) if tables else None,
        )


def held_of_tasks(
    asked: Sequence[AskedTask],
    rank_by: str,
    *,
    truth: BinaryIO,
    inputs: BinaryIO | None,
    at: datetime,
) -> dict[str, object]:
    """Return what a contest of several tasks keeps of what its host gives, by field.

    Args:
        asked: as of `read_tasks`.
        rank_by: as of `ranking_by`.
        truth: as of `read_tasks`.
        inputs: likewise.
        at: now.

    Raises:
        Malformed: they do not hold together; the message names the task, and the row.
    """
    with read_tasks(asked, truth=truth, inputs=inputs) as (tasks, labels, tables):
        try:
            metric, ranking = ranking_by(tasks, rank_by)
        except WrongTasks as wrong:
            raise Malformed(gettext("rank_by: %(wrong)s") % {"wrong": wrong}) from wrong
        by_ranks = ranking == RankingScheme.MEAN_RANK
        columns = task_columns(tasks, ranks=by_ranks)
        return {
            "tasks": [each.as_json() for each in tasks],
            "metric": metric,
            "greater_is_better": is_greater_better(tasks, metric),
            "ranking": ranking,
            "board_columns": [each.as_json() for each in columns],
            "split_column": tasks[0].split_column,
            "row_count": sum(each.row_count for each in tasks),
            "truth": keep_table(labels, at=at),
            "inputs": None if tables is None else keep_table(tables, at=at),
        }


@contextmanager
def corrected_truth(contest: Contest, truth: BinaryIO) -> Iterator[BinaryIO]:
    """Check corrected labels of some tasks, and give those of all tasks together.

    Args:
        contest: of several tasks.
        truth: a zip of the files that are corrected; the others stay.

    Raises:
        Malformed: a file does not fit; the message names the task, and the row.
    """
    asked = tasks_of(contest)
    with ExitStack() as open_files:
        before = open_files.enter_context(open_blob(contest.truth_id))
        were = open_files.enter_context(opened_tasks(before, asked))
        given = open_files.enter_context(
            opened_tasks(truth, asked, what="truth", is_whole=False)
        )
        kept = []
        for each in asked:
            table = open_files.enter_context(were.open(each.name))
            if each.name in given.paths:
                old, table = table, open_files.enter_context(given.open(each.name))
                with of_task(each):
                    same_rows(each, new=table, old=old)
            kept.append((f"{each.name}{ENDING}", table))
        yield open_files.enter_context(packed(kept))


def same_rows(
    asked: AskedTask | Contest,
    *,
    new: BinaryIO,
    old: BinaryIO,
    split_column: str | None = None,
) -> None:
    """Return if corrected labels are of the same rows and classes.

    Args:
        asked: what they are labels of.
        new: the corrected ones.
        old: those that are there.
        split_column: of both, if it is not that of `asked`.

    Raises:
        Malformed: they are not; the message names an id.
    """
    split = asked.split_column if split_column is None else split_column
    columns = Columns(asked.id_column, asked.target_column, split)
    task = Task(asked.task)
    table = read_truth(new, columns=columns, task=task, classes=asked.classes)
    ids = read_truth(old, columns=columns, task=task).ids
    if differing := table.ids ^ ids:
        raise Malformed(
            gettext(
                "truth: %(differing)s ids are missing or new, such as "
                "“%(differing_2)s”; a re-scoring keeps the rows."
            )
            % {"differing": f"{len(differing):,}", "differing_2": min(differing)}
        )


def check_answers(contest: Contest, format: Format, file: BinaryIO) -> None:  # noqa: A002  as people know it
    """Look at a zip of a file for each task before it counts.

    Of predictions it is seen how each file begins; a worker looks into models.

    Raises:
        Malformed: a file is missing, empty or of no task, or its columns are not the
            task's.
    """
    asked = tasks_of(contest)
    with opened_tasks(file, asked) as answers:
        for each in asked:
            with of_task(each):
                if not answers.head(each.name, 1):
                    raise Malformed(gettext("its file is empty."))
                if format == Format.PREDICTIONS:
                    with answers.open(each.name) as table:
                        check_header(each, table)


def require_by_task(format: Format) -> None:  # noqa: A002  as above
    """Return if there is a file of a format for each task.

    Raises:
        Malformed: it is code, which runs for each.
    """
    if format == Format.CODE:
        raise Malformed(
            gettext(
                "file: code is one archive that runs for each task; send it as “file”."
            )
        )


@contextmanager
def packed_answers(
    contest: Contest, files: Mapping[str, BinaryIO]
) -> Iterator[BinaryIO]:
    """Give the zip of what was posted for each task by itself.

    Raises:
        Malformed: a file is missing, or of no task.
    """
    names = [each.name for each in tasks_of(contest)]
    if not names:
        raise Malformed(
            gettext("file: this contest has one task; send its file as “file”.")
        )
    if unknown := files.keys() - set(names):
        raise Malformed(
            gettext("file: there is no task “%(unknown)s”; the tasks are %(names)s.")
            % {"unknown": min(unknown), "names": ", ".join(names)}
        )
    for name in names:
        if name not in files:
            raise Malformed(
                gettext("file: the file for task “%(name)s” is missing.")
                % {"name": name}
            )
    named = ((f"{name}{_ending(files[name])}", files[name]) for name in names)
    with packed(named) as made:
        yield made


@contextmanager
def constant_answers(contest: Contest, truth: BinaryIO) -> Iterator[BinaryIO]:
    """Give the zip of constant predictions for each task, as an entrant hands it in."""
    asked = tasks_of(contest)
    with ExitStack() as open_files:
        labels = open_files.enter_context(opened_tasks(truth, asked))
        made = []
        for each in asked:
            table = open_files.enter_context(labels.open(each.name))
            answer = constant_predictions(each, table)
            if answer is None:
                raise ValueError(f"no constant answer to {each.task}")
            made.append((f"{each.name}{ENDING}", BytesIO(answer)))
        yield open_files.enter_context(packed(made))


@contextmanager
def of_task(asked: AskedTask) -> Iterator[None]:
    """Let refusals within name the task."""
    try:
        yield
    except Malformed as problem:
        told = str(problem).removeprefix("file: ")
        raise type(problem)(f"task “{asked.name}”: {told}") from problem


def _ending(file: BinaryIO) -> str:
    ending = PurePosixPath(file.name or "").suffix.casefold()
    return ending if FORMAT_OF_ENDING.get(ending, Format.CODE) != Format.CODE else ""


def _columns(asked: AskedTask | Contest) -> Columns:
    return Columns(asked.id_column, asked.target_column, asked.split_column)
