"""Every table of the room as it stood when its migrations were joined the second time."""
import django.contrib.postgres.fields
import django.db.models.deletion
import marketplace.kit.tables
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True
    replaces = [
        ("runs", "0001_initial"),
        ("runs", "0002_lanes_and_logs"),
        ("runs", "0003_brought_workers"),
    ]

    dependencies = [
        ('accounts', '0001_schema'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        marketplace.kit.tables.CreateTables(
            creations=[
                migrations.CreateModel(
                    name='Lane',
                    fields=[
                        ('name', models.CharField(max_length=120, primary_key=True, serialize=False)),
                        ('weight', models.PositiveSmallIntegerField(default=1)),
                        ('per_claimant', models.PositiveSmallIntegerField(default=8)),
                        ('passed', models.FloatField(default=0.0)),
                        ('namespace', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lanes', to='accounts.namespace')),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('weight__gte', 1), ('weight__lte', 100)), name='runs_lane_weight_sane'), models.CheckConstraint(condition=models.Q(('per_claimant__gte', 1), ('per_claimant__lte', 1000)), name='runs_lane_cap_sane')],
                    },
                ),
                migrations.CreateModel(
                    name='WorkerReport',
                    fields=[
                        ('hostname', models.CharField(max_length=200, primary_key=True, serialize=False)),
                        ('queues', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                        ('concurrency', models.PositiveSmallIntegerField()),
                        ('sandbox', models.CharField(max_length=100)),
                        ('is_safe', models.BooleanField()),
                        ('reasons', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, size=None)),
                        ('started_at', models.DateTimeField()),
                        ('seen_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('seen_at__gte', models.F('started_at'))), name='runs_workerreport_seen_after_start')],
                    },
                ),
                migrations.CreateModel(
                    name='BroughtWorker',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('name', models.CharField(max_length=100)),
                        ('digest', models.CharField(max_length=64, unique=True)),
                        ('hint', models.CharField(max_length=12)),
                        ('made_at', models.DateTimeField()),
                        ('seen_at', models.DateTimeField(blank=True, null=True)),
                        ('revoked_at', models.DateTimeField(blank=True, null=True)),
                        ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('namespace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='workers', to='accounts.namespace')),
                        ('lane', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='workers', to='runs.lane')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['namespace', '-made_at'], name='runs_broughtworker_of')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='runs_broughtworker_named'), models.CheckConstraint(condition=models.Q(('revoked_at__isnull', True), ('revoked_at__gte', models.F('made_at')), _connector='OR'), name='runs_broughtworker_revoked_after')],
                    },
                ),
                migrations.CreateModel(
                    name='Run',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('task', models.CharField(max_length=100)),
                        ('queue', models.CharField(max_length=40)),
                        ('claimant', models.CharField(blank=True, max_length=60)),
                        ('turn', models.PositiveBigIntegerField(default=0)),
                        ('status', models.CharField(choices=[('QUEUED', 'Waiting for a worker'), ('RUNNING', 'On a worker'), ('SUCCEEDED', 'Done'), ('FAILED', 'Failed'), ('CANCELLED', 'Cancelled')], default='QUEUED', max_length=9)),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('max_attempts', models.PositiveSmallIntegerField(default=3)),
                        ('queued_at', models.DateTimeField()),
                        ('due_at', models.DateTimeField()),
                        ('dispatched_at', models.DateTimeField(blank=True, null=True)),
                        ('started_at', models.DateTimeField(blank=True, null=True)),
                        ('finished_at', models.DateTimeField(blank=True, null=True)),
                        ('cancel_requested_at', models.DateTimeField(blank=True, null=True)),
                        ('worker', models.CharField(blank=True, max_length=200)),
                        ('lease_token', models.UUIDField(blank=True, null=True)),
                        ('lease_until', models.DateTimeField(blank=True, null=True)),
                        ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                        ('stage', models.CharField(blank=True, max_length=20)),
                        ('progress', models.FloatField(blank=True, null=True)),
                        ('log_tail', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, size=None)),
                        ('log_lines', models.PositiveBigIntegerField(default=0)),
                        ('scorer_log_tail', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, size=None)),
                        ('failure_code', models.CharField(blank=True, max_length=60)),
                        ('failure_stage', models.CharField(blank=True, max_length=20)),
                        ('failure_message', models.TextField(blank=True)),
                        ('failure_rows', models.JSONField(blank=True, default=list)),
                        ('failure_row_count', models.PositiveBigIntegerField(default=0)),
                        ('usage', models.JSONField(blank=True, null=True)),
                        ('lane', models.ForeignKey(db_column='lane', db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='runs.lane')),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('status', 'QUEUED')), fields=['lane', 'turn', 'queued_at', 'id'], name='runs_run_turn'), models.Index(condition=models.Q(('status__in', ['QUEUED', 'RUNNING'])), fields=['lane', 'claimant'], name='runs_run_claimant'), models.Index(condition=models.Q(('status', 'QUEUED')), fields=['due_at'], name='runs_run_due'), models.Index(condition=models.Q(('status', 'RUNNING')), fields=['lease_until'], name='runs_run_leases'), models.Index(fields=['owner', '-queued_at', '-id'], name='runs_run_own'), models.Index(condition=models.Q(('status', 'SUCCEEDED')), fields=['queue', '-finished_at'], name='runs_run_ended')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'])), name='runs_run_status_known'), models.CheckConstraint(condition=models.Q(('attempts__lte', models.F('max_attempts')), ('max_attempts__gte', 1)), name='runs_run_attempts_within_limit'), models.CheckConstraint(condition=models.Q(models.Q(('attempts__gte', 1), ('heartbeat_at__isnull', False), ('lease_token__isnull', False), ('lease_until__isnull', False), ('started_at__isnull', False), ('status', 'RUNNING'), models.Q(('worker', ''), _negated=True)), models.Q(models.Q(('status', 'RUNNING'), _negated=True), ('lease_token__isnull', True), ('lease_until__isnull', True)), _connector='OR'), name='runs_run_leased_while_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'QUEUED'), _negated=True), ('started_at__isnull', True), _connector='OR'), name='runs_run_not_started_while_queued'), models.CheckConstraint(condition=models.Q(('started_at__isnull', False), models.Q(('status__in', ['SUCCEEDED', 'FAILED']), _negated=True), _connector='OR'), name='runs_run_ended_was_started'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('status__in', ['QUEUED', 'RUNNING'])), models.Q(models.Q(('status__in', ['QUEUED', 'RUNNING']), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='runs_run_finished_unless_live'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'FAILED'), models.Q(('failure_code', ''), _negated=True), models.Q(('failure_message', ''), _negated=True)), models.Q(models.Q(('status', 'FAILED'), _negated=True), ('failure_code', ''), ('failure_message', '')), _connector='OR'), name='runs_run_failure_told'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'CANCELLED'), _negated=True), ('cancel_requested_at__isnull', False), _connector='OR'), name='runs_run_cancelled_on_request'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'QUEUED'), _negated=True), ('cancel_requested_at__isnull', True), _connector='OR'), name='runs_run_no_cancel_while_queued'), models.CheckConstraint(condition=models.Q(('progress__isnull', True), ('progress__range', (0.0, 1.0)), _connector='OR'), name='runs_run_progress_is_fraction'), models.CheckConstraint(condition=models.Q(('log_tail__len__lte', 200), ('scorer_log_tail__len__lte', 200)), name='runs_run_log_is_a_tail')],
                    },
                ),
            ],
        ),
    ]
