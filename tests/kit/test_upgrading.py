"""Which migrations may be applied beside the version before, and that ours all may."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import migrations, models
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader

from marketplace.kit.tables import ChangeTables
from marketplace.kit.upgrading import breaking

ROOT = Path(__file__).resolve().parents[2]
RELEASED = ROOT / "deploy" / "released-migrations.txt"
TEXT = models.CharField(max_length=10)
KEEPS = {
    "a table": migrations.CreateModel(
        "More", [("id", models.AutoField(primary_key=True))]
    ),
    "a column that may be empty": migrations.AddField(
        "Thing", "new", models.IntegerField(null=True)
    ),
    "a column that fills itself": migrations.AddField(
        "Thing", "new", models.IntegerField(db_default=1)
    ),
    "a longer text": migrations.AlterField(
        "Thing", "text", models.CharField(max_length=20)
    ),
    "other words": migrations.AlterField(
        "Thing", "text", models.CharField(max_length=10, help_text="x")
    ),
}
BREAKS = {
    "a column that must be filled": migrations.AddField(
        "Thing", "new", models.IntegerField(default=1)
    ),
    "a column less": migrations.RemoveField("Thing", "text"),
    "a table less": migrations.DeleteModel("Thing"),
    "another name": migrations.RenameField("Thing", "text", "words"),
    "a shorter text": migrations.AlterField(
        "Thing", "text", models.CharField(max_length=5)
    ),
    "another kind": migrations.AlterField("Thing", "text", models.IntegerField()),
    "a new rule": migrations.AddConstraint(
        "Thing", models.UniqueConstraint(fields=["text"], name="once")
    ),
    "anything": migrations.RunSQL("SELECT 1"),
    "one among several": ChangeTables([migrations.RemoveField("Thing", "text")]),
}


def faults_of(operation, **attributes):
    first, second = (migrations.Migration(name, "shop") for name in ("0001", "0002"))
    columns = [("id", models.AutoField(primary_key=True)), ("text", TEXT)]
    first.operations = [migrations.CreateModel("Thing", columns)]
    second.operations = [operation]
    vars(second).update(attributes)
    graph = MigrationGraph()
    for migration in (first, second):
        graph.add_node(("shop", migration.name), migration)
    graph.add_dependency(second, ("shop", "0002"), ("shop", "0001"))
    return breaking(graph, ("shop", "0002"))


@pytest.mark.parametrize("name", KEEPS)
def test_what_old_code_passes_over_keeps_it_running(name):
    assert faults_of(KEEPS[name]) == []


@pytest.mark.parametrize("name", BREAKS)
def test_what_old_code_would_not_survive_is_told(name):
    [fault] = faults_of(BREAKS[name])
    assert "old code" in fault
    assert faults_of(BREAKS[name], old_code_runs_because="It is so.") == []


def test_every_migration_since_the_last_release_runs_beside_it():
    loader = MigrationLoader(None)
    released = set(RELEASED.read_text().split())
    since = [key for key in loader.disk_migrations if ".".join(key) not in released]
    found = {".".join(key): breaking(loader.graph, key) for key in since}
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.django_db
def test_an_operator_is_told_what_waits():
    told = StringIO()
    call_command("upgrade_plan", stdout=told)
    assert told.getvalue() == "No migration waits.\n"
