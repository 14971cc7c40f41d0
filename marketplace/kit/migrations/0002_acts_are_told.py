from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What was done before there was anyone to tell counts as told."""

    dependencies = [("kit", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="auditrecord",
            name="is_told",
            field=models.BooleanField(default=True),
        ),
        migrations.AlterField(
            model_name="auditrecord",
            name="is_told",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="auditrecord",
            index=models.Index(
                name="kit_auditrecord_untold",
                fields=["at", "id"],
                condition=Q(is_told=False),
            ),
        ),
    ]
