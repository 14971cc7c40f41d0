"""Xorbs were kept as they were sent; now their chunks are plain. No release had them.

What is forgotten is sent again: clients are told so with the next shard that names it.
"""

from typing import Any

from django.db import migrations


def forget_xorbs(apps: Any, schema_editor: Any) -> None:
    for name in ("XorbSegment", "XorbSender", "Xorb"):
        apps.get_model("storage", name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("storage", "0004_condemned_blobs")]

    operations = [migrations.RunPython(forget_xorbs, migrations.RunPython.noop)]
