import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('contests', '0011_tasks_by_models_and_state_dicts'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='contest',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector('title', 'summary', config='english'), name='contests_contest_words'),
        ),
    ]
