"""Contests of other platforms, imported and scored here by their own programs."""

import io
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from marketplace.kit.errors import DomainError, Malformed
from tests.contests.importers import bundles
from tests.contests.importers.bundles import (
    INGESTION,
    MODEL,
    SCORING,
    THREE_OF_FOUR,
    TRUTH,
    program,
    zipped,
)
from tests.contests.test_evaluations import WORKER
from tests.contests.test_sites import ask, bring, client_of
from tests.factories.accounts import UserFactory
from tests.factories.training import enter, file_of, hand_in, outcome_of
from training.contests import services
from training.contests.evaluations import evaluate
from training.contests.importers import BundleRefused
from training.contests.models import (
    BoardRow,
    Contest,
    Format,
    PhaseRow,
    ProgramOutput,
    ScoringProgram,
    Split,
    Task,
    Visibility,
)
from training.contests.services.importing import import_contest
from training.runs.models import Run, RunStatus

pytestmark = pytest.mark.django_db(transaction=True)
DURING = datetime(2026, 8, 1, tzinfo=UTC)
HANDED_IN = zipped({"predictions.csv": THREE_OF_FOUR})


def imported(bundle, slug="cats", host=None):
    host = host or UserFactory()
    contests, notes = import_contest(
        host,
        namespace=host.namespace,
        slug=slug,
        source=file_of(bundle),
        at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    return contests, notes


def opened_now(contest, phase=1):
    """Let a draft be public and open, as its host does by page, for one of its phases.

    That phase is named the final one, so that the contest's board is its.
    """
    now = timezone.now()
    if contest.phases.exists():
        if phase < contest.phases.count():
            services.name_final_phase(
                contest.host, contest=contest, number=phase, at=now
            )
        others = contest.phases.exclude(number=phase)
        others.update(starts_at=now + timedelta(hours=1), ends_at=None)
        contest.phases.filter(number=phase).update(
            starts_at=now - timedelta(days=1), ends_at=None
        )
    Contest.objects.filter(pk=contest.pk).update(
        visibility=Visibility.PUBLIC,
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
    )
    return Contest.objects.get(pk=contest.pk)


def scored(submission, *, version=None):
    attempts = submission.attempts.order_by("-scorer_version")
    attempt = attempts.first()
    evaluate(attempt.run_id, worker=WORKER)
    run = Run.objects.get(pk=attempt.run_id)
    return {one.metric: (one.value, one.split) for one in attempt.scores.all()}, run


BUNDLES = {
    "codabench": (bundles.codabench(), HANDED_IN, "s.zip"),
    "codalab 1.5": (bundles.codalab(), HANDED_IN, "s.zip"),
    "codalab 1.8": (bundles.codalab(bundles.CODALAB_18_TEXT), HANDED_IN, "s.zip"),
    "evalai": (bundles.evalai(), THREE_OF_FOUR.encode(), "mine.csv"),
}


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_is_imported_and_gives_the_expected_scores(name):
    bundle, handed_in, filename = BUNDLES[name]
    (draft, *_), notes = imported(bundle)
    assert (draft.visibility, draft.task) == (Visibility.PRIVATE, Task.PROGRAM)
    assert notes
    contest = opened_now(draft)

    submission = hand_in(enter(contest), handed_in, filename=filename)
    scores, run = scored(submission)

    assert (run.status, run.failure_message) == (RunStatus.SUCCEEDED, "")
    if name == "evalai":
        assert scores["dev_split/accuracy"] == (0.8, Split.PUBLIC)
        assert scores["test_split/accuracy"] == (0.8, Split.PRIVATE)
    else:
        assert scores == {
            "accuracy": (0.75, Split.PUBLIC),
            "errors": (0.25, Split.PUBLIC),
        }
    row = BoardRow.objects.get()
    assert row.score == next(iter(scores.values()))[0]
    assert row.rank == 1
    assert run.log_tail == []
    assert ProgramOutput.objects.get().log


def test_imported_phases_become_phases_of_one_contest_with_pages_and_kits():
    phases = [dict(each) for each in bundles.CODABENCH["phases"]]
    phases[0] |= {"starting_kit": "kit.zip", "max_submissions": 30}
    phases[1] |= {"auto_migrate_to_this_phase": True, "public_data": "kit.zip"}
    files = {"kit.zip": zipped({"begin.py": "print()"})}
    (contest,), notes = imported(bundles.codabench(phases=phases, files=files))

    assert (contest.slug, contest.title) == ("cats", "Cats and dogs")
    assert (contest.ends_at, contest.rules) == (None, "Play fair.")
    assert not contest.dataset.is_public
    first, last = contest.phases.order_by("number")
    assert [first.name, last.name] == ["Development", "Final"]
    assert first.ends_at == datetime(2026, 6, 30, tzinfo=UTC)
    assert last.ends_at is None
    assert (first.daily_limit, first.total_limit, last.total_limit) == (7, 30, 100)
    assert (first.has_board, last.has_board) == (True, False)
    assert (first.metric, contest.metric) == ("accuracy", "accuracy")
    assert (first.carries, last.carries) == (False, True)
    (page,) = contest.pages.all()
    assert (page.title, page.text) == ("Overview", "# Welcome\n\nTell **them** apart.")
    assert [kit.name for kit in contest.kits.all()] == ["kit.zip"]
    told = {one.field: one.remark for one in notes}
    assert "The final board is that of Final" in told["phases"]
    assert "starting kit" in told["phases[0].starting_kit"]
    assert "carried into it" in told["phases[1].auto_migrate_to_this_phase"]


def test_each_imported_phase_is_scored_by_its_own_tasks_on_its_own_board():
    task = bundles.CODABENCH["tasks"][0]
    other = task | {"index": 1, "name": "Hidden", "reference_data": "other.zip"}
    phases = [dict(each) for each in bundles.CODABENCH["phases"]]
    phases[1] |= {"tasks": [1]}
    files = {"other.zip": zipped({"truth.csv": THREE_OF_FOUR})}
    (draft,), _ = imported(
        bundles.codabench(tasks=[task, other], phases=phases, files=files)
    )
    contest = opened_now(draft, phase=2)
    contest.phases.update(starts_at=timezone.now() - timedelta(days=1))
    entrant = enter(contest)
    early = hand_in(entrant, HANDED_IN, filename="s.zip", phase=1)
    late = hand_in(entrant, HANDED_IN, filename="s.zip", phase=2)
    assert scored(early)[0]["accuracy"] == (0.75, Split.PUBLIC)
    assert scored(late)[0]["accuracy"] == (1.0, Split.PUBLIC)
    assert [row.score for row in PhaseRow.objects.all()] == [0.75]
    assert [row.score for row in BoardRow.objects.all()] == [1.0]
    services.rescore(contest.host, contest=contest, at=timezone.now())
    assert scored(early)[0]["accuracy"] == (0.75, Split.PUBLIC)
    assert scored(late)[0]["accuracy"] == (1.0, Split.PUBLIC)


def test_who_may_enter_is_imported_too():
    (contest,), _ = imported(
        bundles.evalai(allowed_email_domains=["example.org"], max_team_members=4)
    )
    assert (contest.registration, contest.email_domains) == ("DOMAIN", ["example.org"])
    assert contest.max_team_size == 4
    (contest,), _ = imported(
        bundles.codabench(registration_auto_approve=False), slug="two"
    )
    assert contest.registration == "APPROVED"


def test_a_phase_that_hides_its_scores_keeps_them_from_the_board():
    (draft,), _ = imported(bundles.codalab())
    contest = opened_now(draft, phase=2)
    scores, _ = scored(hand_in(enter(contest), HANDED_IN, filename="s.zip"))
    assert set(scores.values()) == {(0.75, Split.PRIVATE), (0.25, Split.PRIVATE)}
    assert not BoardRow.objects.exists()


def test_code_is_run_by_the_ingestion_program_and_then_scored():
    task = bundles.CODABENCH["tasks"][0] | {
        "ingestion_program": "ingestion.zip",
        "input_data": "inputs.zip",
    }
    (draft, *_), _ = imported(
        bundles.codabench(
            tasks=[task],
            files={
                "ingestion.zip": program(INGESTION, "python3 score.py"),
                "inputs.zip": zipped({"rows.txt": "1 2 3 4"}),
            },
        )
    )
    contest = opened_now(draft)
    assert contest.formats == [Format.PREDICTIONS, Format.CODE]
    entrant = enter(contest)
    code = hand_in(
        entrant, zipped({"model.py": MODEL}), format=Format.CODE, filename="m.zip"
    )
    assert scored(code)[0]["accuracy"] == (1.0, Split.PUBLIC)
    table = hand_in(entrant, HANDED_IN, format=Format.CODE, filename="t.zip")
    assert scored(table)[0]["accuracy"] == (0.75, Split.PUBLIC)


def test_two_tasks_are_scored_both():
    tasks = bundles.CODABENCH["tasks"]
    other = tasks[0] | {"index": 1, "name": "More", "reference_data": "other.zip"}
    phases = [bundles.CODABENCH["phases"][1] | {"tasks": [0, 1]}]
    (draft,), _ = imported(
        bundles.codabench(
            tasks=[tasks[0], other],
            phases=phases,
            files={"other.zip": zipped({"truth.csv": THREE_OF_FOUR})},
        )
    )
    scores, _ = scored(hand_in(enter(opened_now(draft)), HANDED_IN, filename="s.zip"))
    assert scores["accuracy"] == (0.875, Split.PUBLIC)


def test_a_program_that_fails_tells_its_host_why_and_the_entrant_no_label():
    source = "raise ValueError(open('/app/input/ref/truth.csv').read())"
    (draft, *_), _ = imported(bundles.codabench(files={"scoring/score.py": source}))
    submission = hand_in(enter(opened_now(draft)), HANDED_IN, filename="s.zip")
    scores, run = scored(submission)
    assert (run.status, run.failure_code, run.failure_stage) == (
        RunStatus.FAILED,
        "program_failed",
        "SCORE",
    )
    assert scores == {}
    assert run.log_tail == []
    assert "cat" not in run.failure_message
    assert "1,cat" in ProgramOutput.objects.get().log


def test_a_new_program_is_a_new_scorer_version_that_the_host_publishes():
    (draft, *_), _ = imported(bundles.codabench())
    contest = opened_now(draft)
    submission = hand_in(enter(contest), HANDED_IN, filename="s.zip")
    scored(submission)
    generous = SCORING.replace("/ len(truth)", "/ len(truth) + 0.1")

    held = services.replace_program(
        contest.host,
        contest=contest,
        scoring=file_of(program(generous)),
        at=timezone.now(),
    )

    assert held.pending_version == 2
    assert ScoringProgram.objects.count() == 4  # of both phases, and of both anew
    assert scored(submission)[0]["accuracy"] == (pytest.approx(0.85), Split.PUBLIC)
    assert BoardRow.objects.get().score == 0.75
    services.publish_rescore(contest.host, contest=contest, at=timezone.now())
    assert BoardRow.objects.get().score == pytest.approx(0.85)


def test_new_labels_are_a_new_scorer_version_too():
    (draft, *_), _ = imported(bundles.codabench())
    contest = opened_now(draft)
    submission = hand_in(enter(contest), HANDED_IN, filename="s.zip")
    scored(submission)
    labels = file_of(zipped({"truth.csv": THREE_OF_FOUR}))
    services.replace_program(
        contest.host, contest=contest, reference=labels, at=timezone.now()
    )
    assert scored(submission)[0]["accuracy"] == (1.0, Split.PUBLIC)


def test_scoring_anew_by_the_same_program_carries_it_over():
    (draft, *_), _ = imported(bundles.codabench())
    contest = opened_now(draft)
    submission = hand_in(enter(contest), HANDED_IN, filename="s.zip")
    scored(submission)
    services.rescore(contest.host, contest=contest, at=timezone.now())
    services.drop_rescore(contest.host, contest=contest, at=timezone.now())
    services.rescore(contest.host, contest=contest, at=timezone.now())
    assert scored(submission)[0]["accuracy"] == (0.75, Split.PUBLIC)
    with pytest.raises(DomainError):
        services.rescore(
            contest.host, contest=contest, truth=file_of(TRUTH), at=timezone.now()
        )


@pytest.mark.parametrize(
    ("scoring", "problem"),
    [
        (b"no zip", "no zip"),
        (zipped({"a.py": "1"}), "no metadata"),
        (program("import torch"), "imports torch"),
    ],
)
def test_a_program_that_cannot_run_is_refused_at_once(scoring, problem):
    (draft, *_), _ = imported(bundles.codabench())
    with pytest.raises(BundleRefused, match=problem):
        services.replace_program(
            draft.host, contest=draft, scoring=file_of(scoring), at=timezone.now()
        )
    assert Contest.objects.get(pk=draft.pk).pending_version is None


def test_only_hosts_replace_programs_and_only_where_one_scores():
    (draft, *_), _ = imported(bundles.codabench())
    with pytest.raises(PermissionDenied):
        services.replace_program(UserFactory(), contest=draft, at=timezone.now())
    with pytest.raises(Malformed):
        services.replace_program(
            draft.host, contest=draft, position=5, at=timezone.now()
        )


def test_an_import_that_fails_leaves_nothing():
    host = UserFactory()
    with pytest.raises(BundleRefused):
        imported(bundles.codabench(title=None), host=host)
    assert not Contest.objects.exists()
    imported(bundles.codabench(), host=host)
    with pytest.raises(DomainError, match="called “cats” already"):
        imported(bundles.evalai(), slug="cats", host=host)
    with pytest.raises(Malformed):
        imported(bundles.evalai(), slug="new", host=host)
    with pytest.raises(PermissionDenied):
        import_contest(
            UserFactory(),
            namespace=host.namespace,
            slug="other",
            source=io.BytesIO(bundles.evalai()),
            at=timezone.now(),
        )
    assert Contest.objects.count() == 1


def test_a_brought_worker_that_can_runs_the_program_and_is_believed_in_its_columns():
    (draft, *_), _ = imported(bundles.codabench())
    contest = opened_now(draft)
    hand_in(enter(contest), HANDED_IN, filename="s.zip")
    _, secret = bring(contest)
    worker = client_of(secret)

    cannot = ask(worker, "claim").status_code
    job = ask(worker, "claim", {"can": ["programs"]}).json()
    held = {"run": job["run"], "lease": job["lease"]}
    told = outcome_of(0.75).as_json() | {"row_count": 0}
    del told["log_tail"]
    accuracy, errors = (
        {"name": name, "value": value, "low": value, "high": value}
        for name, value in (("accuracy", 0.75), ("errors", 0.25))
    )
    refused = [
        ask(worker, "complete", {**held, "outcome": told | changes}).status_code
        for changes in (
            {"metrics": [accuracy]},
            {"metrics": [accuracy, errors], "private_metrics": [errors]},
            {"metrics": [accuracy | {"low": 0.5}, errors]},
            {"metrics": [accuracy, errors], "row_count": 4},
        )
    ]
    program_told = {"log": "It said so.", "details": b64encode(b"<p>1</p>").decode()}
    done = ask(
        worker,
        "complete",
        {
            **held,
            "outcome": told | {"metrics": [accuracy, errors]},
            "program": program_told,
        },
    )

    assert (cannot, refused, done.json()) == (204, [400] * 4, {"recorded": True})
    assert set(job["files"]) == {"submission", "scoring-0", "reference-0"} | {
        name for name in job["files"] if name.startswith(("inputs", "ingestion"))
    }
    assert BoardRow.objects.get().score == 0.75
    output = ProgramOutput.objects.get()
    assert (output.log, output.details.size_bytes) == ("It said so.", 8)
