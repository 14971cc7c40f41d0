"""The end of a guarded or plain board: frozen, verified, released, and what was before."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.contests.asking import url
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    hand_in,
    score,
    scored,
)
from training.contests import services
from training.contests.comparisons import CheckState, checks_of, pending_changes
from training.contests.models import Attempt, BoardRow, Contest, EditionKind
from training.contests.services.releasing import NotFrozen, NotVerified
from training.runs.models import Run

pytestmark = pytest.mark.django_db


def fresh(contest):
    return Contest.objects.select_related("namespace", "purse", "host").get(
        pk=contest.pk
    )


def ended(contest):
    now = timezone.now()
    Contest.objects.filter(pk=contest.pk).update(ends_at=now - timedelta(minutes=1))
    return fresh(contest)


@pytest.fixture
def frozen():
    """Three entrants whom the private rows put in another order, and a baseline."""
    contest = ContestFactory(split=True)
    for name, public, private in [("a", 0.9, 0.6), ("b", 0.8, 0.8), ("c", 0.7, 0.7)]:
        entrant = enter(contest)
        entrant.name = name
        entrant.save(update_fields=["name"])
        score(hand_in(entrant), public, private=[private])
    contest = ended(contest)
    return services.freeze_board(contest.host, contest=contest, at=timezone.now())


def check(contest, values):
    """Have a worker score the winners once more, with these values by name."""
    again = Attempt.objects.filter(scorer_version=contest.check_version)
    for attempt in again.select_related("submission__entrant"):
        public, private = values[attempt.submission.entrant.name]
        score(attempt.submission, public, attempt=attempt, private=[private])


SAME = {"a": (0.9, 0.6), "b": (0.8, 0.8), "c": (0.7, 0.7)}


def test_what_may_change_is_neither_verified_nor_released():
    contest = ContestFactory()

    for act in (services.verify_board, services.release_board):
        with pytest.raises(NotFrozen):
            act(contest.host, contest=contest, at=timezone.now())

    assert not Run.objects.exists()
    assert fresh(contest).released_at is None


def test_winners_who_score_the_same_again_are_released(frozen):
    now = timezone.now()
    held = services.verify_board(frozen.host, contest=frozen, at=now)
    assert {each.state for each in checks_of(held)} == {CheckState.WAITING}
    with pytest.raises(NotVerified, match="still being scored"):
        services.release_board(frozen.host, contest=frozen, at=now)

    check(held, SAME)

    assert [(each.name, each.state) for each in checks_of(held)] == [
        ("a", CheckState.SAME),
        ("b", CheckState.SAME),
        ("c", CheckState.SAME),
    ]
    assert services.verify_board(frozen.host, contest=frozen, at=now) == held
    assert Attempt.objects.filter(scorer_version=held.check_version).count() == 3
    released = services.release_board(frozen.host, contest=frozen, at=now)
    assert released.released_at == now
    assert BoardRow.objects.filter(contest=frozen).count() == 3


@pytest.mark.parametrize("differing", [(0.91, 0.6), (0.9, 0.61)])
def test_a_winner_who_scores_otherwise_holds_the_release_up_until_disqualified(
    frozen, differing
):
    now = timezone.now()
    held = services.verify_board(frozen.host, contest=frozen, at=now)
    check(held, {**SAME, "a": differing})

    with pytest.raises(NotVerified, match=r"^a: the second scoring"):
        services.release_board(frozen.host, contest=frozen, at=now)

    services.disqualify(frozen.host, contest=frozen, name="a", reason="Luck.", at=now)
    services.release_board(frozen.host, contest=frozen, at=now)
    final = frozen.editions.get(kind=EditionKind.PRIVATE)
    assert [row.entrant.name for row in final.rows.order_by("place")] == ["b", "c"]


def test_the_final_board_ranks_by_private_rows_and_says_who_moved(frozen, api):
    services.release_board(frozen.host, contest=frozen, at=timezone.now())

    (edition,) = api().get(url(frozen, "editions")).json()
    told = api().get(url(frozen, "editions", "1")).json()

    assert (edition["kind"], told["number"]) == ("PRIVATE", 1)
    assert [
        (row["rank"], row["name"], row["score"], row["board_rank"])
        for row in told["results"]
    ] == [(1, "b", 0.8, 2), (2, "c", 0.7, 3), (3, "a", 0.6, 1)]
    page = Client().get(reverse("training:edition-detail", args=[frozen.slug, 1]))
    said = page.content.decode()
    assert "up 1" in said
    assert "down 2" in said
    assert api().get(url(frozen, "editions", "2")).status_code == 404


def test_before_the_release_there_is_no_final_board(frozen, api):
    services.verify_board(frozen.host, contest=frozen, at=timezone.now())

    assert api().get(url(frozen, "editions")).json() == []
    assert api().get(url(frozen, "editions", "1")).status_code == 404


def test_after_the_release_an_entrant_sees_their_own_private_scores(frozen, api):
    row = BoardRow.objects.select_related("entrant__user").get(name="a")
    path = f"/api/v1/submissions/{row.submission_id}"
    own = api(row.entrant.user)
    assert own.get(path).json()["private_scores"] is None

    services.release_board(frozen.host, contest=frozen, at=timezone.now())

    assert [s["value"] for s in own.get(path).json()["private_scores"]] == [0.6]


def test_over_pages_and_the_api_only_hosts_verify_and_release(frozen, api):
    stranger, host = api(UserFactory()), api(frozen.host)

    for act in ("verify", "release"):
        assert stranger.post(url(frozen, act)).status_code == 403
    assert stranger.get(url(frozen, "verify")).status_code == 403
    assert host.post(url(frozen, "verify")).status_code == 201
    assert {each["state"] for each in host.get(url(frozen, "verify")).json()} == {
        "WAITING"
    }
    refused = host.post(url(frozen, "release"))
    assert (refused.status_code, refused.json()["code"]) == (409, "board_not_verified")
    check(fresh(frozen), SAME)
    browser = Client()
    browser.force_login(frozen.host)
    page = reverse("training:contest-host", args=[frozen.slug])
    assert "The same" in browser.get(page).content.decode()
    browser.post(reverse("training:contest-act", args=[frozen.slug, "reveal"]))
    assert fresh(frozen).released_at is not None


def test_before_a_rescoring_is_published_the_board_is_kept(api):
    contest = ContestFactory()
    first, second = scored(contest, 0.9), scored(contest, 0.8)
    now = timezone.now()
    pending = services.rescore(contest.host, contest=contest, at=now)
    score(first, 0.7)
    score(second, 0.85)

    (one, other) = sorted(
        pending_changes(fresh(pending)), key=lambda each: each.rank_shown
    )
    assert (one.shown, one.pending, one.rank_shown, one.rank_pending) == (
        0.9,
        0.7,
        1,
        2,
    )
    assert (other.rank_pending, other.moves) == (1, True)
    services.publish_rescore(contest.host, contest=fresh(contest), at=now)

    before = api().get(url(contest, "editions", "1")).json()
    assert (before["kind"], before["scorer_version"]) == ("REPLACED", 1)
    assert [(row["score"], row["board_rank"]) for row in before["results"]] == [
        (0.9, 2),
        (0.8, 1),
    ]
    assert [
        r["score"] for r in api().get(url(contest, "leaderboard")).json()["results"]
    ] == [
        0.85,
        0.7,
    ]


@pytest.mark.parametrize("size", [1, 12])
def test_an_edition_takes_as_many_queries_however_long(
    api, size, django_assert_num_queries
):
    contest = ContestFactory()
    submissions = [scored(contest, n / 20) for n in range(size)]
    services.rescore(contest.host, contest=contest, at=timezone.now())
    for submission in submissions:
        score(submission, 0.5)
    services.publish_rescore(contest.host, contest=fresh(contest), at=timezone.now())

    with django_assert_num_queries(4):  # rate limit, contest, edition, a page
        told = api().get(url(contest, "editions", "1")).json()
    assert len(told["results"]) == size
