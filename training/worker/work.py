"""One job: fetch its files, run it in the sandbox, bring back what came of it."""

import base64
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from training.jobs import (
    CodeJob,
    Job,
    ModelFormat,
    ModelJob,
    OnnxJob,
    Outcome,
    PredictionsJob,
    RunStopped,
    Stage,
    SubmissionFailed,
    Target,
)
from training.kinds import Kind
from training.runner import (
    Risk,
    Sandbox,
    SandboxBroken,
    SandboxUnavailable,
    choose_sandbox,
)
from training.runner.execution import execute
from training.runner.program_runs import StoredFile
from training.runner.program_scores import DeclaredColumn
from training.runner.programs import (
    PROGRAM_LIMITS,
    Convention,
    ProgramJob,
    ProgramTask,
    ScoringFailed,
    execute_program,
)
from training.runner.sandbox.spec import unheard
from training.worker.client import Refused, Site, SiteUnreachable
from training.worker.labels import Labels, NotHere
from training.worker.pulse import Pulse

PAUSE_SECONDS = 2.0
MOST_LOG = 20_000
BEFORE_DATA = frozenset({Stage.UNPACK, Stage.LOAD})
log = structlog.get_logger(__name__)


def target_from(plain: Mapping[str, Any]) -> Target:
    """Return the target of a job as `asdict` wrote it."""
    kind = plain.get("kind")
    return Target(
        **{
            **plain,
            "metrics": tuple(plain["metrics"]),
            "classes": tuple(plain["classes"]),
            "kind": None if kind is None else Kind(kind),
        }
    )


def work_on(
    job: dict[str, Any],
    *,
    site: Site,
    python: Path | None = None,
    gives_losses: bool = True,
    labels: Labels | None = None,
) -> str:
    """Do one claimed job and tell the site; return what came of it, in a word.

    Of a job for labels that are here, nothing leaves but scores, losses if both sides
    allow them, and of a failure what cannot hold any of the data.

    Args:
        job: as the site gave it.
        site: which it was.
        python: the interpreter of jobs, None for this one.
        gives_losses: send the loss of each row back, for paired comparison; without
            them only scores leave this machine.
        labels: the files of this site, where a contest's labels lie here.

    Raises:
        NotHere: this machine has not the labels that the job is for; it was given back.
    """
    at = job.get("site")
    with (
        tempfile.TemporaryDirectory(prefix="stoa-job-") as folder,
        Pulse(site, job) as pulse,
    ):
        try:
            files = {
                name: site.fetch(file, Path(folder) / name)
                for name, file in job["files"].items()
            }
            files |= _own_files(at, labels)
            is_program = job.get("program") is not None
            is_table = job["format"] == "PREDICTIONS" and not is_program
            sandbox = choose_sandbox(
                risk=Risk.TABLES if is_table else Risk.CODE, python=python
            )
            if is_program:
                told = _scored(job, files, sandbox=sandbox, pulse=pulse)
                return _tell(site, pulse, "complete", told)
            outcome = execute(
                _job(job, files),
                sandbox=sandbox,
                stop=pulse.stop,
                on_log=unheard if at else pulse.write_log,
                on_stage=pulse.enter,
            )
        except RunStopped:
            return _tell(site, pulse, "release", {})
        except NotHere:
            _tell(site, pulse, "release", {})
            raise
        except SubmissionFailed as fault:
            told = {"failure": failure_told(fault, job)}
            if isinstance(fault, ScoringFailed):
                told["program"] = {"log": fault.host_log[-MOST_LOG:]}
            return _tell(site, pulse, "fail", told)
        except SandboxUnavailable as missing:
            log.error("sandbox_unavailable", why=str(missing))  # noqa: TRY400  told in words
            failure = {
                "code": "sandbox_unavailable",
                "message": "The worker cannot open it safely at the moment, so it was not "
                "run and does not count against your quota.",
                "stage": Stage.LOAD.value,
            }
            return _tell(site, pulse, "fail", {"failure": failure})
        except (SandboxBroken, SiteUnreachable) as fault:
            log.warning("job_given_back", why=str(fault))
            return _tell(site, pulse, "release", {})
        gives_losses = gives_losses and (at is None or at["gives_losses"])
        told = {"outcome": _plain(outcome, gives_losses=gives_losses)}
        return _tell(site, pulse, "complete", told)


def _scored(
    job: Mapping[str, Any],
    files: Mapping[str, Path],
    *,
    sandbox: Sandbox,
    pulse: Pulse,
) -> dict[str, Any]:
    """Run the host's program, and return what came of it as it is told."""
    found = execute_program(
        _program_job(job, files),
        sandbox=sandbox,
        stop=pulse.stop,
        on_log=pulse.write_log,
    )
    details = base64.b64encode(found.details).decode()
    return {
        "outcome": _plain(found.outcome, gives_losses=False),
        "program": {"log": found.host_log[-MOST_LOG:], "details": details},
    }


def _own_files(at: Mapping[str, Any] | None, labels: Labels | None) -> dict[str, Path]:
    if at is None:
        return {}
    if labels is None:
        raise NotHere(
            f"This token is for the site “{at['name']}”, which has the labels itself. "
            "Start the worker with --truth FOLDER."
        )
    files = {"truth": labels.find(at["truth_sha256"], what="labels")}
    if at["inputs_sha256"]:
        files["inputs"] = labels.find(at["inputs_sha256"], what="inputs")
    return files


def failure_told(fault: SubmissionFailed, job: Mapping[str, Any]) -> dict[str, Any]:
    """Return a failure as it is told; what code said beside a site's data stays there."""
    told = {key: value for key, value in fault.as_json().items() if key != "log_tail"}
    is_code = job["format"] != "PREDICTIONS"
    if not job.get("site") or not is_code or fault.stage in BEFORE_DATA:
        return told
    words = (
        f"It failed at {job['site']['name']} ({fault.code.replace('_', ' ')}). What it "
        "printed stays there; run it on rows of your own with the same columns."
    )
    return told | {"message": words, "rows": [], "row_count": 0}


def _job(job: Mapping[str, Any], files: Mapping[str, Path]) -> Job:
    return replace(_plain_job(job, files), subgroups=files.get("subgroups"))


def _plain_job(job: Mapping[str, Any], files: Mapping[str, Path]) -> Job:
    target = target_from(job["target"])
    handed_in, truth = files["submission"], files["truth"]
    match job["format"]:
        case "PREDICTIONS":
            return PredictionsJob(handed_in, truth, target)
        case "ONNX":
            return OnnxJob(handed_in, files["inputs"], truth, target)
        case kind if kind in ModelFormat.__members__:
            return ModelJob(  # the site sends no program that its operator does not run
                handed_in,
                ModelFormat(kind),
                files["inputs"],
                truth,
                target,
                allows_programs=True,
            )
        case "CODE":
            return CodeJob(handed_in, files["inputs"], truth, target)
    raise SubmissionFailed(
        "format_unknown",
        f"This worker knows no {job['format']}; its host may install a newer one.",
        stage=Stage.LOAD,
    )


def _program_job(job: Mapping[str, Any], files: Mapping[str, Path]) -> ProgramJob:
    """Return the job of a host's program, whose files are named by task."""
    told = job["program"]

    def stored(name: str, number: int) -> StoredFile | None:
        task = told["tasks"][number]
        if name not in task:
            return None
        return StoredFile(files[f"{name}-{number}"], task[name])

    seconds = int(told["time_limit_seconds"])
    return ProgramJob(
        submission=StoredFile(files["submission"], told["filename"]),
        tasks=tuple(
            ProgramTask(
                scoring=files[f"scoring-{number}"],
                reference=stored("reference", number),
                inputs=stored("inputs", number),
                ingestion=files.get(f"ingestion-{number}"),
            )
            for number in range(len(told["tasks"]))
        ),
        columns=tuple(DeclaredColumn(**column) for column in told["columns"]),
        convention=Convention(told["convention"]),
        runs_code=told["runs_code"],
        phase_codename=told["codename"],
        limits=replace(
            PROGRAM_LIMITS, wall_seconds=float(seconds), cpu_seconds=2 * seconds
        ),
    )


def _plain(outcome: Outcome, *, gives_losses: bool) -> dict[str, Any]:
    plain = outcome.as_json()
    del plain["log_tail"]
    if gives_losses:
        plain["losses"] = base64.b64encode(outcome.losses).decode()
        plain["private_losses"] = base64.b64encode(outcome.private_losses).decode()
    return plain


def _tell(site: Site, pulse: Pulse, act: str, told: Mapping[str, Any]) -> str:
    """Tell the site, again and again while the lease may be ours."""
    while True:
        try:
            site.ask(act, {**pulse.held, **told})
        except SiteUnreachable:
            if pulse.stop():
                return "lost"
            time.sleep(PAUSE_SECONDS)
        except Refused as refusal:
            log.warning("result_refused", act=act, why=str(refusal))
            return "refused"
        else:
            return act
