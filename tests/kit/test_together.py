"""Several writes in one statement."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from marketplace.kit.together import Together
from training.runs.models import Lane

pytestmark = pytest.mark.django_db


@pytest.fixture
def lane():
    return Lane.objects.create(name="one", passed=1.0)


def test_all_is_written_at_once_and_counted(lane, django_assert_num_queries):
    writes = Together()
    writes.update(Lane.objects.filter(pk="one"), passed=F("passed") + 1)
    writes.insert([Lane(name="two"), Lane(name="three")])

    with django_assert_num_queries(1):
        assert writes.run() == [1, 2]

    told = Lane.objects.filter(name__in=["one", "two", "three"])
    assert dict(told.values_list("name", "passed")) == {
        "one": 2.0,
        "two": 0.0,
        "three": 0.0,
    }


@pytest.mark.parametrize(("weight", "passed"), [(1, 5.0), (7, 1.0)])
def test_a_step_may_wait_for_what_another_found(lane, weight, passed):
    Lane.objects.create(name="two", passed=0.0)
    writes = Together()
    is_found = writes.update(Lane.objects.filter(name="two", weight=weight), weight=2)
    writes.update(Lane.objects.filter(is_found, pk="one"), passed=5.0)

    writes.run()

    lane.refresh_from_db()
    assert lane.passed == passed


def test_a_row_that_is_there_is_updated_where_that_is_asked(lane):
    writes = Together()
    writes.insert(
        [Lane(name="one", weight=3, passed=9.0)], unless=["name"], updating=["weight"]
    )
    writes.run()

    lane.refresh_from_db()
    assert (lane.weight, lane.passed) == (3, 1.0)


def test_all_or_nothing_is_written(lane):
    writes = Together()
    writes.update(Lane.objects.filter(pk="one"), passed=8.0)
    writes.insert([Lane(name="one")])

    with pytest.raises(IntegrityError), transaction.atomic():
        writes.run()

    lane.refresh_from_db()
    assert lane.passed == 1.0
    assert Together().run() == []
