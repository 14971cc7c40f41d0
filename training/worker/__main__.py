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
from training.worker.work import work_on

IDLE_SECONDS = 3.0
TOKEN = "STOA_WORKER_TOKEN"  # noqa: S105  the name of a variable
log = structlog.get_logger(__name__)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="stoa-worker", description=__doc__)
    parser.add_argument("--url", required=True, help="the site, with https://")
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
    parser.add_argument("--allow-unsandboxed", action="store_true")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Work until the token is revoked or a signal comes; a run in hand is finished."""
    told = arguments(given)
    if not told.token:
        sys.stderr.write(f"Give the worker's token by --token or in ${TOKEN}.\n")
        return 2
    try:
        site = Site(told.url, token=told.token)
    except ValueError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    ended = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: ended.set())
    level = sandbox_level(python=told.python)
    log.info("worker_started", url=told.url, sandbox=level.name, is_safe=level.is_safe)
    while not ended.is_set():
        try:
            job = site.ask("claim")
        except SiteUnreachable as fault:
            log.warning("site_unreachable", why=str(fault))
            ended.wait(IDLE_SECONDS)
            continue
        except Refused as refusal:
            sys.stderr.write(f"{refusal}\n")
            return 1
        if job is not None:
            came = work_on(
                job,
                site=site,
                python=told.python,
                allow_unsandboxed=told.allow_unsandboxed,
                gives_losses=not told.scores_only,
            )
            log.info("job_done", run=job["run"], came=came)
        elif told.once:
            return 0
        else:
            ended.wait(IDLE_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
