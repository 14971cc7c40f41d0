"""Steps 3 to 5: a contest, submissions that a worker benchmarks, and the board."""

import io
import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from marketplace.accounts.models import User
from marketplace.catalog.models import Repository
from marketplace.demo import materials
from marketplace.demo.cast import Cast, Say, StoryBroken
from marketplace.storage.services import store_bytes
from training.contests.models import Contest, Format, Submission, Task
from training.contests.queries import board_of, submissions_of
from training.contests.services import (
    ContestPlan,
    add_baseline,
    join_contest,
    open_contest,
    submit,
)
from training.contests.tables import Columns
from training.runs.models import LIVE

SLUG = "benign-or-malignant"
BASELINE = "baseline.csv"
PATIENCE_SECONDS = 240
DESCRIPTION = """\
Tell from thirty measurements of cell nuclei whether a breast mass is benign (1) or
malignant (0).

Learn from `train.csv` of the data set; predict the 114 rows of `test-inputs.csv`. Hand in

- **predictions**: a CSV with `id` and `probability` (that the mass is benign);
- **a model**: ONNX, one float input of shape (rows, 30), probabilities of the two
  classes out;
- **code**: a zip with `predict.py`.

Ranked by log loss, less is better. The board shows each score with its 95 % interval.

The rows come from a public data set, so this contest is for learning and not for prizes.
"""
RULES = "Do not look the labels up. One person, one account. Be kind on the board.\n"


def compete(say: Say, cast: Cast, *, dataset: Repository) -> Contest:
    """Open the contest, hand in, wait for the worker, and print what came of it."""
    contest = _opened(say, cast["dora"], dataset)
    for name in ("bruno", "clio", "emil"):
        join_contest(
            cast[name],
            contest=contest,
            rules_sha256=contest.rules_sha256,
            joined_at=timezone.now(),
        )
    _enter_baseline(cast["dora"], contest)
    say(
        "  Clio hands in predictions, Emil a scikit-learn and Bruno a torch model (ONNX)"
    )
    good = [
        _enter(cast["clio"], contest, Format.PREDICTIONS, materials.few_features_csv),
        _enter(cast["emil"], contest, Format.ONNX, materials.sklearn_onnx),
        _enter(cast["bruno"], contest, Format.ONNX, materials.torch_onnx),
    ]
    say("  Emil also hands in a table with wrong ids and a hostile zip")
    bad = [
        _enter(cast["emil"], contest, Format.PREDICTIONS, materials.wrong_ids_csv),
        _enter(cast["emil"], contest, Format.CODE, materials.hostile_zip),
    ]
    _wait(contest)
    for submission in good:
        _tell_scores(say, submission)
    for submission in bad:
        _tell_failure(say, submission)
    return contest


def _opened(say: Say, host: User, dataset: Repository) -> Contest:
    known = Contest.objects.filter(slug=SLUG).first()
    now = timezone.now()
    contest = known or open_contest(
        host,
        namespace=host.namespace,
        dataset=dataset,
        plan=ContestPlan(
            slug=SLUG,
            title="Benign or malignant?",
            summary="Tell benign from malignant breast masses by thirty measurements.",
            description=DESCRIPTION,
            rules=RULES,
            task=Task.BINARY,
            metric="log_loss",
            formats=[Format.PREDICTIONS, Format.ONNX, Format.CODE],
            starts_at=now,
            ends_at=now + timedelta(days=90),
            daily_limit=20,
            columns=Columns(id="id", target="label"),
        ),
        truth=io.BytesIO(materials.challenge().truth_csv()),
        inputs=io.BytesIO(materials.challenge().inputs_csv()),
        opened_at=now,
    )
    say(f"  Dora opens “{contest.title}”: {contest.row_count} rows held out, log loss")
    return contest


def _enter_baseline(host: User, contest: Contest) -> None:
    if _known(host, contest, BASELINE) is None:
        add_baseline(
            host,
            contest=contest,
            name="Share of benign rows",
            format=Format.PREDICTIONS,
            blob=store_bytes(materials.baseline_csv(), stored_at=timezone.now()),
            filename=BASELINE,
            submitted_at=timezone.now(),
        )


def _enter(
    who: User, contest: Contest, form: Format, material: "materials.Material"
) -> Submission:
    """Hand in one file, which is made only if the person did not hand it in before."""
    filename = (
        material.__name__.replace("_onnx", ".onnx")
        .replace("_csv", ".csv")
        .replace("_zip", ".zip")
    )
    return _known(who, contest, filename) or submit(
        who,
        contest=contest,
        format=form,
        blob=store_bytes(material(), stored_at=timezone.now()),
        filename=filename,
        submitted_at=timezone.now(),
    )


def _known(who: User, contest: Contest, filename: str) -> Submission | None:
    return Submission.objects.filter(
        contest=contest, entrant__user=who, filename=filename
    ).first()


def _wait(contest: Contest) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    waiting = Submission.objects.filter(contest=contest, attempts__run__status__in=LIVE)
    while left := waiting.distinct().count():
        if time.monotonic() > deadline:
            raise StoryBroken(
                f"{left} submissions still wait after {PATIENCE_SECONDS} s; see the log."
            )
        connection.close()  # nothing is asked of the database while we sleep
        time.sleep(0.5)


def _tell_scores(say: Say, submission: Submission) -> None:
    attempt = submissions_of(submission.contest).get(pk=submission.pk).shown
    if attempt.run.failure_code:
        raise StoryBroken(f"{submission.filename}: {attempt.run.failure_message}")
    usage = attempt.run.usage or {}
    scores = {score.metric: score for score in attempt.public_scores}
    ranked = scores[submission.contest.metric]
    told = f"log loss {ranked.value:.3f} [{ranked.low:.3f}, {ranked.high:.3f}]"
    if "ece" in scores:
        told += f", calibration error {scores['ece'].value:.3f}"
    if usage.get("latency_ms_per_row"):
        told += f", {usage['latency_ms_per_row']:.3f} ms a row"
    if usage.get("peak_memory_bytes"):
        told += f", {usage['peak_memory_bytes'] / 2**20:.0f} MiB"
    say(f"    {submission.entrant.name}: {told}, {usage.get('device') or 'no device'}")


def _tell_failure(say: Say, submission: Submission) -> None:
    run = submissions_of(submission.contest).get(pk=submission.pk).shown.run
    if not run.failure_code:
        raise StoryBroken(f"{submission.filename} was not refused")
    say(f"    {submission.filename} fails ({run.failure_code}): {run.failure_message}")
    for line in run.log_tail[-8:]:
        say(f"      | {line}")


def leaderboard(contest: Contest, *, now: datetime) -> str:
    """Return the board as a table for a terminal."""
    lines = [
        f"{contest.title} · {contest.metric} · {now:%Y-%m-%d %H:%M} UTC",
        (
            f"{'rank':<6}{'who':<24}{'score':>8}  {'95 % interval':<17}{'ECE':>6}"
            f"{'ms/row':>9}{'MiB':>7}  device"
        ),
    ]
    for row in board_of(contest).order_by("place"):
        rank = "–" if row.rank is None else _range(row.rank_low, row.rank_high)
        lines.append(
            f"{rank:<6}{row.name[:23]:<24}{row.score:>8.4f}  "
            f"{f'{row.low:.4f} … {row.high:.4f}':<17}{_number(row.ece, 3):>6}"
            f"{_number(row.latency_ms_per_row, 3):>9}"
            f"{_number(row.peak_memory_bytes and row.peak_memory_bytes / 2**20, 0):>7}"
            f"  {row.device or '–'}"
        )
    return "\n".join(lines)


def _range(low: int | None, high: int | None) -> str:
    return str(low) if low == high else f"{low}–{high}"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
