"""What entrants were told of windows that open and close."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contests', '0005_submission_repositories_and_formats'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phase_number', models.PositiveSmallIntegerField(default=0)),
                ('window', models.CharField(choices=[('OPENED', 'Has opened'), ('CLOSES', 'Closes soon')], max_length=6)),
                ('moment', models.DateTimeField()),
                ('contest', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contests.contest')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('contest', 'phase_number', 'window', 'moment'), name='contests_reminder_once'), models.CheckConstraint(condition=models.Q(('window__in', ['OPENED', 'CLOSES'])), name='contests_reminder_window_known')],
            },
        ),
    ]
