"""Programs of phases that are scored apart."""

import django.db.models.deletion
import marketplace.kit.tables
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contests', '0002_triggers'),
    ]

    operations = [
        marketplace.kit.tables.ChangeTables(
            changes=[
                migrations.RemoveConstraint(
                    model_name='scoringprogram',
                    name='contests_scoringprogram_once_per_version',
                ),
                migrations.AddField(
                    model_name='scoringprogram',
                    name='phase',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='programs', to='contests.contestphase'),
                ),
                migrations.AddConstraint(
                    model_name='scoringprogram',
                    constraint=models.UniqueConstraint(condition=models.Q(('phase__isnull', True)), fields=('contest', 'scorer_version'), name='contests_scoringprogram_once_per_version'),
                ),
                migrations.AddConstraint(
                    model_name='scoringprogram',
                    constraint=models.UniqueConstraint(fields=('phase', 'scorer_version'), name='contests_scoringprogram_once_per_phase'),
                ),
            ],
        ),
    ]
