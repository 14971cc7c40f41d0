"""A work may hold another unchanged, which keeps its own licence."""

from django.db import migrations, models

BEFORE = [
    ("COPY", "A copy of"),
    ("SUBSET", "A part of"),
    ("MERGE", "Merged from"),
    ("ADAPT", "Adapted from"),
    ("TRAIN", "Trained on"),
    ("FINE_TUNE", "Fine-tuned from"),
    ("DISTIL", "Distilled from"),
    ("GENERATE", "Generated with"),
]
AFTER = [BEFORE[0], ("COLLECT", "Holds, unchanged,"), *BEFORE[1:]]
KNOWN = "licensing_derivation_relation_known"


class Migration(migrations.Migration):
    old_code_runs_because = (
        "What it writes is taken as before; only new code writes the new value."
    )
    dependencies = [("licensing", "0003_money_triggers")]

    operations = [
        migrations.AlterField(
            model_name="derivation",
            name="relation",
            field=models.CharField(choices=AFTER, max_length=9),
        ),
        migrations.AlterField(
            model_name="withdrawnderivation",
            name="relation",
            field=models.CharField(choices=AFTER, max_length=9),
        ),
        migrations.RemoveConstraint(model_name="derivation", name=KNOWN),
        migrations.AddConstraint(
            model_name="derivation",
            constraint=models.CheckConstraint(
                condition=models.Q(relation__in=[name for name, _ in AFTER]),
                name=KNOWN,
            ),
        ),
    ]
