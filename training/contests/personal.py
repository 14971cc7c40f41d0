"""What training holds on people: contests, entries, and the runs behind them."""

from collections.abc import Iterator

from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from marketplace.kit.personal import (
    AtErasure,
    Erasing,
    Held,
    Lasts,
    Obstacle,
    Part,
    Person,
    PersonalData,
)
from training.contests.models import (
    BoardRow,
    BundleImport,
    Contest,
    ContestDraft,
    Entrant,
    ProgramOutput,
    ProgramTask,
    ScoringProgram,
    Submission,
)
from training.runs.models import Run, RunStatus


def _obstacles(person: Person) -> Iterator[Obstacle]:
    hosted = Contest.objects.filter(host=person, ends_at__gt=Now())
    for contest in hosted.order_by("ends_at", "pk"):
        yield Obstacle(
            f"You host the contest “{contest.title}”. Close it.",
            reverse("training:contest-host", args=[contest.slug]),
        )


def _erase(person: Person, erasing: Erasing) -> int:
    """Let boards show the pseudonym; what somebody noted beside submissions goes."""
    mine = Entrant.objects.filter(user=person, is_baseline=False)
    BoardRow.objects.filter(entrant__in=mine).update(name=erasing.pseudonym)
    Contest.objects.filter(entrants__in=mine).update(
        board_version=F("board_version") + 1
    )
    Submission.objects.filter(entrant__in=mine).update(note="", filename="submission")
    mine.update(name=erasing.pseudonym)
    return 0


TRAINING = PersonalData(
    room="training",
    held=(
        Held(
            what="Contests you host and enter, your submissions and their places",
            why="A board would be wrong without them, and others are ranked against them.",
            at_erasure=AtErasure.STAYS,
            note="Your name on boards, and your files’ names and notes, are taken out.",
            parts=(
                Part(
                    Contest,
                    ("host", "title", "summary", "description", "rules", "prizes"),
                    person="host",
                ),
                Part(Entrant, ("user", "name", "disqualification"), person="user"),
                Part(Submission, ("filename", "note"), person="entrant__user"),
                Part(BoardRow, ("name",), person="entrant__user"),
                Part(
                    ScoringProgram,
                    ("columns",),
                    person="contest__host",
                    shown=("scorer_version", "columns", "created_at"),
                ),
                Part(
                    ProgramTask,
                    ("name", "reference_name", "inputs_name"),
                    person="program__contest__host",
                    shown=("name", "reference_name", "inputs_name"),
                ),
            ),
        ),
        Held(
            what="Contests you were making from tables",
            why="So that you can go on where you left off.",
            at_erasure=AtErasure.GOES,
            parts=(
                Part(
                    ContestDraft,
                    ("host", "path", "fault", "facts", "plan", "cut_facts"),
                    person="host",
                    shown=("pk", "path", "state", "asked_at", "plan"),
                ),
            ),
        ),
        Held(
            what="Runs on our workers, and what they printed",
            why="So that you can see what went wrong, and limits can be kept.",
            at_erasure=AtErasure.EMPTIED,
            parts=(
                Part(
                    Run,
                    (
                        *("owner", "log_tail", "scorer_log_tail", "worker"),
                        *("failure_message", "failure_rows"),
                    ),
                    person="owner",
                    emptied={"log_tail": [], "scorer_log_tail": [], "failure_rows": []},
                    shown=(
                        *("pk", "task", "status", "queued_at", "finished_at"),
                        *("log_tail", "failure_message"),
                    ),
                ),
                Part(
                    BundleImport,
                    ("owner", "filename", "report"),
                    person="owner",
                    emptied={"filename": "", "report": []},
                    shown=("pk", "filename", "slug", "created_at", "report"),
                ),
                Part(  # printed beside labels, so nobody's copy has it
                    ProgramOutput,
                    ("log",),
                    person="attempt__submission__entrant__user",
                    emptied={"log": ""},
                    shown=("pk",),
                ),
            ),
            lasts=(
                Lasts(
                    Run,
                    "finished_at",
                    "retain_log_days",
                    "its end",
                    of="the log",
                    only=Q(
                        status__in=[
                            RunStatus.SUCCEEDED,
                            RunStatus.FAILED,
                            RunStatus.CANCELLED,
                        ]
                    ),
                    emptied={"log_tail": [], "scorer_log_tail": []},
                ),
            ),
        ),
    ),
    obstacles=_obstacles,
    erase=_erase,
)
