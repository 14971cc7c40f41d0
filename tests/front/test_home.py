from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory
from tests.factories.training import ContestFactory, enter, hand_in
from training.contests.models import Visibility

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("size", [1, 5])
def test_the_start_page_takes_five_queries_however_much_there_is(
    client, django_assert_num_queries, size
):
    for contest in ContestFactory.create_batch(size):
        hand_in(enter(contest))
    RepositoryFactory.create_batch(size, public=True, model=True)

    client.get("/")  # how much there is of each is counted once a minute

    # most downloaded, newest datasets, newest models, open contests; what was counted
    with django_assert_num_queries(5):
        page = client.get("/").content.decode()

    assert page.count('href="/contests/contest-') == min(size, 3)
    assert page.count('href="/models/person-') == min(size, 3)
    assert page.count('href="/datasets/person-') == min(size, 3)
    assert "1 entrant<" in page


def test_strangers_see_nothing_private_on_the_start_page_and_caches_may_keep_it(client):
    private = RepositoryFactory()
    hidden = ContestFactory(visibility=Visibility.PRIVATE)

    answer = client.get("/")

    assert str(private) not in answer.content.decode()
    assert hidden.title not in answer.content.decode()
    assert "max-age=60" in answer["Cache-Control"]
    assert "public" in answer["Cache-Control"]
    assert answer.cookies == {}


def test_the_owner_meets_the_same_start_page_and_no_cache_keeps_it(client):
    private = RepositoryFactory()
    client.force_login(private.created_by)

    answer = client.get("/")

    assert str(private) not in answer.content.decode()
    assert answer["Cache-Control"] == "no-store, private"


def test_only_contests_that_are_open_now_are_offered(client):
    now = timezone.now()
    later, over = now + timedelta(days=2), now - timedelta(days=2)
    ContestFactory(title="Comes later", starts_at=later, ends_at=later + timedelta(1))
    ContestFactory(title="Is over", starts_at=over, ends_at=over + timedelta(1))

    page = client.get("/").content.decode()

    assert "Comes later" not in page
    assert "Is over" not in page
    assert "No contest is open" in page


def test_an_empty_site_says_what_to_do_first(client):
    page = client.get("/").content.decode()

    assert "No datasets yet" in page
    assert "No models yet" in page
    assert "/accounts/signup/" in page


def test_counters_count_what_is_public(client):
    contest = ContestFactory()
    hand_in(enter(contest))
    hidden = ContestFactory(visibility=Visibility.PRIVATE)
    hand_in(enter(hidden))
    RepositoryFactory()

    page = " ".join(client.get("/").content.decode().split())

    assert "<dt>datasets</dt><dd>2</dd>" in page  # the contests' own
    assert "<dt>contest</dt><dd>1</dd>" in page
    assert "<dt>submission</dt><dd>1</dd>" in page


def test_members_are_sent_to_publish_and_strangers_to_sign_up(client):
    assert (
        'href="/accounts/signup/?next=/new">Publish your own'
        in client.get("/").content.decode()
    )

    client.force_login(UserFactory())

    assert 'href="/new">Publish your own' in client.get("/").content.decode()
