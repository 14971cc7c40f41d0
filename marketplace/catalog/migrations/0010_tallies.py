import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0009_file_scans'),
    ]

    operations = [
        migrations.AddField(
            model_name='treeentry',
            name='tally',
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='KeptVersion',
            fields=[
                ('commit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='kept', serialize=False, to='catalog.commit')),
                ('kept_at', models.DateTimeField()),
            ],
        ),
    ]
