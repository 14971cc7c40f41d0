"""A temperature becomes one of several ways to recalibrate; data that moves is watched."""

import django.db.models.deletion
from django.db import migrations, models

from marketplace.kit.tables import ChangeTables


def to_recalibrations(apps, schema_editor):
    projects = apps.get_model("studio", "Project").objects
    for project in projects.exclude(temperature=1.0):
        by = {
            "method": "TEMPERATURE",
            "weights": [1 / project.temperature],
            "biases": [],
            "curves": [],
        }
        project.recalibration = {"by": by, "rows": 0, "tried": []}
        project.save(update_fields=["recalibration"])


def to_temperatures(apps, schema_editor):
    projects = apps.get_model("studio", "Project").objects
    for project in projects.exclude(recalibration=None):
        by = project.recalibration["by"]
        if by is not None and by["method"] == "TEMPERATURE":
            project.temperature = 1 / by["weights"][0]
            project.save(update_fields=["temperature"])


class Migration(migrations.Migration):

    dependencies = [
        ("reports", "0001_reports"),
        ("studio", "0005_predictions_of_trials"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="recalibration",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.RunPython(to_recalibrations, to_temperatures),
        ChangeTables(
            changes=[
                migrations.RemoveField(
                    model_name="project",
                    name="temperature",
                ),
                migrations.AddField(
                    model_name="project",
                    name="is_watched",
                    field=models.BooleanField(db_default=True, default=True),
                ),
                migrations.AddField(
                    model_name="project",
                    name="watched_at",
                    field=models.DateTimeField(blank=True, null=True),
                ),
                migrations.AddField(
                    model_name="project",
                    name="watching",
                    field=models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="reports.report",
                    ),
                ),
                migrations.AddIndex(
                    model_name="project",
                    index=models.Index(
                        condition=models.Q(
                            ("is_watched", True), ("test_opened_at__isnull", False)
                        ),
                        fields=["watched_at", "id"],
                        name="studio_project_watched",
                    ),
                ),
            ],
        ),
    ]
