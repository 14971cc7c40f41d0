import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from marketplace.kit.errors import DomainError
from marketplace.kit.idempotency import idempotent, idempotent_hiding
from marketplace.kit.models import AuditRecord, IdempotencyKey
from marketplace.privacy.services import forget_overdue
from tests.factories.accounts import NOON, UserFactory


class Full(DomainError):
    code = "full"


def make(request):
    """Do something that leaves a row, and show what it was called."""
    made = AuditRecord.objects.create(
        at=NOON, act=request.data["act"], target_kind="x", target_id="1"
    )
    return {"id": made.pk, "act": made.act, "at": made.at + timedelta(microseconds=7)}


class Acts(APIView):
    permission_classes = []
    throttle_classes = []

    @idempotent
    def post(self, request):
        body = make(request)
        if request.data.get("refuse"):
            raise Full("There is no more room.")
        if request.data.get("invalid"):
            raise ValidationError({"act": ["is not good."]})
        return Response(body, status=201)

    @idempotent_hiding("secret")
    def put(self, request):
        return Response({**make(request), "secret": "stoa_once"}, status=201)


def ask(user, body, *, key=None, method="post", path="/acts"):
    headers = {} if key is None else {"Idempotency-Key": key}
    request = getattr(APIRequestFactory(), method)(path, body, headers=headers)
    if user is not None:
        force_authenticate(request, user)
    answer = Acts.as_view()(request)
    answer.render()
    return answer


def wire(answer):
    return json.loads(answer.content)


@pytest.fixture
def user():
    return UserFactory()


@pytest.mark.django_db
class TestOneAtATime:
    def test_a_repeated_request_gets_the_first_answer_and_does_nothing(self, user):
        first = ask(user, {"act": "made"}, key="k")
        again = ask(user, {"act": "made"}, key="k")

        assert (first.status_code, again.status_code) == (201, 201)
        assert wire(again) == wire(first)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first.headers
        assert AuditRecord.objects.count() == 1

    def test_the_order_of_fields_in_a_repeated_body_is_no_difference(self, user):
        first = ask(user, {"act": "made", "refuse": False}, key="k")
        again = ask(user, {"refuse": False, "act": "made"}, key="k")

        assert wire(again) == wire(first)

    def test_without_a_key_every_request_acts(self, user):
        ask(user, {"act": "made"})
        ask(user, {"act": "made"}, key="")

        assert AuditRecord.objects.count() == 2
        assert not IdempotencyKey.objects.exists()

    @pytest.mark.parametrize(
        "other",
        [
            {"body": {"act": "other"}},
            {"body": {"act": "made", "more": 1}},
            {"body": ["act", "made"]},
            {"path": "/others"},
            {"path": "/acts?dry=1"},
            {"method": "put"},
        ],
    )
    def test_a_key_used_for_another_request_is_refused(self, user, other):
        ask(user, {"act": "made"}, key="k")

        answer = ask(user, **{"body": {"act": "made"}, **other}, key="k")

        assert answer.status_code == 409
        assert answer.data["code"] == "idempotency_key_reused"
        assert AuditRecord.objects.count() == 1

    @pytest.mark.parametrize(
        ("flaw", "status", "code"),
        [("refuse", 409, "full"), ("invalid", 400, "invalid")],
    )
    def test_a_refused_act_leaves_neither_row_nor_key(self, user, flaw, status, code):
        answer = ask(user, {"act": "made", flaw: True}, key="k")

        assert (answer.status_code, answer.data["code"]) == (status, code)
        assert not AuditRecord.objects.exists()
        assert not IdempotencyKey.objects.exists()

    def test_an_act_that_broke_leaves_neither_row_nor_key(self, user):
        with pytest.raises(KeyError):
            ask(user, {"misspelt": "made"}, key="k")

        assert not IdempotencyKey.objects.exists()

    def test_two_people_may_choose_the_same_key(self, user):
        answers = [ask(one, {"act": "made"}, key="k") for one in (user, UserFactory())]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert wire(answers[0]) != wire(answers[1])
        assert AuditRecord.objects.count() == 2

    def test_for_nobody_a_key_means_nothing(self):
        for _ in range(2):
            ask(None, {"act": "made"}, key="k")

        assert AuditRecord.objects.count() == 2
        assert not IdempotencyKey.objects.exists()

    @pytest.mark.parametrize("key", ["x" * 256, "a\tb", "\x00", "a\x7fb"])
    def test_a_key_too_long_or_unprintable_is_refused(self, user, key):
        answer = ask(user, {"act": "made"}, key=key)

        assert (answer.status_code, answer.data["code"]) == (400, "invalid")
        assert not AuditRecord.objects.exists()

    def test_a_secret_is_answered_once_and_kept_nowhere(self, user):
        first = ask(user, {"act": "made"}, key="k", method="put")
        again = ask(user, {"act": "made"}, key="k", method="put")

        assert first.data["secret"] == "stoa_once"
        assert again.data == {**again.data, "id": str(first.data["id"]), "secret": None}
        assert "stoa_once" not in str(IdempotencyKey.objects.values())

    def test_keys_are_forgotten_after_a_day(self, user):
        ask(user, {"act": "made"}, key="today")
        ask(user, {"act": "made"}, key="yesterday")
        day = timedelta(hours=24, seconds=1)
        IdempotencyKey.objects.filter(key="yesterday").update(
            created_at=timezone.now() - day
        )

        forget_overdue(at=timezone.now())

        assert [row.key for row in IdempotencyKey.objects.all()] == ["today"]

    def test_replaying_takes_a_handful_of_queries(
        self, user, django_assert_num_queries
    ):
        ask(user, {"act": "made"}, key="k")

        with django_assert_num_queries(3):  # savepoint and release around one SELECT
            ask(user, {"act": "made"}, key="k")


class Slow(Acts):
    """Holds its transaction open until the test says go."""

    begun = threading.Event()
    go = threading.Event()
    runs = 0

    @idempotent
    def post(self, request):
        type(self).runs += 1
        self.begun.set()
        self.go.wait(10)
        if request.data.get("refuse") and self.runs == 1:
            raise Full("There is no more room.")
        return Response(make(request), status=201)


@pytest.fixture
def slow():
    Slow.begun, Slow.go, Slow.runs = threading.Event(), threading.Event(), 0
    return Slow


def in_threads(view, user, body, answers, *, lock_timeout="10s"):
    def run():
        request = APIRequestFactory().post(
            "/acts", body, headers={"Idempotency-Key": "k"}
        )
        force_authenticate(request, user)
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('lock_timeout', %s, false)", [lock_timeout]
                )
            answers.append(view.as_view()(request))
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_until_blocked():
    with connection.cursor() as cursor:
        for _ in range(500):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    pytest.fail("the second request never waited for the first")


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def race(self, slow, user, body):
        answers = []
        first = in_threads(slow, user, body, answers)
        assert slow.begun.wait(10)
        second = in_threads(slow, user, body, answers)
        wait_until_blocked()
        slow.go.set()
        first.join(10)
        second.join(10)
        return answers

    def test_two_requests_with_one_key_do_it_once(self, slow):
        answers = self.race(slow, UserFactory(), {"act": "made"})

        ids = {str(answer.data["id"]) for answer in answers}
        assert [answer.status_code for answer in answers] == [201, 201]
        assert ids == {str(AuditRecord.objects.get().pk)}
        assert slow.runs == 1
        assert IdempotencyKey.objects.count() == 1

    def test_when_the_first_is_refused_the_second_acts(self, slow):
        answers = self.race(slow, UserFactory(), {"act": "made", "refuse": True})

        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert AuditRecord.objects.count() == 1
        assert slow.runs == 2

    def test_a_request_that_waits_too_long_for_the_first_is_told_so(self, slow):
        user, answers = UserFactory(), []
        first = in_threads(slow, user, {"act": "made"}, answers)
        assert slow.begun.wait(10)

        second = in_threads(slow, user, {"act": "made"}, answers, lock_timeout="100ms")
        second.join(10)
        slow.go.set()
        first.join(10)

        assert answers[0].status_code == 409
        assert answers[0].data["code"] == "idempotency_key_in_use"
        assert answers[1].status_code == 201
        assert AuditRecord.objects.count() == 1
