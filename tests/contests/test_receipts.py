"""Signed receipts of results, badges, and who may have them."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from licensing.services import public_keys
from licensing.signatures import verified
from tests.contests.asking import BASE, text_of
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    ContestFactory,
    enter,
    hand_in,
    lease_of,
    outcome_of,
    scored,
)
from training.contests.models import BoardRow, Contest, Visibility
from training.contests.results import record_outcome
from training.leaderboards.ladder import coarse

pytestmark = pytest.mark.django_db
VERIFY = f"{BASE}/receipts/verify"


def receipt_of(api, submission):
    answer = api(submission.entrant.user).get(
        f"{BASE}/submissions/{submission.pk}/receipt"
    )
    assert answer.status_code == 200, answer.json()
    return answer.content


def test_a_result_has_a_receipt_that_anybody_verifies(api, contest):
    submission = hand_in(enter(contest))
    attempt = submission.attempts.get()
    lease = lease_of(attempt)
    record_outcome(
        lease,
        attempt=attempt,
        outcome=outcome_of(0.9, low=0.8, high=0.95),
        log_tail=[],
        now=submission.submitted_at,
        software={"numpy": "2.4.6", "seed": "1"},
    )
    file = receipt_of(api, submission)
    told = verified(file, keys=public_keys())

    assert told["contest"] == contest.slug
    assert told["submission_sha256"] == submission.blob_id
    assert told["software"] == {"numpy": "2.4.6", "seed": "1"}
    assert told["scores"][0] == {
        "metric": "accuracy",
        "split": "PUBLIC",
        "value": "0.9",
        "low": "0.8",
        "high": "0.95",
    }
    assert contest.truth_id not in file.decode()
    assert submission.entrant.name not in file.decode()
    assert receipt_of(api, submission) == file
    answer = api().post(VERIFY, json.loads(file), format="json")
    assert (answer.status_code, answer.json()["receipt"]) == (200, told)
    page = Client().post(
        reverse("training:receipt-verify"),
        {"file": SimpleUploadedFile("r.json", file, "application/json")},
    )
    assert "It holds" in text_of(page)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["receipt"]["scores"][0].update(value="0.99"),
        lambda told: told["receipt"].update(contest="another"),
        lambda told: told["signature"].update(value="AAAA"),
        lambda told: told["receipt"].update(key_id="unknown"),
        lambda told: told.pop("signature"),
    ],
)
def test_what_was_changed_does_not_hold(api, contest, change):
    told = json.loads(receipt_of(api, scored(contest, 0.9)))
    change(told)

    assert api().post(VERIFY, told, format="json").status_code == 400
    file = io.BytesIO(json.dumps(told).encode())
    page = Client().post(reverse("training:receipt-verify"), {"file": file})
    assert "It holds" not in text_of(page)


def test_what_is_not_scored_has_no_receipt(api, contest):
    submission = hand_in(enter(contest))
    own = api(submission.entrant.user)

    answer = own.get(f"{BASE}/submissions/{submission.pk}/receipt")

    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_sign")
    browser = Client()
    browser.force_login(submission.entrant.user)
    page = browser.get(reverse("training:submission-receipt", args=[submission.pk]))
    assert page.status_code == 409
    assert "no score" in text_of(page)


def test_a_receipt_is_for_who_handed_in_and_the_hosts(api, contest):
    submission = scored(contest, 0.9)
    path = f"{BASE}/submissions/{submission.pk}/receipt"

    assert api(contest.host).get(path).status_code == 200
    assert api(UserFactory()).get(path).status_code == 404
    assert api().get(path).status_code == 401


def test_a_receipt_of_a_guarded_board_says_what_the_board_says(api):
    contest = ContestFactory(is_guarded=True)
    baseline = contest.submissions.get()
    for submission, value in [(baseline, 0.5), (hand_in(enter(contest)), 0.8731)]:
        attempt = submission.attempts.get()
        record_outcome(
            lease_of(attempt),
            attempt=attempt,
            outcome=outcome_of(value, low=value - 0.015, high=value + 0.015),
            log_tail=[],
            now=submission.submitted_at,
        )
    shown = coarse(0.8731, 0.8581, 0.8881)

    told = json.loads(receipt_of(api, submission))["receipt"]["scores"][0]

    assert BoardRow.objects.get(is_baseline=False).score == shown.value != 0.8731
    assert told["value"] == repr(shown.value)


def test_a_badge_says_who_leads_or_where_somebody_stands(contest):
    best, other = scored(contest, 0.9), scored(contest, 0.5)
    badge = reverse("training:badge", args=[contest.slug])

    answer = Client().get(badge)

    assert answer["Content-Type"] == "image/svg+xml"
    assert "max-age=300" in answer["Cache-Control"]
    assert f"#1 {best.entrant.name}, Accuracy 0.9" in answer.content.decode()
    own = Client().get(badge, {"entrant": other.entrant.name}).content.decode()
    assert f"#2 {other.entrant.name}, Accuracy 0.5" in own
    nobody = Client().get(badge, {"entrant": "<script>"}).content.decode()
    assert "not ranked" in nobody
    again = Client().get(badge, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_a_badge_escapes_what_people_call_themselves(contest):
    entrant = scored(contest, 0.9).entrant
    BoardRow.objects.filter(entrant=entrant).update(name="<script>&")

    drawn = Client().get(reverse("training:badge", args=[contest.slug]))

    assert "&lt;script&gt;&amp;" in drawn.content.decode()
    assert "<script>" not in drawn.content.decode()


def test_a_private_contest_has_no_badge_for_strangers(contest):
    Contest.objects.update(visibility=Visibility.PRIVATE)
    badge = reverse("training:badge", args=[contest.slug])

    assert Client().get(badge).status_code == 404
    host = Client()
    host.force_login(contest.host)
    assert "private" in host.get(badge)["Cache-Control"]
