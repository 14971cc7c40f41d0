"""Programs of hosts, what they print, imports of bundles; contests that a program scores."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_letters_about_prizes'),
        ('catalog', '0002_walls'),
        ('contests', '0004_drafts'),
        ('licensing', '0006_processor_statement'),
        ('runs', '0002_lanes_and_logs'),
        ('storage', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BundleImport',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=80)),
                ('filename', models.CharField(max_length=200)),
                ('format', models.CharField(blank=True, max_length=20)),
                ('report', models.JSONField(blank=True, default=list)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ProgramOutput',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('log', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='ProgramTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=200)),
                ('reference_name', models.CharField(blank=True, max_length=200)),
                ('inputs_name', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ('position',),
            },
        ),
        migrations.CreateModel(
            name='ScoringProgram',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scorer_version', models.PositiveIntegerField()),
                ('convention', models.CharField(choices=[('CODABENCH', 'Codabench and CodaLab'), ('EVALAI', 'EvalAI')], max_length=9)),
                ('codename', models.CharField(blank=True, max_length=100)),
                ('columns', models.JSONField()),
                ('time_limit_seconds', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='contest',
            name='contests_contest_has_rows',
        ),
        migrations.RemoveConstraint(
            model_name='contest',
            name='contests_contest_models_need_inputs',
        ),
        migrations.RemoveConstraint(
            model_name='contest',
            name='contests_contest_classes_fit_task',
        ),
        migrations.AlterField(
            model_name='contest',
            name='task',
            field=models.CharField(choices=[('BINARY', 'Tell two classes apart'), ('MULTICLASS', 'Tell several classes apart'), ('REGRESSION', 'Predict a number'), ('PROGRAM', "What the host's program scores")], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='contest',
            constraint=models.CheckConstraint(condition=models.Q(('row_count__gte', 1), ('task', 'PROGRAM'), _connector='OR'), name='contests_contest_has_rows'),
        ),
        migrations.AddConstraint(
            model_name='contest',
            constraint=models.CheckConstraint(condition=models.Q(('inputs__isnull', False), ('formats__contained_by', ['PREDICTIONS']), ('task', 'PROGRAM'), _connector='OR'), name='contests_contest_models_need_inputs'),
        ),
        migrations.AddConstraint(
            model_name='contest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('classes__len', 0), ('task__in', ['REGRESSION', 'PROGRAM'])), models.Q(('classes__len', 2), ('task', 'BINARY')), models.Q(('classes__len__gte', 2), ('task', 'MULTICLASS')), _connector='OR'), name='contests_contest_classes_fit_task'),
        ),
        migrations.AddField(
            model_name='bundleimport',
            name='blob',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob'),
        ),
        migrations.AddField(
            model_name='bundleimport',
            name='contests',
            field=models.ManyToManyField(related_name='bundle_imports', to='contests.contest'),
        ),
        migrations.AddField(
            model_name='bundleimport',
            name='namespace',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.namespace'),
        ),
        migrations.AddField(
            model_name='bundleimport',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bundle_imports', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bundleimport',
            name='run',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='bundle_import', to='runs.run'),
        ),
        migrations.AddField(
            model_name='programoutput',
            name='attempt',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='program_output', to='contests.attempt'),
        ),
        migrations.AddField(
            model_name='programoutput',
            name='details',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob'),
        ),
        migrations.AddField(
            model_name='programtask',
            name='ingestion',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob'),
        ),
        migrations.AddField(
            model_name='programtask',
            name='inputs',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob'),
        ),
        migrations.AddField(
            model_name='programtask',
            name='reference',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob'),
        ),
        migrations.AddField(
            model_name='programtask',
            name='scoring',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob'),
        ),
        migrations.AddField(
            model_name='scoringprogram',
            name='contest',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='programs', to='contests.contest'),
        ),
        migrations.AddField(
            model_name='programtask',
            name='program',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tasks', to='contests.scoringprogram'),
        ),
        migrations.AddIndex(
            model_name='bundleimport',
            index=models.Index(fields=['owner', '-created_at', '-id'], name='contests_bundleimport_own'),
        ),
        migrations.AddConstraint(
            model_name='scoringprogram',
            constraint=models.UniqueConstraint(fields=('contest', 'scorer_version'), name='contests_scoringprogram_once_per_version'),
        ),
        migrations.AddConstraint(
            model_name='scoringprogram',
            constraint=models.CheckConstraint(condition=models.Q(('convention__in', ['CODABENCH', 'EVALAI'])), name='contests_scoringprogram_convention_known'),
        ),
        migrations.AddConstraint(
            model_name='scoringprogram',
            constraint=models.CheckConstraint(condition=models.Q(('time_limit_seconds__gte', 1)), name='contests_scoringprogram_has_time'),
        ),
        migrations.AddConstraint(
            model_name='programtask',
            constraint=models.UniqueConstraint(fields=('program', 'position'), name='contests_programtask_place_once'),
        ),
        migrations.AddConstraint(
            model_name='programtask',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reference__isnull', True), ('reference_name', '')), models.Q(('reference__isnull', False), models.Q(('reference_name', ''), _negated=True)), _connector='OR'), name='contests_programtask_reference_named'),
        ),
        migrations.AddConstraint(
            model_name='programtask',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('inputs__isnull', True), ('inputs_name', '')), models.Q(('inputs__isnull', False), models.Q(('inputs_name', ''), _negated=True)), _connector='OR'), name='contests_programtask_inputs_named'),
        ),
    ]
