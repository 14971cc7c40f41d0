"""Reads bundles of Codabench v2: `competition.yaml` at the root."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import UUID

from training.contests.importers.archive import Bundle, Part
from training.contests.importers.boards import (
    OPERATIONS,
    TO_COMPUTED,
    ComputedColumn,
    board_of,
)
from training.contests.importers.description import (
    MOST_SECONDS,
    BundleFormat,
    Column,
    ContestDescription,
    Convention,
    Evaluation,
    Page,
    PhaseDescription,
)
from training.contests.importers.fields import Fate, Fields
from training.contests.importers.pages import page_text
from training.contests.importers.programs import command_in
from training.leaderboards.columns import BoardColumn

DAILY, IN_ALL, SECONDS = 5, 100, 600
LONGEST_KEY = 40
LONGEST_TITLE = 200
RULES = (
    "Add",
    "Add_And_Delete",
    "Add_And_Delete_Multiple",
    "Force_Last",
    "Force_Latest_Multiple",
    "Force_Best",
)
IGNORED = {
    "version": "which format this is",
    "docker_image": "programs run in our sandbox, not in an image of their own",
    "queue": "our own workers score it; bring your own on the contest's page",
    "make_programs_available": "scoring programs are not given out",
    "make_input_data_available": "put what people may have into public_data",
    "enable_detailed_results": "a detailed_results.html is kept for the host",
    "show_detailed_results_in_submission_panel": "it may show labels; hosts see it",
    "show_detailed_results_in_leaderboard": "it may show labels; hosts see it",
    "auto_run_submissions": "every submission is scored when it comes",
    "can_participants_make_submissions_public": "submissions are their owners'",
    "competition_type": "what never ends is a benchmark",
    "contact_email": "people write in the contest's discussion",
    "forum_enabled": "every contest has a discussion",
    "fact_sheet": "submissions carry a note instead",
    "solutions": "hand a solution in as a baseline once the contest is open",
}
IGNORED_OF_PHASES = {
    "hide_output": "logs of scoring are the host's to see",
    "hide_prediction_output": "outputs are kept for the host",
    "accepts_only_result_submissions": "told by whether a task has an ingestion program",
    "index": "phases stand in the order of their start",
}


def read_codabench(bundle: Bundle, fields: Fields) -> ContestDescription:
    """Read a description of version 2.

    Raises:
        BundleRefused: a field is missing or wrong, or names what is not there.
    """
    version = fields.content.get("version")
    if str(version).strip() not in {"2", "2.0"}:
        raise fields.refused("version", f"{version!r} is not known; 2 is.")
    evaluations = tuple(_evaluation(bundle, task) for task in fields.each("tasks"))
    known = {one.key for one in evaluations}
    if len(known) < len(evaluations):
        raise fields.refused("tasks", "two tasks have the same index.")
    columns, board = _columns(fields)
    described = ContestDescription(
        format=BundleFormat.CODABENCH_2,
        convention=Convention.CODABENCH,
        title=fields.text("title", to="title", longest=LONGEST_TITLE),
        image=part_of(bundle, fields, "image", to="image", is_required=True),
        summary=fields.text("description", "", to="summary"),
        terms=page_of(bundle, fields, "terms", to="rules to accept"),
        pages=tuple(
            Page(
                page.text("title", to="a page's title", longest=100),
                page_of(bundle, page, "file", to="a page"),
            )
            for page in fields.each("pages")
        ),
        prizes=fields.text("reward", "", to="prizes"),
        is_registration_open=fields.flag(
            "registration_auto_approve", default=False, to="who may enter"
        ),
        evaluations=evaluations,
        phases=tuple(
            replace(phase, board=board)
            for phase in _phases(bundle, fields, known=known, columns=columns)
        ),
    )
    fields.ignore(IGNORED)
    fields.finish()
    return described


def page_of(bundle: Bundle, fields: Fields, name: str, *, to: str) -> str:
    path = fields.text(name, to=to)
    return page_text(bundle, path, file=fields.file, field=fields.path(name))


def part_of(
    bundle: Bundle, fields: Fields, name: str, *, to: str, is_required: bool = False
) -> Part | None:
    """Find a file, zip or folder; a UUID names something on the other platform."""
    if not is_required and not fields.has(name):
        fields.raw(name, "", to=to)
        return None
    path = fields.text(name, to=to)
    if path not in bundle.files and not bundle.names_below(path) and _is_uuid(path):
        raise fields.refused(
            name,
            f"{path} is something stored on the other platform. Download it there, "
            "put it into the bundle and give its path.",
        )
    return bundle.part(path, file=fields.file, field=fields.path(name))


def _is_uuid(told: str) -> bool:
    try:
        UUID(told)
    except ValueError:
        return False
    return True


def _evaluation(bundle: Bundle, fields: Fields) -> Evaluation:
    key = str(fields.whole("index", to="which task"))
    if fields.has("key"):
        raise fields.refused(
            "key",
            f"{fields.content['key']} is a task stored on the other platform. Download "
            "it there, and give its name and scoring_program here.",
        )
    refuse_beside(fields, "ingestion_only_during_scoring")
    scoring = part_of(
        bundle, fields, "scoring_program", to="scoring program", is_required=True
    )
    ingestion = part_of(bundle, fields, "ingestion_program", to="ingestion program")
    at = fields.path("scoring_program")
    assert scoring is not None  # noqa: S101  it is required
    found = Evaluation(
        key=key,
        name=fields.text("name", to="a task's name", longest=LONGEST_TITLE),
        description=fields.text("description", "", to="a task's description"),
        scoring=scoring,
        command=command_in(bundle, scoring, file=fields.file, field=at),
        reference=part_of(bundle, fields, "reference_data", to="labels, held back"),
        inputs=part_of(bundle, fields, "input_data", to="what submissions read"),
        ingestion=ingestion,
        ingestion_command=(
            command_in(
                bundle,
                ingestion,
                file=fields.file,
                field=fields.path("ingestion_program"),
                meets_code=True,
            )
            if ingestion
            else ""
        ),
    )
    fields.finish()
    return found


def time_limit(fields: Fields, name: str, default: int) -> int:
    """Return how long one run may take, in seconds, and no longer than any may."""
    told: int = fields.whole(
        name, default, to=f"seconds for a run, {MOST_SECONDS:,} at most", least=1
    )
    return min(told, MOST_SECONDS)


def refuse_beside(fields: Fields, name: str) -> None:
    """Refuse a task that runs the submission in one place with the labels."""
    if fields.flag(name, default=False, to="where a submission runs"):
        raise fields.refused(
            name,
            "it runs submissions beside the labels, which they could then read. Let "
            "the ingestion program run before the scoring.",
        )


def _columns(
    fields: Fields,
) -> tuple[tuple[Column, ...], tuple[BoardColumn, ...]]:
    """Return what the program gives, the one that ranks first, and the first board."""
    name = "leaderboards" if fields.has("leaderboards") else "leaderboard"
    if not fields.has(name):
        raise fields.refused("leaderboards", "it is missing. Add a board.")
    if isinstance(fields.content[name], dict):  # one board that was not put in a list
        fields.content[name] = [fields.content[name]]
    boards = list(fields.each(name))
    if not boards:
        raise fields.refused(name, "it is empty. Give at least one.")
    for other in boards[1:]:
        fields.note(f"{name}[{boards.index(other)}]", Fate.IGNORED, "only one is used")
    board = boards[0]
    board.text("title", "", to="nothing; a contest has one board")
    board.text("key", "", to="nothing; a contest has one board")
    board.flag("hidden", default=False, to="nothing; boards of drafts are hidden")
    board.choice("submission_rule", "Add", of=RULES, to="nothing; the best one counts")
    columns = list(board.each("columns"))
    keys = {
        column.content.get("index"): column.content.get("key") for column in columns
    }
    found = []
    for column in columns:
        index = column.whole("index", to="its place; the first ranks, then the next")
        found.append((index, _column(column, keys)))
        column.finish()
    board.finish()
    found.sort(key=lambda pair: pair[0])
    every = [one for _, one in found]
    plain = tuple(one for one in every if isinstance(one, Column))
    if not plain:
        raise board.refused("columns", "none of them is a number from the program.")
    if len({one.key for one in every}) < len(every):
        raise board.refused("columns", "two columns have the same key.")
    return plain, board_of(board, every, ranks=True)


def _column(fields: Fields, keys: Mapping[Any, Any]) -> Column | ComputedColumn:
    """Return a column; `keys` are those of all by their indexes."""
    key = fields.text("key", to="a column", longest=LONGEST_KEY)
    title = fields.text("title", to="its title", longest=LONGEST_TITLE)
    sorting = fields.choice("sorting", "desc", of=("asc", "desc"), to="what is better")
    decimals = min(fields.whole("precision", 2, to="decimals"), 10)
    is_hidden = fields.flag("hidden", default=False, to="who sees it")
    if not fields.has("computation"):
        return Column(
            key=key,
            label=key,
            title=title,
            is_greater_better=sorting == "desc",
            decimals=decimals,
            is_hidden=is_hidden,
        )
    operation = fields.choice("computation", of=tuple(OPERATIONS), to=TO_COMPUTED)
    indexes = fields.raw("computation_indexes", to="what it is computed of")
    told = indexes if isinstance(indexes, list) else str(indexes).split(",")
    known = {str(index): str(name) for index, name in keys.items()}
    if unknown := [each for each in told if str(each).strip() not in known]:
        raise fields.refused("computation_indexes", f"there is no column {unknown[0]}.")
    return ComputedColumn(
        key=key,
        title=title,
        operation=OPERATIONS[operation],
        of=tuple(known[str(each).strip()] for each in told),
        is_greater_better=sorting == "desc",
        decimals=decimals,
        is_hidden=is_hidden,
    )


def _phases(
    bundle: Bundle, fields: Fields, *, known: set[str], columns: tuple[Column, ...]
) -> tuple[PhaseDescription, ...]:
    read = [
        _phase(bundle, phase, known=known, columns=columns, number=number)
        for number, phase in enumerate(fields.each("phases"))
    ]
    read.sort(key=lambda phase: phase.starts_at)
    for earlier, later in pairwise(read):
        if earlier.ends_at is None:
            raise fields.refused(
                "phases", f"{earlier.name!r} has no end, and is not the last."
            )
        if later.starts_at <= earlier.ends_at:
            raise fields.refused(
                "phases",
                f"{later.name!r} starts before {earlier.name!r} has ended. Let one "
                "follow the other.",
            )
    return tuple(read)


def _phase(
    bundle: Bundle,
    fields: Fields,
    *,
    known: set[str],
    columns: tuple[Column, ...],
    number: int,
) -> PhaseDescription:
    starts_at = fields.date("start", to="when it starts")
    ends_at = fields.date("end", None, to="when it ends")
    assert starts_at is not None  # noqa: S101  it is required
    if ends_at is not None and ends_at <= starts_at:
        raise fields.refused("end", "it must be after the start.")
    tasks = fields.names("tasks", to="its tasks")
    if not tasks or (unknown := set(tasks) - known):
        listed = ", ".join(sorted(unknown)) if tasks else "none"
        raise fields.refused(
            "tasks", f"{listed}: give the indexes of tasks, {', '.join(sorted(known))}."
        )
    found = PhaseDescription(
        key=f"phase-{number + 1}",
        name=fields.text("name", to="its name", longest=LONGEST_TITLE),
        description=fields.text("description", "", to="its description"),
        starts_at=starts_at,
        ends_at=ends_at,
        evaluations=tuple(tasks),
        columns=columns,
        daily_limit=fields.whole(
            "max_submissions_per_day", DAILY, to="submissions a day", least=1
        ),
        total_limit=fields.whole(
            "max_submissions", IN_ALL, to="submissions in all", least=1
        ),
        carries=fields.flag(
            "auto_migrate_to_this_phase",
            default=False,
            to="whether each team's best of the phase before is carried into it",
        ),
        time_limit_seconds=time_limit(fields, "execution_time_limit", SECONDS),
        hides_scores=fields.flag(
            "hide_score_output", default=False, to="whether scores are shown"
        ),
        starting_kit=part_of(bundle, fields, "starting_kit", to="a starting kit"),
        public_data=part_of(
            bundle, fields, "public_data", to="a starting kit, and the dataset"
        ),
    )
    fields.ignore(IGNORED_OF_PHASES)
    fields.finish()
    return found
