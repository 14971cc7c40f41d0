"""Backups taken while people go on, restored, verified, damaged and refused."""

import io
import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from psycopg import sql

from marketplace.config.backups.manifest import read_manifest, write_manifest
from marketplace.config.backups.places import place_at
from marketplace.storage import services
from marketplace.storage.models import Blob
from tests.factories.accounts import UserFactory
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.licensing import make_offer, make_order, pay
from tests.factories.storage import BlobFactory
from tests.factories.training import ContestFactory, enter, hand_in, predictions
from tests.servers.databases import database_url
from training.contests.models import Submission

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("own_store"),
]
ROOT = Path(__file__).resolve().parents[2]
DAY = timedelta(days=1)


@contextmanager
def people_go_on():
    """Have people hand in, upload and buy until the block ends; give what was taken."""
    contest = ContestFactory(daily_limit=10_000)
    entrant = enter(contest)
    repository, offer = RepositoryFactory(), make_offer()
    staff = UserFactory(is_staff=True)
    ended, faults, taken = threading.Event(), [], []

    def hand_in_one(number):
        content = predictions(noise=number / 10_000)
        taken.append(str(hand_in(entrant, content).pk))

    def upload_one(number):
        content = f"row {number}\n" * 1000
        commit(repository, {f"{number}.txt": content}, at=timezone.now())

    def buy_one(number):
        pay(make_order(offer), operator=staff, reference=f"RF{number}")

    threads = [
        threading.Thread(target=_go_on, args=[act, ended, faults])
        for act in (hand_in_one, upload_one, buy_one)
    ]
    for act in (hand_in_one, upload_one, buy_one):
        act(9_999)  # what everyone of them needs once, such as a licence's row
    for thread in threads:
        thread.start()
    try:
        yield taken
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    if faults:
        raise faults[0]


def _go_on(act, ended, faults):
    number = 0
    try:
        while not ended.is_set():
            act(number)
            number += 1
    except Exception as fault:  # noqa: BLE001  told by the thread that waits
        faults.append(fault)
    finally:
        connection.close()


@contextmanager
def empty_database(name):
    """Make an empty database beside that of the tests; give its address."""
    quoted = sql.Identifier(name)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(quoted))
    try:
        yield f"{database_url().rpartition('/')[0]}/{name}"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(quoted))


def restore(source, *, url, data_dir):
    done = subprocess.run(
        [sys.executable, "-m", "tests.backups.restored", str(source)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def said(*command, **options):
    told = io.StringIO()
    call_command(*command, stdout=told, stderr=told, **options)
    return told.getvalue()


def test_a_backup_taken_while_people_go_on_is_a_whole_site(tmp_path):
    target = tmp_path / "backups"
    with people_go_on() as taken:
        while len(taken) < 3:
            threading.Event().wait(0.05)
        before = set(taken)
        said("backup", str(target))
        after_the_end = len(taken)
        while len(taken) < after_the_end + 2:
            threading.Event().wait(0.05)

    with empty_database("restored") as url:
        found = restore(target, url=url, data_dir=tmp_path / "new")

    assert "0 missing, 0 corrupt, 0 orphaned" in found["said"]
    assert "The books agree" in found["said"]
    assert found["audit"] == []
    kept = set(found["submissions"])
    everything = {str(pk) for pk in Submission.objects.values_list("pk", flat=True)}
    assert before <= kept < everything


def test_a_second_backup_copies_what_is_new_and_old_ones_are_thinned_out(tmp_path):
    place = place_at(str(tmp_path / "backups"))
    old, spare = BlobFactory.create_batch(2)
    commit(RepositoryFactory(), {"a.txt": old})
    said("backup", str(tmp_path / "backups"))
    first = read_manifest(place)
    lasting = Blob.objects.filter(pk=spare.pk)
    lasting.update(condemned_at=timezone.now() - 9 * DAY)
    lasting.delete()
    fresh = BlobFactory()
    _rename(place, first, "20200101T000000Z")

    told = said("backup", str(tmp_path / "backups"), keep=1)

    second = read_manifest(place)
    assert (first.copied_count, second.copied_count) == (2, 1)
    assert second.content_count == 2
    assert second.rows["storage_blob"] == 2
    assert "Removed 1 backups and 1 contents" in told
    kept = {name.rpartition("/")[2] for name, _ in place.files("blobs/")}
    assert kept == {old.pk, fresh.pk}
    assert "2 contents" in said("verify_backup", str(tmp_path / "backups"))

    whole = tmp_path / "backups" / "blobs" / fresh.pk[:2] / fresh.pk[2:4] / fresh.pk
    whole.write_bytes(b"!" * whole.stat().st_size)
    said("verify_backup", str(tmp_path / "backups"), quick=True)
    with pytest.raises(CommandError, match="1 things are wrong"):
        said("verify_backup", str(tmp_path / "backups"))
    _refused_without_a_trace(place, second, tmp_path)


def _rename(place, manifest, name):
    """Give a backup another name, as if it had been taken at another time."""
    folder = place.root / "backups"
    (folder / manifest.name).rename(folder / name)
    write_manifest(place, replace(manifest, name=name))


def _refused_without_a_trace(place, manifest, tmp_path):
    source = str(tmp_path / "backups")
    with pytest.raises(CommandError, match=r"has 1 people and 2 contents.*--into"):
        said("restore", source)
    newer = replace(manifest, migrations=[*manifest.migrations, "storage.0999_more"])
    write_manifest(place, newer)
    with pytest.raises(CommandError, match=r"newer version.*storage\.0999_more"):
        said("restore", source)
    write_manifest(place, replace(manifest, key_seal="other"))
    with pytest.raises(CommandError, match="SECRET_KEY"):
        said("restore", source)
    write_manifest(place, replace(manifest, server_major=99))
    with pytest.raises(CommandError, match="PostgreSQL 99"):
        said("restore", source)
    with pytest.raises(CommandError, match="No backup never lies there"):
        said("restore", source, backup="never")
    assert Blob.objects.count() == 2


def test_nothing_is_removed_while_a_backup_is_taken(tmp_path):
    spare = BlobFactory()
    now = timezone.now()
    Blob.objects.update(stored_at=now - 9 * DAY, condemned_at=now - 2 * DAY)
    removed = []

    def collect(_line):
        def act():
            removed.append(services.collect_unneeded(now=now))
            connection.close()

        thread = threading.Thread(target=act)
        thread.start()
        thread.join()

    told = io.StringIO()
    told.write = collect
    call_command("backup", str(tmp_path), stdout=io.StringIO(), stderr=told)

    assert removed
    assert not any(removed)
    assert services.collect_unneeded(now=now) == 1
    assert not Blob.objects.filter(pk=spare.pk).exists()
