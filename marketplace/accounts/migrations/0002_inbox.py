"""An inbox: what people are told stays to be read, and new kinds of it."""

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import marketplace.accounts.models.people
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_schema'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='notice',
            name='accounts_notice_kind_known',
        ),
        migrations.RemoveIndex(
            model_name='notice',
            name='accounts_notice_waiting',
        ),
        migrations.AddField(
            model_name='notice',
            name='is_mailed',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='is_shown',
            field=models.BooleanField(db_default=False, default=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='key',
            field=models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='read_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='unshown',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('TAKEDOWN', 'What is yours was taken down, or put back'), ('REPORT', 'What you reported: that it came, and what was decided'), ('ACCOUNT', 'Your account, and the copy of your data'), ('HANDOVER', 'Works and rights that are handed over'), ('CONSENT', 'Shares and offers that wait for your yes'), ('ACCESS', 'Access asked for, and what was decided'), ('PRIZE', 'Contests: prizes, purses, and who is disqualified'), ('CONTEST', 'Contests: teams, invitations, and requests to enter'), ('NEWS', 'Contests you entered: what their hosts announce'), ('TALK', 'Contests: what is said in discussions that you watch'), ('RESULT', "Contests: your team's submissions, scored or failed"), ('BOARD', 'Contests you entered: what opens, ends soon, or is released')], max_length=8), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('TAKEDOWN', 'What is yours was taken down, or put back'), ('REPORT', 'What you reported: that it came, and what was decided'), ('ACCOUNT', 'Your account, and the copy of your data'), ('HANDOVER', 'Works and rights that are handed over'), ('CONSENT', 'Shares and offers that wait for your yes'), ('ACCESS', 'Access asked for, and what was decided'), ('PRIZE', 'Contests: prizes, purses, and who is disqualified'), ('CONTEST', 'Contests: teams, invitations, and requests to enter'), ('NEWS', 'Contests you entered: what their hosts announce'), ('TALK', 'Contests: what is said in discussions that you watch'), ('RESULT', "Contests: your team's submissions, scored or failed"), ('BOARD', 'Contests you entered: what opens, ends soon, or is released')], max_length=8),
        ),
        migrations.AlterField(
            model_name='user',
            name='unwanted',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('TAKEDOWN', 'What is yours was taken down, or put back'), ('REPORT', 'What you reported: that it came, and what was decided'), ('ACCOUNT', 'Your account, and the copy of your data'), ('HANDOVER', 'Works and rights that are handed over'), ('CONSENT', 'Shares and offers that wait for your yes'), ('ACCESS', 'Access asked for, and what was decided'), ('PRIZE', 'Contests: prizes, purses, and who is disqualified'), ('CONTEST', 'Contests: teams, invitations, and requests to enter'), ('NEWS', 'Contests you entered: what their hosts announce'), ('TALK', 'Contests: what is said in discussions that you watch'), ('RESULT', "Contests: your team's submissions, scored or failed"), ('BOARD', 'Contests you entered: what opens, ends soon, or is released')], max_length=8), blank=True, db_default=['RESULT'], default=marketplace.accounts.models.people.quiet_letters, size=None),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('is_mailed', True), ('sent_at__isnull', True)), fields=['due_at', 'id'], name='accounts_notice_waiting'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('is_shown', True)), fields=['person', '-due_at', '-id'], name='accounts_notice_inbox'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('is_shown', True), ('read_at__isnull', True)), fields=['person', 'due_at'], name='accounts_notice_unread'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['TAKEDOWN', 'REPORT', 'ACCOUNT', 'HANDOVER', 'CONSENT', 'ACCESS', 'PRIZE', 'CONTEST', 'NEWS', 'TALK', 'RESULT', 'BOARD'])), name='accounts_notice_kind_known'),
        ),
        migrations.RunSQL(  # of results the inbox tells; letters only to who asks
            "UPDATE accounts_user SET unwanted = array_append(unwanted, 'RESULT')"
            " WHERE NOT 'RESULT' = ANY(unwanted)",
            "UPDATE accounts_user SET unwanted = array_remove(unwanted, 'RESULT')",
        ),
    ]
