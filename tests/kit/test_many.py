import pytest
from django.db import DataError, IntegrityError, transaction
from psycopg.types.json import Jsonb

from marketplace.kit.many import copy_rows, insert_new
from marketplace.kit.models import IdempotencyKey, RequestCount
from tests.factories.accounts import NOON, UserFactory

pytestmark = pytest.mark.django_db
COUNTED = ("caller", "window", "count")
AWKWARD = 'tab\t, line\n, \\N, {"a", NULL}, “γειά”'


@pytest.mark.parametrize("write", [copy_rows, insert_new])
def test_values_arrive_as_they_were(write):
    user = UserFactory()
    columns = ("user_id", "key", "fingerprint", "status", "body", "created_at")
    rows = [
        (user.pk, AWKWARD, "", None, Jsonb({"said": AWKWARD}), NOON),
        (user.pk, "\\.", "NULL", 200, Jsonb([]), NOON),
    ]
    rest = {"same": {}, "returning": "key"} if write is insert_new else {}
    write(IdempotencyKey, columns, rows, **rest)

    found = IdempotencyKey.objects.order_by("pk").values_list(*columns)
    assert list(found) == [
        (user.pk, AWKWARD, "", None, {"said": AWKWARD}, NOON),
        (user.pk, "\\.", "NULL", 200, [], NOON),
    ]


def test_nothing_is_copied_if_one_row_is_there_already():
    copy_rows(RequestCount, COUNTED, [("ann", 1, 1)])
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_rows(RequestCount, COUNTED, [("bob", 1, 1), ("ann", 1, 9)])

    assert RequestCount.objects.get().count == 1


def test_only_what_is_new_is_inserted_and_named():
    copy_rows(RequestCount, COUNTED, [("ann", 1, 1)])
    rows = [("ann", 9), ("bob", 9), ("bob", 8)]

    def new(rows):
        return insert_new(
            RequestCount,
            ("caller", "count"),
            rows,
            same={"window": 1},
            returning="caller",
        )

    assert new(rows) == ["bob"]
    assert new(rows) == []
    assert new([]) == []
    found = RequestCount.objects.order_by("caller").values_list("caller", "count")
    assert list(found) == [("ann", 1), ("bob", 9)]


@pytest.mark.parametrize("row", [("x" * 81, 1, 1), ("ann", 1, 2**40)])
def test_what_does_not_fit_is_refused_and_never_cut(row):
    with pytest.raises(DataError), transaction.atomic():
        insert_new(RequestCount, COUNTED, [row], same={}, returning="caller")
    with pytest.raises(DataError), transaction.atomic():
        copy_rows(RequestCount, COUNTED, [row])

    assert not RequestCount.objects.exists()
