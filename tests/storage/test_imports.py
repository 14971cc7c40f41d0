"""What a process loads: the site no boto3 for files, the file process no Django at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOADED = "\nimport sys; print(*sorted(name.partition('.')[0] for name in sys.modules))"
KEEP = """
import io, django
django.setup()
from django.conf import settings
from django.utils import timezone
from marketplace.storage.blobs import store_of
import marketplace.storage.api.urls
store_of(settings.STOA)
"""


def modules_after(code: str, tmp_path: Path, **environment: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code + LOADED],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": "postgresql://nobody@nowhere/none",
            "DJANGO_SETTINGS_MODULE": "marketplace.config.settings",
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_file_process_knows_no_django(tmp_path):
    loaded = modules_after("import marketplace.config.files", tmp_path)

    assert "marketplace" in loaded
    assert not loaded & {"django", "rest_framework", "celery", "psycopg", "boto3"}


@pytest.mark.parametrize(
    ("storage_url", "is_loaded"),
    [("", False), ("s3://key:secret@127.0.0.1:9/bucket?secure=0", True)],
)
def test_boto3_is_loaded_only_where_storage_is_s3(tmp_path, storage_url, is_loaded):
    loaded = modules_after(KEEP, tmp_path, STORAGE_URL=storage_url)

    assert "django" in loaded
    assert ("boto3" in loaded) == is_loaded
    assert not loaded & {"numpy", "torch", "sklearn"}
