"""What operators see and say of whose turn it is."""

import pytest

from tests.contests.asking import BASE, each, signed_in, text_of
from tests.factories.accounts import UserFactory
from tests.factories.training import enter, hand_in
from training.runs.models import Lane

pytestmark = pytest.mark.django_db


def test_a_submission_waits_in_the_lane_of_its_contest(contest):
    submission = hand_in(enter(contest))

    run = submission.attempts.get().run
    assert run.lane_id == f"contest:{contest.slug}"
    assert run.claimant == f"entrant:{submission.entrant_id}"
    assert run.lane.namespace == contest.namespace


@pytest.mark.parametrize(("who", "status"), each(401, 403, 403, 403, 200))
def test_weighing_a_lane_takes_staff(api, contest, people, who, status):
    hand_in(enter(contest))
    name = f"contest:{contest.slug}"

    answer = api(people[who]).patch(
        f"{BASE}/lanes", {"name": name, "weight": 3}, format="json"
    )

    assert answer.status_code == status
    assert Lane.objects.get(name=name).weight == (3 if status == 200 else 1)


def test_staff_list_what_waits_over_the_api(api, contest):
    hand_in(enter(contest))

    (lane,) = api(UserFactory(is_staff=True)).get(f"{BASE}/lanes").json()

    assert (lane["queued"], lane["running"], lane["per_claimant"]) == (1, 0, 8)


def test_operators_weigh_a_contest_on_its_page(contest):
    hand_in(enter(contest))
    browser = signed_in(UserFactory(is_staff=True))
    body = {"name": f"contest:{contest.slug}", "weight": "5", "per_claimant": "2"}
    assert contest.slug in text_of(browser.get("/operator/lanes"))

    browser.post("/operator/lanes", body)

    lane = Lane.objects.get(name=body["name"])
    assert (lane.weight, lane.per_claimant) == (5, 2)


def test_a_number_out_of_range_is_told_on_the_page(contest):
    hand_in(enter(contest))
    browser = signed_in(UserFactory(is_staff=True))
    body = {"name": f"contest:{contest.slug}", "weight": "0", "per_claimant": "2"}

    assert "greater than or equal to 1" in text_of(
        browser.post("/operator/lanes", body)
    )
    assert Lane.objects.get(name=body["name"]).weight == 1
