"""Every table of the room as it stood when its migrations were joined the second time."""
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import marketplace.accounts.names
import marketplace.kit.tables
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True
    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0001_tables"),
        ("accounts", "0002_device_login"),
        ("accounts", "0002_money_scope"),
        ("accounts", "0003_letters_about_prizes"),
        ("accounts", "0003_trusted_publishers"),
        ("accounts", "0004_erasure_and_letters"),
        ("accounts", "0004_letters_about_contests"),
        ("accounts", "0005_letters_about_announcements"),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        marketplace.kit.tables.CreateTables(
            creations=[
                migrations.CreateModel(
                    name='RetiredName',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('digest', models.CharField(max_length=64, unique=True)),
                        ('retired_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='User',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('password', models.CharField(max_length=128, verbose_name='password')),
                        ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                        ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                        ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                        ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                        ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                        ('username', models.CharField(error_messages={'unique': 'This name is taken.'}, max_length=96, unique=True, validators=[marketplace.accounts.names.validate_name], verbose_name='name')),
                        ('full_name', models.CharField(blank=True, max_length=150)),
                        ('about', models.TextField(blank=True, max_length=2000)),
                        ('email', models.EmailField(max_length=254, unique=True)),
                        ('unwanted', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('TAKEDOWN', 'What is yours was taken down, or put back'), ('REPORT', 'What you reported: that it came, and what was decided'), ('ACCOUNT', 'Your account, and the copy of your data'), ('HANDOVER', 'Works and rights that are handed over'), ('CONSENT', 'Shares and offers that wait for your yes'), ('ACCESS', 'Access asked for, and what was decided'), ('PRIZE', 'Contests: prizes, purses, and who is disqualified'), ('CONTEST', 'Contests: teams, invitations, and requests to enter'), ('NEWS', 'Contests you entered: what their hosts announce')], max_length=8), blank=True, db_default=[], default=list, size=None)),
                        ('erased_at', models.DateTimeField(blank=True, editable=False, null=True)),
                        ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                        ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(django.db.models.functions.text.Upper('username'), name='accounts_user_name_unique'), models.UniqueConstraint(django.db.models.functions.text.Upper('email'), name='accounts_user_email_unique'), models.CheckConstraint(condition=models.Q(('username__regex', '^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$')), name='accounts_user_name_shape')],
                    },
                ),
                migrations.CreateModel(
                    name='DeviceGrant',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('device_digest', models.CharField(max_length=64, unique=True)),
                        ('user_code_digest', models.CharField(db_index=True, max_length=64)),
                        ('client_id', models.CharField(max_length=100)),
                        ('program', models.CharField(blank=True, max_length=200)),
                        ('asked_from', models.CharField(blank=True, max_length=64)),
                        ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('read', 'Read what you may read, private repositories included'), ('repo:write', 'Create, change and share repositories'), ('order:write', 'Accept terms, order, make offers'), ('run:write', 'Host contests, submit, cancel runs'), ('account:write', 'Change the account, its organisations and tokens'), ('staff', 'Act as staff, where the account is staff'), ('money:write', 'Move money as staff: confirm, refund, pay out')], max_length=20), size=None)),
                        ('label', models.CharField(blank=True, max_length=100)),
                        ('state', models.CharField(choices=[('PENDING', 'Waits for a person'), ('APPROVED', 'Approved, not yet fetched'), ('DENIED', 'Denied'), ('ISSUED', 'Signed in'), ('ENDED', 'Ended')], default='PENDING', max_length=8)),
                        ('interval_seconds', models.PositiveSmallIntegerField()),
                        ('asked_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField()),
                        ('polled_at', models.DateTimeField(blank=True, null=True)),
                        ('decided_at', models.DateTimeField(blank=True, null=True)),
                        ('ended_at', models.DateTimeField(blank=True, null=True)),
                        ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='device_grants', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['PENDING', 'APPROVED', 'DENIED', 'ISSUED', 'ENDED'])), name='accounts_devicegrant_state_known'), models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['read', 'repo:write', 'order:write', 'run:write', 'account:write', 'staff', 'money:write']), ('scopes__len__gt', 0)), name='accounts_devicegrant_scopes_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'PENDING'), ('user__isnull', True)), models.Q(models.Q(('state', 'PENDING'), _negated=True), ('user__isnull', False)), _connector='OR'), name='accounts_devicegrant_decided_by_someone')],
                    },
                ),
                migrations.CreateModel(
                    name='Notice',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('address', models.EmailField(blank=True, max_length=254)),
                        ('kind', models.CharField(choices=[('TAKEDOWN', 'What is yours was taken down, or put back'), ('REPORT', 'What you reported: that it came, and what was decided'), ('ACCOUNT', 'Your account, and the copy of your data'), ('HANDOVER', 'Works and rights that are handed over'), ('CONSENT', 'Shares and offers that wait for your yes'), ('ACCESS', 'Access asked for, and what was decided'), ('PRIZE', 'Contests: prizes, purses, and who is disqualified'), ('CONTEST', 'Contests: teams, invitations, and requests to enter'), ('NEWS', 'Contests you entered: what their hosts announce')], max_length=8)),
                        ('subject', models.CharField(max_length=300)),
                        ('text', models.TextField()),
                        ('path', models.CharField(blank=True, max_length=500)),
                        ('due_at', models.DateTimeField()),
                        ('sent_at', models.DateTimeField(blank=True, null=True)),
                        ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('sent_at__isnull', True)), fields=['due_at', 'id'], name='accounts_notice_waiting'), models.Index(fields=['person', 'kind', 'sent_at'], name='accounts_notice_sent')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['TAKEDOWN', 'REPORT', 'ACCOUNT', 'HANDOVER', 'CONSENT', 'ACCESS', 'PRIZE', 'CONTEST', 'NEWS'])), name='accounts_notice_kind_known'), models.CheckConstraint(condition=models.Q(models.Q(('address', ''), ('person__isnull', False)), models.Q(('person__isnull', True), models.Q(('address', ''), _negated=True)), _connector='OR'), name='accounts_notice_to_somebody')],
                    },
                ),
                migrations.CreateModel(
                    name='Organisation',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('title', models.CharField(max_length=200)),
                        ('about', models.TextField(blank=True, max_length=2000)),
                        ('created_at', models.DateTimeField()),
                        ('members', models.ManyToManyField(related_name='organisations', through='accounts.Membership', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='accounts_organisation_has_title')],
                    },
                ),
                migrations.CreateModel(
                    name='ApiToken',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('label', models.CharField(max_length=100)),
                        ('digest', models.CharField(max_length=64, unique=True)),
                        ('hint', models.CharField(max_length=12)),
                        ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('read', 'Read what you may read, private repositories included'), ('repo:write', 'Create, change and share repositories'), ('order:write', 'Accept terms, order, make offers'), ('run:write', 'Host contests, submit, cancel runs'), ('account:write', 'Change the account, its organisations and tokens'), ('staff', 'Act as staff, where the account is staff'), ('money:write', 'Move money as staff: confirm, refund, pay out')], max_length=20), size=None)),
                        ('confined_to', models.UUIDField(blank=True, null=True)),
                        ('issued_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField(blank=True, null=True)),
                        ('last_used_at', models.DateTimeField(blank=True, null=True)),
                        ('revoked_at', models.DateTimeField(blank=True, null=True)),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL)),
                        ('grant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='accounts.devicegrant')),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('confined_to__isnull', False)), fields=['confined_to', 'user'], name='accounts_apitoken_confined')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('scopes__len__gt', 0)), name='accounts_apitoken_has_scopes'), models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['read', 'repo:write', 'order:write', 'run:write', 'account:write', 'staff', 'money:write'])), name='accounts_apitoken_scopes_known'), models.CheckConstraint(condition=models.Q(('expires_at__isnull', True), ('expires_at__gt', models.F('issued_at')), _connector='OR'), name='accounts_apitoken_expires_after_issue'), models.CheckConstraint(condition=models.Q(('confined_to__isnull', True), ('expires_at__isnull', False), _connector='OR'), name='accounts_apitoken_confined_one_expires')],
                    },
                ),
                migrations.CreateModel(
                    name='Membership',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('role', models.CharField(choices=[('OWNER', 'Owner: everything, members included'), ('WRITER', 'Writer: publishes and changes'), ('READER', 'Reader: sees what is private')], max_length=6)),
                        ('since', models.DateTimeField()),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='accounts.organisation')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('organisation', 'user'), name='accounts_membership_once'), models.CheckConstraint(condition=models.Q(('role__in', ['OWNER', 'WRITER', 'READER'])), name='accounts_membership_role_known')],
                    },
                ),
                migrations.CreateModel(
                    name='Namespace',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=96, unique=True, validators=[marketplace.accounts.names.validate_name])),
                        ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='namespace', to=settings.AUTH_USER_MODEL)),
                        ('organisation', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='namespace', to='accounts.organisation')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(django.db.models.functions.text.Upper('name'), name='accounts_namespace_name_unique'), models.CheckConstraint(condition=models.Q(('name__regex', '^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$')), name='accounts_namespace_name_shape'), models.CheckConstraint(condition=models.Q(models.Q(('organisation__isnull', False), ('user__isnull', True)), models.Q(('organisation__isnull', True), ('user__isnull', False)), _connector='OR'), name='accounts_namespace_one_owner')],
                    },
                ),
                migrations.CreateModel(
                    name='RefreshToken',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('digest', models.CharField(max_length=64, unique=True)),
                        ('issued_at', models.DateTimeField()),
                        ('expires_at', models.DateTimeField()),
                        ('spent_at', models.DateTimeField(blank=True, null=True)),
                        ('grant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refresh_tokens', to='accounts.devicegrant')),
                        ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='children', to='accounts.refreshtoken')),
                        ('token', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='refresh_token', to='accounts.apitoken')),
                    ],
                    options={
                        'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('issued_at'))), name='accounts_refreshtoken_expires_after_issue')],
                    },
                ),
            ],
        ),
    ]
