"""Every table of the room as it stood when the first migrations were joined."""
import django.core.serializers.json
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from marketplace.kit.tables import CreateTables


class Migration(migrations.Migration):

    initial = True
    replaces = [
        ("kit", "0001_initial"),
        ("kit", "0002_acts_are_told"),
        ("kit", "0003_audit_chain"),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(
            creations=[
                migrations.CreateModel(
                    name='AuditRecord',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('actor_name', models.CharField(blank=True, max_length=150)),
                        ('act', models.CharField(max_length=60)),
                        ('target_kind', models.CharField(max_length=60)),
                        ('target_id', models.CharField(max_length=120)),
                        ('details', models.JSONField(default=dict)),
                        ('salts', models.JSONField(default=dict)),
                        ('erased', models.JSONField(default=dict)),
                        ('at', models.DateTimeField()),
                        ('is_told', models.BooleanField(default=False)),
                        ('mark', models.CharField(blank=True, default='', max_length=64)),
                        ('is_sealed', models.BooleanField(default=False)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('is_sealed', False)), fields=['at', 'id'], name='kit_auditrecord_unsealed'), models.Index(condition=models.Q(('is_told', False)), fields=['at', 'id'], name='kit_auditrecord_untold'), models.Index(fields=['target_kind', 'target_id'], name='kit_auditrecord_target'), models.Index(fields=['at'], name='kit_auditrecord_time')],
                    },
                ),
                migrations.CreateModel(
                    name='AuditSeal',
                    fields=[
                        ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                        ('record', models.UUIDField(unique=True)),
                        ('digest', models.CharField(max_length=64)),
                        ('sealed_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='kit_auditseal_counts_from_one'), models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{64}$')), name='kit_auditseal_digest_is_hex')],
                    },
                ),
                migrations.CreateModel(
                    name='IdempotencyKey',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('key', models.CharField(max_length=255)),
                        ('fingerprint', models.CharField(max_length=64)),
                        ('status', models.PositiveSmallIntegerField(null=True)),
                        ('body', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, null=True)),
                        ('created_at', models.DateTimeField()),
                    ],
                    options={
                        'indexes': [models.Index(fields=['created_at'], name='kit_idempotencykey_age')],
                        'constraints': [models.UniqueConstraint(fields=('user', 'key'), name='kit_idempotencykey_one_per_user'), models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='kit_idempotencykey_key_not_empty')],
                    },
                ),
                migrations.CreateModel(
                    name='RequestCount',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('caller', models.CharField(max_length=80)),
                        ('window', models.BigIntegerField()),
                        ('count', models.PositiveIntegerField(default=1)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('caller', 'window'), name='kit_requestcount_one_per_window')],
                    },
                ),
            ],
        ),
    ]
