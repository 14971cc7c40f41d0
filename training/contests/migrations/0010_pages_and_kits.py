"""Pages of contests in their order, and the starting kits that entrants take."""
import django.db.models.constraints
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_walls'),
        ('contests', '0009_announcements_and_calendars'),
        ('storage', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='ContestPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('slug', models.SlugField(max_length=80)),
                ('title', models.CharField(max_length=100)),
                ('text', models.TextField()),
                ('contest', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pages', to='contests.contest')),
            ],
            options={
                'constraints': [models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('contest', 'number'), name='contests_contestpage_numbered_once'), models.UniqueConstraint(fields=('contest', 'slug'), name='contests_contestpage_slug_once'), models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='contests_contestpage_titled')],
            },
        ),
        migrations.CreateModel(
            name='StartingKit',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('added_at', models.DateTimeField()),
                ('blob', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='storage.blob')),
                ('commit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.commit')),
                ('contest', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='kits', to='contests.contest')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('contest', 'name'), name='contests_startingkit_named_once'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='contests_startingkit_named'), models.CheckConstraint(condition=models.Q(models.Q(('blob__isnull', False), ('commit__isnull', True)), models.Q(('blob__isnull', True), ('commit__isnull', False)), _connector='OR'), name='contests_startingkit_file_or_commit')],
            },
        ),
    ]
