"""Every table of the room as it stood when the first migrations were joined."""
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from marketplace.kit.tables import CreateTables


class Migration(migrations.Migration):

    initial = True
    replaces = [
        ("storage", "0001_initial"),
        ("storage", "0002_possession"),
        ("storage", "0003_xorbs"),
        ("storage", "0004_condemned_blobs"),
        ("storage", "0005_plain_bodies"),
    ]

    dependencies = [
        ("accounts", "0001_schema"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(
            creations=[
                migrations.CreateModel(
                    name='Blob',
                    fields=[
                        ('sha256', models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ('size_bytes', models.BigIntegerField()),
                        ('stored_at', models.DateTimeField()),
                        ('verified_at', models.DateTimeField(blank=True, null=True)),
                        ('quarantined_at', models.DateTimeField(blank=True, null=True)),
                        ('condemned_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'indexes': [models.Index(models.OrderBy(models.F('verified_at'), nulls_first=True), condition=models.Q(('quarantined_at__isnull', True)), name='storage_blob_due'), models.Index(condition=models.Q(('condemned_at__isnull', False)), fields=['condemned_at'], name='storage_blob_condemned')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='storage_blob_sha256_is_hex'), models.CheckConstraint(condition=models.Q(('size_bytes__gte', 0)), name='storage_blob_size_not_negative')],
                    },
                ),
                migrations.CreateModel(
                    name='Possession',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('blob', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='possessions', to='storage.blob')),
                        ('proved_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('user', 'blob'), name='storage_possession_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Upload',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to=settings.AUTH_USER_MODEL)),
                        ('sha256', models.CharField(max_length=64)),
                        ('size_bytes', models.BigIntegerField()),
                        ('part_size_bytes', models.BigIntegerField()),
                        ('state', models.CharField(choices=[('OPEN', 'Taking parts'), ('COMPLETED', 'Whole, and in the store'), ('ABORTED', 'Given up; its parts are gone')], default='OPEN', max_length=9)),
                        ('store_id', models.CharField(blank=True, max_length=1024)),
                        ('created_at', models.DateTimeField()),
                        ('completed_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('state', 'OPEN')), fields=['created_at'], name='storage_upload_open')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['OPEN', 'COMPLETED', 'ABORTED'])), name='storage_upload_state_known'), models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='storage_upload_sha256_is_hex'), models.CheckConstraint(condition=models.Q(('part_size_bytes__gt', 0), ('size_bytes__gt', 0)), name='storage_upload_sizes_positive'), models.CheckConstraint(condition=models.Q(models.Q(('completed_at__isnull', False), ('state', 'COMPLETED')), models.Q(models.Q(('state', 'COMPLETED'), _negated=True), ('completed_at__isnull', True)), _connector='OR'), name='storage_upload_time_means_completed')],
                    },
                ),
                migrations.CreateModel(
                    name='XetCache',
                    fields=[
                        ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                        ('generation', models.PositiveIntegerField(default=1)),
                    ],
                ),
                migrations.CreateModel(
                    name='XetFile',
                    fields=[
                        ('hash', models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ('blob', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='xet_files', to='storage.blob')),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('hash__regex', '^[0-9a-f]{64}$')), name='storage_xetfile_hash_is_hex')],
                    },
                ),
                migrations.CreateModel(
                    name='Xorb',
                    fields=[
                        ('hash', models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ('chunks', models.BinaryField()),
                        ('plain_bytes', models.PositiveIntegerField()),
                        ('body', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob')),
                        ('is_covered', models.BooleanField(default=False)),
                        ('listed_at', models.DateTimeField()),
                    ],
                    options={
                        'indexes': [models.Index(fields=['listed_at'], name='storage_xorb_age')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('hash__regex', '^[0-9a-f]{64}$')), name='storage_xorb_hash_is_hex'), models.CheckConstraint(condition=models.Q(('body__isnull', False), ('is_covered', True), _connector='OR'), name='storage_xorb_has_its_bytes')],
                    },
                ),
                migrations.CreateModel(
                    name='XorbSegment',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('xorb', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='segments', to='storage.xorb')),
                        ('first', models.PositiveSmallIntegerField()),
                        ('end', models.PositiveSmallIntegerField()),
                        ('blob', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob')),
                        ('offset', models.BigIntegerField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('xorb', 'first'), name='storage_xorbsegment_once'), models.CheckConstraint(condition=models.Q(('end__gt', models.F('first'))), name='storage_xorbsegment_has_chunks')],
                    },
                ),
                migrations.CreateModel(
                    name='XorbSender',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('xorb', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='senders', to='storage.xorb')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('sent_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('user', 'xorb'), name='storage_xorbsender_once')],
                    },
                ),
            ],
        ),
    ]
