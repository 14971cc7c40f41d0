"""Tables made together may refer to one another in a circle, and go together."""

import pytest
from django.db import connection, models
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState

from marketplace.kit.tables import CreateTables

EGG = CreateModel(
    "Egg",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("laid_by", models.ForeignKey("kit.Hen", models.CASCADE)),
    ],
)
HEN = CreateModel(
    "Hen",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("first", models.ForeignKey("kit.Egg", models.CASCADE, null=True)),
        ("eggs", models.ManyToManyField("kit.Egg", related_name="sat_on_by")),
    ],
    options={
        "constraints": [models.UniqueConstraint(fields=["first"], name="hen_first")]
    },
)
MADE = {"kit_egg", "kit_hen", "kit_hen_eggs"}


def tables() -> set[str]:
    return set(connection.introspection.table_names()) & MADE


def constraints() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint"
            " WHERE contype IN ('f', 'u') AND conrelid::regclass::text LIKE 'kit_%%'"
            " AND (conname LIKE 'kit_egg%%' OR conname LIKE '%%hen%%')"
        )
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_tables_in_a_circle_are_made_and_taken_away_together():
    makes = CreateTables([EGG, HEN])
    before, after = ProjectState(), ProjectState()
    makes.state_forwards("kit", after)
    try:
        with connection.schema_editor() as editor:
            makes.database_forwards("kit", editor, before, after)
        assert tables() == MADE
        assert constraints() == 6  # four that refer, a pair and a first that are unique
    finally:
        with connection.schema_editor() as editor:
            makes.database_backwards("kit", editor, after, before)
    assert tables() == set()
    assert makes.describe() == "Create tables for Egg, Hen"


def test_models_that_were_drawn_before_are_drawn_again_with_the_new_ones():
    state = ProjectState()
    assert list(state.apps.get_models()) == []
    CreateTables([EGG, HEN]).state_forwards("kit", state)
    assert {model.__name__ for model in state.apps.get_models()} == {"Egg", "Hen"}
