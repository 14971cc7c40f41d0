"""Reads bundles of EvalAI: one YAML in the zip, commonly `challenge_config.yaml`."""

from collections import defaultdict

from training.contests.importers.archive import Bundle, Part
from training.contests.importers.boards import board_of
from training.contests.importers.codabench import (
    LONGEST_KEY,
    LONGEST_TITLE,
    part_of,
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
from training.contests.importers.fields import Fields
from training.contests.importers.pages import page_text
from training.contests.importers.programs import check_package

HOST_ONLY, HOST_AND_SUBMITTER, EVERYONE = 1, 2, 3
MOST = 100_000
MOST_TAGS = 4
MOST_IN_A_TEAM = 50
SECONDS = 86_400
WORKERS = "our own workers score it; bring your own on the contest's page"
IGNORED = {
    "published": "it is imported as a draft",
    "is_static_dataset_code_upload": WORKERS,
    "tags": "give them to the dataset",
    "domain": "give it to the dataset",
    "sponsors": "name them in the description",
    "blocked_email_domains": "who may enter is set on the contest's page",
    "require_complete_profile": "who may enter is set on the contest's page",
    "anonymous_leaderboard": "entrants go by the name they enter with",
    "enable_forum": "every contest has a discussion",
    "forum_url": "every contest has a discussion",
    "max_docker_image_size": "programs run in our sandbox, not in an image",
    "allow_resuming_submissions": "a lost run is run again",
    "allow_host_cancel_submissions": "hosts may cancel runs",
    "allow_cancel_running_submissions": "entrants may cancel their runs",
    "allow_participants_resubmissions": "hand the file in again",
    "leaderboard_description": "describe the board on a page",
}
IGNORED_OF_PHASES = {
    "is_active": "its dates say so",
    "leaderboard_public": "told by the visibility of its splits",
    "is_submission_public": "submissions are their owners'",
    "max_submissions_per_month": "limits are by day and in all",
    "max_concurrent_submissions_allowed": "the queue is fair",
    "allowed_email_ids": "who may enter is set on the contest's page",
    "is_restricted_to_select_one_submission": "the best one counts",
    "is_partial_submission_evaluation_enabled": "a submission is scored whole",
    "submission_meta_attributes": "submissions carry a note instead",
    "default_submission_meta_attributes": "submissions carry a note instead",
    "disable_logs": "logs of scoring are the host's to see",
    "environment_image": "programs run in our sandbox, not in an image",
    "allowed_submission_file_types": "the program says what it can read",
    "annotations_uploaded_using_cli": "labels are in the bundle",
    "submission_time_limit": "the challenge's own is used",
    "is_public": "the whole contest is public or not",
}


def read_evalai(bundle: Bundle, fields: Fields) -> ContestDescription:
    """Read a challenge.

    Raises:
        BundleRefused: a field is missing or wrong, or names what is not there.
    """
    for name in ("remote_evaluation", "is_docker_based"):
        if fields.flag(name, default=False, to="where it is scored"):
            raise fields.refused(
                name, "it is scored elsewhere; only programs in the bundle are run."
            )
    scoring = part_of(
        bundle, fields, "evaluation_script", to="scoring program", is_required=True
    )
    assert scoring is not None  # noqa: S101  it is required
    at = fields.path("evaluation_script")
    check_package(bundle, scoring, file=fields.file, field=at)
    starts_at = fields.date("start_date", to="nothing; phases have dates of their own")
    ends_at = fields.date("end_date", to="nothing; phases have dates of their own")
    if starts_at is None or ends_at is None or ends_at <= starts_at:
        raise fields.refused("end_date", "it must be after the start_date.")
    if len(fields.content.get("tags") or []) > MOST_TAGS:
        raise fields.refused("tags", f"there are more than {MOST_TAGS}.")
    described = _described(bundle, fields, scoring)
    fields.ignore(IGNORED)
    for name in fields.content:
        if name not in fields.seen and _is_of_workers(name):
            fields.ignore({name: WORKERS})
    fields.finish()
    return described


def _is_of_workers(name: str) -> bool:
    parts = (
        "worker",
        "vpc",
        "subnet",
        "aws",
        "cpu_",
        "gpu",
        "queue",
        "ephemeral",
        "cidr",
    )
    return any(part in name for part in parts)


def _described(bundle: Bundle, fields: Fields, scoring: Part) -> ContestDescription:
    boards = _boards(fields)
    splits = _splits(fields)
    phases, evaluations = [], []
    seconds = time_limit(fields, "submission_time_limit", SECONDS)
    shown = _phase_splits(fields, boards=boards, splits=splits)
    seen: set[str] = set()
    for phase in fields.each("challenge_phases"):
        identity = phase.text("id", to="which phase")
        if identity not in shown:
            raise phase.refused("id", "no challenge_phase_splits names this phase.")
        found, evaluation = _phase(
            bundle, phase, scoring=scoring, columns=shown.pop(identity), seconds=seconds
        )
        if found.key in seen:
            raise phase.refused("codename", "another phase has it.")
        seen.add(found.key)
        phases.append(found)
        evaluations.append(evaluation)
    if shown:
        listed = ", ".join(sorted(shown))
        raise fields.refused(
            "challenge_phase_splits", f"there is no phase with the id {listed}."
        )

    def page(name: str, to: str) -> str:
        path = fields.text(name, to=to)
        return page_text(bundle, path, file=fields.file, field=name)

    pages = [
        Page("Description", page("description", "a page")),
        Page("Evaluation", page("evaluation_details", "a page")),
        Page("How to submit", page("submission_guidelines", "a page")),
    ]
    return ContestDescription(
        format=BundleFormat.EVALAI,
        convention=Convention.EVALAI,
        title=fields.text("title", to="title", longest=LONGEST_TITLE),
        summary=fields.text("short_description", "", to="summary"),
        pages=tuple(pages),
        terms=page("terms_and_conditions", "rules to accept"),
        prizes=_prizes(fields),
        phases=tuple(sorted(phases, key=lambda one: one.starts_at)),
        evaluations=tuple(evaluations),
        is_registration_open=not (
            fields.content.get("allowed_email_domains")
            or fields.content.get("blocked_email_domains")
        ),
        image=part_of(bundle, fields, "image", to="image"),
        email_domains=tuple(
            fields.names("allowed_email_domains", to="whose addresses may enter")
        ),
        max_team_size=min(
            fields.whole("max_team_members", 1, to="people in a team", least=1),
            MOST_IN_A_TEAM,
        ),
    )


def _prizes(fields: Fields) -> str:
    lines = []
    for prize in fields.each("prizes", []):
        rank = prize.whole("rank", to="prizes", least=1)
        amount = prize.text("amount", to="prizes")
        told = prize.text("description", "", to="prizes")
        lines.append(f"{rank}. {amount}{f': {told}' if told else ''}")
        prize.finish()
    return "\n".join(lines)


def _boards(fields: Fields) -> dict[str, tuple[Column, ...]]:
    """Return each board's columns by its id, the one that ranks first."""
    found: dict[str, tuple[Column, ...]] = {}
    for board in fields.each("leaderboard"):
        identity = board.text("id", to="which board")
        if identity in found:
            raise board.refused("id", "another board has it.")
        schema = board.nested("schema")
        labels = schema.names("labels", to="columns")
        if not labels or len(set(labels)) < len(labels):
            raise schema.refused("labels", "give at least one, and none twice.")
        first = schema.text("default_order_by", to="the column that ranks")
        if first not in labels:
            raise schema.refused(
                "default_order_by",
                f"{first!r} is none of the labels {', '.join(labels)}.",
            )
        about = schema.nested("metadata")
        columns = []
        for label in labels:
            told = about.nested(label)
            is_less = told.flag("sort_ascending", default=False, to="what is better")
            told.text("description", "", to="nothing; describe it on a page")
            columns.append(
                Column(
                    key=label, label=label, title=label, is_greater_better=not is_less
                )
            )
            told.finish()
        about.finish()
        schema.finish()
        board.finish()
        found[identity] = tuple(sorted(columns, key=lambda one: one.label != first))
    return found


def _splits(fields: Fields) -> dict[str, str]:
    """Return the codenames of splits by their ids."""
    found: dict[str, str] = {}
    for split in fields.each("dataset_splits"):
        codename = split.text("codename", to="what the program calls a split")
        split.text("name", "", to="nothing; its codename is shown")
        identity = split.text("id", to="which split")
        if codename in found.values() or identity in found:
            raise split.refused("codename", "another split has it, or its id.")
        found[identity] = codename
        split.finish()
    return found


def _phase_splits(
    fields: Fields, *, boards: dict[str, tuple[Column, ...]], splits: dict[str, str]
) -> dict[str, tuple[Column, ...]]:
    """Return what each phase's board shows, by the id of the phase."""
    told = defaultdict(list)
    seen: set[tuple[str, str, str]] = set()
    for one in fields.each("challenge_phase_splits"):
        phase = one.text("challenge_phase_id", to="which phase")
        board = one.text("leaderboard_id", to="which board")
        split = one.text("dataset_split_id", to="which split")
        if board not in boards:
            raise one.refused("leaderboard_id", f"there is no board {board}.")
        if split not in splits:
            raise one.refused("dataset_split_id", f"there is no split {split}.")
        if (phase, board, split) in seen:
            raise one.refused("", "the same phase, board and split are there twice.")
        seen.add((phase, board, split))
        visibility = one.whole("visibility", EVERYONE, to="who sees it", least=1)
        if visibility > EVERYONE:
            raise one.refused("visibility", "give 1 (host), 2 (submitter) or 3 (all).")
        decimals = one.whole("leaderboard_decimal_precision", 2, to="decimals")
        is_descending = one.flag(
            "is_leaderboard_order_descending", default=True, to="what is better"
        )
        one.ignore(
            {
                "show_execution_time": "the board shows it where it is measured",
                "show_leaderboard_by_latest_submission": "the best one counts",
                "show_scores_on_leaderboard": "the board shows scores",
            }
        )
        one.finish()
        told[phase].append(
            (splits[split], boards[board], visibility, min(decimals, 10), is_descending)
        )
    return {phase: _shown(rows) for phase, rows in told.items()}


def _shown(
    rows: list[tuple[str, tuple[Column, ...], int, int, bool]],
) -> tuple[Column, ...]:
    """Name the columns of one phase's splits, those that everyone sees first."""
    named_by_split = len(rows) > 1
    found = []
    for split, columns, visibility, decimals, is_descending in sorted(
        rows, key=lambda row: row[2] != EVERYONE
    ):
        for place, column in enumerate(columns):
            key = f"{split}/{column.label}" if named_by_split else column.label
            found.append(
                Column(
                    key=key,
                    title=key,
                    label=column.label,
                    split=split,
                    is_greater_better=column.is_greater_better
                    and (is_descending or place > 0),
                    decimals=decimals,
                    is_hidden=visibility != EVERYONE,
                )
            )
    return tuple(found)


def _phase(
    bundle: Bundle,
    fields: Fields,
    *,
    scoring: Part,
    columns: tuple[Column, ...],
    seconds: int,
) -> tuple[PhaseDescription, Evaluation]:
    for column in columns:
        if len(column.key) > LONGEST_KEY:
            raise fields.refused(
                "codename",
                f"the column {column.key!r} has more than {LONGEST_KEY} characters.",
            )
    codename = fields.text("codename", to="what the program calls a phase", longest=100)
    name = fields.text("name", to="its name", longest=LONGEST_TITLE)
    path = fields.text("description", to="its description")
    starts_at = fields.date("start_date", to="when it starts")
    ends_at = fields.date("end_date", to="when it ends")
    if starts_at is None or ends_at is None or ends_at <= starts_at:
        raise fields.refused("end_date", "it must be after the start_date.")
    description = page_text(
        bundle, path, file=fields.file, field=fields.path("description")
    )
    reference = part_of(
        bundle,
        fields,
        "test_annotation_file",
        to="labels, held back",
        is_required=True,
    )
    evaluation = Evaluation(
        key=codename,
        name=name,
        description="",
        scoring=scoring,
        command="",
        reference=reference,
    )
    phase = PhaseDescription(
        key=codename,
        name=name,
        description=description,
        starts_at=starts_at,
        ends_at=ends_at,
        evaluations=(codename,),
        columns=columns,
        board=board_of(fields, columns, ranks=False),
        daily_limit=fields.whole(
            "max_submissions_per_day", MOST, to="submissions a day", least=1
        ),
        total_limit=fields.whole(
            "max_submissions", None, to="submissions in all", least=1
        ),
        time_limit_seconds=seconds,
    )
    fields.ignore(IGNORED_OF_PHASES)
    fields.finish()
    return phase, evaluation
