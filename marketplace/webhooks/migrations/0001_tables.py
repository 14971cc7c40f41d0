"""Every table of the room as it stood when the first migrations were joined."""
import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from marketplace.kit.tables import CreateTables


class Migration(migrations.Migration):

    initial = True
    replaces = [("webhooks", "0001_webhooks")]

    dependencies = [
        ("accounts", "0001_schema"),
        ("catalog", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(
            creations=[
                migrations.CreateModel(
                    name='Webhook',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to=settings.AUTH_USER_MODEL)),
                        ('url', models.CharField(max_length=2000)),
                        ('domains', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('repo', 'Repositories: commits, branches, tags, settings'), ('discussion', 'Discussions and pull requests, and their comments')], max_length=10), size=None)),
                        ('secret', models.CharField(blank=True, max_length=200)),
                        ('failures', models.PositiveSmallIntegerField(default=0)),
                        ('created_at', models.DateTimeField()),
                        ('disabled_at', models.DateTimeField(blank=True, null=True)),
                        ('disabled_why', models.CharField(blank=True, max_length=200)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('domains__contained_by', ['repo', 'discussion']), ('domains__len__gt', 0)), name='webhooks_webhook_domains_known'), models.CheckConstraint(condition=models.Q(('url__startswith', 'http')), name='webhooks_webhook_has_url')],
                    },
                ),
                migrations.CreateModel(
                    name='Delivery',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('webhook', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='webhooks.webhook')),
                        ('repository', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.repository')),
                        ('record', models.UUIDField(blank=True, editable=False, null=True)),
                        ('event', models.CharField(max_length=60)),
                        ('payload', models.JSONField()),
                        ('state', models.CharField(choices=[('WAITING', 'Waits'), ('DELIVERED', 'Delivered'), ('FAILED', 'Failed'), ('DROPPED', 'Not sent')], default='WAITING', max_length=9)),
                        ('attempts', models.PositiveSmallIntegerField(default=0)),
                        ('created_at', models.DateTimeField()),
                        ('next_attempt_at', models.DateTimeField()),
                        ('leased_until', models.DateTimeField(blank=True, null=True)),
                        ('finished_at', models.DateTimeField(blank=True, null=True)),
                        ('response_status', models.PositiveSmallIntegerField(blank=True, null=True)),
                        ('response_ms', models.PositiveIntegerField(blank=True, null=True)),
                        ('response_excerpt', models.CharField(blank=True, max_length=2000)),
                        ('fault', models.CharField(blank=True, max_length=300)),
                    ],
                    options={
                        'verbose_name_plural': 'deliveries',
                        'indexes': [models.Index(condition=models.Q(('state', 'WAITING')), fields=['next_attempt_at'], name='webhooks_delivery_due'), models.Index(fields=['webhook', 'created_at', 'id'], name='webhooks_delivery_log'), models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['finished_at'], name='webhooks_delivery_old')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['WAITING', 'DELIVERED', 'FAILED', 'DROPPED'])), name='webhooks_delivery_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('state', 'WAITING')), models.Q(models.Q(('state', 'WAITING'), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='webhooks_delivery_finished_or_waiting'), models.UniqueConstraint(fields=('webhook', 'record'), name='webhooks_delivery_tells_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Watched',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='watched', to='webhooks.webhook')),
                        ('namespace', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.namespace')),
                        ('repository', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.repository')),
                    ],
                    options={
                        'verbose_name_plural': 'watched',
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('namespace__isnull', True), ('repository__isnull', False)), models.Q(('namespace__isnull', False), ('repository__isnull', True)), _connector='OR'), name='webhooks_watched_one_thing'), models.UniqueConstraint(fields=('webhook', 'namespace'), name='webhooks_watched_namespace_once'), models.UniqueConstraint(fields=('webhook', 'repository'), name='webhooks_watched_repository_once')],
                    },
                ),
            ],
        ),
    ]
