"""Every table of the room as it stood when the first migrations were joined."""
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.text
import uuid
from django.conf import settings
from django.db import migrations, models

from marketplace.kit.tables import CreateTables


class Migration(migrations.Migration):

    initial = True
    replaces = [
        ("catalog", "0001_initial"),
        ("catalog", "0003_likes"),
        ("catalog", "0004_gates_and_moves"),
        ("catalog", "0005_lines"),
        ("catalog", "0007_downloads_by_taker"),
        ("catalog", "0008_cards_as_data"),
        ("catalog", "0009_file_scans"),
        ("catalog", "0010_tallies"),
        ("catalog", "0011_parameters"),
        ("catalog", "0012_moderation"),
        ("catalog", "0013_second_requests"),
        ("catalog", "0014_authors_by_their_row"),
        ("catalog", "0015_row_counts"),
    ]

    dependencies = [
        ("accounts", "0001_schema"),
        ('auth', '0012_alter_user_first_name_max_length'),
        ("licensing", "0001_schema"),
        ("storage", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(
            creations=[
                migrations.CreateModel(
                    name='Repository',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('kind', models.CharField(choices=[('DATASET', 'Dataset'), ('MODEL', 'Model')], max_length=7)),
                        ('namespace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='repositories', to='accounts.namespace')),
                        ('name', models.CharField(max_length=96)),
                        ('work', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='repository', to='licensing.work')),
                        ('visibility', models.CharField(choices=[('PUBLIC', 'Everyone'), ('PRIVATE', 'Only those it is shared with')], default='PRIVATE', max_length=7)),
                        ('gating', models.CharField(choices=[('OPEN', 'Whoever sees it'), ('AUTOMATIC', 'Whoever asks, and says who they are'), ('MANUAL', 'Whom its owners let in, one by one')], db_default='OPEN', default='OPEN', max_length=9)),
                        ('title', models.CharField(max_length=200)),
                        ('summary', models.CharField(blank=True, max_length=500)),
                        ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=96), blank=True, default=list, size=None)),
                        ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=96), blank=True, default=list, size=None)),
                        ('task_categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=96), blank=True, default=list, size=None)),
                        ('modalities', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=96), blank=True, default=list, size=None)),
                        ('size_category', models.CharField(blank=True, max_length=40)),
                        ('size_bytes', models.BigIntegerField(default=0)),
                        ('file_count', models.PositiveIntegerField(default=0)),
                        ('parameters', models.BigIntegerField(blank=True, null=True)),
                        ('downloads', models.BigIntegerField(default=0)),
                        ('likes', models.PositiveIntegerField(db_default=0, default=0)),
                        ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('created_at', models.DateTimeField()),
                        ('updated_at', models.DateTimeField()),
                        ('archived_at', models.DateTimeField(blank=True, null=True)),
                        ('deleted_at', models.DateTimeField(blank=True, null=True)),
                        ('taken_down_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'verbose_name_plural': 'repositories',
                        'permissions': [('manage_repository', 'Can share, hide, archive, delete and restore')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['DATASET', 'MODEL'])), name='catalog_repository_kind_known'), models.CheckConstraint(condition=models.Q(('visibility__in', ['PUBLIC', 'PRIVATE'])), name='catalog_repository_visibility_known'), models.CheckConstraint(condition=models.Q(('gating__in', ['OPEN', 'AUTOMATIC', 'MANUAL'])), name='catalog_repository_gating_known'), models.CheckConstraint(condition=models.Q(('name__regex', '^(?!.*(--|\\.\\.))(?!.*\\.[gG][iI][tT]$)[A-Za-z0-9_]([A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?$')), name='catalog_repository_name_valid'), models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='catalog_repository_title_not_empty'), models.CheckConstraint(condition=models.Q(('downloads__gte', 0), ('file_count__gte', 0), ('size_bytes__gte', 0)), name='catalog_repository_counts_not_negative'), models.UniqueConstraint(models.F('kind'), models.F('namespace'), django.db.models.functions.text.Upper('name'), condition=models.Q(('deleted_at__isnull', True)), name='catalog_repository_name_unique')],
                    },
                ),
                migrations.CreateModel(
                    name='AccessRequest',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='access_requests', to='catalog.repository')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='access_requests', to=settings.AUTH_USER_MODEL)),
                        ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='access_requests', to='accounts.organisation')),
                        ('attempt', models.PositiveIntegerField(db_default=1, default=1)),
                        ('state', models.CharField(choices=[('PENDING', 'Waiting'), ('ACCEPTED', 'Accepted'), ('REJECTED', 'Turned down'), ('REVOKED', 'Revoked')], max_length=8)),
                        ('answers', models.JSONField(default=dict)),
                        ('asked_at', models.DateTimeField()),
                        ('decided_at', models.DateTimeField(blank=True, null=True)),
                        ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('reason', models.CharField(blank=True, max_length=500)),
                        ('is_final', models.BooleanField(db_default=False, default=False)),
                        ('told_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['repository', 'state', 'asked_at', 'id'], name='catalog_accessrequest_listing'), models.Index(condition=models.Q(('state', 'PENDING')), fields=['repository'], name='catalog_accessrequest_waiting'), models.Index(condition=models.Q(('decided_by__isnull', False), models.Q(('told_at__isnull', True), ('told_at__lt', models.F('decided_at')), _connector='OR')), fields=['decided_at'], name='catalog_accessrequest_to_tell')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('organisation__isnull', True)), fields=('repository', 'user'), name='catalog_accessrequest_once'), models.UniqueConstraint(condition=models.Q(('organisation__isnull', False)), fields=('repository', 'organisation'), name='catalog_accessrequest_once_per_organisation'), models.CheckConstraint(condition=models.Q(('state__in', ['PENDING', 'ACCEPTED', 'REJECTED', 'REVOKED'])), name='catalog_accessrequest_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'PENDING')), models.Q(models.Q(('state', 'PENDING'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='catalog_accessrequest_decided_or_pending'), models.CheckConstraint(condition=models.Q(('state__in', ['REJECTED', 'REVOKED']), models.Q(('is_final', False), ('reason', '')), _connector='OR'), name='catalog_accessrequest_reason_of_refusal'), models.CheckConstraint(condition=models.Q(('attempt__gte', 1)), name='catalog_accessrequest_attempts_from_one')],
                    },
                ),
                migrations.CreateModel(
                    name='AccessRound',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rounds', to='catalog.accessrequest')),
                        ('attempt', models.PositiveIntegerField()),
                        ('state', models.CharField(choices=[('PENDING', 'Waiting'), ('ACCEPTED', 'Accepted'), ('REJECTED', 'Turned down'), ('REVOKED', 'Revoked')], max_length=8)),
                        ('answers', models.JSONField(default=dict)),
                        ('asked_at', models.DateTimeField()),
                        ('decided_at', models.DateTimeField()),
                        ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('reason', models.CharField(blank=True, max_length=500)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['PENDING', 'ACCEPTED', 'REJECTED', 'REVOKED']), models.Q(('state', 'PENDING'), _negated=True)), name='catalog_accessround_was_decided')],
                    },
                ),
                migrations.CreateModel(
                    name='ClosedLine',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='closed_lines', to='catalog.repository')),
                        ('line', models.PositiveIntegerField()),
                        ('closed_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('repository', 'line'), name='catalog_closedline_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Commit',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='commits', to='catalog.repository')),
                        ('oid', models.CharField(max_length=40)),
                        ('line', models.PositiveIntegerField(default=0)),
                        ('position', models.PositiveIntegerField()),
                        ('under', models.JSONField(blank=True, default=list)),
                        ('tree_oid', models.CharField(max_length=40)),
                        ('parents', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('message', models.TextField()),
                        ('committed_at', models.DateTimeField()),
                        ('asked', models.CharField(blank=True, max_length=64)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['repository', 'id'], name='catalog_commit_newest')],
                        'constraints': [models.UniqueConstraint(fields=('repository', 'oid'), name='catalog_commit_oid_unique'), models.UniqueConstraint(fields=('repository', 'line', 'position'), name='catalog_commit_position_unique'), models.CheckConstraint(condition=models.Q(('oid__regex', '^[0-9a-f]{40}$'), ('tree_oid__regex', '^[0-9a-f]{40}$')), name='catalog_commit_oids_are_hex'), models.CheckConstraint(condition=models.Q(('position__gte', 1)), name='catalog_commit_position_from_one'), models.CheckConstraint(condition=models.Q(('position', 1), ('parents__len__gt', 0), _connector='OR'), name='catalog_commit_only_a_first_has_no_parent')],
                    },
                ),
                migrations.CreateModel(
                    name='Takedown',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('repository', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='takedowns', to='catalog.repository')),
                        ('ground', models.CharField(choices=[('RIGHTS', 'It infringes a right of mine or of those I speak for'), ('PERSONAL_DATA', 'It holds personal data that should not be here'), ('ILLEGAL', 'It is against the law in another way'), ('MALWARE', 'It harms machines'), ('MISLEADING', 'It is not what it says it is'), ('OTHER', 'Something else')], max_length=13)),
                        ('reason', models.TextField()),
                        ('taken_down_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('taken_down_at', models.DateTimeField()),
                        ('lifted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('lifted_at', models.DateTimeField(blank=True, null=True)),
                        ('lifting_reason', models.TextField(blank=True)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('repository',), name='catalog_takedown_one_at_a_time'), models.CheckConstraint(condition=models.Q(('ground__in', ['RIGHTS', 'PERSONAL_DATA', 'ILLEGAL', 'MALWARE', 'MISLEADING', 'OTHER'])), name='catalog_takedown_ground_known'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='catalog_takedown_reason_told'), models.CheckConstraint(condition=models.Q(models.Q(('lifted_at__isnull', True), ('lifted_by__isnull', True)), models.Q(('lifted_at__isnull', False), ('lifted_by__isnull', False)), _connector='OR'), name='catalog_takedown_lifted_by_someone')],
                    },
                ),
                migrations.CreateModel(
                    name='CounterNotice',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('takedown', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='catalog.takedown')),
                        ('filed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('statement', models.TextField()),
                        ('filed_at', models.DateTimeField()),
                        ('state', models.CharField(choices=[('OPEN', 'Waits for the operator'), ('UPHELD', 'Upheld: it is back'), ('REJECTED', 'Rejected')], default='OPEN', max_length=8)),
                        ('answer', models.TextField(blank=True)),
                        ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('answered_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('state', 'OPEN')), fields=['filed_at', 'id'], name='catalog_counternotice_open')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'OPEN')), fields=('takedown',), name='catalog_counternotice_one_open'), models.CheckConstraint(condition=models.Q(('statement', ''), _negated=True), name='catalog_counternotice_statement_not_empty'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('state', 'OPEN')), models.Q(('answered_at__isnull', False), ('state__in', ['UPHELD', 'REJECTED'])), _connector='OR'), name='catalog_counternotice_answered_unless_open')],
                    },
                ),
                migrations.CreateModel(
                    name='Download',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.repository')),
                        ('at', models.DateTimeField()),
                        ('bucket', models.DateTimeField()),
                        ('taker', models.CharField(max_length=32)),
                        ('user', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('path', models.CharField(blank=True, max_length=1024)),
                        ('sha256', models.CharField(blank=True, max_length=64)),
                        ('is_counted', models.BooleanField(db_default=False, default=False)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('is_counted', False)), fields=['repository', 'bucket'], name='catalog_download_fresh'), models.Index(condition=models.Q(('user__isnull', False)), fields=['repository', 'at', 'id'], name='catalog_download_named')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('path', ''), ('sha256', ''), ('user__isnull', True)), models.Q(('user__isnull', False), models.Q(('path', ''), _negated=True), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='catalog_download_named_with_what_was_taken')],
                    },
                ),
                migrations.CreateModel(
                    name='DownloadDay',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='download_days', to='catalog.repository')),
                        ('day', models.DateField()),
                        ('count', models.PositiveIntegerField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('repository', 'day'), name='catalog_downloadday_once'), models.CheckConstraint(condition=models.Q(('count__gt', 0)), name='catalog_downloadday_positive')],
                    },
                ),
                migrations.CreateModel(
                    name='FileScan',
                    fields=[
                        ('blob', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='scan', serialize=False, to='storage.blob')),
                        ('suffix', models.CharField(blank=True, max_length=8)),
                        ('status', models.CharField(choices=[('QUEUED', 'Waiting to be looked into'), ('SAFE', 'Nothing found'), ('SUSPICIOUS', 'Look before you load it'), ('UNSAFE', 'Harms whoever loads it'), ('ERROR', 'Could not be looked into')], default='QUEUED', max_length=10)),
                        ('report', models.JSONField(blank=True, default=dict)),
                        ('scanner', models.CharField(blank=True, max_length=60)),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('queued_at', models.DateTimeField()),
                        ('claimed_at', models.DateTimeField(blank=True, null=True)),
                        ('scanned_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('status', 'QUEUED')), fields=['queued_at'], name='catalog_filescan_waiting')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['QUEUED', 'SAFE', 'SUSPICIOUS', 'UNSAFE', 'ERROR'])), name='catalog_filescan_status_known'), models.CheckConstraint(condition=models.Q(('status', 'QUEUED'), ('scanned_at__isnull', False), _connector='OR'), name='catalog_filescan_finding_has_time')],
                    },
                ),
                migrations.CreateModel(
                    name='Gate',
                    fields=[
                        ('repository', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='gate', serialize=False, to='catalog.repository')),
                        ('heading', models.CharField(blank=True, max_length=200)),
                        ('description', models.TextField(blank=True)),
                        ('prompt', models.TextField(blank=True)),
                        ('button', models.CharField(blank=True, max_length=100)),
                        ('fields', models.JSONField(default=list)),
                        ('owners_told_at', models.DateTimeField(blank=True, null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name='HeldBlob',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('namespace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='held_blobs', to='accounts.namespace')),
                        ('blob', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holders', to='storage.blob')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('namespace', 'blob'), name='catalog_heldblob_once')],
                    },
                ),
                migrations.CreateModel(
                    name='KeptVersion',
                    fields=[
                        ('commit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='kept', serialize=False, to='catalog.commit')),
                        ('kept_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='Listing',
                    fields=[
                        ('repository', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='listing', serialize=False, to='catalog.repository')),
                        ('kind', models.CharField(choices=[('DATASET', 'Dataset'), ('MODEL', 'Model')], max_length=7)),
                        ('namespace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.namespace')),
                        ('work', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.work')),
                        ('is_public', models.BooleanField()),
                        ('downloads', models.BigIntegerField(default=0)),
                        ('likes', models.PositiveIntegerField(db_default=0, default=0)),
                        ('parameters', models.BigIntegerField(blank=True, null=True)),
                        ('rows', models.BigIntegerField(blank=True, null=True)),
                        ('created_at', models.DateTimeField()),
                        ('facets', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=120), default=list, size=None)),
                        ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=240), default=list, size=None)),
                        ('search', django.contrib.postgres.search.SearchVectorField()),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('is_public', True)), fields=['kind', 'created_at', 'repository'], name='catalog_listing_kind_newest'), models.Index(condition=models.Q(('is_public', True)), fields=['kind', 'downloads', 'repository'], name='catalog_listing_kind_popular'), models.Index(condition=models.Q(('is_public', True)), fields=['created_at', 'repository'], name='catalog_listing_newest'), models.Index(condition=models.Q(('is_public', True)), fields=['downloads', 'repository'], name='catalog_listing_popular'), models.Index(condition=models.Q(('is_public', True)), fields=['kind', 'likes', 'repository'], name='catalog_listing_kind_liked'), models.Index(condition=models.Q(('is_public', True)), fields=['likes', 'repository'], name='catalog_listing_liked'), models.Index(fields=['namespace', 'created_at'], name='catalog_listing_namespace'), models.Index(condition=models.Q(('parameters__isnull', False)), fields=['parameters'], name='catalog_listing_parameters'), django.contrib.postgres.indexes.GinIndex(fields=['facets'], name='catalog_listing_facets'), django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='catalog_listing_tags'), django.contrib.postgres.indexes.GinIndex(fields=['search'], name='catalog_listing_search')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['DATASET', 'MODEL'])), name='catalog_listing_kind_known'), models.CheckConstraint(condition=models.Q(('rows__isnull', True), ('rows__gte', 1), _connector='OR'), name='catalog_listing_rows_from_one')],
                    },
                ),
                migrations.CreateModel(
                    name='NamespaceUsage',
                    fields=[
                        ('namespace', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='usage', serialize=False, to='accounts.namespace')),
                        ('size_bytes', models.BigIntegerField(default=0)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('size_bytes__gte', 0)), name='catalog_namespaceusage_size_not_negative')],
                    },
                ),
                migrations.CreateModel(
                    name='ParameterCount',
                    fields=[
                        ('blob', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='parameter_count', serialize=False, to='storage.blob')),
                        ('by_type', models.JSONField(blank=True, default=dict)),
                        ('total', models.BigIntegerField(blank=True, null=True)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('total__isnull', True), ('total__gte', 0), _connector='OR'), name='catalog_parametercount_not_negative')],
                    },
                ),
                migrations.CreateModel(
                    name='Readme',
                    fields=[
                        ('repository', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='readme', serialize=False, to='catalog.repository')),
                        ('body', models.TextField(blank=True)),
                        ('card', models.JSONField(blank=True, db_default={}, default=dict)),
                    ],
                ),
                migrations.CreateModel(
                    name='Ref',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('repository', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refs', to='catalog.repository')),
                        ('name', models.CharField(max_length=100)),
                        ('kind', models.CharField(choices=[('BRANCH', 'Branch'), ('TAG', 'Tag'), ('PROPOSAL', 'Proposal')], max_length=8)),
                        ('commit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='refs', to='catalog.commit')),
                        ('line', models.PositiveIntegerField(blank=True, null=True)),
                        ('into', models.CharField(blank=True, max_length=100)),
                        ('message', models.TextField(blank=True)),
                        ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('created_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('repository', 'name'), name='catalog_ref_name_unique'), models.UniqueConstraint(condition=models.Q(('line__isnull', False)), fields=('repository', 'line'), name='catalog_ref_line_unique'), models.CheckConstraint(condition=models.Q(('kind__in', ['BRANCH', 'TAG', 'PROPOSAL'])), name='catalog_ref_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'TAG'), _negated=True), models.Q(('commit__isnull', False), ('line__isnull', True)), _connector='OR'), name='catalog_ref_tag_has_commit'), models.CheckConstraint(condition=models.Q(('name__regex', '^[0-9a-f]{40}$'), _negated=True), name='catalog_ref_name_is_no_oid'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'PROPOSAL'), ('name__regex', '^refs/pr/[1-9][0-9]{0,8}$'), ('created_by__isnull', False), models.Q(('into', ''), _negated=True)), models.Q(models.Q(('kind', 'PROPOSAL'), _negated=True), models.Q(('name__startswith', 'refs/'), _negated=True)), _connector='OR'), name='catalog_ref_proposal_has_number_opener_and_aim')],
                    },
                ),
                migrations.CreateModel(
                    name='Report',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('repository', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='catalog.repository')),
                        ('reporter', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('name', models.CharField(blank=True, max_length=200)),
                        ('email', models.EmailField(blank=True, max_length=254)),
                        ('sender', models.CharField(blank=True, max_length=32)),
                        ('ground', models.CharField(choices=[('RIGHTS', 'It infringes a right of mine or of those I speak for'), ('PERSONAL_DATA', 'It holds personal data that should not be here'), ('ILLEGAL', 'It is against the law in another way'), ('MALWARE', 'It harms machines'), ('MISLEADING', 'It is not what it says it is'), ('OTHER', 'Something else')], max_length=13)),
                        ('statement', models.TextField()),
                        ('filed_at', models.DateTimeField()),
                        ('state', models.CharField(choices=[('OPEN', 'Waits for the operator'), ('UPHELD', 'Upheld: it was taken down'), ('DISMISSED', 'Dismissed')], default='OPEN', max_length=9)),
                        ('decision', models.TextField(blank=True)),
                        ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('decided_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('state', 'OPEN')), fields=['filed_at', 'id'], name='catalog_report_open'), models.Index(fields=['sender', 'filed_at'], name='catalog_report_sender')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('ground__in', ['RIGHTS', 'PERSONAL_DATA', 'ILLEGAL', 'MALWARE', 'MISLEADING', 'OTHER'])), name='catalog_report_ground_known'), models.CheckConstraint(condition=models.Q(('statement', ''), _negated=True), name='catalog_report_statement_not_empty'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'OPEN')), models.Q(('decided_at__isnull', False), ('state__in', ['UPHELD', 'DISMISSED'])), _connector='OR'), name='catalog_report_decided_unless_open'), models.CheckConstraint(condition=models.Q(('reporter__isnull', False), models.Q(('email', ''), _negated=True), _connector='OR'), name='catalog_report_by_somebody'), models.UniqueConstraint(condition=models.Q(('reporter__isnull', False), ('state', 'OPEN')), fields=('repository', 'reporter'), name='catalog_report_one_open_each')],
                    },
                ),
                migrations.CreateModel(
                    name='RepositoryAlias',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('DATASET', 'Dataset'), ('MODEL', 'Model')], max_length=7)),
                        ('namespace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.namespace')),
                        ('name', models.CharField(max_length=96)),
                        ('repository', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='catalog.repository')),
                        ('created_at', models.DateTimeField()),
                    ],
                    options={
                        'verbose_name_plural': 'repository aliases',
                        'constraints': [models.UniqueConstraint(models.F('kind'), models.F('namespace'), django.db.models.functions.text.Upper('name'), name='catalog_repositoryalias_name_unique'), models.CheckConstraint(condition=models.Q(('kind__in', ['DATASET', 'MODEL'])), name='catalog_repositoryalias_kind_known'), models.CheckConstraint(condition=models.Q(('name__regex', '^(?!.*(--|\\.\\.))(?!.*\\.[gG][iI][tT]$)[A-Za-z0-9_]([A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?$')), name='catalog_repositoryalias_name_valid')],
                    },
                ),
                migrations.CreateModel(
                    name='RepositoryGroupObjectPermission',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                        ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.group')),
                        ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='catalog.repository')),
                    ],
                    options={
                        'unique_together': {('group', 'permission', 'content_object')},
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='RepositoryUserObjectPermission',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('permission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='auth.permission')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                        ('content_object', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='catalog.repository')),
                    ],
                    options={
                        'unique_together': {('user', 'permission', 'content_object')},
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='TreeEntry',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='catalog.repository')),
                        ('folder', models.CharField(blank=True, db_collation='C', max_length=1024)),
                        ('name', models.CharField(blank=True, db_collation='C', max_length=255)),
                        ('kind', models.CharField(choices=[('DIRECTORY', 'Folder'), ('FILE', 'File')], max_length=9)),
                        ('blob', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tree_entries', to='storage.blob')),
                        ('oid', models.CharField(blank=True, max_length=40)),
                        ('tally', models.BinaryField(blank=True, null=True)),
                        ('size_bytes', models.BigIntegerField()),
                        ('file_count', models.PositiveIntegerField()),
                        ('line', models.PositiveIntegerField(default=0)),
                        ('since', models.PositiveIntegerField()),
                        ('until', models.PositiveIntegerField(blank=True, null=True)),
                    ],
                    options={
                        'verbose_name_plural': 'tree entries',
                        'indexes': [models.Index(fields=['repository', 'folder', 'kind', 'name', 'since'], name='catalog_treeentry_listing'), models.Index(fields=['repository', 'line', 'since'], name='catalog_treeentry_begun'), models.Index(condition=models.Q(('until__isnull', False)), fields=['repository', 'line', 'until'], name='catalog_treeentry_ended')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('repository', 'folder', 'name', 'line'), name='catalog_treeentry_one_live'), models.UniqueConstraint(fields=('repository', 'folder', 'name', 'line', 'since'), name='catalog_treeentry_one_since'), models.CheckConstraint(condition=models.Q(('since__gte', 1), models.Q(('until__isnull', True), ('until__gt', models.F('since')), _connector='OR')), name='catalog_treeentry_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(models.Q(('blob__isnull', False), ('file_count', 1), ('kind', 'FILE')), models.Q(('blob__isnull', True), ('kind', 'DIRECTORY'), ('oid__regex', '^[0-9a-f]{40}$')), _connector='OR'), name='catalog_treeentry_file_has_blob'), models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('folder', ''), ('kind', 'DIRECTORY')), _connector='OR'), name='catalog_treeentry_only_the_root_is_nameless'), models.CheckConstraint(condition=models.Q(('size_bytes__gte', 0)), name='catalog_treeentry_size_not_negative')],
                    },
                ),
                migrations.CreateModel(
                    name='Shadow',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shadows', to='catalog.repository')),
                        ('line', models.PositiveIntegerField()),
                        ('since', models.PositiveIntegerField()),
                        ('entry', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shadows', to='catalog.treeentry')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['repository', 'line', 'since'], name='catalog_shadow_begun')],
                        'constraints': [models.UniqueConstraint(fields=('entry', 'line'), name='catalog_shadow_once'), models.CheckConstraint(condition=models.Q(('since__gte', 1)), name='catalog_shadow_since_from_one')],
                    },
                ),
            ],
        ),
    ]
