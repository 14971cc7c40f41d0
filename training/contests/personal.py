"""What training holds on people: contests, entries, and the runs behind them."""

from collections.abc import Iterator

from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

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
    Announcement,
    BoardRow,
    BundleImport,
    CalendarFeed,
    Contest,
    ContestDraft,
    ContestPage,
    ContestSite,
    Entrant,
    EntryRequest,
    HandedCommit,
    Invitation,
    Member,
    ProgramOutput,
    ProgramTask,
    ScoringProgram,
    StartingKit,
    Submission,
    SubmissionRepository,
    TeamProposal,
)
from training.runs.models import BroughtWorker, Run, RunStatus


def _obstacles(person: Person) -> Iterator[Obstacle]:
    hosted = Contest.objects.filter(Q(ends_at__gt=Now()) | Q(ends_at=None), host=person)
    for contest in hosted.order_by("ends_at", "pk"):
        yield Obstacle(
            gettext("You host the contest “%(contest_title)s”. Close it.")
            % {"contest_title": contest.title},
            reverse("training:contest-host", args=[contest.slug]),
        )
    led = Entrant.objects.filter(
        user=person, is_baseline=False, dissolved_at=None, contest__frozen_at=None
    ).annotate(size=Count("members"))
    for team in led.filter(size__gt=1).select_related("contest").order_by("pk"):
        yield Obstacle(
            gettext(
                "You are the captain of “%(team_name)s” in "
                "“%(team_contest_title)s”. Make another member its captain."
            )
            % {"team_name": team.name, "team_contest_title": team.contest.title},
            reverse("training:team", args=[team.contest.slug]),
        )


def _erase(person: Person, erasing: Erasing) -> int:
    """Let boards show the pseudonym; what somebody noted beside submissions goes.

    A team of several keeps its name, which is not one person's, unless it is called as
    they are. What others handed in of their repositories says no more from where.
    """
    own_name = Q(name__iexact=person.username) | Q(
        name__istartswith=f"{person.username} ("
    )
    Submission.objects.filter(note__istartswith=f"{person.username}/").update(note="")
    others = Member.objects.filter(entrant=OuterRef("pk")).exclude(user=person)
    mine = Entrant.objects.filter(
        ~Exists(others) | own_name,
        Q(members__user=person) | Q(user=person),
        is_baseline=False,
    )
    mine = Entrant.objects.filter(pk__in=list(mine.values_list("pk", flat=True)))
    BoardRow.objects.filter(entrant__in=mine).update(name=erasing.pseudonym)
    Contest.objects.filter(entrants__in=mine).update(
        board_version=F("board_version") + 1
    )
    Submission.objects.filter(submitted_by=person).update(
        note="", filename="submission"
    )
    HandedCommit.objects.filter(commit__author=person).update(path="")
    HandedCommit.objects.filter(commit__author=person).exclude(code="").update(
        reason="It was refused."
    )
    mine.update(name=erasing.pseudonym)
    return 0


TRAINING = PersonalData(
    room="training",
    held=(
        Held(
            what=_("Contests you host and enter, your submissions and their places"),
            why=_(
                "A board would be wrong without them, and others are ranked against them."
            ),
            at_erasure=AtErasure.STAYS,
            note=_(
                "Your name on boards, and your files’ names and notes, are taken out."
            ),
            parts=(
                Part(
                    Contest,
                    (
                        *("host", "title", "summary", "description", "rules", "prizes"),
                        *("board_columns", "reference_scores", "tasks"),
                        *("subgroup_title", "subgroup_sizes"),
                    ),
                    person="host",
                ),
                Part(Entrant, ("user", "name", "disqualification"), person="user"),
                Part(Member, ("user",), person="user"),
                Part(
                    Submission,
                    ("submitted_by", "filename", "note"),
                    person="submitted_by",
                ),
                Part(SubmissionRepository, ("made_by",), person="made_by"),
                Part(
                    HandedCommit,
                    ("path", "reason"),
                    person="commit__author",
                    shown=("pk", "path", "code", "reason", "taken_at"),
                ),
                Part(BoardRow, ("name",), person="entrant__user"),
                Part(
                    ScoringProgram,
                    ("columns",),
                    person="contest__host",
                    shown=("scorer_version", "columns", "created_at"),
                ),
                Part(
                    ContestSite,
                    ("name",),
                    person="contest__host",
                    shown=("number", "name"),
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
            what=_("Contests you were making from tables"),
            why=_("So that you can go on where you left off."),
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
            what=_(
                "Contests you asked to enter, or were invited to, and teams likewise"
            ),
            why=_("So that hosts and captains can let you in, and you can answer."),
            at_erasure=AtErasure.GOES,
            parts=(
                Part(EntryRequest, ("user", "message"), person="user"),
                Part(Invitation, ("person",), person="person"),
                Part(TeamProposal, ("person",), person="person"),
            ),
        ),
        Held(
            what=_("The secret address of your calendar of contests, as a digest"),
            why=_("So that programs of yours can read it."),
            at_erasure=AtErasure.GOES,
            parts=(Part(CalendarFeed, ("user",), person="user", shown=("made_at",)),),
        ),
        Held(
            what=_("What you announced and wrote in contests you host, and gave out"),
            why=_("Entrants rely on it."),
            at_erasure=AtErasure.STAYS,
            parts=(
                Part(
                    Announcement,
                    ("author", "title", "text"),
                    person="author",
                    shown=("pk", "title", "text", "announced_at"),
                ),
                Part(
                    ContestPage,
                    ("title", "text"),
                    person="contest__host",
                    shown=("slug", "title", "text"),
                ),
                Part(
                    StartingKit,
                    ("name",),
                    person="contest__host",
                    shown=("pk", "name", "added_at"),
                ),
            ),
        ),
        Held(
            what=_("Whom you invited or let into contests and teams"),
            why=_("So that it can be seen who did."),
            at_erasure=AtErasure.STAYS,
            parts=(
                Part(
                    EntryRequest,
                    ("decided_by", "reason"),
                    person="decided_by",
                    shown=("pk", "state", "decided_at"),
                ),
                Part(
                    Invitation,
                    ("invited_by", "note"),
                    person="invited_by",
                    shown=("pk", "note", "invited_at", "expires_at"),
                ),
                Part(
                    Invitation,
                    ("used_by",),
                    person="used_by",
                    shown=("pk", "used_at"),
                ),
                Part(
                    TeamProposal,
                    ("made_by",),
                    person="made_by",
                    shown=("pk", "state", "made_at"),
                ),
            ),
        ),
        Held(
            what=_("Workers that you brought to your contests"),
            why=_("So that hosts know whose machine may run submissions."),
            at_erasure=AtErasure.STAYS,
            note=_("Their tokens can be revoked on the contest's page."),
            parts=(Part(BroughtWorker, ("made_by", "name", "hint"), person="made_by"),),
        ),
        Held(
            what=_("Runs on our workers, and what they printed"),
            why=_("So that you can see what went wrong, and limits can be kept."),
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
                    _("its end"),
                    of=_("the log"),
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
