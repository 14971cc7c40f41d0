"""A run as server-sent events: each answer says what is new, and ends.

Threads of the web process are few, so none is held for a stream. The browser asks again
by itself after `retry` milliseconds, with the id of the last event it has; an id is the
attempt and how many lines of its log came before.
"""

import json

from django.http import HttpResponse

from training.runs.models import Run
from training.runs.queries import Place

AGAIN_AFTER_MS = 1500


def seen_of(run: Run) -> str:
    """Return the id of the last event of a run whose log is known as it is."""
    return f"{run.attempts}:{run.log_lines}"


def news_of(run: Run, *, seen: str, place: Place | None) -> HttpResponse:
    """Return the events that follow the one called `seen`.

    `restart`: the log begins anew, or lines were missed that are no longer kept;
    `line`: one line of the log; `state`: how it stands, as JSON; `end`: nothing follows.
    """
    events = [f"retry: {AGAIN_AFTER_MS}\n\n"]
    first = run.log_lines - len(run.log_tail)
    known = _known(run, seen)
    if known is None or known < first:
        events.append(_event("restart", "anew", id=f"{run.attempts}:{first}"))
        known = first
    for number, line in enumerate(run.log_tail[known - first :], start=known + 1):
        events.append(_event("line", line, id=f"{run.attempts}:{number}"))
    events.append(_event("state", json.dumps(_state(run, place)), id=seen_of(run)))
    if not run.is_live:
        events.append(_event("end", "over"))
    answer = HttpResponse("".join(events), content_type="text/event-stream")
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"
    return answer


def _known(run: Run, seen: str) -> int | None:
    """Return how many lines of this attempt's log were seen, None if that is not known."""
    attempt, _, lines = seen.partition(":")
    if not (attempt.isdecimal() and lines.isdecimal() and len(lines) < 16):
        return None
    known = int(lines)
    return known if attempt == str(run.attempts) and known <= run.log_lines else None


def _state(run: Run, place: Place | None) -> dict[str, str | int | float | None]:
    return {
        "status": run.status,
        "stage": run.stage,
        "position": place.position if place else None,
        "estimated_wait_seconds": (
            round(place.estimated_wait.total_seconds(), 1) if place else None
        ),
    }


def _event(name: str, data: str, *, id: str = "") -> str:  # noqa: A002  the format's name
    told = "".join(char if char not in "\r\n" else " " for char in data)
    named = f"id: {id}\n" if id else ""
    return f"{named}event: {name}\ndata: {told}\n\n"
