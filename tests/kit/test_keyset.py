from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db.models import Value
from django.db.models.functions import Concat, Lower
from rest_framework.generics import ListAPIView
from rest_framework.serializers import ModelSerializer
from rest_framework.test import APIRequestFactory

from marketplace.accounts.models import Membership, Organisation, User
from marketplace.kit.errors import Malformed
from marketplace.kit.keyset import (
    BadCursor,
    KeysetPagination,
    Order,
    page_of,
    size_from,
)
from marketplace.kit.models import AuditRecord
from tests.factories.accounts import NOON, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
NEWEST = Order(("at", "id"), descending=True)
BY_NAME = Order(("username",))


def record(at, act="tried"):
    return AuditRecord.objects.create(at=at, act=act, target_kind="x", target_id="1")


def walk(queryset, order, *, size):
    rows, cursor = [], ""
    while True:
        page = page_of(queryset, order=order, cursor=cursor, size=size)
        rows += page.rows
        if page.next_cursor is None:
            return rows
        cursor = page.next_cursor


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 10])
def test_walking_the_pages_shows_each_row_once_in_order(count):
    records = [record(NOON + timedelta(days=day)) for day in range(count)]

    assert walk(AuditRecord.objects.all(), NEWEST, size=5) == records[::-1]


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(microseconds=1)])
def test_rows_of_one_moment_or_a_microsecond_apart_are_not_skipped(apart):
    records = [record(NOON + position * apart) for position in range(20)]

    walked = walk(AuditRecord.objects.all(), NEWEST, size=3)

    assert len(walked) == 20
    assert set(walked) == set(records)


def test_rows_inserted_while_someone_reads_make_nothing_skip_or_repeat():
    for second in range(10):
        record(NOON + timedelta(seconds=second), act="old")
    first = page_of(AuditRecord.objects.all(), order=NEWEST, size=5)
    for second in range(20):  # newer, older, and in between
        record(NOON + timedelta(seconds=second - 5, milliseconds=500), act="new")

    rows, cursor = first.rows, first.next_cursor
    while cursor:
        page = page_of(AuditRecord.objects.all(), order=NEWEST, cursor=cursor, size=5)
        rows += page.rows
        cursor = page.next_cursor

    old = [row for row in rows if row.act == "old"]
    assert len(rows) == len(set(rows))
    assert [row.at.second for row in old] == list(range(9, -1, -1))


def test_a_row_deleted_while_someone_reads_does_not_move_the_next_page():
    order = Order(("name",))
    groups = [Group.objects.create(name=f"g{n}") for n in range(6)]
    first = page_of(Group.objects.all(), order=order, size=3)
    groups[2].delete()

    second = page_of(Group.objects.all(), order=order, cursor=first.next_cursor, size=3)

    assert second.rows == groups[3:]


@pytest.mark.parametrize(
    ("queryset", "order"),
    [
        (Membership.objects.select_related("user"), Order(("user__username", "id"))),
        (Membership.objects.all(), Order(("user_id", "id"))),
        (Membership.objects.all(), Order(("organisation_id", "id"), descending=True)),
        (
            Membership.objects.values("user__username", "id"),
            Order(("user__username", "id")),
        ),
        (
            Membership.objects.annotate(shout=Concat(Lower("role"), Value("!"))),
            Order(("shout", "id")),
        ),
    ],
    ids=["related", "key", "key of UUIDs", "values", "annotated"],
)
def test_a_list_can_be_ordered_by_related_and_annotated_columns(queryset, order):
    MembershipFactory.create_batch(5)

    walked = walk(queryset.all(), order, size=2)

    assert walked == list(queryset.all().order_by(*order.clauses()))
    assert len(walked) == 10  # five members and five owners


def test_a_page_takes_one_query_whatever_its_depth(django_assert_num_queries):
    for day in range(6):
        record(NOON + timedelta(days=day))
    first = page_of(AuditRecord.objects.all(), order=NEWEST, size=2)

    with django_assert_num_queries(1) as taken:
        page_of(
            AuditRecord.objects.all(), order=NEWEST, cursor=first.next_cursor, size=2
        )

    assert "OFFSET" not in taken.captured_queries[0]["sql"]


def cursor_of(queryset, order):
    return page_of(queryset, order=order, size=1).next_cursor


def test_a_cursor_that_was_not_ours_is_refused():
    UserFactory.create_batch(3)
    ours = cursor_of(User.objects.all(), BY_NAME)
    junk = ["x", "=", "\0", "é", "W10", "W251bGxd", ours[:-1], ours + "A", "A" + ours]

    for cursor in junk:
        with pytest.raises(BadCursor):
            page_of(User.objects.all(), order=BY_NAME, cursor=cursor)


@pytest.mark.parametrize(
    ("queryset", "order"),
    [
        (User.objects.all(), Order(("username",), descending=True)),
        (User.objects.all(), Order(("email",))),
        (Organisation.objects.all(), Order(("title",))),
    ],
    ids=["another direction", "another column", "another table"],
)
def test_the_cursor_of_another_list_is_refused(queryset, order):
    UserFactory.create_batch(3)
    ours = cursor_of(User.objects.all(), BY_NAME)

    with pytest.raises(BadCursor):
        page_of(queryset, order=order, cursor=ours)


@pytest.mark.parametrize(
    ("given", "size"), [({}, 20), ({"limit": "1"}, 1), ({"limit": "100"}, 100)]
)
def test_the_size_of_a_page_is_what_was_asked_for_or_twenty(given, size):
    assert size_from(given) == size


@pytest.mark.parametrize(
    "limit", ["", "0", "-1", "101", "1.5", "x", "٣", "1" * 5000, "\0"]
)
def test_a_size_out_of_bounds_is_refused_by_name(limit):
    with pytest.raises(Malformed, match="limit: give a number from 1 to 100"):
        size_from({"limit": limit})


class NameOut(ModelSerializer):
    class Meta:
        model = User
        fields = ["username"]


class Names(ListAPIView):
    queryset = User.objects.all()
    serializer_class = NameOut
    pagination_class = KeysetPagination
    permission_classes = []
    throttle_classes = []
    keyset = BY_NAME


def get(address):
    answer = Names.as_view()(APIRequestFactory().get(address))
    answer.render()
    return answer


def test_a_list_links_to_its_next_page_and_keeps_the_rest_of_the_query():
    for name in ("a", "b", "c"):
        UserFactory(username=name)

    first = get("/names?limit=2&sort=x").data
    second = get(first["next"]).data

    assert [row["username"] for row in first["results"]] == ["a", "b"]
    assert first["next"].startswith("http://testserver/names?limit=2&sort=x&cursor=")
    assert [row["username"] for row in second["results"]] == ["c"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "code"), [("cursor=%00%ff", "bad_cursor"), ("limit=0", "invalid")]
)
def test_a_list_answers_400_to_a_bad_cursor_or_limit(query, code):
    answer = get(f"/names?{query}")

    assert (answer.status_code, answer.data["code"]) == (400, code)
