"""Every table of the room as it stood when the first migrations were joined."""
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True
    replaces = [("contests", "0001_initial")]

    dependencies = [
        ("accounts", "0001_tables"),
        ("catalog", "0001_tables"),
        ('runs', '0001_initial'),
        ("storage", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Contest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('title', models.CharField(max_length=200)),
                ('summary', models.CharField(blank=True, max_length=500)),
                ('description', models.TextField(blank=True)),
                ('rules', models.TextField(blank=True)),
                ('prizes', models.TextField(blank=True)),
                ('host', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hosted_contests', to=settings.AUTH_USER_MODEL)),
                ('namespace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contests', to='accounts.namespace')),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contests', to='catalog.repository')),
                ('task', models.CharField(choices=[('BINARY', 'Tell two classes apart'), ('MULTICLASS', 'Tell several classes apart'), ('REGRESSION', 'Predict a number')], max_length=10)),
                ('metric', models.CharField(max_length=40)),
                ('greater_is_better', models.BooleanField()),
                ('classes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, size=None)),
                ('id_column', models.CharField(default='id', max_length=100)),
                ('target_column', models.CharField(default='label', max_length=100)),
                ('split_column', models.CharField(blank=True, max_length=100)),
                ('row_count', models.PositiveIntegerField()),
                ('truth', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob')),
                ('inputs', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob')),
                ('formats', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('PREDICTIONS', 'Predictions (CSV)'), ('ONNX', 'Model (ONNX)'), ('CODE', 'Code (zip with predict.py)')], max_length=11), size=None)),
                ('scorer_version', models.PositiveIntegerField(default=1)),
                ('pending_version', models.PositiveIntegerField(blank=True, null=True)),
                ('pending_truth', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('daily_limit', models.PositiveSmallIntegerField()),
                ('visibility', models.CharField(choices=[('PUBLIC', 'Everyone'), ('PRIVATE', 'Members of the namespace')], default='PUBLIC', max_length=7)),
                ('created_at', models.DateTimeField()),
                ('board_version', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(fields=['-created_at', '-id'], name='contests_contest_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('slug__regex', '^[a-z0-9]+(-[a-z0-9]+)*$')), name='contests_contest_slug_plain'), models.CheckConstraint(condition=models.Q(('visibility__in', ['PUBLIC', 'PRIVATE'])), name='contests_contest_visibility_known'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='contests_contest_ends_after_start'), models.CheckConstraint(condition=models.Q(('daily_limit__gte', 1)), name='contests_contest_daily_limit_positive'), models.CheckConstraint(condition=models.Q(('row_count__gte', 1)), name='contests_contest_has_rows'), models.CheckConstraint(condition=models.Q(('formats__contained_by', ['PREDICTIONS', 'ONNX', 'CODE']), ('formats__len__gte', 1)), name='contests_contest_formats_known'), models.CheckConstraint(condition=models.Q(('inputs__isnull', False), ('formats__contained_by', ['PREDICTIONS']), _connector='OR'), name='contests_contest_models_need_inputs'), models.CheckConstraint(condition=models.Q(models.Q(('classes__len', 0), ('task', 'REGRESSION')), models.Q(('classes__len', 2), ('task', 'BINARY')), models.Q(('classes__len__gte', 2), ('task', 'MULTICLASS')), _connector='OR'), name='contests_contest_classes_fit_task'), models.CheckConstraint(condition=models.Q(models.Q(('pending_truth__isnull', True), ('pending_version__isnull', True)), models.Q(('pending_truth__isnull', False), ('pending_version__gt', models.F('scorer_version'))), _connector='OR'), name='contests_contest_pending_is_newer')],
            },
        ),
        migrations.CreateModel(
            name='Entrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contest', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entrants', to='contests.contest')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to=settings.AUTH_USER_MODEL)),
                ('is_baseline', models.BooleanField(default=False)),
                ('name', models.CharField(max_length=100)),
                ('rules_sha256', models.CharField(max_length=64)),
                ('rules_accepted_at', models.DateTimeField()),
                ('joined_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_baseline', False)), fields=('contest', 'user'), name='contests_entrant_once'), models.UniqueConstraint(condition=models.Q(('is_baseline', True)), fields=('contest', 'name'), name='contests_entrant_baseline_named_once'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='contests_entrant_named')],
            },
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('contest', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='contests.contest')),
                ('entrant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='contests.entrant')),
                ('format', models.CharField(choices=[('PREDICTIONS', 'Predictions (CSV)'), ('ONNX', 'Model (ONNX)'), ('CODE', 'Code (zip with predict.py)')], max_length=11)),
                ('blob', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob')),
                ('filename', models.CharField(max_length=200)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('submitted_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['contest', '-submitted_at', '-id'], name='contests_submission_newest'), models.Index(fields=['entrant', '-submitted_at', '-id'], name='contests_submission_own')],
                'constraints': [models.CheckConstraint(condition=models.Q(('format__in', ['PREDICTIONS', 'ONNX', 'CODE'])), name='contests_submission_format_known'), models.CheckConstraint(condition=models.Q(('withdrawn_at__isnull', True), ('withdrawn_at__gte', models.F('submitted_at')), _connector='OR'), name='contests_submission_withdrawn_after')],
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='contests.submission')),
                ('run', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='attempt', to='runs.run')),
                ('scorer_version', models.PositiveIntegerField()),
                ('truth', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob')),
                ('predictions_sha256', models.CharField(blank=True, max_length=64)),
                ('row_count', models.PositiveIntegerField(blank=True, null=True)),
                ('calibration', models.JSONField(blank=True, default=list)),
                ('losses', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('submission', 'scorer_version', 'truth'), name='contests_attempt_once_per_scorer_and_truth')],
            },
        ),
        migrations.CreateModel(
            name='BoardRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contest', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='board', to='contests.contest')),
                ('entrant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='board_row', to='contests.entrant')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contests.submission')),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contests.attempt')),
                ('name', models.CharField(max_length=100)),
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
                ('format', models.CharField(max_length=11)),
                ('ece', models.FloatField(blank=True, null=True)),
                ('latency_ms_per_row', models.FloatField(blank=True, null=True)),
                ('peak_memory_bytes', models.BigIntegerField(blank=True, null=True)),
                ('device', models.CharField(blank=True, max_length=100)),
                ('submission_count', models.PositiveIntegerField()),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['contest', 'place', 'id'], name='contests_boardrow_order')],
                'constraints': [models.CheckConstraint(condition=models.Q(('merit__gt', float("-inf")), ('merit__lt', float("inf"))), name='contests_boardrow_finite'), models.CheckConstraint(condition=models.Q(('merit', models.F('score')), ('merit', django.db.models.expressions.CombinedExpression(models.F('score'), '*', models.Value(-1))), _connector='OR'), name='contests_boardrow_merit_is_score'), models.CheckConstraint(condition=models.Q(models.Q(('is_baseline', True), ('rank__isnull', True), ('rank_high__isnull', True), ('rank_low__isnull', True)), models.Q(('is_baseline', False), ('rank__isnull', False), ('rank_high__gte', models.F('rank')), ('rank_low__gte', 1), ('rank_low__lte', models.F('rank'))), _connector='OR'), name='contests_boardrow_rank_within_bounds')],
            },
        ),
        migrations.CreateModel(
            name='Score',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scores', to='contests.attempt')),
                ('split', models.CharField(choices=[('PUBLIC', 'Shown on the board'), ('PRIVATE', 'Held back until the end')], default='PUBLIC', max_length=7)),
                ('metric', models.CharField(max_length=40)),
                ('value', models.FloatField()),
                ('low', models.FloatField()),
                ('high', models.FloatField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('attempt', 'split', 'metric'), name='contests_score_once'), models.CheckConstraint(condition=models.Q(('split__in', ['PUBLIC', 'PRIVATE'])), name='contests_score_split_known'), models.CheckConstraint(condition=models.Q(('high__lt', float("inf")), ('low__gt', float("-inf")), ('value__gt', float("-inf")), ('value__lt', float("inf"))), name='contests_score_finite'), models.CheckConstraint(condition=models.Q(('low__lte', models.F('value')), ('value__lte', models.F('high'))), name='contests_score_inside_interval')],
            },
        ),
    ]
