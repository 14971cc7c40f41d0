"""Every table of the room as it stood when the first migrations were joined."""
import django.db.models.deletion
import django.db.models.functions.text
import marketplace.community.models.collections
import uuid
from django.conf import settings
from django.db import migrations, models

from marketplace.kit.tables import CreateTables


class Migration(migrations.Migration):

    initial = True
    replaces = [
        ("community", "0001_initial"),
        ("community", "0002_events_in_order"),
    ]

    dependencies = [
        ("accounts", "0001_schema"),
        ("catalog", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(
            creations=[
                migrations.CreateModel(
                    name='Collection',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('key', models.CharField(default=marketplace.community.models.collections.new_key, editable=False, max_length=24, unique=True)),
                        ('namespace', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='collections', to='accounts.namespace')),
                        ('title', models.CharField(max_length=100)),
                        ('description', models.CharField(blank=True, max_length=500)),
                        ('is_private', models.BooleanField(default=False)),
                        ('theme', models.CharField(choices=[('ORANGE', 'Orange'), ('BLUE', 'Blue'), ('GREEN', 'Green'), ('PURPLE', 'Purple'), ('PINK', 'Pink'), ('INDIGO', 'Indigo')], default='ORANGE', max_length=6)),
                        ('position', models.PositiveIntegerField(default=0)),
                        ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('created_at', models.DateTimeField()),
                        ('updated_at', models.DateTimeField()),
                    ],
                    options={
                        'indexes': [models.Index(fields=['updated_at', 'key'], name='community_collection_newest')],
                        'constraints': [models.UniqueConstraint(models.F('namespace'), django.db.models.functions.text.Upper('title'), name='community_collection_title_unique'), models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='community_collection_title_not_empty'), models.CheckConstraint(condition=models.Q(('key__regex', '^[0-9a-f]{24}$')), name='community_collection_key_is_hex'), models.CheckConstraint(condition=models.Q(('theme__in', ['ORANGE', 'BLUE', 'GREEN', 'PURPLE', 'PINK', 'INDIGO'])), name='community_collection_theme_known')],
                    },
                ),
                migrations.CreateModel(
                    name='CollectionItem',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('collection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='community.collection')),
                        ('repository', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.repository')),
                        ('note', models.CharField(blank=True, max_length=500)),
                        ('position', models.PositiveIntegerField()),
                    ],
                    options={
                        'indexes': [models.Index(fields=['collection', 'position', 'id'], name='community_collectionitem_order')],
                        'constraints': [models.UniqueConstraint(fields=('collection', 'repository'), name='community_collectionitem_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Discussion',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='discussions', to='catalog.repository')),
                        ('number', models.PositiveIntegerField()),
                        ('title', models.CharField(max_length=200)),
                        ('is_pull_request', models.BooleanField()),
                        ('status', models.CharField(choices=[('DRAFT', 'Draft'), ('OPEN', 'Open'), ('CLOSED', 'Closed'), ('MERGED', 'Merged')], max_length=6)),
                        ('base', models.CharField(blank=True, max_length=100)),
                        ('merge_oid', models.CharField(blank=True, max_length=40)),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('opened_at', models.DateTimeField()),
                        ('comment_count', models.PositiveIntegerField(default=0)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['repository', 'status', 'number'], name='community_discussion_by_status')],
                        'constraints': [models.UniqueConstraint(fields=('repository', 'number'), name='community_discussion_number_unique'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='community_discussion_number_from_one'), models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='community_discussion_title_not_empty'), models.CheckConstraint(condition=models.Q(('status__in', ['DRAFT', 'OPEN', 'CLOSED', 'MERGED'])), name='community_discussion_status_known'), models.CheckConstraint(condition=models.Q(models.Q(('is_pull_request', True), models.Q(('base', ''), _negated=True)), models.Q(('base', ''), ('is_pull_request', False), models.Q(('status__in', ['DRAFT', 'MERGED']), _negated=True)), _connector='OR'), name='community_discussion_pull_request_has_base'), models.CheckConstraint(condition=models.Q(models.Q(('merge_oid__regex', '^[0-9a-f]{40}$'), ('status', 'MERGED')), models.Q(models.Q(('status', 'MERGED'), _negated=True), ('merge_oid', '')), _connector='OR'), name='community_discussion_merged_has_commit')],
                    },
                ),
                migrations.CreateModel(
                    name='Event',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('discussion', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='community.discussion')),
                        ('kind', models.CharField(choices=[('COMMENT', 'Comment'), ('STATUS', 'Change of status'), ('TITLE', 'Change of title')], max_length=7)),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('at', models.DateTimeField()),
                        ('place', models.PositiveIntegerField(db_default=0, default=0)),
                        ('text', models.TextField(blank=True)),
                        ('edited_at', models.DateTimeField(blank=True, null=True)),
                        ('hidden_at', models.DateTimeField(blank=True, null=True)),
                        ('hidden_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('status', models.CharField(blank=True, choices=[('DRAFT', 'Draft'), ('OPEN', 'Open'), ('CLOSED', 'Closed'), ('MERGED', 'Merged')], max_length=6)),
                        ('old_title', models.CharField(blank=True, max_length=200)),
                        ('new_title', models.CharField(blank=True, max_length=200)),
                    ],
                    options={
                        'indexes': [models.Index(fields=['discussion', 'at', 'place'], name='community_event_placed')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('hidden_at__isnull', True), ('kind', 'COMMENT'), models.Q(('text', ''), _negated=True)), models.Q(('hidden_at__isnull', False), ('kind', 'COMMENT'), ('text', '')), models.Q(('kind', 'STATUS'), ('status__in', ['DRAFT', 'OPEN', 'CLOSED', 'MERGED']), ('text', '')), models.Q(('kind', 'TITLE'), ('text', ''), models.Q(('old_title', ''), _negated=True), models.Q(('new_title', ''), _negated=True)), _connector='OR'), name='community_event_says_what'), models.CheckConstraint(condition=models.Q(models.Q(('hidden_at__isnull', True), ('hidden_by__isnull', True)), models.Q(('hidden_at__isnull', False), ('hidden_by__isnull', False)), _connector='OR'), name='community_event_hidden_by_someone')],
                    },
                ),
                migrations.CreateModel(
                    name='Edit',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('comment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='edits', to='community.event')),
                        ('text', models.TextField()),
                        ('replaced_at', models.DateTimeField()),
                    ],
                    options={
                        'indexes': [models.Index(fields=['comment', 'id'], name='community_edit_in_order')],
                    },
                ),
                migrations.CreateModel(
                    name='Like',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('repository', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.repository')),
                        ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('liked_at', models.DateTimeField()),
                    ],
                    options={
                        'indexes': [models.Index(fields=['user', 'liked_at', 'id'], name='community_like_of_user'), models.Index(fields=['repository', 'liked_at', 'id'], name='community_like_of_thing')],
                        'constraints': [models.UniqueConstraint(fields=('repository', 'user'), name='community_like_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Numbering',
                    fields=[
                        ('repository', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='catalog.repository')),
                        ('last', models.PositiveIntegerField(default=0)),
                    ],
                ),
            ],
        ),
    ]
