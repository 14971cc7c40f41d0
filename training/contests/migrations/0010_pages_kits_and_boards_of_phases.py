"""Pages of contests, starting kits, and phases scored apart on boards of their own."""

import django.db.models.constraints
import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_walls'),
        ('contests', '0009_announcements_and_calendars'),
        ('storage', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='ContestPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('slug', models.SlugField(max_length=80)),
                ('title', models.CharField(max_length=100)),
                ('text', models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name='PhaseRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_baseline', models.BooleanField()),
                ('score', models.FloatField()),
                ('low', models.FloatField()),
                ('high', models.FloatField()),
                ('merit', models.FloatField()),
                ('reached_at', models.DateTimeField()),
                ('place', models.PositiveIntegerField()),
                ('rank', models.PositiveIntegerField(blank=True, null=True)),
                ('rank_low', models.PositiveIntegerField(blank=True, null=True)),
                ('rank_high', models.PositiveIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='StartingKit',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('added_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='contest',
            name='board_hidden_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='contestphase',
            name='board_hidden_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='contestphase',
            name='carried_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='contestphase',
            name='carries',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='contestphase',
            name='greater_is_better',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='contestphase',
            name='inputs',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob'),
        ),
        migrations.AddField(
            model_name='contestphase',
            name='metric',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='contestphase',
            name='row_count',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='contestphase',
            name='split_column',
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name='contestphase',
            name='truth',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob'),
        ),
        migrations.AddField(
            model_name='submission',
            name='carried_from',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contests.submission'),
        ),
        migrations.AddConstraint(
            model_name='contestphase',
            constraint=models.CheckConstraint(condition=models.Q(('truth__isnull', False), models.Q(('board_hidden_until__isnull', True), ('inputs__isnull', True), ('metric', ''), ('row_count__isnull', True), ('split_column', ''), ('truth__isnull', True)), _connector='OR'), name='contests_contestphase_own_board_has_truth'),
        ),
        migrations.AddField(
            model_name='contestpage',
            name='contest',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pages', to='contests.contest'),
        ),
        migrations.AddField(
            model_name='phaserow',
            name='attempt',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contests.attempt'),
        ),
        migrations.AddField(
            model_name='phaserow',
            name='entrant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='phase_rows', to='contests.entrant'),
        ),
        migrations.AddField(
            model_name='phaserow',
            name='phase',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='board', to='contests.contestphase'),
        ),
        migrations.AddField(
            model_name='phaserow',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contests.submission'),
        ),
        migrations.AddField(
            model_name='startingkit',
            name='blob',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob'),
        ),
        migrations.AddField(
            model_name='startingkit',
            name='commit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.commit'),
        ),
        migrations.AddField(
            model_name='startingkit',
            name='contest',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='kits', to='contests.contest'),
        ),
        migrations.AddConstraint(
            model_name='contestpage',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('contest', 'number'), name='contests_contestpage_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='contestpage',
            constraint=models.UniqueConstraint(fields=('contest', 'slug'), name='contests_contestpage_slug_once'),
        ),
        migrations.AddConstraint(
            model_name='contestpage',
            constraint=models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='contests_contestpage_titled'),
        ),
        migrations.AddIndex(
            model_name='phaserow',
            index=models.Index(fields=['phase', 'place', 'id'], name='contests_phaserow_order'),
        ),
        migrations.AddConstraint(
            model_name='phaserow',
            constraint=models.UniqueConstraint(fields=('phase', 'entrant'), name='contests_phaserow_once'),
        ),
        migrations.AddConstraint(
            model_name='phaserow',
            constraint=models.CheckConstraint(condition=models.Q(('merit__gt', float("-inf")), ('merit__lt', float("inf"))), name='contests_phaserow_finite'),
        ),
        migrations.AddConstraint(
            model_name='phaserow',
            constraint=models.CheckConstraint(condition=models.Q(('merit', models.F('score')), ('merit', django.db.models.expressions.CombinedExpression(models.F('score'), '*', models.Value(-1))), _connector='OR'), name='contests_phaserow_merit_is_score'),
        ),
        migrations.AddConstraint(
            model_name='startingkit',
            constraint=models.UniqueConstraint(fields=('contest', 'name'), name='contests_startingkit_named_once'),
        ),
        migrations.AddConstraint(
            model_name='startingkit',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='contests_startingkit_named'),
        ),
        migrations.AddConstraint(
            model_name='startingkit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('blob__isnull', False), ('commit__isnull', True)), models.Q(('blob__isnull', True), ('commit__isnull', False)), _connector='OR'), name='contests_startingkit_file_or_commit'),
        ),
    ]
