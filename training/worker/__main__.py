"""`stoa-worker --url https://… --token …`: does one job after another until stopped."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

from training.runner import sandbox_level
from training.worker.client import Refused, Site, SiteUnreachable
from training.worker.labels import Labels, NotHere
from training.worker.work import work_on

IDLE_SECONDS = 3.0
CAN = ("programs",)
TOKEN = "STOA_WORKER_TOKEN"  # noqa: S105  the name of a variable
log = structlog.get_logger(__name__)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stoa-worker", description=__doc__)
    parser.add_argument("--url", default="", help="the site, with https://")
    parser.add_argument(
        "--token",
        default=os.environ.get(TOKEN, ""),
        help=f"as the contest's page showed it once; or in ${TOKEN}, which others on "
        "this machine do not see",
    )
    parser.add_argument("--once", action="store_true", help="do what waits, and end")
    parser.add_argument("--python", type=Path, help="the interpreter that jobs run in")
    parser.add_argument(
        "--scores-only",
        action="store_true",
        help="send no loss of single rows back: boards then have no paired tests",
    )
    parser.add_argument(
        "--truth",
        type=Path,
        metavar="FOLDER",
        help="where this site's labels (and inputs) lie as CSV; they never leave it",
    )
    parser.add_argument(
        "--describe",
        action="store_true",
        help="say what the host is to be told of the files of --truth, and end",
    )
    return parser.parse_args(given)


class WrongArguments(Exception):
    """The command cannot begin; the message says what to give."""


def main(given: Sequence[str] | None = None) -> int:
    """Work until the token is revoked or a signal comes; a run in hand is finished."""
    told = arguments(given)
    try:
        labels = _labels(told)
        if told.describe:
            return _describe(labels)
        site = _site(told)
    except WrongArguments as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    ended = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: ended.set())
    level = sandbox_level(python=told.python)
    log.info("worker_started", url=told.url, sandbox=level.name, is_safe=level.is_safe)
    try:
        _serve(site, told, labels, ended)
    except (Refused, NotHere) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


def _labels(told: argparse.Namespace) -> Labels | None:
    if told.truth is None:
        if told.describe:
            raise WrongArguments("--describe: say by --truth where the files lie.")
        return None
    if not told.truth.is_dir():
        raise WrongArguments(f"--truth: {told.truth} is no folder.")
    return Labels(told.truth)


def _describe(labels: Labels | None) -> int:
    for line in labels.described() if labels else ():
        sys.stdout.write(f"{line}\n")
    return 0


def _site(told: argparse.Namespace) -> Site:
    if not told.token:
        raise WrongArguments(f"Give the worker's token by --token or in ${TOKEN}.")
    try:
        return Site(told.url, token=told.token)
    except ValueError as fault:
        raise WrongArguments(str(fault)) from fault


def _serve(
    site: Site, told: argparse.Namespace, labels: Labels | None, ended: threading.Event
) -> None:
    """Claim and do jobs until told to end, or until none waits if asked but once.

    Raises:
        Refused: the site knows this worker no more.
        NotHere: the labels that a job is for are not here.
    """
    while not ended.is_set():
        try:
            job = site.ask("claim", {"can": CAN})
        except SiteUnreachable as fault:
            log.warning("site_unreachable", why=str(fault))
            ended.wait(IDLE_SECONDS)
            continue
        if job is not None:
            came = work_on(
                job,
                site=site,
                python=told.python,
                gives_losses=not told.scores_only,
                labels=labels,
            )
            log.info("job_done", run=job["run"], came=came)
        elif told.once:
            return
        else:
            ended.wait(IDLE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
