"""Programs of hosts in this machine's sandbox: they score, and they are contained."""

import json
from dataclasses import replace

import pytest

from tests.contests.importers.bundles import (
    EVALAI_SCRIPT,
    EVALUATE,
    INGESTION,
    MODEL,
    OLD_SCORING,
    SCORING,
    THREE_OF_FOUR,
    TRUTH,
    program,
    zipped,
)
from training.contests.importers.programs import OFFERED
from training.jobs import MIB, Limits, RunStopped, Stage, SubmissionFailed
from training.runner.program_runs import LIBRARIES, StoredFile
from training.runner.program_scores import DeclaredColumn
from training.runner.programs import (
    Convention,
    ProgramJob,
    ProgramTask,
    ScoringFailed,
    execute_program,
)
from training.runner.sandbox.runtime import LIBRARIES as RUNTIME_LIBRARIES

LIMITS = Limits(
    memory_bytes=512 * MIB,
    cpu_seconds=10,
    wall_seconds=20.0,
    processes=24,
    scratch_bytes=64 * MIB,
    output_bytes=16 * MIB,
)
COLUMNS = (
    DeclaredColumn("accuracy", "accuracy"),
    DeclaredColumn("errors", "errors", is_hidden=True),
)
WRITES = "import json\nwith open('/app/output/scores.json', 'w') as out:\n    "


@pytest.fixture
def job_of(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def build(scoring, submission=None, *, columns=COLUMNS, name="s.zip", **parts):
        handed_in = zipped({"predictions.csv": THREE_OF_FOUR})
        if submission is not None:
            handed_in = submission
        scoring = program(scoring) if isinstance(scoring, str) else scoring
        ingestion = parts.pop("ingestion", None)
        reference = parts.pop("reference", None)
        task = ProgramTask(
            scoring=write("scoring.zip", scoring),
            reference=reference
            or StoredFile(write("ref.zip", zipped({"truth.csv": TRUTH})), "ref.zip"),
            inputs=StoredFile(
                write("inputs.zip", zipped({"rows.txt": "1 2 3 4"})), "inputs.zip"
            ),
            ingestion=None if ingestion is None else write("ing.zip", ingestion),
        )
        limits = parts.pop("limits", LIMITS)
        return ProgramJob(
            StoredFile(write("submission", handed_in), name),
            (task,),
            columns,
            limits=limits,
            **parts,
        )

    return build


def scores(outcome):
    return {
        one.name: one.value
        for one in (*outcome.outcome.metrics, *outcome.outcome.private_metrics)
    }


def test_a_program_scores_what_is_handed_in(sandbox, job_of):
    found = execute_program(job_of(SCORING), sandbox=sandbox)

    assert [(one.name, one.value) for one in found.outcome.metrics] == [
        ("accuracy", 0.75)
    ]
    assert [(one.name, one.value) for one in found.outcome.private_metrics] == [
        ("errors", 0.25)
    ]
    assert found.host_log == "scored 4 rows\n"
    assert found.details == b"<h1>4 rows</h1>"
    assert found.outcome.log_tail == ""
    assert found.outcome.usage.sandbox == sandbox.name


def test_a_program_of_old_has_dollars_in_its_command_and_no_space_after_colons(
    sandbox, job_of
):
    found = execute_program(job_of(OLD_SCORING), sandbox=sandbox)
    assert scores(found) == {"accuracy": 0.75, "errors": 0.25}


def test_a_program_within_one_folder_of_its_zip_runs(sandbox, job_of):
    packed = zipped(
        {
            "my program/metadata": "command: python3 score.py $input $output",
            "my program/score.py": SCORING,
        }
    )
    assert scores(execute_program(job_of(packed), sandbox=sandbox))["accuracy"] == 0.75


def test_several_tasks_are_averaged(sandbox, job_of, tmp_path):
    job = job_of(SCORING)
    other = tmp_path / "other.zip"
    other.write_bytes(zipped({"truth.csv": THREE_OF_FOUR}))
    second = replace(job.tasks[0], reference=StoredFile(other, "other.zip"))
    found = execute_program(replace(job, tasks=(job.tasks[0], second)), sandbox=sandbox)
    assert scores(found) == {"accuracy": 0.875, "errors": 0.125}


def test_what_programs_may_import_is_what_they_have(sandbox, job_of):
    source = "import numpy, pandas, polars, scipy.stats, sklearn.metrics, yaml\n"
    source += WRITES + "json.dump({'accuracy': 1, 'errors': 0}, out)\n"
    limits = replace(LIMITS, processes=64, memory_bytes=1024 * MIB, cpu_seconds=30)
    try:
        found = execute_program(job_of(source, limits=limits), sandbox=sandbox)
    except ScoringFailed as failed:
        pytest.fail(failed.host_log)
    assert scores(found)["accuracy"] == 1.0
    assert set(LIBRARIES) <= OFFERED
    assert {module for one in LIBRARIES for module in RUNTIME_LIBRARIES[one]} >= OFFERED


def test_evalai_s_package_evaluates_a_file(sandbox, job_of, tmp_path):
    annotations = tmp_path / "dev.csv"
    annotations.write_text(TRUTH)
    columns = (
        DeclaredColumn("dev/accuracy", "accuracy", "dev_split"),
        DeclaredColumn("test/accuracy", "accuracy", "test_split", is_hidden=True),
    )
    job = job_of(
        EVALAI_SCRIPT,
        THREE_OF_FOUR.encode(),
        columns=columns,
        name="mine.csv",
        convention=Convention.EVALAI,
        phase_codename="dev",
        reference=StoredFile(annotations, "dev.csv"),
    )
    found = execute_program(job, sandbox=sandbox)
    assert scores(found) == {"dev/accuracy": 0.8, "test/accuracy": 0.8}
    assert found.host_log == "evaluating dev\n"


def test_a_split_that_is_not_declared_fails_naming_both(sandbox, job_of, tmp_path):
    annotations = tmp_path / "dev.csv"
    annotations.write_text(TRUTH)
    job = job_of(
        zipped({"main.py": EVALUATE}),
        THREE_OF_FOUR.encode(),
        columns=(DeclaredColumn("accuracy", "accuracy", "final_split"),),
        name="mine.csv",
        convention=Convention.EVALAI,
        reference=StoredFile(annotations, "dev.csv"),
    )
    with pytest.raises(ScoringFailed) as failed:
        execute_program(job, sandbox=sandbox)
    assert failed.value.code == "unknown_split"
    assert "'dev_split'" in failed.value.message
    assert "'final_split'" in failed.value.message


def test_code_runs_before_scoring_and_without_labels(sandbox, job_of):
    spying = MODEL + (
        "import os\n"
        "found = [os.path.join(at, name) for at, _, names in os.walk('/app/')"
        " for name in names]\n"
        "print('SEEN', [one for one in found if 'truth' in one],"
        " os.path.exists('/app/input/ref'))\n"
    )
    heard = []
    job = job_of(
        SCORING,
        zipped({"model.py": spying}),
        ingestion=program(INGESTION, "python3 score.py"),
        runs_code=True,
    )
    found = execute_program(job, sandbox=sandbox, on_log=heard.append)
    assert scores(found)["accuracy"] == 1.0
    assert "SEEN [] False" in "".join(heard)
    assert "scored 4 rows" not in "".join(heard)
    assert found.host_log == "scored 4 rows\n"


def test_a_table_is_scored_though_the_ingestion_program_wants_a_model(sandbox, job_of):
    job = job_of(
        SCORING, ingestion=program(INGESTION, "python3 score.py"), runs_code=True
    )
    assert scores(execute_program(job, sandbox=sandbox))["accuracy"] == 0.75


def test_code_that_leaves_nothing_is_told_so(sandbox, job_of):
    job = job_of(
        SCORING,
        zipped({"other.py": "1"}),
        ingestion=program(INGESTION, "python3 score.py"),
        runs_code=True,
    )
    with pytest.raises(SubmissionFailed) as failed:
        execute_program(job, sandbox=sandbox)
    assert (failed.value.code, failed.value.stage) == ("no_predictions", Stage.RUN)
    assert "exit status 1" in failed.value.message
    assert "no model" in failed.value.log_tail


def test_code_may_bring_its_own_command(sandbox, job_of):
    own = zipped(
        {
            "metadata": "command: python run.py $input $output",
            "run.py": (
                "import sys\n"
                "ids = open(sys.argv[1] + '/rows.txt').read().split()\n"
                "with open(sys.argv[2] + '/predictions.csv', 'w') as out:\n"
                "    out.write('id,label\\n' + ''.join(i + ',cat\\n' for i in ids))\n"
            ),
        }
    )
    found = execute_program(job_of(SCORING, own, runs_code=True), sandbox=sandbox)
    assert scores(found)["accuracy"] == 0.5


@pytest.mark.parametrize(
    ("told", "code", "problem"),
    [
        ("out.write('{{{ garbage')", "garbled_scores", "no JSON"),
        ("out.write('[1, 2]')", "garbled_scores", "no JSON object"),
        ("out.write('[' * 100000)", "garbled_scores", "no JSON"),
        ("out.write(chr(0) * 2_000_000)", "output_too_large", "1,024 KiB"),
        (
            "json.dump({'errors': 1}, out)",
            "score_missing",
            "no 'accuracy'; it gave 'errors'",
        ),
        ("json.dump({'accuracy': float('nan')}, out)", "score_not_finite", "nan"),
        ("out.write('{\"accuracy\": 1e999}')", "score_not_finite", "inf"),
        ("out.write('{\"accuracy\": ' + '9' * 4000 + '}')", "score_not_finite", "inf"),
        ("json.dump({'accuracy': [1]}, out)", "score_not_a_number", "a list"),
        ("json.dump({'accuracy': {'a': 1}}, out)", "score_not_a_number", "an object"),
        ("json.dump({'accuracy': None}, out)", "score_not_a_number", "null"),
        ("json.dump({'accuracy': True}, out)", "score_not_a_number", "True"),
        ("json.dump({'accuracy': '0.9'}, out)", "score_not_a_number", "'0.9'"),
    ],
)
def test_what_is_no_score_is_a_typed_failure(sandbox, job_of, told, code, problem):
    with pytest.raises(ScoringFailed) as failed:
        execute_program(job_of(WRITES + told + "\n"), sandbox=sandbox)
    assert (failed.value.code, failed.value.stage) == (code, Stage.SCORE)
    assert problem in failed.value.message


def test_keys_that_are_no_columns_are_left_out(sandbox, job_of):
    told = json.dumps({"accuracy": 1, "errors": 0, "extra": "text", "more": {"a": [1]}})
    source = WRITES + f"out.write({told!r})\n"
    assert set(scores(execute_program(job_of(source), sandbox=sandbox))) == {
        "accuracy",
        "errors",
    }


HOSTILE = {
    "prints garbage": (
        "import os\nwhile True:\n    os.write(1, os.urandom(1 << 20))\n",
        "stopped_by_sandbox",
        "wrote more than it may",
    ),
    "never ends": (
        "import time\nwhile True:\n    time.sleep(1)\n",
        "stopped_by_sandbox",
        "took longer than 3 seconds",
    ),
    "burns": ("while True:\n    pass\n", "stopped_by_sandbox", "took longer"),
    "forks": (
        "import os, time\nwhile True:\n    os.fork()\n",
        "stopped_by_sandbox",
        "start more than 24 processes",
    ),
    "writes 10 GB": (
        (
            "with open('/app/output/big', 'wb') as out:\n"
            "    for _ in range(10240):\n        out.write(bytes(1 << 20))\n"
        ),
        "stopped_by_sandbox",
        "filled its 64 MiB of scratch space",
    ),
    "eats memory": (
        "held = []\nwhile True:\n    held.append(bytearray(1 << 24))\n",
        "stopped_by_sandbox",
        "512 MiB of memory",
    ),
    "exits": ("raise SystemExit(3)\n", "program_failed", "exit status 3"),
    "says nothing": ("pass\n", "no_scores", "wrote no scores"),
    "calls home": (
        "import socket\nsocket.create_connection(('1.1.1.1', 80), 2)\n",
        "stopped_by_sandbox",
        "such as using the network",
    ),
    "writes a link": (
        "import os\nos.symlink('/etc/passwd', '/app/output/scores.json')\n",
        "no_scores",
        "wrote no scores",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_program_is_contained_and_its_failure_says_how(sandbox, job_of, name):
    source, code, problem = HOSTILE[name]
    limits = replace(LIMITS, wall_seconds=3.0)
    with pytest.raises(ScoringFailed) as failed:
        execute_program(job_of(source, limits=limits), sandbox=sandbox)
    assert failed.value.code == code, failed.value.message
    assert problem in failed.value.message
    assert failed.value.stage is Stage.SCORE
    assert failed.value.log_tail == ""


def test_after_a_hostile_program_the_next_one_scores(sandbox, job_of):
    source = HOSTILE["forks"][0]
    with pytest.raises(ScoringFailed):
        execute_program(
            job_of(source, limits=replace(LIMITS, wall_seconds=3.0)), sandbox=sandbox
        )
    assert scores(execute_program(job_of(SCORING), sandbox=sandbox))["accuracy"] == 0.75


def test_what_a_program_prints_beside_labels_is_its_host_s_alone(sandbox, job_of):
    source = "print(open('/app/input/ref/truth.csv').read())\nraise ValueError('cat')\n"
    heard = []
    with pytest.raises(ScoringFailed) as failed:
        execute_program(job_of(source), sandbox=sandbox, on_log=heard.append)
    assert "1,cat" in failed.value.host_log
    assert "cat" not in failed.value.message
    assert (failed.value.log_tail, heard) == ("", [])


def test_a_submission_that_is_a_broken_zip_is_its_author_s_fault(sandbox, job_of):
    with pytest.raises(SubmissionFailed) as failed:
        execute_program(job_of(SCORING, b"no zip"), sandbox=sandbox)
    assert failed.value.stage is Stage.UNPACK
    assert failed.value.code == "unreadable_archive"


def test_a_run_that_is_told_to_stop_stops(sandbox, job_of):
    with pytest.raises(RunStopped):
        execute_program(
            job_of("while True:\n    pass\n"), sandbox=sandbox, stop=lambda: True
        )
