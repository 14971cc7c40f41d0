"""Correcting the labels of a phase that has its own: shown first, then published."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from marketplace.kit.errors import Malformed
from tests.contests.asking import csv, signed_in, text_of, url
from tests.contests.test_phase_boards import (
    HOUR,
    OWN_TRUTH,
    contest,
    now,
    on,
    on_board,
    own_truth,
)
from tests.factories.training import enter, file_of, hand_in, score
from training.contests import services
from training.contests.models import Attempt, ContestPhase, Edition
from training.contests.services.phasing import PhaseMissing
from training.contests.services.rescoring import RescorePending, StillScoring

__all__ = ["contest", "now"]
pytestmark = pytest.mark.django_db
CORRECTED = OWN_TRUTH.replace("r1,1,", "r1,0,")


def test_corrected_labels_of_a_phase_show_what_they_change_and_both_boards_stay(
    contest,
):
    final = own_truth(contest)
    ann, bob = enter(contest), enter(contest)
    first = score(hand_in(ann, phase=1), 0.7)
    score(hand_in(ann, phase=2), 0.8)
    score(hand_in(bob, phase=2), 0.6)
    host, at = signed_in(contest.host), url(contest, "rescore")
    page = f"/contests/{contest.slug}"
    form = text_of(host.get(f"{page}/rescore"))
    assert '<option value="2">Final</option>' in form
    sent = {"phase": "2", "truth": csv(CORRECTED)}

    assert host.post(f"{page}/rescore", sent).status_code == 302

    final.refresh_from_db()
    old, new = final.truth_id, final.pending_truth_id
    assert new not in (None, old)
    pending = Attempt.objects.filter(scorer_version=2).select_related("submission")
    truths = {each.submission.phase_id: each.truth_id for each in pending}
    assert truths[final.pk] == new
    assert truths[first.phase_id] == contest.truth_id
    with pytest.raises(StillScoring):
        services.publish_rescore(contest.host, contest=contest, at=timezone.now())
    late = hand_in(bob, phase=2)  # meanwhile: by the labels of now, and by the others
    assert {each.truth_id for each in late.attempts.all()} == {old, new}
    for act in (lambda: own_truth(contest), lambda: drop(contest)):
        with pytest.raises(RescorePending):
            act()
    values = {ann.pk: 0.5, bob.pk: 0.9}
    for attempt in Attempt.objects.filter(run__status="QUEUED", scorer_version=2):
        entrant = attempt.submission.entrant_id
        is_first = attempt.submission_id == first.pk
        score(attempt.submission, 0.7 if is_first else values[entrant], attempt=attempt)
    assert on(final) == [(ann.name, 0.8, 1), (bob.name, 0.6, 2)]

    [told] = host.get(at).json()["phases"]
    assert (told["number"], told["corrects_labels"]) == (2, True)
    said = {each.pop("name"): tuple(each.values()) for each in told["changes"]}
    assert said == {ann.name: (0.8, 0.5, 1, 2), bob.name: (0.6, 0.9, 2, 1)}
    shown = text_of(host.get(f"{page}/host"))
    assert "Its labels are corrected by this." in shown
    assert "<strong>2</strong>" in shown

    services.publish_rescore(contest.host, contest=contest, at=timezone.now())

    assert on(final) == [(bob.name, 0.9, 1), (ann.name, 0.5, 2)]
    assert on_board(contest) == [(ann.name, 0.7, 1)]
    assert_kept_both(contest, final, old, new, {ann.name: 0.8, bob.name: 0.6})


def assert_kept_both(contest, final, old, new, before):
    """Hold what is kept of the phase's board against what stood on it before."""
    page = f"/contests/{contest.slug}"
    final.refresh_from_db()
    assert (final.truth_id, final.pending_truth_id) == (new, None)
    listed = signed_in().get(url(contest, "editions")).json()
    assert [(each["number"], each["phase"]) for each in listed] == [(1, None), (2, 2)]
    kept = signed_in().get(url(contest, "editions/2")).json()["results"]
    assert {each["name"]: each["score"] for each in kept} == before
    assert [each["rank"] for each in kept] == [1, 2]
    assert {each["board_rank"] for each in kept} == {None}
    assert Edition.objects.get(number=2).truth_id == old
    assert "Before a re-scoring: Final" in text_of(signed_in().get(f"{page}/editions"))
    shown = text_of(signed_in().get(f"{page}/editions/2"))
    assert "An earlier board of a phase" in shown
    hidden = timezone.now() + HOUR
    ContestPhase.objects.filter(pk=final.pk).update(board_hidden_until=hidden)
    assert signed_in().get(url(contest, "editions/2")).json()["results"] == []


def drop(contest):
    return services.drop_phase_truth(
        contest.host, contest=contest, number=2, at=timezone.now()
    )


def test_labels_that_do_not_fit_are_refused_and_a_dropped_correction_leaves_nothing(
    contest,
):
    final, ann = own_truth(contest), enter(contest)
    score(hand_in(ann, phase=2), 0.8)
    about = {"contest": contest, "at": timezone.now()}
    fewer = "\n".join(OWN_TRUTH.splitlines()[:-1])
    for truth, phase, kind in (
        (fewer, 2, Malformed),
        ("id,label\nr0,0\n", 2, Malformed),
        (CORRECTED, 1, Malformed),
        (CORRECTED, 7, PhaseMissing),
    ):
        with pytest.raises(kind):
            services.rescore(contest.host, truth=file_of(truth), phase=phase, **about)
    with pytest.raises(Malformed, match="give the corrected labels"):
        services.rescore(contest.host, phase=2, **about)
    with pytest.raises(PermissionDenied):
        services.rescore(ann.user, truth=file_of(CORRECTED), phase=2, **about)
    assert not Attempt.objects.filter(scorer_version=2)

    api = signed_in(contest.host)
    sent = {"truth": csv(CORRECTED), "phase": 2}
    assert api.post(url(contest, "rescore"), sent).status_code == 201
    again = api.post(url(contest, "rescore"), {"truth": csv(CORRECTED), "phase": 2})
    assert again.json()["code"] == "rescore_pending"
    services.drop_rescore(contest.host, **about)
    final.refresh_from_db()
    assert final.pending_truth_id is None
    assert on(final) == [(ann.name, 0.8, 1)]
