"""Threads about contests, and who watches them."""

import django.db.models.deletion
import uuid
import marketplace.kit.tables
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0001_tables'),
        ('contests', '0006_reminders'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        marketplace.kit.tables.ChangeTables(
            changes=[
                migrations.CreateModel(
                    name='Thread',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('title', models.CharField(max_length=200)),
                        ('opened_at', models.DateTimeField()),
                        ('last_post_at', models.DateTimeField()),
                        ('post_count', models.PositiveIntegerField(default=0)),
                        ('is_pinned', models.BooleanField(default=False)),
                        ('is_locked', models.BooleanField(default=False)),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('contest', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='threads', to='contests.contest')),
                    ],
                ),
                migrations.CreateModel(
                    name='Post',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('said_at', models.DateTimeField()),
                        ('text', models.TextField(blank=True)),
                        ('edited_at', models.DateTimeField(blank=True, null=True)),
                        ('hidden_at', models.DateTimeField(blank=True, null=True)),
                        ('hidden_why', models.CharField(blank=True, max_length=300)),
                        ('author', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('hidden_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('thread', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='posts', to='community.thread')),
                    ],
                ),
                migrations.CreateModel(
                    name='Watch',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('since', models.DateTimeField()),
                        ('contest', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contests.contest')),
                        ('thread', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='watches', to='community.thread')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                ),
                migrations.AddIndex(
                    model_name='thread',
                    index=models.Index(fields=['contest', '-is_pinned', '-last_post_at', '-id'], name='community_thread_newest'),
                ),
                migrations.AddConstraint(
                    model_name='thread',
                    constraint=models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='community_thread_title_not_empty'),
                ),
                migrations.AddIndex(
                    model_name='post',
                    index=models.Index(fields=['thread', 'said_at', 'id'], name='community_post_in_order'),
                ),
                migrations.AddIndex(
                    model_name='post',
                    index=models.Index(fields=['author', 'said_at'], name='community_post_of_author'),
                ),
                migrations.AddConstraint(
                    model_name='post',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('hidden_at', None), ('hidden_by', None), ('hidden_why', ''), models.Q(('text', ''), _negated=True)), models.Q(('hidden_at__isnull', False), ('hidden_by__isnull', False), ('text', '')), _connector='OR'), name='community_post_says_something_or_is_hidden'),
                ),
                migrations.AddConstraint(
                    model_name='watch',
                    constraint=models.UniqueConstraint(condition=models.Q(('thread__isnull', False)), fields=('thread', 'user'), name='community_watch_of_thread_once'),
                ),
                migrations.AddConstraint(
                    model_name='watch',
                    constraint=models.UniqueConstraint(condition=models.Q(('thread__isnull', True)), fields=('contest', 'user'), name='community_watch_of_contest_once'),
                ),
            ],
        ),
    ]
