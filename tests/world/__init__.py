"""One whole small world, built through the services: everyone who may come, and what of
theirs they would meet.

What is private says `SECRET` somewhere in it, so that a test can look for it where it
does not belong.
"""

from datetime import datetime

from tests.world.contests import add_contests
from tests.world.goods import add_repositories, add_rights
from tests.world.people import (
    DAY,
    EVERYONE,
    SECRET,
    World,
    add_people,
    add_programs,
    add_webhook,
    named,
)
from tests.world.places import hidden_words, places
from tests.world.tables import add_tables
from tests.world.talk import add_talk

__all__ = [
    "DAY",
    "EVERYONE",
    "SECRET",
    "World",
    "build",
    "hidden_words",
    "named",
    "places",
]


def build(at: datetime) -> World:
    """Build it all as of `at`."""
    world = World(at)
    add_people(world)
    add_repositories(world)
    add_rights(world)
    add_tables(world)
    add_contests(world)
    add_talk(world)
    add_programs(world)
    add_webhook(world)
    return world
