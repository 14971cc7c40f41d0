from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_downloads_by_taker")]

    operations = [
        migrations.AddField(
            "readme",
            "card",
            models.JSONField(blank=True, db_default={}, default=dict),
        ),
    ]
