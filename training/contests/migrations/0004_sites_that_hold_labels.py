"""Sites that hold labels of their own, the workers there and what these brought."""

import django.db.models.deletion
import marketplace.kit.tables
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_schema'),
        ('catalog', '0002_walls'),
        ('contests', '0003_programs_of_phases'),
        ('licensing', '0003_money_triggers'),
        ('runs', '0001_schema'),
        ('storage', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        marketplace.kit.tables.ChangeTables(
            changes=[
                migrations.CreateModel(
                    name='ContestSite',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('number', models.PositiveSmallIntegerField()),
                        ('name', models.CharField(max_length=100)),
                    ],
                    options={
                        'ordering': ('number',),
                    },
                ),
                migrations.CreateModel(
                    name='SiteResult',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('row_count', models.PositiveIntegerField()),
                        ('private_count', models.PositiveIntegerField()),
                        ('outcome', models.JSONField()),
                        ('brought_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='SiteWorker',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ],
                ),
                migrations.RemoveConstraint(
                    model_name='contest',
                    name='contests_contest_models_need_inputs',
                ),
                migrations.AddField(
                    model_name='contest',
                    name='is_federated',
                    field=models.BooleanField(default=False),
                ),
                migrations.AddConstraint(
                    model_name='contest',
                    constraint=models.CheckConstraint(condition=models.Q(('inputs__isnull', False), ('formats__contained_by', ['PREDICTIONS']), ('task', 'PROGRAM'), ('is_federated', True), _connector='OR'), name='contests_contest_models_need_inputs'),
                ),
                migrations.AddField(
                    model_name='contestsite',
                    name='contest',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sites', to='contests.contest'),
                ),
                migrations.AddField(
                    model_name='siteresult',
                    name='attempt',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='site_results', to='contests.attempt'),
                ),
                migrations.AddField(
                    model_name='siteresult',
                    name='losses',
                    field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob'),
                ),
                migrations.AddField(
                    model_name='siteresult',
                    name='site',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='results', to='contests.contestsite'),
                ),
                migrations.AddField(
                    model_name='siteresult',
                    name='worker',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='runs.broughtworker'),
                ),
                migrations.AddField(
                    model_name='siteworker',
                    name='site',
                    field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='workers', to='contests.contestsite'),
                ),
                migrations.AddField(
                    model_name='siteworker',
                    name='worker',
                    field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='stands_at', to='runs.broughtworker'),
                ),
                migrations.AddConstraint(
                    model_name='contestsite',
                    constraint=models.UniqueConstraint(fields=('contest', 'number'), name='contests_contestsite_numbered_once'),
                ),
                migrations.AddConstraint(
                    model_name='contestsite',
                    constraint=models.UniqueConstraint(fields=('contest', 'name'), name='contests_contestsite_named_once'),
                ),
                migrations.AddConstraint(
                    model_name='contestsite',
                    constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='contests_contestsite_named'),
                ),
                migrations.AddConstraint(
                    model_name='siteresult',
                    constraint=models.UniqueConstraint(fields=('attempt', 'site'), name='contests_siteresult_once'),
                ),
                migrations.AddConstraint(
                    model_name='siteresult',
                    constraint=models.CheckConstraint(condition=models.Q(('row_count__gt', models.F('private_count'))), name='contests_siteresult_has_public_rows'),
                ),
            ],
        ),
    ]
