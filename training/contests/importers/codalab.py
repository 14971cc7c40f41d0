"""Reads bundles of CodaLab v1.5 and v1.8: `competition.yaml` without a version 2.

1.8 is 1.5 with phases that run side by side under a parent, which itself is nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from training.contests.importers.archive import Bundle
from training.contests.importers.boards import (
    OPERATIONS,
    TO_COMPUTED,
    ComputedColumn,
    board_of,
)
from training.contests.importers.codabench import (
    LONGEST_KEY,
    LONGEST_TITLE,
    page_of,
    part_of,
    refuse_beside,
    time_limit,
)
from training.contests.importers.description import (
    BundleFormat,
    Column,
    ContestDescription,
    Convention,
    Evaluation,
    Page,
    PhaseDescription,
)
from training.contests.importers.fields import Fate, Fields
from training.contests.importers.programs import command_in
from training.leaderboards.columns import BoardColumn

SECONDS = 300
PARALLEL = ("is_parallel_parent", "parent_phasenumber")
TITLES = {"overview": "Overview", "evaluation": "Evaluation", "data": "Data"}
FAR_FIRST = 10_000
IMAGES = "programs run in our sandbox, not in an image of their own"
IGNORED = {
    "version": "which format this is",
    "start_date": "the first phase says when it starts",
    "admin_names": "invite them to the namespace that owns the contest",
    "competition_docker_image": IMAGES,
    "enable_detailed_results": "a detailed_results.html is kept for the host",
    "enable_forum": "every contest has a discussion",
    "force_submission_to_leaderboard": "the best one counts",
    "disallow_leaderboard_modifying": "the best one counts",
    "allow_teams": "teams are set on the contest's page",
    "allow_public_submissions": "submissions are their owners'",
    "anonymous_leaderboard": "entrants go by the name they enter with",
    "enable_per_submission_metadata": "submissions carry a note instead",
    "show_datasets_from_yaml": "the dataset has a page of its own",
    "hide_top_three": "the board shows all",
    "hide_chart": "the board shows its chart",
    "competition_type": "what never ends is a benchmark",
}
IGNORED_OF_PHASES = {
    "color": "phases have no colour",
    "is_scoring_only": "told by whether a phase has an ingestion program",
    "force_best_submission_to_leaderboard": "the best one counts",
    "datasets": "put them into public_data",
    "phasenumber": "phases stand in the order of their start",
    "parent_phasenumber": "the parent is dropped",
    "is_parallel_parent": "phases may run side by side",
    "scoring_program_docker_image": IMAGES,
    "ingestion_program_docker_image": IMAGES,
    "default_docker_image": IMAGES,
    "disable_custom_docker_image": IMAGES,
}


def read_codalab(bundle: Bundle, fields: Fields) -> ContestDescription:
    """Read a description of version 1.5 or 1.8.

    Raises:
        BundleRefused: a field is missing or wrong, or names what is not there.
    """
    columns, shown = _columns(fields)
    html = fields.nested("html")
    terms = page_of(bundle, html, "terms", to="rules to accept")
    pages = tuple(
        Page(
            TITLES.get(name, name.replace("_", " ").capitalize())[:100],
            page_of(bundle, html, name, to="a page"),
        )
        for name in html.content
        if name != "terms" and html.has(name)
    )
    html.ignore(dict.fromkeys(html.content, "there is no page"))
    ends_at = fields.date("end_date", None, to="when the last phase ends")
    is_parallel, found = _phases(bundle, fields, columns=columns, ends_at=ends_at)
    described = ContestDescription(
        format=BundleFormat.CODALAB_18 if is_parallel else BundleFormat.CODALAB_15,
        convention=Convention.CODABENCH,
        title=fields.text("title", to="title", longest=LONGEST_TITLE),
        summary=fields.text("description", "", to="summary"),
        pages=pages,
        terms=terms,
        prizes=fields.text("reward", "", to="prizes"),
        is_registration_open=not fields.flag(
            "has_registration", default=False, to="who may enter"
        ),
        evaluations=tuple(evaluation for _, evaluation in found),
        phases=tuple(
            replace(one, board=shown)
            for one in sorted((one for one, _ in found), key=lambda one: one.starts_at)
        ),
        image=part_of(bundle, fields, "image", to="image"),
    )
    fields.ignore(IGNORED)
    fields.finish()
    return described


def _columns(
    fields: Fields,
) -> tuple[tuple[Column, ...], tuple[BoardColumn, ...]]:
    """Return what the program gives, and the board that stands first.

    Columns of old bundles are anchored to a board.
    """
    board = fields.nested("leaderboard")
    ranks = {}
    for one in board.each("leaderboards", []):
        label = one.text("label", "", to="nothing; a contest has one board")
        ranks[label] = one.whole("rank", 1, to="which board is the first")
        one.finish()
    first = min(ranks, key=lambda label: ranks[label]) if ranks else ""
    found = []
    for column in board.each("columns"):
        key = column.at.rpartition("[")[2].rstrip("]")
        if len(key) > LONGEST_KEY:
            raise column.refused("", f"its key has more than {LONGEST_KEY} characters.")
        own = column.content.get("leaderboard")
        label = str(own.get("label", "")) if isinstance(own, dict) else ""
        if ranks and isinstance(own, dict) and label != first:
            column.ignore(dict.fromkeys(column.content, f"only {first!r} is used"))
            continue
        column.note("leaderboard", Fate.MAPPED, "the board")
        place = column.whole("rank", FAR_FIRST, to="its place; the least ranks")
        sort = column.choice("sort", "desc", of=("asc", "desc"), to="what is better")
        title = column.text("label", key, to="its title", longest=200)
        decimals = min(column.whole("numeric_format", 2, to="decimals"), 10)
        is_hidden = column.flag("hidden", default=False, to="who sees it")
        common = {
            "key": key,
            "title": title,
            "is_greater_better": sort == "desc",
            "decimals": decimals,
            "is_hidden": is_hidden,
        }
        found.append((place, _column(column, common)))
        column.ignore(
            {
                "column_group": "columns stand side by side",
                "selection_default": "the first column ranks",
            }
        )
        column.finish()
    board.ignore({"column_groups": "columns stand side by side"})
    board.finish()
    every = [column for _, column in sorted(found, key=lambda pair: pair[0])]
    plain = tuple(column for column in every if isinstance(column, Column))
    if not plain:
        raise board.refused("columns", "none of them is a number from the program.")
    return plain, board_of(board, every, ranks=True)


def _column(fields: Fields, common: dict[str, Any]) -> Column | ComputedColumn:
    if not fields.has("computed"):
        return Column(label=common["key"], **common)
    computed = fields.nested("computed")
    told = computed.text("operation", to=TO_COMPUTED).casefold()
    if told not in OPERATIONS:
        raise computed.refused("operation", f"give one of {', '.join(OPERATIONS)}.")
    of = computed.raw("fields", to="what it is computed of")
    names = of if isinstance(of, list) else str(of).split(",")
    computed.finish()
    return ComputedColumn(
        operation=OPERATIONS[told],
        of=tuple(str(name).strip() for name in names),
        **common,
    )


def _phases(
    bundle: Bundle,
    fields: Fields,
    *,
    columns: tuple[Column, ...],
    ends_at: datetime | None,
) -> tuple[bool, list[tuple[PhaseDescription, Evaluation]]]:
    """Return whether the bundle is of 1.8, and each phase with its only task."""
    is_parallel = False
    found = []
    for phase in fields.each("phases"):
        is_parallel = is_parallel or any(name in phase.content for name in PARALLEL)
        if phase.flag("is_parallel_parent", default=False, to="phases side by side"):
            phase.ignore(dict.fromkeys(phase.content, "the parent is dropped"))
            continue
        found.append(_phase(bundle, phase, columns=columns))
    if not found:
        raise fields.refused("phases", "there is none but a parent. Add its phases.")
    starts = sorted({one.starts_at for one, _ in found})
    with_ends = []
    for one, evaluation in found:
        end = _end(one.starts_at, starts=starts, last=ends_at)
        if end is not None and end <= one.starts_at:
            raise fields.refused(
                "end_date", f"it is not after the start of {one.name!r}."
            )
        with_ends.append((replace(one, ends_at=end), evaluation))
    return is_parallel, with_ends


def _end(
    start: datetime, *, starts: list[datetime], last: datetime | None
) -> datetime | None:
    """Return when a phase ends: a day before the next, or just before if that is near."""
    later = [one for one in starts if one > start]
    if not later:
        return last
    day_before = later[0] - timedelta(days=1)
    return day_before if day_before > start else later[0] - timedelta(seconds=1)


def _phase(
    bundle: Bundle, fields: Fields, *, columns: tuple[Column, ...]
) -> tuple[PhaseDescription, Evaluation]:
    number = fields.whole("phasenumber", to="which phase")
    name = fields.text("label", to="its name", longest=LONGEST_TITLE)
    description = fields.text("description", "", to="its description")
    refuse_beside(fields, "ingestion_program_only_during_scoring")
    starts_at = fields.date("start_date", to="when it starts")
    assert starts_at is not None  # noqa: S101  it is required
    scoring = part_of(
        bundle, fields, "scoring_program", to="scoring program", is_required=True
    )
    assert scoring is not None  # noqa: S101  it is required
    ingestion = part_of(bundle, fields, "ingestion_program", to="ingestion program")
    key = str(number)

    def command(name: str) -> str:
        part = {"scoring_program": scoring, "ingestion_program": ingestion}[name]
        at = fields.path(name)
        if part is None:
            return ""
        meets_code = name == "ingestion_program"
        return command_in(
            bundle, part, file=fields.file, field=at, meets_code=meets_code
        )

    evaluation = Evaluation(
        key=key,
        name=name,
        description=description,
        scoring=scoring,
        command=command("scoring_program"),
        reference=part_of(bundle, fields, "reference_data", to="labels, held back"),
        inputs=part_of(bundle, fields, "input_data", to="what submissions read"),
        ingestion=ingestion,
        ingestion_command=command("ingestion_program"),
    )
    mode = fields.choice(
        "leaderboard_management_mode",
        "default",
        of=("default", "hide_results"),
        to="whether scores are shown",
    )
    phase = PhaseDescription(
        key=f"phase-{key}",
        name=name,
        description=description,
        starts_at=starts_at,
        ends_at=None,
        evaluations=(key,),
        columns=columns,
        daily_limit=fields.whole(
            "max_submissions_per_day", None, to="submissions a day", least=1
        ),
        total_limit=fields.whole(
            "max_submissions", None, to="submissions in all", least=1
        ),
        carries=fields.flag(
            "auto_migration",
            default=False,
            to="whether each team's best of the phase before is carried into it",
        ),
        time_limit_seconds=time_limit(fields, "execution_time_limit", SECONDS),
        hides_scores=mode == "hide_results",
        starting_kit=part_of(bundle, fields, "starting_kit", to="a starting kit"),
        public_data=part_of(
            bundle, fields, "public_data", to="a starting kit, and the dataset"
        ),
    )
    fields.ignore(IGNORED_OF_PHASES)
    fields.finish()
    return phase, evaluation
