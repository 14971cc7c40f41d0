"""Waits for an answer for as long as whoever asked would rather wait than ask again."""

import re
import time

from django.db import transaction

from training.runs.models import LIVE, Run
from training.serving.models import Prediction

USUAL_SECONDS, MOST_SECONDS = 5.0, 20.0
LOOKS_EVERY_SECONDS = 0.1
PREFERRED = re.compile(r"\bwait=(\d{1,4})\b")


def seconds_preferred(header: str) -> float:
    """Read a `Prefer` header of RFC 7240: `respond-async`, or `wait` and seconds."""
    if "respond-async" in header:
        return 0.0
    said = PREFERRED.search(header)
    return min(float(said[1]), MOST_SECONDS) if said else USUAL_SECONDS


def waited(prediction: Prediction, *, seconds: float) -> Prediction:
    """Return the prediction once it has ended, or as it is after so many seconds.

    Inside a transaction nothing is waited for: no worker sees what it wrote.

    Cost: a query every tenth of a second, and one for the end.
    """
    until = time.monotonic() + seconds
    live = Run.objects.filter(pk=prediction.run_id, status__in=LIVE)
    may_wait = not transaction.get_connection().in_atomic_block
    while may_wait and time.monotonic() < until and live.exists():
        time.sleep(LOOKS_EVERY_SECONDS)
    return Prediction.objects.select_related(
        "run", "commit", "caller", "repository__namespace"
    ).get(pk=prediction.pk)
