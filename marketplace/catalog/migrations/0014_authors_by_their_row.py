"""A version's author is named through their row, where a name can be erased."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0013_second_requests")]

    operations = [
        migrations.AlterField(  # what a way back fills in
            "commit", "author_name", models.CharField(max_length=150, default="")
        ),
        migrations.RemoveField("commit", "author_name"),
    ]
