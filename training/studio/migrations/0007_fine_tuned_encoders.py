import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("storage", "0001_tables"),
        ("studio", "0006_recalibrations_and_watching"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="encoder",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="storage.blob",
            ),
        ),
    ]
