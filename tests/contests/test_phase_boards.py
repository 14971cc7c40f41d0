"""Phases with labels of their own: their boards, the final one, what is carried over."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.kit.errors import Malformed
from marketplace.storage.queries import open_blob
from tests.contests.asking import csv, each, signed_in, text_of, url
from tests.contests.test_evaluations import WORKER
from tests.factories.training import (
    INPUTS,
    ROWS,
    ContestFactory,
    enter,
    file_of,
    hand_in,
    lease_of,
    score,
)
from training.contests import services
from training.contests.evaluations import _job
from training.contests.models import (
    Attempt,
    BoardRow,
    ContestPhase,
    Format,
    PhaseRow,
    Submission,
)
from training.contests.queries import quota_of
from training.contests.services import PhasePlan
from training.contests.services.giving import InputsHidden
from training.contests.services.phasing import PhaseUsed
from training.contests.services.rescoring import StillScoring
from training.contests.tasks import carry_submissions

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
OWN_TRUTH = "id,label,mask\n" + "".join(
    f"r{n},{n % 2},{'private' if n % 4 < 2 else 'public'}\n" for n in range(ROWS)
)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def contest(now):
    """A contest with a warm-up and a final on other private rows, both open."""
    contest = ContestFactory(daily_limit=9, formats=(Format.PREDICTIONS, Format.ONNX))
    for name in ("Warm-up", "Final"):
        begins = contest.starts_at + (HOUR if name == "Final" else 0 * HOUR)
        plan = PhasePlan(name, starts_at=begins, daily_limit=3)
        services.add_phase(contest.host, contest=contest, plan=plan, at=now)
    return contest


def own_truth(contest, number=2, *, truth=OWN_TRUTH, **given):
    return services.set_phase_truth(
        contest.host,
        contest=contest,
        number=number,
        truth=file_of(truth),
        split_column=given.pop("split_column", "mask"),
        inputs=file_of(INPUTS),
        at=timezone.now(),
        **given,
    )


def name_final(contest, number):
    return services.name_final_phase(
        contest.host, contest=contest, number=number, at=timezone.now()
    )


def on(phase):
    rows = PhaseRow.objects.filter(phase=phase).order_by("place")
    return [(row.entrant.name, row.score, row.rank) for row in rows]


def on_board(contest):
    rows = BoardRow.objects.filter(contest=contest).order_by("place")
    return [(row.name, row.score, row.rank) for row in rows]


def test_a_phase_with_labels_of_its_own_is_scored_by_them_on_a_board_of_its_own(
    contest, django_assert_num_queries
):
    final = own_truth(contest)
    assert (final.row_count, final.has_board) == (ROWS, True)
    ann, bob = enter(contest), enter(contest)
    first = score(hand_in(ann, phase=1), 0.7)
    assert first.attempts.get().truth_id == contest.truth_id
    late = hand_in(ann, phase=2)
    attempt = Attempt.objects.select_related("submission__phase").get(submission=late)
    assert attempt.truth_id == final.truth_id
    model = hand_in(bob, b"onnx", phase=2, format=Format.ONNX)
    with open_blob(final.inputs_id) as kept:
        assert kept.read() == INPUTS.encode()
    score(late, 0.5, private=[0.1357])
    score(model, 0.9)
    assert on_board(contest) == [(ann.name, 0.7, 1)]
    assert on(final) == [(bob.name, 0.9, 1), (ann.name, 0.5, 2)]
    score(hand_in(ann, phase=2), 0.95)
    assert on(final) == [(ann.name, 0.95, 1), (bob.name, 0.9, 2)]
    for who in (None, ann.user, contest.host):
        told = signed_in(who).get(url(contest, "phases/2/leaderboard")).json()
        assert told["results"][0]["columns"] == {"ece": [0.1, 0.0, 0.2]}
        assert [row["name"] for row in told["results"]] == [ann.name, bob.name]
        assert "1357" not in str(told)
        page = text_of(
            signed_in(who).get(f"/contests/{contest.slug}/phases/2/leaderboard")
        )
        assert page.index(ann.name) < page.index(bob.name)
        assert "Calibration error" in page
    plain = signed_in().get(f"/contests/{contest.slug}/phases/1/leaderboard")
    assert plain["Location"] == f"/contests/{contest.slug}/leaderboard"
    services.withdraw(bob.user, submission=model, at=timezone.now())
    assert on(final) == [(ann.name, 0.95, 1)]
    services.disqualify(
        contest.host, contest=contest, name=ann.name, reason="Two.", at=timezone.now()
    )
    assert (on(final), on_board(contest)) == ([], [])


def test_what_a_job_reads_is_the_phases_own(contest, tmp_path):
    final = own_truth(contest)
    model = hand_in(enter(contest), b"onnx", phase=2, format=Format.ONNX)
    attempt = Attempt.objects.select_related(
        "submission__contest", "submission__phase"
    ).get(submission=model)
    with ExitStack() as files:
        job = _job(attempt, files, WORKER)
        assert job.target.split_column == "mask"
        assert job.truth.read_bytes() == OWN_TRUTH.encode()
        assert job.inputs.read_bytes() == INPUTS.encode()
    assert final.inputs_id is not None


def test_inputs_of_a_phase_are_given_out_when_it_opens(contest, now):
    own_truth(contest)
    ContestPhase.objects.filter(contest=contest, number=2).update(starts_at=now + HOUR)
    entrant = enter(contest)
    phase = contest.phases.get(number=2)
    with pytest.raises(InputsHidden):
        services.inputs_for(entrant.user, contest=contest, phase=phase, at=now)
    given = services.inputs_for(
        entrant.user, contest=contest, phase=phase, at=now + 2 * HOUR
    )
    assert given.pk == phase.inputs_id
    browser = signed_in(entrant.user)
    for number, status in (("1", 302), ("2", 409), ("3", 404), ("x", 404)):
        at = url(contest, f"inputs?phase={number}")
        assert browser.get(at).status_code == status
        page = f"/contests/{contest.slug}/inputs?phase={number}"
        assert browser.get(page).status_code == status


def test_the_final_board_is_that_of_the_phase_the_host_names(contest):
    own_truth(contest)
    ann, bob = enter(contest), enter(contest)
    old = contest.truth_id
    warm = score(hand_in(ann, phase=1), 0.7)
    best = hand_in(bob, phase=2)
    with pytest.raises(StillScoring):
        name_final(contest, 2)
    score(best, 0.6)
    score(hand_in(ann, phase=2), 0.8)
    name_final(contest, 2)
    contest.refresh_from_db()
    first, final = contest.phases.order_by("number")
    assert (first.truth_id, first.split_column) == (old, "")
    assert (contest.split_column, final.has_board) == ("mask", False)
    assert on_board(contest) == [(ann.name, 0.8, 1), (bob.name, 0.6, 2)]
    assert on(first) == [(ann.name, 0.7, 1)]
    assert on(final) == []
    score(hand_in(bob, phase=1), 0.75)
    score(hand_in(bob, phase=2), 0.9)
    assert on(first) == [(bob.name, 0.75, 1), (ann.name, 0.7, 2)]
    assert on_board(contest) == [(bob.name, 0.9, 1), (ann.name, 0.8, 2)]
    name_final(contest, 1)  # and back
    contest.refresh_from_db()
    assert contest.truth_id == old
    assert on_board(contest) == [(bob.name, 0.75, 1), (ann.name, 0.7, 2)]
    assert on(contest.phases.get(number=2))[0] == (bob.name, 0.9, 1)
    assert warm.attempts.get().truth_id == old


def test_phases_that_share_labels_share_the_board_until_one_is_named(contest):
    ann = enter(contest)
    score(hand_in(ann, phase=1), 0.9)
    score(hand_in(ann, phase=2), 0.6)
    assert on_board(contest) == [(ann.name, 0.9, 1)]
    name_final(contest, 2)
    assert on_board(contest) == [(ann.name, 0.6, 1)]
    assert on(contest.phases.get(number=1)) == [(ann.name, 0.9, 1)]


def test_a_guarded_phase_starts_from_a_baseline_of_its_own_and_tells_what_beats_it(
    now,
):
    contest = ContestFactory(is_guarded=True)
    for name in ("One", "Two"):
        plan = PhasePlan(name, starts_at=contest.starts_at, daily_limit=5)
        services.add_phase(contest.host, contest=contest, plan=plan, at=now)
    own_truth(contest)
    ours, theirs = (
        Submission.objects.order_by("submitted_at", "pk")
        .filter(entrant__is_baseline=True)
        .order_by("phase__number")
    )
    by_phase = {each.phase and each.phase.number: each for each in (ours, theirs)}
    assert set(by_phase) == {None, 2}
    score(by_phase[None], 0.5, low=0.4, high=0.6)
    ann = enter(contest)
    early = score(hand_in(ann, phase=2), 0.95, low=0.94, high=0.96)
    assert on(contest.phases.get(number=2)) == []  # its baseline is not scored yet
    score(by_phase[2], 0.5, low=0.49, high=0.51)
    rows = on(contest.phases.get(number=2))
    assert [row[2] for row in rows] == [1, None]
    assert early.attempts.get().verdict.against.submission == by_phase[2]
    assert [row[2] for row in on_board(contest)] == [None]


def test_a_phase_keeps_its_labels_once_somebody_handed_in_to_it(contest):
    host, at = signed_in(contest.host), url(contest, "phases/2/truth")
    page = f"/contests/{contest.slug}/phases/2/truth"
    same = {"truth": csv(open_bytes(contest)), "inputs": csv(INPUTS)}
    assert "own labels already" in text_of(host.post(page, same))
    for bad in ("id,label,mask\nr1,7,public\n", "id\n1\n", ""):
        sent = {"truth": csv(bad), "inputs": csv(INPUTS), "split_column": "mask"}
        assert host.post(page, sent).status_code == 200
    with pytest.raises(Malformed, match="features"):
        services.set_phase_truth(
            contest.host,
            contest=contest,
            number=2,
            truth=file_of(OWN_TRUTH),
            at=timezone.now(),
        )
    sent = {"truth": csv(OWN_TRUTH), "inputs": csv(INPUTS), "split_column": "mask"}
    assert host.post(page, sent).status_code == 302
    assert "of its own (40 rows)" in text_of(host.get(page))
    assert host.delete(at).json()["has_board"] is False
    assert host.delete(at).json()["code"] == "no_phase_truth"
    own_truth(contest)
    hand_in(enter(contest), phase=2)
    for act in (lambda: own_truth(contest), lambda: name_final(contest, 2)):
        with pytest.raises((PhaseUsed, StillScoring)):
            act()
    assert host.delete(at).json()["code"] == "phase_used"
    assert host.delete(url(contest, "phases/2")).json()["code"] == "phase_used"


def open_bytes(contest):
    with open_blob(contest.truth_id) as kept:
        return kept.read()


def test_until_the_embargo_ends_hosts_alone_see_a_board(people, now):
    contest = ContestFactory(host=people["host"])
    ann = enter(contest)
    score(hand_in(ann), 0.7)
    host, at = signed_in(contest.host), url(contest)
    until = (now + HOUR).replace(microsecond=0).isoformat()  # none reads like a score
    changed = host.patch(at, {"board_hidden_until": until}, "application/json")
    assert changed.status_code == 200
    board, etags = f"/contests/{contest.slug}/leaderboard", {}
    hidden = ("leaderboard", "leaderboard.csv", "charts", "badge.svg", "")
    for who in (None, ann.user, people["stranger"]):
        browser = signed_in(who)
        for page in hidden:
            answer = browser.get(f"/contests/{contest.slug}/{page}".rstrip("/"))
            content = b"".join(answer) if answer.streaming else answer.content
            told = content.decode()
            assert "0.7" not in told, page
        answer = browser.get(url(contest, "leaderboard"))
        etags[who] = answer["ETag"]
        assert (answer.json()["results"], answer.json()["me"]) == ([], None)
    assert "show this board from" in text_of(signed_in().get(board))
    for who, found in each(0, 0, 0, 1, 1):
        told = signed_in(people[who]).get(url(contest, "leaderboard")).json()
        assert len(told["results"]) == found, who
    assert ann.name in text_of(host.get(board))
    contest.refresh_from_db()
    contest.board_hidden_until = now - HOUR
    contest.save(update_fields=["board_hidden_until"])
    assert ann.name in text_of(signed_in().get(board))
    again = signed_in().get(url(contest, "leaderboard"), HTTP_IF_NONE_MATCH=etags[None])
    assert again.json()["results"][0]["score"] == 0.7


def test_a_phases_own_board_may_be_hidden_and_no_other(contest, now):
    later = PhasePlan(
        "Final",
        starts_at=contest.starts_at,
        daily_limit=3,
        board_hidden_until=now + HOUR,
    )
    with pytest.raises(Malformed, match="board_hidden_until: this phase is on"):
        services.change_phase(
            contest.host, contest=contest, number=2, plan=later, at=now
        )
    own_truth(contest)
    services.change_phase(contest.host, contest=contest, number=2, plan=later, at=now)
    ann = enter(contest)
    score(hand_in(ann, phase=2), 0.875)
    at, page = url(contest, "phases/2/leaderboard"), "phases/2/leaderboard"
    for who, found in ((None, 0), (ann.user, 0), (contest.host, 1)):
        assert len(signed_in(who).get(at).json()["results"]) == found
        told = text_of(signed_in(who).get(f"/contests/{contest.slug}/{page}"))
        assert ("0.875" in told) == bool(found)


def test_each_teams_best_is_carried_into_the_phase_that_opens_once(contest, now):
    own_truth(contest)
    plan = PhasePlan("Final", starts_at=now + HOUR, daily_limit=1, carries=True)
    services.change_phase(contest.host, contest=contest, number=2, plan=plan, at=now)
    ann, bob, out = enter(contest), enter(contest), enter(contest)
    best = score(hand_in(ann, phase=1), 0.9)
    score(hand_in(ann, phase=1), 0.8)
    score(hand_in(bob, phase=1), 0.6)
    score(hand_in(out, phase=1), 0.7)
    services.withdraw_entry(out.user, contest=contest, at=timezone.now())
    assert services.carry_due(at=now) == 0
    assert services.carry_due(at=now + HOUR) == 2
    assert services.carry_due(at=now + HOUR) == 0
    phase = contest.phases.get(number=2)
    carried = {each.entrant: each for each in phase.submissions.all()}
    assert set(carried) == {ann, bob}
    assert carried[ann].carried_from == best
    assert carried[ann].attempts.get().truth_id == phase.truth_id
    score(carried[ann], 0.5)
    score(carried[bob], 0.55)
    assert on(phase) == [(bob.name, 0.55, 1), (ann.name, 0.5, 2)]
    quota = quota_of(ann, contest, at=now + HOUR, phase=phase)
    assert (quota.used, quota.left) == (0, 1)
    carry_submissions()  # the clock's task: nothing is due any more
    assert phase.submissions.count() == 2


def test_the_clone_of_a_contest_has_phases_with_boards_too(contest, now):
    own_truth(contest)
    made = services.clone_contest(
        contest.host,
        contest=contest,
        slug="again",
        title="Again",
        starts_at=now,
        ends_at=None,
        at=now,
    )
    old, new = contest.phases.get(number=2), made.phases.get(number=2)
    assert (new.truth_id, new.split_column) == (old.truth_id, "mask")
    services.rescore(made.host, contest=made, at=now)
    with pytest.raises(Exception, match="re-scoring"):
        name_final(made, 2)


def test_a_re_scoring_scores_each_phase_by_its_own_labels(contest, now):
    final = own_truth(contest)
    ann = enter(contest)
    score(hand_in(ann, phase=1), 0.7)
    late = score(hand_in(ann, phase=2), 0.6)
    services.rescore(contest.host, contest=contest, at=now)
    again = late.attempts.get(scorer_version=2)
    assert again.truth_id == final.truth_id
    new = hand_in(ann, phase=2)
    assert {a.truth_id for a in new.attempts.all()} == {final.truth_id}
    for attempt in Attempt.objects.filter(run__status="QUEUED").order_by("pk"):
        score(attempt.submission, 0.65, attempt=attempt)
    assert on(final) == [(ann.name, 0.65, 1)]
    services.publish_rescore(contest.host, contest=contest, at=timezone.now())
    assert on(final) == [(ann.name, 0.65, 1)]
    assert on_board(contest) == [(ann.name, 0.65, 1)]
    assert lease_of(again) is None
