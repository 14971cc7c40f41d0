"""Bundles written from the formats' specification, with programs that really score."""

import io
import zipfile
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import yaml

TRUTH = "id,label\n1,cat\n2,dog\n3,cat\n4,dog\n"
RIGHT = TRUTH
THREE_OF_FOUR = "id,label\n1,cat\n2,dog\n3,cat\n4,cat\n"

# Reads two tables, as a host's program does, and says what share of rows is right.
SCORING = """
import csv, json, os, sys

def rows(path):
    with open(path, newline="") as table:
        return {row["id"]: row["label"] for row in csv.DictReader(table)}

source, out = sys.argv[1], sys.argv[2]
truth = rows(os.path.join(source, "ref", "truth.csv"))
told = rows(os.path.join(source, "res", "predictions.csv"))
right = sum(told.get(key) == label for key, label in truth.items()) / len(truth)
print("scored", len(truth), "rows")
with open(os.path.join(out, "scores.json"), "w") as scores:
    json.dump({"accuracy": right, "errors": 1 - right, "duration": 0.5}, scores)
with open(os.path.join(out, "detailed_results.html"), "w") as page:
    page.write("<h1>%d rows</h1>" % len(truth))
"""
SCORING_TXT = SCORING.replace(
    'json.dump({"accuracy": right, "errors": 1 - right, "duration": 0.5}, scores)',
    'scores.write("accuracy:%s\\nerrors: %s\\n" % (right, 1 - right))',
).replace("scores.json", "scores.txt")
# Runs the model it is handed, and ends badly if that is only a table.
INGESTION = """
import os, sys
folder = "/app/ingested_program"
if not os.path.exists(os.path.join(folder, "model.py")):
    sys.exit("no model")
sys.path.insert(0, folder)
import model
with open("/app/input_data/rows.txt") as rows:
    ids = rows.read().split()
with open("/app/output/predictions.csv", "w") as out:
    out.write("id,label\\n")
    for one in ids:
        out.write("%s,%s\\n" % (one, model.predict(int(one))))
"""
MODEL = 'def predict(row):\n    return "cat" if row % 2 else "dog"\n'
EVALUATE = """
import json

def rows(path):
    with open(path) as table:
        return dict(line.strip().split(",") for line in table if "," in line)

def evaluate(test_annotation_file, user_submission_file, phase_codename, **kwargs):
    truth, told = rows(test_annotation_file), rows(user_submission_file)
    print("evaluating", phase_codename)
    right = sum(told.get(key) == label for key, label in truth.items()) / len(truth)
    scores = {"accuracy": right, "errors": 1 - right}
    return {
        "result": [{"dev_split": scores}, {"test_split": scores}],
        "submission_result": "ok",
    }
"""


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def program(source: str = SCORING, command: str = "python3 score.py {io}") -> bytes:
    io_ = "/app/input /app/output"
    return zipped(
        {
            "metadata.yaml": f"command: {command.format(io=io_)}\n",
            "score.py": source,
        }
    )


CODABENCH: dict[str, Any] = {
    "version": 2,
    "title": "Cats and dogs",
    "description": "Tell them apart",
    "image": "logo.png",
    "terms": "terms.md",
    "registration_auto_approve": True,
    "docker_image": "codalab/codalab-legacy:py37",
    "pages": [{"title": "Overview", "file": "overview.html"}],
    "tasks": [
        {
            "index": 0,
            "name": "Animals",
            "scoring_program": "scoring",
            "reference_data": "reference.zip",
        }
    ],
    "phases": [
        {
            "name": "Development",
            "start": "2026-01-01 00:00:00",
            "end": "2026-06-30",
            "tasks": [0],
            "max_submissions_per_day": 7,
        },
        {"name": "Final", "start": "7-15-2026", "tasks": [0], "index": 1},
    ],
    "leaderboards": [
        {
            "title": "Results",
            "key": "main",
            "columns": [
                {"title": "Errors", "key": "errors", "index": 1, "sorting": "asc"},
                {"title": "Accuracy", "key": "accuracy", "index": 0, "precision": 4},
            ],
        }
    ],
}
CODABENCH_FILES: dict[str, str | bytes] = {
    "logo.png": b"\x89PNG\r\n",
    "terms.md": "Play fair.\n",
    "overview.html": "<h1>Welcome</h1><script>x()</script><p>Tell <b>them</b> apart.</p>",
    "scoring/metadata.yaml": "command: python3 score.py /app/input /app/output\n",
    "scoring/score.py": SCORING,
    "reference.zip": zipped({"truth.csv": TRUTH}),
}

CODALAB_TEXT = """
title: Cats and dogs of old
description: Tell them apart
image: logo.jpg
has_registration: False
end_date: null
html:
  overview: overview.html
  terms: terms.html
  data: data.html
leaderboard:
  leaderboards:
    Results: &RESULTS
      label: Results
      rank: 1
    Others: &OTHERS
      label: Others
      rank: 2
  columns:
    accuracy:
      leaderboard: *RESULTS
      label: Accuracy
      numeric_format: 4
      rank: 1
      sort: desc
    errors:
      leaderboard: *RESULTS
      label: Errors
      rank: 2
      sort: asc
    mean:
      leaderboard: *RESULTS
      label: Mean
      rank: 3
      computed: {operation: Avg, fields: "accuracy, errors"}
    odd:
      leaderboard: *OTHERS
      label: Odd
      rank: 1
phases:
  1:
    phasenumber: 1
    label: Practice
    start_date: 6-15-2026
    color: green
    max_submissions: 50
    scoring_program: scoring_program.zip
    reference_data: reference.zip
  2:
    phasenumber: 2
    label: Test
    start_date: 2026-07-15
    leaderboard_management_mode: hide_results
    scoring_program: scoring_program.zip
    reference_data: reference.zip
"""
OLD_SCORING = zipped(
    {
        "metadata": "command: python $program/score.py $input $output\ndescription: old\n",
        "score.py": SCORING_TXT,
    }
)
CODALAB_FILES: dict[str, str | bytes] = {
    "logo.jpg": b"\xff\xd8\xff",
    "overview.html": "<h2>Hello</h2>",
    "terms.html": "<p>Play <em>fair</em>.</p>",
    "data.html": "<ul><li>rows</li></ul>",
    "scoring_program.zip": OLD_SCORING,
    "reference.zip": zipped({"truth.csv": TRUTH}),
}
CODALAB_18_TEXT = CODALAB_TEXT.replace(
    "phases:\n",
    """phases:
  0:
    phasenumber: 9
    label: All of them
    start_date: 2026-06-15
    is_parallel_parent: True
""",
).replace("    color: green\n", "    parent_phasenumber: 9\n")

EVALAI: dict[str, Any] = {
    "title": "Cats and dogs there",
    "short_description": "Tell them apart",
    "description": "templates/description.html",
    "evaluation_details": "templates/evaluation.html",
    "terms_and_conditions": "templates/terms.html",
    "submission_guidelines": "templates/how.html",
    "image": "logo.jpg",
    "evaluation_script": "evaluation_script.zip",
    "start_date": "2026-01-01 00:00:00",
    "end_date": "2027-01-01 00:00:00",
    "published": True,
    "worker_instance_type": "large",
    "leaderboard": [
        {
            "id": 1,
            "schema": {
                "labels": ["errors", "accuracy"],
                "default_order_by": "accuracy",
                "metadata": {
                    "errors": {"sort_ascending": True, "description": "less is better"}
                },
            },
        }
    ],
    "challenge_phases": [
        {
            "id": 1,
            "name": "Dev",
            "description": "templates/phase.html",
            "codename": "dev",
            "start_date": "2026-01-01 00:00:00",
            "end_date": "2027-01-01 00:00:00",
            "test_annotation_file": "annotations/dev.csv",
            "max_submissions_per_day": 6,
            "allowed_submission_file_types": ".csv",
        }
    ],
    "dataset_splits": [
        {"id": 1, "name": "Dev split", "codename": "dev_split"},
        {"id": 2, "name": "Test split", "codename": "test_split"},
    ],
    "challenge_phase_splits": [
        {
            "challenge_phase_id": 1,
            "leaderboard_id": 1,
            "dataset_split_id": 2,
            "visibility": 1,
        },
        {
            "challenge_phase_id": 1,
            "leaderboard_id": 1,
            "dataset_split_id": 1,
            "visibility": 3,
            "leaderboard_decimal_precision": 3,
        },
    ],
}
EVALAI_SCRIPT = zipped(
    {
        "__init__.py": "from .main import evaluate\n",
        "main.py": EVALUATE,
    }
)
EVALAI_FILES: dict[str, str | bytes] = {
    **{
        f"templates/{name}.html": f"<p>{name}</p>"
        for name in ("description", "evaluation", "terms", "how", "phase")
    },
    "logo.jpg": b"\xff\xd8\xff",
    "evaluation_script.zip": EVALAI_SCRIPT,
    "annotations/dev.csv": TRUTH,
}


def codabench(
    *, files: Mapping[str, str | bytes] | None = None, **changes: Any
) -> bytes:
    content = deepcopy(CODABENCH) | changes
    return zipped(
        {"competition.yaml": yaml.safe_dump(content)} | CODABENCH_FILES | (files or {})
    )


def codalab(text: str = CODALAB_TEXT, **files: str | bytes) -> bytes:
    return zipped({"competition.yaml": text} | CODALAB_FILES | files)


def evalai(*, files: Mapping[str, str | bytes] | None = None, **changes: Any) -> bytes:
    content = deepcopy(EVALAI) | changes
    return zipped(
        {"challenge_config.yaml": yaml.safe_dump(content)}
        | EVALAI_FILES
        | (files or {})
    )
