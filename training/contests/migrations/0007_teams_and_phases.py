"""Teams, who may enter, phases, practice, and who handed a submission in."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import uuid
from django.conf import settings
from django.db import migrations, models


TEAMS_OF_ONE = """
INSERT INTO contests_member
    (contest_id, entrant_id, user_id, rules_sha256, rules_accepted_at, joined_at)
SELECT contest_id, id, user_id, rules_sha256, rules_accepted_at, joined_at
FROM contests_entrant WHERE NOT is_baseline;
UPDATE contests_submission AS handed SET submitted_by_id = entrant.user_id
FROM contests_entrant AS entrant WHERE entrant.id = handed.entrant_id;
UPDATE contests_entrant AS same SET name = left(same.name, 80) || ' (' || same.id || ')'
FROM contests_entrant AS first
WHERE first.contest_id = same.contest_id AND upper(first.name) = upper(same.name)
    AND (first.is_baseline, first.id) < (same.is_baseline, same.id);
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""
ENTRANTS_ALONE = """
UPDATE contests_entrant SET rules_sha256 = '', rules_accepted_at = joined_at;
UPDATE contests_entrant AS team
SET rules_sha256 = captain.rules_sha256, rules_accepted_at = captain.rules_accepted_at
FROM contests_member AS captain
WHERE captain.entrant_id = team.id AND captain.user_id = team.user_id;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_letters_about_contests'),
        ('catalog', '0002_walls'),
        ('contests', '0006_attempt_software'),
        ('licensing', '0006_processor_statement'),
        ('storage', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContestPhase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=100)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('daily_limit', models.PositiveSmallIntegerField()),
                ('total_limit', models.PositiveIntegerField(blank=True, null=True)),
                ('formats', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('PREDICTIONS', 'Predictions (CSV)'), ('ONNX', 'Model (ONNX)'), ('CODE', 'Code (zip with predict.py)')], max_length=11), blank=True, default=list, size=None)),
                ('counts', models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name='EntryRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('message', models.CharField(blank=True, max_length=1000)),
                ('rules_sha256', models.CharField(max_length=64)),
                ('asked_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('WAITING', 'Waiting'), ('ACCEPTED', 'Let in'), ('DECLINED', 'Turned down')], default='WAITING', max_length=8)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=1000)),
            ],
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('invited_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rules_sha256', models.CharField(max_length=64)),
                ('rules_accepted_at', models.DateTimeField()),
                ('joined_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='TeamProposal',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('made_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('WAITING', 'Waiting for an answer'), ('ACCEPTED', 'Accepted'), ('DECLINED', 'Declined'), ('WITHDRAWN', 'Withdrawn')], default='WAITING', max_length=9)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='entrant',
            name='contests_entrant_once',
        ),
        migrations.RemoveConstraint(
            model_name='entrant',
            name='contests_entrant_baseline_named_once',
        ),
        migrations.AddField(
            model_name='contest',
            name='allows_practice',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='contest',
            name='email_domains',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=253), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='contest',
            name='inputs_hidden_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='contest',
            name='max_team_size',
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name='contest',
            name='registration',
            field=models.CharField(choices=[('OPEN', 'Everyone who sees it'), ('APPROVED', 'Whom the hosts let in'), ('DOMAIN', 'People with an e-mail address of certain domains'), ('INVITED', 'Whom the hosts invite')], default='OPEN', max_length=8),
        ),
        migrations.AddField(
            model_name='contest',
            name='total_limit',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='entrant',
            name='dissolved_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='entrant',
            name='withdrawn_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='submission',
            name='is_practice',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='submission',
            name='is_ranked',
            field=models.BooleanField(default=True),
        ),
        migrations.AlterField(
            model_name='contest',
            name='ends_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='contest',
            constraint=models.CheckConstraint(condition=models.Q(('registration__in', ['OPEN', 'APPROVED', 'DOMAIN', 'INVITED'])), name='contests_contest_registration_known'),
        ),
        migrations.AddConstraint(
            model_name='contest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('registration', 'DOMAIN'), _negated=True), ('email_domains__len__gte', 1), _connector='OR'), name='contests_contest_domains_if_they_decide'),
        ),
        migrations.AddConstraint(
            model_name='contest',
            constraint=models.CheckConstraint(condition=models.Q(('max_team_size__gte', 1), ('max_team_size__lte', 50)), name='contests_contest_team_size_sane'),
        ),
        migrations.AddConstraint(
            model_name='contest',
            constraint=models.CheckConstraint(condition=models.Q(('total_limit__isnull', True), ('total_limit__gte', 1), _connector='OR'), name='contests_contest_total_limit_positive'),
        ),
        migrations.AddConstraint(
            model_name='entrant',
            constraint=models.UniqueConstraint(condition=models.Q(('dissolved_at__isnull', True), ('is_baseline', False)), fields=('contest', 'user'), name='contests_entrant_once'),
        ),
        migrations.AddField(
            model_name='contestphase',
            name='contest',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='phases', to='contests.contest'),
        ),
        migrations.AddField(
            model_name='submission',
            name='phase',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='contests.contestphase'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=models.Q(('is_practice', False), ('is_ranked', False), _connector='OR'), name='contests_submission_practice_not_ranked'),
        ),
        migrations.AddField(
            model_name='entryrequest',
            name='contest',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entry_requests', to='contests.contest'),
        ),
        migrations.AddField(
            model_name='entryrequest',
            name='decided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='entryrequest',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invitation',
            name='contest',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='contests.contest'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='invited_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invitation',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='invitation',
            name='used_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='member',
            name='contest',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='contests.contest'),
        ),
        migrations.AddField(
            model_name='member',
            name='entrant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='contests.entrant'),
        ),
        migrations.AddField(
            model_name='member',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contest_places', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='teamproposal',
            name='made_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='teamproposal',
            name='other',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='contests.entrant'),
        ),
        migrations.AddField(
            model_name='teamproposal',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='teamproposal',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='proposals', to='contests.entrant'),
        ),
        migrations.AddConstraint(
            model_name='contestphase',
            constraint=models.UniqueConstraint(fields=('contest', 'number'), name='contests_contestphase_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='contestphase',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gt', models.F('starts_at')), _connector='OR'), name='contests_contestphase_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='contestphase',
            constraint=models.CheckConstraint(condition=models.Q(('daily_limit__gte', 1), models.Q(('total_limit__isnull', True), ('total_limit__gte', 1), _connector='OR')), name='contests_contestphase_limits_positive'),
        ),
        migrations.AddConstraint(
            model_name='contestphase',
            constraint=models.CheckConstraint(condition=models.Q(('formats__contained_by', ['PREDICTIONS', 'ONNX', 'CODE'])), name='contests_contestphase_formats_known'),
        ),
        migrations.AddConstraint(
            model_name='contestphase',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='contests_contestphase_named'),
        ),
        migrations.AddIndex(
            model_name='entryrequest',
            index=models.Index(fields=['contest', 'asked_at', 'id'], name='contests_entryrequest_listed'),
        ),
        migrations.AddConstraint(
            model_name='entryrequest',
            constraint=models.UniqueConstraint(fields=('contest', 'user'), name='contests_entryrequest_once'),
        ),
        migrations.AddConstraint(
            model_name='entryrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', 'WAITING')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('state__in', ['ACCEPTED', 'DECLINED'])), _connector='OR'), name='contests_entryrequest_decided_by_someone'),
        ),
        migrations.AddIndex(
            model_name='invitation',
            index=models.Index(fields=['contest', 'invited_at', 'id'], name='contests_invitation_listed'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('digest', ''), ('person__isnull', False)), models.Q(('person__isnull', True), models.Q(('digest', ''), _negated=True)), _connector='OR'), name='contests_invitation_by_name_or_link'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(condition=models.Q(('digest', ''), _negated=True), fields=('digest',), name='contests_invitation_secret_once'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('invited_at'))), name='contests_invitation_expires_later'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('used_at__isnull', True), ('used_by__isnull', True)), models.Q(('used_at__isnull', False), ('used_by__isnull', False)), _connector='OR'), name='contests_invitation_used_by_someone'),
        ),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.UniqueConstraint(fields=('contest', 'user'), name='contests_member_once'),
        ),
        migrations.AddConstraint(
            model_name='teamproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('other__isnull', True), ('person__isnull', False)), models.Q(('other__isnull', False), ('person__isnull', True)), _connector='OR'), name='contests_teamproposal_to_one'),
        ),
        migrations.AddConstraint(
            model_name='teamproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('state', 'WAITING')), models.Q(('answered_at__isnull', False), ('state__in', ['ACCEPTED', 'DECLINED', 'WITHDRAWN'])), _connector='OR'), name='contests_teamproposal_answered_or_waiting'),
        ),
        migrations.AddConstraint(
            model_name='teamproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('person__isnull', False), ('state', 'WAITING')), fields=('team', 'person'), name='contests_teamproposal_person_asked_once'),
        ),
        migrations.AddConstraint(
            model_name='teamproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('other__isnull', False), ('state', 'WAITING')), fields=('team', 'other'), name='contests_teamproposal_team_asked_once'),
        ),
        migrations.AddField(
            model_name='submission',
            name='submitted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='entrant',
            name='rules_sha256',
            field=models.CharField(max_length=64, null=True),
        ),
        migrations.AlterField(
            model_name='entrant',
            name='rules_accepted_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(TEAMS_OF_ONE, ENTRANTS_ALONE),
        migrations.AlterField(
            model_name='submission',
            name='submitted_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='entrant',
            constraint=models.UniqueConstraint(models.F('contest'), django.db.models.functions.text.Upper('name'), condition=models.Q(('dissolved_at__isnull', True)), name='contests_entrant_named_once'),
        ),
        migrations.RemoveField(
            model_name='entrant',
            name='rules_accepted_at',
        ),
        migrations.RemoveField(
            model_name='entrant',
            name='rules_sha256',
        ),
    ]
