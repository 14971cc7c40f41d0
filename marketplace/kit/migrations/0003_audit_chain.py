"""A mark on each audit record, and the chain of seals over them."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("kit", "0002_acts_are_told")]

    operations = [
        migrations.AddField(
            model_name="auditrecord",
            name="mark",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="auditrecord",
            name="is_sealed",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="auditrecord",
            index=models.Index(
                name="kit_auditrecord_unsealed",
                fields=["at", "id"],
                condition=Q(is_sealed=False),
            ),
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("record", models.UUIDField(unique=True)),
                ("digest", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="kit_auditseal_counts_from_one",
                        condition=Q(number__gte=1),
                    ),
                    models.CheckConstraint(
                        name="kit_auditseal_digest_is_hex",
                        condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
                    ),
                ],
            },
        ),
    ]
