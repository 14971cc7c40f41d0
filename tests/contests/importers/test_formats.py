"""Each format, read field by field."""

import io
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from tests.contests.importers import bundles
from training.contests.importers import (
    BundleFormat,
    BundleRefused,
    Column,
    ContestDescription,
    Convention,
    Fate,
    Page,
    Part,
    PartKind,
    Report,
    opened,
)
from training.contests.importers.reading import read_description
from training.leaderboards.columns import Operation


def read(bundle: bytes) -> tuple[ContestDescription, Report]:
    with opened(io.BytesIO(bundle)) as files:
        return read_description(files)


def fates(report: Report) -> dict[str, Fate]:
    return {note.field: note.fate for note in report.notes}


def day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def test_reads_codabench_whole() -> None:
    described, report = read(bundles.codabench())

    assert described.format is BundleFormat.CODABENCH_2
    assert described.convention is Convention.CODABENCH
    assert described.title == "Cats and dogs"
    assert described.terms == "Play fair."
    assert described.pages == (Page("Overview", "# Welcome\n\nTell **them** apart."),)
    assert described.is_registration_open
    assert described.image == Part("logo.png", PartKind.FILE)
    (task,) = described.evaluations
    assert task.scoring == Part("scoring", PartKind.FOLDER)
    assert task.reference == Part("reference.zip", PartKind.ZIP)
    assert task.command == "python3 score.py /app/input /app/output"
    development, final = described.phases
    assert development.ends_at == day(2026, 6, 30)
    assert final.starts_at == day(2026, 7, 15)
    assert final.ends_at is None
    assert development.daily_limit == 7
    assert development.time_limit_seconds == 600
    assert development.evaluations == ("0",)
    assert development.columns == (
        Column("accuracy", "Accuracy", "accuracy", decimals=4),
        Column("errors", "Errors", "errors", is_greater_better=False),
    )
    told = fates(report)
    assert told["title"] is Fate.MAPPED
    assert told["docker_image"] is Fate.IGNORED
    assert told["phases[0].execution_time_limit"] is Fate.DEFAULTED
    remarks = {note.field: note.remark for note in report.notes}
    assert "read as 2026-07-15, month first" in remarks["phases[1].start"]
    assert all(note.remark for note in report.notes)


def test_every_field_of_a_bundle_is_in_its_report() -> None:
    _, report = read(bundles.codabench(novelty=1))
    told = fates(report)
    assert told["novelty"] is Fate.IGNORED
    for name in bundles.CODABENCH:
        assert any(field == name or field.startswith(f"{name}[") for field in told), (
            name
        )


def test_reads_codalab_1_5_whole() -> None:
    described, report = read(bundles.codalab())

    assert described.format is BundleFormat.CODALAB_15
    assert described.terms == "Play *fair*."
    assert [page.title for page in described.pages] == ["Overview", "Data"]
    assert described.is_registration_open
    practice, test = described.phases
    assert practice.starts_at == day(2026, 6, 15)
    assert practice.ends_at == day(2026, 7, 14)
    assert test.ends_at is None
    assert (practice.hides_scores, test.hides_scores) == (False, True)
    assert practice.columns == (
        Column("accuracy", "Accuracy", "accuracy", decimals=4),
        Column("errors", "Errors", "errors", is_greater_better=False),
    )
    assert described.evaluations[0].command == "python $program/score.py $input $output"
    told = fates(report)
    assert told["end_date"] is Fate.DEFAULTED
    assert told["leaderboard.columns[mean].computed.operation"] is Fate.MAPPED
    shown = [(one.key, one.operation, one.of, one.ranks) for one in practice.board]
    assert shown == [
        ("accuracy", None, (), True),
        ("errors", None, (), True),
        ("mean", Operation.AVG, ("accuracy", "errors"), True),
    ]
    assert told["leaderboard.columns[odd].label"] is Fate.IGNORED


def test_reads_codalab_1_8_without_its_parent() -> None:
    described, report = read(bundles.codalab(bundles.CODALAB_18_TEXT))

    assert described.format is BundleFormat.CODALAB_18
    assert [phase.name for phase in described.phases] == ["Practice", "Test"]
    assert fates(report)["phases[0].label"] is Fate.IGNORED


@pytest.mark.parametrize(
    "version", ["version: 1.5\n", "version: '1.8'\n", "version:\n"]
)
def test_old_versions_may_say_so(version: str) -> None:
    described, _ = read(bundles.codalab(version + bundles.CODALAB_TEXT))
    assert described.title == "Cats and dogs of old"


def test_phases_that_follow_within_a_day_do_not_end_before_they_start() -> None:
    text = bundles.CODALAB_TEXT.replace("2026-07-15", "2026-06-15 12:00:00")
    described, _ = read(bundles.codalab(text))
    first, second = described.phases
    assert first.ends_at == second.starts_at - timedelta(seconds=1)


def test_reads_evalai_whole() -> None:
    described, report = read(bundles.evalai())

    assert described.format is BundleFormat.EVALAI
    assert described.convention is Convention.EVALAI
    assert described.terms == "terms"
    assert [page.text for page in described.pages] == [
        "description",
        "evaluation",
        "how",
    ]
    (phase,) = described.phases
    assert phase.key == "dev"
    assert phase.daily_limit == 6
    assert phase.columns == (
        Column(
            "dev_split/accuracy",
            "dev_split/accuracy",
            "accuracy",
            "dev_split",
            decimals=3,
        ),
        Column(
            "dev_split/errors",
            "dev_split/errors",
            "errors",
            "dev_split",
            is_greater_better=False,
            decimals=3,
        ),
        Column(
            "test_split/accuracy",
            "test_split/accuracy",
            "accuracy",
            "test_split",
            is_hidden=True,
        ),
        Column(
            "test_split/errors",
            "test_split/errors",
            "errors",
            "test_split",
            is_greater_better=False,
            is_hidden=True,
        ),
    )
    (task,) = described.evaluations
    assert task.reference == Part("annotations/dev.csv", PartKind.FILE)
    assert fates(report)["worker_instance_type"] is Fate.IGNORED


def test_both_names_of_codabench_boards_are_read() -> None:
    board = bundles.CODABENCH["leaderboards"]
    for told in (board, board[0]):
        described, _ = read(bundles.codabench(leaderboards=None, leaderboard=told))
        assert described.phases[0].columns[0].key == "accuracy"


def test_a_computed_column_may_rank_and_ties_go_by_the_next() -> None:
    board = deepcopy(bundles.CODABENCH["leaderboards"])
    for column in board[0]["columns"]:
        column["index"] += 1
    computed = {
        "title": "Mean",
        "key": "mean",
        "index": 0,
        "computation": "avg",
        "computation_indexes": [1, 2],
    }
    board[0]["columns"].append(computed)
    described, report = read(bundles.codabench(leaderboards=board))

    [phase, *_] = described.phases
    assert [one.key for one in phase.columns] == ["accuracy", "errors"]
    shown = [(one.key, one.of, one.ranks) for one in phase.board]
    assert shown[0] == ("mean", ("accuracy", "errors"), True)
    assert [key for key, _, ranks in shown if ranks] == ["mean", "accuracy", "errors"]
    assert fates(report)["leaderboards[0].columns[2].computation"] is Fate.MAPPED

    computed["computation_indexes"] = [7]
    with pytest.raises(BundleRefused, match="no column 7"):
        read(bundles.codabench(leaderboards=board))
