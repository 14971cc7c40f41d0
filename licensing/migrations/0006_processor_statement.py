"""What a processor said last of the money that moved at it, one row each."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0005_money_walls'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProcessorStatement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(choices=[('MANUAL', 'Bank transfer'), ('STRIPE', 'Stripe')], max_length=6, unique=True)),
                ('asked_at', models.DateTimeField()),
                ('since', models.DateTimeField(blank=True, null=True)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('movements', models.JSONField(default=list)),
                ('balance', models.JSONField(default=dict)),
                ('fault', models.TextField(blank=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('read_at__isnull', True), ('since__isnull', True)), models.Q(('read_at__isnull', False), ('since__isnull', False)), _connector='OR'), name='licensing_processorstatement_read_has_since')],
            },
        ),
    ]
