"""Tables are made together, in circles too, changed together, and go together."""

import pytest
from django.db import connection, models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    RemoveConstraint,
)
from django.db.migrations.state import ProjectState

from marketplace.kit.tables import ChangeTables, CreateTables

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
NAMED = models.UniqueConstraint(fields=["first", "name"], name="hen_first")
CHANGES = [
    CreateModel("Nest", [("id", models.BigAutoField(primary_key=True))]),
    RemoveConstraint("hen", "hen_first"),
    AddField("hen", "name", models.CharField(max_length=9, default="x")),
    AlterField(
        "egg", "laid_by", models.ForeignKey("kit.Hen", models.CASCADE, null=True)
    ),
    AddConstraint("hen", NAMED),
    AddField("nest", "of", models.ForeignKey("kit.Hen", models.CASCADE)),
    AddIndex("nest", models.Index(fields=["-of"], name="hen_nest_of")),
]


def tables() -> set[str]:
    return set(connection.introspection.table_names()) & MADE


def shape() -> set[tuple[str, ...]]:
    """Return every column, constraint and index of what is made here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, is_nullable FROM information_schema.columns"
            " WHERE table_name ~ '^kit_(egg|hen|nest)'"
            " UNION SELECT conrelid::regclass::text, pg_get_constraintdef(oid),"
            " contype::text"
            " FROM pg_constraint WHERE conrelid::regclass::text ~ '^kit_(egg|hen|nest)'"
            " UNION SELECT tablename, indexdef, '' FROM pg_indexes"
            " WHERE tablename ~ '^kit_(egg|hen|nest)'"
        )
        return set(cursor.fetchall())


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
    assert makes.describe() == "Create model Egg; Create model Hen"


def test_models_that_were_drawn_before_are_drawn_again_with_the_new_ones():
    state = ProjectState()
    assert list(state.apps.get_models()) == []
    CreateTables([EGG, HEN]).state_forwards("kit", state)
    assert {model.__name__ for model in state.apps.get_models()} == {"Egg", "Hen"}


@pytest.mark.django_db(transaction=True)
def test_changes_in_one_step_come_to_what_they_do_one_by_one_and_are_undone():
    makes, changes = CreateTables([EGG, HEN]), ChangeTables(CHANGES)
    states = [ProjectState()]
    for step in (makes, *CHANGES):
        states.append(states[-1].clone())
        step.state_forwards("kit", states[-1])
    with connection.schema_editor() as editor:
        makes.database_forwards("kit", editor, *states[:2])
    before = shape()
    try:
        with connection.schema_editor() as editor:
            for place, change in enumerate(CHANGES, 1):
                change.database_forwards("kit", editor, *states[place : place + 2])
        wanted = shape()
        for turn in range(2):
            with connection.schema_editor() as editor:
                changes.database_backwards("kit", editor, states[-1], states[1])
            assert shape() == before
            if turn == 0:
                after = states[1].clone()
                changes.state_forwards("kit", after)
                with connection.schema_editor() as editor:
                    changes.database_forwards("kit", editor, states[1], after)
                assert shape() == wanted != before
    finally:
        with connection.schema_editor() as editor:
            makes.database_backwards("kit", editor, *states[1::-1])
