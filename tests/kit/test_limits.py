import socket
import subprocess
import time

import pytest
import redis
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from marketplace.kit import limits
from marketplace.kit.limits import (
    WINDOW_SECONDS,
    Reserve,
    count_request,
    network_of,
)
from marketplace.kit.models import RequestCount
from marketplace.kit.tasks import forget_counts
from tests.factories.accounts import UserFactory
from tests.servers.processes import program

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    """A private Redis on a free port, for as long as this module runs."""
    binary = program("redis-server", package="redis-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    settings = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [binary, *settings, "--dir", str(folder)], stdout=log
        ) as server,
    ):
        url = f"redis://127.0.0.1:{port}/0"
        with redis.Redis.from_url(url) as client:
            wait_for(client)
        yield url
        server.terminate()


def wait_for(client):
    for _ in range(500):
        try:
            return client.ping()
        except redis.ConnectionError:
            time.sleep(0.01)
    return pytest.fail("redis-server did not start")


@pytest.fixture(params=["PostgreSQL", "Redis"])
def counter(request, settings):
    """Count in each of the two places an operator may choose."""
    if request.param == "Redis":
        url = request.getfixturevalue("redis_url")
        backend = "django.core.cache.backends.redis.RedisCache"
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": url}}
        settings.STOA = settings.STOA.model_copy(update={"redis_url": url})
        yield request.param
        with redis.Redis.from_url(url) as client:
            client.flushall()
    else:
        yield request.param


@pytest.fixture(autouse=True)
def few(settings):
    settings.REQUESTS_PER_MINUTE = {"anonymous": 2, "member": 3}


@pytest.fixture
def clock(monkeypatch):
    """Stand 20 seconds into a minute, until moved."""

    class Clock:
        now = 1_000 * WINDOW_SECONDS + 20.0

        def time(self):
            return self.now

    monkeypatch.setattr(limits, "time", made := Clock())
    return made


class Anything(APIView):
    permission_classes = []

    def get(self, request):
        return Response({})


def ask(user=None, **meta):
    request = APIRequestFactory().get("/", **meta)
    if user is not None:
        force_authenticate(request, user)
    answer = Anything.as_view()(request)
    answer.render()
    return answer


def test_what_exceeds_the_limit_is_refused_until_the_next_minute(counter, clock):
    statuses = [ask().status_code for _ in range(4)]
    refusal = ask()
    clock.now += 40

    assert statuses == [200, 200, 429, 429]
    assert refusal.headers["Retry-After"] == "40"
    assert refusal.data == {
        "code": "throttled",
        "detail": "Request was throttled. Expected available in 40 seconds.",
    }
    assert ask().status_code == 200


def test_members_have_a_limit_of_their_own_wherever_they_come_from(counter, clock):
    maria, nikos = UserFactory.create_batch(2)

    statuses = [ask(maria, REMOTE_ADDR=f"192.0.2.{n}").status_code for n in range(4)]

    assert statuses == [200, 200, 200, 429]
    assert ask(nikos, REMOTE_ADDR="192.0.2.1").status_code == 200
    assert ask(REMOTE_ADDR="192.0.2.1").status_code == 200


def test_a_count_is_of_one_caller_in_one_window(counter):
    counts = [
        count_request(caller, window=window)
        for caller, window in [("a", 1), ("a", 1), ("b", 1), ("a", 2), ("a", 1)]
    ]

    assert counts == [1, 2, 1, 1, 3]


def test_counting_takes_one_query(django_assert_num_queries):
    count_request("a", window=1)

    with django_assert_num_queries(1):
        count_request("a", window=1)


def test_who_asks_often_is_counted_ahead_and_given_exactly_the_limit(counter):
    one, other = Reserve(), Reserve()

    given = [
        process.gives("a", window=1, limit=500)
        for _ in range(300)
        for process in (one, other)
    ]

    assert sum(given) == 500
    assert given.index(False) >= 500 - 2 * 500 // 50


def test_the_first_sixteen_take_a_query_each_and_a_busy_caller_few(
    django_assert_num_queries,
):
    process = Reserve()
    with django_assert_num_queries(16):
        assert all(process.gives("a", window=1, limit=1000) for _ in range(16))
    with django_assert_num_queries(22):
        assert all(process.gives("a", window=1, limit=1000) for _ in range(184))


def test_who_is_over_the_limit_is_refused_without_asking(django_assert_num_queries):
    process = Reserve()
    assert [process.gives("a", window=1, limit=2) for _ in range(3)][-1] is False
    with django_assert_num_queries(0):
        assert not process.gives("a", window=1, limit=2)
    assert process.gives("b", window=1, limit=2)
    assert process.gives("a", window=2, limit=2)


@pytest.mark.parametrize(
    ("trusted", "forwarded", "statuses"),
    [
        (0, ["198.51.100.1", "198.51.100.2", "198.51.100.3"], [200, 200, 429]),
        (1, ["x, 198.51.100.1", "y, 198.51.100.1", "198.51.100.1"], [200, 200, 429]),
        (1, ["198.51.100.1", "198.51.100.2", "198.51.100.3"], [200, 200, 200]),
    ],
    ids=["nobody is believed", "only the last hop is", "callers behind our proxy"],
)
def test_a_forwarded_address_counts_only_from_a_trusted_proxy(
    settings, trusted, forwarded, statuses
):
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": trusted}

    answers = [ask(HTTP_X_FORWARDED_FOR=said).status_code for said in forwarded]

    assert answers == statuses


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("", "unknown"),
        (None, "unknown"),
        ("\0" * 200, "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_a_caller_is_an_address_or_a_network_of_ipv6(address, caller):
    assert network_of(address) == caller


def test_old_counts_are_forgotten():
    now = int(time.time() // WINDOW_SECONDS)
    count_request("a", window=now)
    count_request("a", window=now - 3)

    forget_counts()

    assert [row.window for row in RequestCount.objects.all()] == [now]
