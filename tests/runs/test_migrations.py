"""Runs that waited before there were lanes still wait their turn after."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.factories.accounts import NOON, UserFactory
from training.runs.models import Lane, Run

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE, AFTER = ("runs", "0001_initial"), ("runs", "0002_lanes_and_logs")


def migrate(target):
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    return executor.loader.project_state([target]).apps


@pytest.fixture
def before():
    apps = migrate(BEFORE)
    yield apps
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_what_waited_gets_its_lane_and_the_turn_of_its_owner(before):
    owner = UserFactory()
    old = before.get_model("runs", "Run")
    for lane in ("contest:one", "contest:one", ""):
        old.objects.create(
            owner_id=owner.pk,
            task="contests.evaluate",
            queue="runs",
            lane=lane,
            queued_at=NOON,
            due_at=NOON,
        )

    migrate(AFTER)

    assert set(Lane.objects.values_list("name", flat=True)) == {"contest:one", ""}
    claimants = Run.objects.values_list("lane", "claimant").order_by("lane")
    mine = f"user:{owner.pk}"
    assert list(claimants) == [("", mine), ("contest:one", mine), ("contest:one", mine)]
