"""Every fault of a description is told with its file and its field."""

import re

import pytest

from tests.contests.importers import bundles
from tests.contests.importers.test_formats import read
from training.contests.importers import BundleRefused

TASK = bundles.CODABENCH["tasks"][0]
PHASES = bundles.CODABENCH["phases"]
STORED = "8e2f5f5a-0f2e-4c1f-9df6-8f5a6d1f2b3c"


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"version": 3}, "version", "3 is not known"),
        ({"title": None}, "title", "missing"),
        ({"title": ["a"]}, "title", "give text, not a list"),
        ({"image": None}, "image", "missing"),
        ({"terms": "gone.md"}, "terms", "not in the bundle"),
        ({"terms": "../../etc/passwd"}, "terms", "leaves the bundle"),
        ({"terms": "/etc/passwd"}, "terms", "leaves the bundle"),
        ({"terms": "logo.png"}, "terms", "no page"),
        ({"pages": []}, "pages", "empty"),
        ({"pages": [{"title": "A"}]}, "pages[0].file", "missing"),
        ({"pages": "overview.html"}, "pages", "give a list"),
        (
            {"registration_auto_approve": "maybe"},
            "registration_auto_approve",
            "true or false",
        ),
        (
            {"tasks": [{"index": 0, "key": STORED}]},
            "tasks[0].key",
            "stored on the other",
        ),
        (
            {"tasks": [TASK | {"scoring_program": STORED}]},
            "tasks[0].scoring_program",
            "stored on the other",
        ),
        (
            {"tasks": [TASK | {"scoring_program": "logo.png"}]},
            "tasks[0].scoring_program",
            "no program",
        ),
        (
            {"tasks": [TASK | {"ingestion_only_during_scoring": True}]},
            "tasks[0].ingestion_only_during_scoring",
            "beside the labels",
        ),
        ({"tasks": [TASK, TASK]}, "tasks", "same index"),
        (
            {"phases": [PHASES[0] | {"tasks": [4]}]},
            "phases[0].tasks",
            "4: give the indexes",
        ),
        (
            {"phases": [PHASES[0] | {"start": "soon"}]},
            "phases[0].start",
            "'soon' is no date",
        ),
        (
            {"phases": [PHASES[0] | {"start": "31-31-2026"}]},
            "phases[0].start",
            "is no date",
        ),
        (
            {"phases": [PHASES[0] | {"end": "2025-01-01"}]},
            "phases[0].end",
            "after the start",
        ),
        ({"phases": [PHASES[0] | {"end": None}, PHASES[1]]}, "phases", "has no end"),
        (
            {"phases": [PHASES[0] | {"end": "2026-07-15"}, PHASES[1]]},
            "phases",
            "before",
        ),
        (
            {"phases": [PHASES[0] | {"max_submissions_per_day": 0}]},
            "phases[0].max_submissions_per_day",
            "from 1",
        ),
        ({"leaderboards": []}, "leaderboards", "empty"),
        (
            {"leaderboards": [{"title": "x", "key": "y", "columns": []}]},
            "leaderboards[0].columns",
            "empty",
        ),
        (
            {
                "leaderboards": [
                    {
                        "columns": [
                            {"title": "A", "key": "a", "index": 0, "sorting": "up"}
                        ]
                    }
                ]
            },
            "leaderboards[0].columns[0].sorting",
            "one of asc, desc",
        ),
        (
            {
                "leaderboards": [
                    {"columns": [{"title": "A", "key": "a" * 41, "index": 0}]}
                ]
            },
            "leaderboards[0].columns[0].key",
            "40 is the most",
        ),
    ],
)
def test_names_the_file_and_the_field_of_codabench(changes, field, problem) -> None:
    with pytest.raises(BundleRefused, match=re.escape(problem)) as refused:
        read(bundles.codabench(**changes))
    assert refused.value.field == field
    assert refused.value.file == "competition.yaml"
    assert str(refused.value).startswith(f"competition.yaml, {field}: ")


PHASE = bundles.EVALAI["challenge_phases"][0]
SPLITS = bundles.EVALAI["challenge_phase_splits"]
BOARD = bundles.EVALAI["leaderboard"][0]


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"title": ""}, "title", "empty"),
        ({"evaluation_script": None}, "evaluation_script", "missing"),
        ({"remote_evaluation": True}, "remote_evaluation", "elsewhere"),
        ({"is_docker_based": True}, "is_docker_based", "elsewhere"),
        ({"end_date": "2020-01-01"}, "end_date", "after the start_date"),
        ({"tags": ["a"] * 5}, "tags", "more than 4"),
        (
            {"terms_and_conditions": "gone.html"},
            "terms_and_conditions",
            "not in the bundle",
        ),
        (
            {"challenge_phases": [PHASE, PHASE | {"id": 2}]},
            "challenge_phases[1].id",
            "no challenge_phase_splits",
        ),
        (
            {"challenge_phases": [PHASE | {"test_annotation_file": None}]},
            "challenge_phases[0].test_annotation_file",
            "missing",
        ),
        (
            {"challenge_phase_splits": [SPLITS[0], SPLITS[0]]},
            "challenge_phase_splits[1]",
            "twice",
        ),
        (
            {"challenge_phase_splits": [SPLITS[0] | {"leaderboard_id": 9}]},
            "challenge_phase_splits[0].leaderboard_id",
            "no board 9",
        ),
        (
            {"challenge_phase_splits": [SPLITS[0] | {"dataset_split_id": 9}]},
            "challenge_phase_splits[0].dataset_split_id",
            "no split 9",
        ),
        (
            {
                "challenge_phase_splits": [
                    *SPLITS,
                    SPLITS[0] | {"challenge_phase_id": 7},
                ]
            },
            "challenge_phase_splits",
            "id 7",
        ),
        (
            {"challenge_phase_splits": [SPLITS[0] | {"visibility": 4}]},
            "challenge_phase_splits[0].visibility",
            "give 1",
        ),
        (
            {
                "leaderboard": [
                    BOARD | {"schema": {"labels": ["a"], "default_order_by": "b"}}
                ]
            },
            "leaderboard[0].schema.default_order_by",
            "none of the labels",
        ),
        (
            {"leaderboard": [BOARD | {"schema": {"default_order_by": "b"}}]},
            "leaderboard[0].schema.labels",
            "at least one",
        ),
        (
            {"prizes": [{"rank": "first", "amount": "100.00USD"}]},
            "prizes[0].rank",
            "whole number",
        ),
    ],
)
def test_names_the_file_and_the_field_of_evalai(changes, field, problem) -> None:
    with pytest.raises(BundleRefused, match=re.escape(problem)) as refused:
        read(bundles.evalai(**changes))
    assert refused.value.field.rstrip(".") == field
    assert refused.value.file == "challenge_config.yaml"


@pytest.mark.parametrize(
    ("before", "after", "field", "problem"),
    [
        ("terms: terms.html", "terms: gone.html", "html.terms", "not in the bundle"),
        ("  terms: terms.html\n", "", "html.terms", "missing"),
        ("start_date: 6-15-2026", "start_date: 99", "phases[1].start_date", "no date"),
        ("sort: desc", "sort: up", "leaderboard.columns[accuracy].sort", "asc, desc"),
        ("hide_results", "hide_all", "phases[2].leaderboard_management_mode", "one of"),
        ("end_date: null", "end_date: 2026-01-01", "end_date", "not after the start"),
        ("phasenumber: 1\n", "phasenumber: one\n", "phases[1].phasenumber", "whole"),
    ],
)
def test_names_the_file_and_the_field_of_codalab(before, after, field, problem) -> None:
    with pytest.raises(BundleRefused, match=re.escape(problem)) as refused:
        read(bundles.codalab(bundles.CODALAB_TEXT.replace(before, after, 1)))
    assert refused.value.field == field
    assert refused.value.file == "competition.yaml"
