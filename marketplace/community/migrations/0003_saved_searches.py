import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('community', '0002_threads_of_contests'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('place', models.CharField(choices=[('EVERYTHING', 'Datasets and models'), ('DATASETS', 'Datasets'), ('MODELS', 'Models'), ('CONTESTS', 'Contests')], max_length=10)),
                ('query', models.CharField(blank=True, max_length=450)),
                ('is_told', models.BooleanField(default=True)),
                ('looked_at', models.DateTimeField()),
                ('saved_at', models.DateTimeField()),
                ('deleted_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'saved searches',
                'indexes': [models.Index(condition=models.Q(('deleted_at__isnull', True), ('is_told', True)), fields=['looked_at'], name='community_savedsearch_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('deleted_at__isnull', True)), fields=('user', 'name'), name='community_savedsearch_name_once'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='community_savedsearch_has_name'), models.CheckConstraint(condition=models.Q(('place__in', ['EVERYTHING', 'DATASETS', 'MODELS', 'CONTESTS'])), name='community_savedsearch_place_known')],
            },
        ),
    ]
