import django.contrib.postgres.fields
import marketplace.accounts.models.people
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_letters_of_jobs'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='notice',
            name='accounts_notice_kind_known',
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('TAKEDOWN', 'What is yours was taken down, or put back'), ('REPORT', 'What you reported: that it came, and what was decided'), ('ACCOUNT', 'Your account, and the copy of your data'), ('HANDOVER', 'Works and rights that are handed over'), ('CONSENT', 'Shares and offers that wait for your yes'), ('ACCESS', 'Access asked for, and what was decided'), ('PRIZE', 'Contests: prizes, purses, and who is disqualified'), ('CONTEST', 'Contests: teams, invitations, and requests to enter'), ('NEWS', 'Contests you entered: what their hosts announce'), ('TALK', 'Contests: what is said in discussions that you watch'), ('RESULT', "Contests: your team's submissions, scored or failed"), ('BOARD', 'Contests you entered: what opens, ends soon, or is released'), ('TRAINING', 'The studio: training of yours that ended'), ('JOB', 'Your jobs: scheduled runs that failed'), ('SEARCH', 'Searches you saved: what is new in them')], max_length=8),
        ),
        migrations.AlterField(
            model_name='user',
            name='unshown',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('TAKEDOWN', 'What is yours was taken down, or put back'), ('REPORT', 'What you reported: that it came, and what was decided'), ('ACCOUNT', 'Your account, and the copy of your data'), ('HANDOVER', 'Works and rights that are handed over'), ('CONSENT', 'Shares and offers that wait for your yes'), ('ACCESS', 'Access asked for, and what was decided'), ('PRIZE', 'Contests: prizes, purses, and who is disqualified'), ('CONTEST', 'Contests: teams, invitations, and requests to enter'), ('NEWS', 'Contests you entered: what their hosts announce'), ('TALK', 'Contests: what is said in discussions that you watch'), ('RESULT', "Contests: your team's submissions, scored or failed"), ('BOARD', 'Contests you entered: what opens, ends soon, or is released'), ('TRAINING', 'The studio: training of yours that ended'), ('JOB', 'Your jobs: scheduled runs that failed'), ('SEARCH', 'Searches you saved: what is new in them')], max_length=8), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.AlterField(
            model_name='user',
            name='unwanted',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('TAKEDOWN', 'What is yours was taken down, or put back'), ('REPORT', 'What you reported: that it came, and what was decided'), ('ACCOUNT', 'Your account, and the copy of your data'), ('HANDOVER', 'Works and rights that are handed over'), ('CONSENT', 'Shares and offers that wait for your yes'), ('ACCESS', 'Access asked for, and what was decided'), ('PRIZE', 'Contests: prizes, purses, and who is disqualified'), ('CONTEST', 'Contests: teams, invitations, and requests to enter'), ('NEWS', 'Contests you entered: what their hosts announce'), ('TALK', 'Contests: what is said in discussions that you watch'), ('RESULT', "Contests: your team's submissions, scored or failed"), ('BOARD', 'Contests you entered: what opens, ends soon, or is released'), ('TRAINING', 'The studio: training of yours that ended'), ('JOB', 'Your jobs: scheduled runs that failed'), ('SEARCH', 'Searches you saved: what is new in them')], max_length=8), blank=True, db_default=['RESULT'], default=marketplace.accounts.models.people.quiet_letters, size=None),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['TAKEDOWN', 'REPORT', 'ACCOUNT', 'HANDOVER', 'CONSENT', 'ACCESS', 'PRIZE', 'CONTEST', 'NEWS', 'TALK', 'RESULT', 'BOARD', 'TRAINING', 'JOB', 'SEARCH'])), name='accounts_notice_kind_known'),
        ),
    ]
