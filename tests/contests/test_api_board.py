"""The board over the API."""

import pytest
from django.db import connection

from tests.contests.asking import url
from tests.factories.accounts import UserFactory
from tests.factories.training import (
    scored,
)
from training.contests.models import BoardRow

pytestmark = pytest.mark.django_db


def test_a_board_names_everyone_with_bounds_and_oneself(api, contest):
    best = scored(contest, 0.9, low=0.88, high=0.92)
    scored(contest, 0.5, low=0.4, high=0.6)

    body = api(best.entrant.user).get(url(contest, "leaderboard")).json()

    assert [(row["place"], row["score"]) for row in body["results"]] == [
        (1, 0.9),
        (2, 0.5),
    ]
    assert body["me"]["name"] == best.entrant.name
    assert (body["metric"], body["greater_is_better"]) == ("accuracy", True)
    assert "id" not in body["results"][0]
    assert api().get(url(contest, "leaderboard")).json()["me"] is None


def test_a_board_is_paged_by_keyset_without_gaps(api, contest):
    for number in range(5):
        scored(contest, number / 10)

    seen, link = [], url(contest, "leaderboard") + "?limit=2"
    while link:
        page = api().get(link).json()
        seen += [row["place"] for row in page["results"]]
        link = page["next"]

    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("size", [1, 12])
def test_a_board_is_one_read_however_long(
    api, contest, size, django_assert_num_queries
):
    for number in range(size):
        scored(contest, number / 20)

    with django_assert_num_queries(3):  # rate limit, contest, a page
        api().get(url(contest, "leaderboard"))
    member = api(UserFactory())
    with django_assert_num_queries(4):  # and one's own row
        member.get(url(contest, "leaderboard"))


def test_a_page_of_the_board_is_read_from_its_index(contest):
    for number in range(3):
        scored(contest, number / 10)
    page = BoardRow.objects.filter(contest=contest).order_by("place", "id")[:50]

    with connection.cursor() as cursor:  # three rows: it would rather read them all;
        cursor.execute("SET LOCAL enable_seqscan = off")  # where no index serves,
        cursor.execute("SET LOCAL enable_bitmapscan = off")  # it still has to sort
        cursor.execute("SET LOCAL enable_sort = off")
    plan = page.explain()

    assert "contests_boardrow_order" in plan
    assert "Sort" not in plan


def test_a_board_that_did_not_change_is_304_until_it_does(
    api, contest, django_assert_num_queries
):
    scored(contest, 0.5)
    client = api()
    etag = client.get(url(contest, "leaderboard"))["ETag"]

    with django_assert_num_queries(2):
        again = client.get(url(contest, "leaderboard"), HTTP_IF_NONE_MATCH=etag)
    assert again.status_code == 304
    scored(contest, 0.6)
    changed = client.get(url(contest, "leaderboard"), HTTP_IF_NONE_MATCH=etag)
    assert changed.status_code == 200
    assert changed["ETag"] != etag


def test_two_people_do_not_share_an_etag(api, contest):
    one, two = (
        api(user).get(url(contest, "leaderboard"))["ETag"]
        for user in UserFactory.create_batch(2)
    )

    assert one != two
