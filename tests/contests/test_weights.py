"""Weights in several files: by hand, from the catalogue and by upload, whole or refused."""

import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from licensing.models import Work
from marketplace.catalog.models import Kind
from marketplace.storage.queries import open_blob
from tests.contests.uploading import became, take, upload, use
from tests.factories.catalog import RepositoryFactory, commit
from tests.factories.training import ContestFactory, enter
from tests.factories.weights import (
    CONFIG,
    EYE,
    FIRST,
    INDEX,
    SECOND,
    WRONG,
    sharded,
    weights,
    zipped,
)
from training.contests.models import Contest, Format, HandedCommit, Submission
from training.contests.queries import quota_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest():
    return ContestFactory(formats=[Format.SAFETENSORS], daily_limit=3)


def test_shards_are_handed_in_as_a_zip_from_the_catalogue_and_by_upload(
    contest, client
):
    entrant = enter(contest)
    client.force_login(entrant.user)
    at = f"/api/v1/contests/{contest.slug}/submissions"
    mine = RepositoryFactory(owner=entrant.user, kind=Kind.MODEL)
    files = sharded()
    commit(mine, {f"linear/{name}": content for name, content in files.items()})
    source = use(entrant)

    def posted(**said):
        answer = client.post(at, {"format": "SAFETENSORS", **said})
        assert answer.status_code == 201, answer.text
        return Submission.objects.get(pk=answer.json()["id"])

    by_hand = posted(file=SimpleUploadedFile("w.zip", zipped(files, top="w/")))
    assert by_hand.filename == "w.zip"
    for path in ("linear/", f"linear/{INDEX}", f"linear/{FIRST}"):
        found = posted(catalogued=f"{mine}:{path}")
        Submission.objects.filter(pk=found.pk).update(entrant=enter(contest))
        assert found.filename == "weights.zip"
        assert found.note.startswith(f"{mine}@")
    uploaded = upload(source, {f"one/{name}": files[name] for name in files})
    take()
    handed = became(uploaded)
    assert handed.blob_id == found.blob_id  # the same bytes, by whichever way
    assert HandedCommit.objects.get().path == f"one/{INDEX}"
    with open_blob(handed.blob_id) as kept, zipfile.ZipFile(kept) as archive:
        assert {each: archive.read(each) for each in archive.namelist()} == files

    Contest.objects.filter(pk=contest.pk).update(daily_limit=99)
    plain = commit(mine, {"model.safetensors": weights(EYE)})
    told = client.post(
        at, {"format": "SAFETENSORS", "catalogued": f"{mine}:model.safetensors"}
    ).json()
    assert "names none where" in told["detail"]
    commit(mine, {CONFIG: files[CONFIG]})
    whole = posted(catalogued=str(mine))  # the version alone
    with open_blob(whole.blob_id) as kept, zipfile.ZipFile(kept) as archive:
        assert archive.namelist() == [CONFIG, "model.safetensors"]
    old = client.post(
        at, {"format": "SAFETENSORS", "catalogued": f"{mine}@{plain.oid}"}
    )
    assert old.status_code == 400
    nameless = upload(source, {"late/model.safetensors": weights(EYE)})
    late = upload(source, {f"late/{CONFIG}": files[CONFIG]})
    beside = upload(source, {f"none/{CONFIG}": files[CONFIG], "README.md": "Ours"})
    take()
    assert became(nameless) == "invalid"
    assert became(late).blob_id == whole.blob_id
    assert not HandedCommit.objects.filter(commit=beside)


def test_shards_that_do_not_belong_together_cost_no_quota(contest, client):
    entrant = enter(contest)
    client.force_login(entrant.user)
    at = f"/api/v1/contests/{contest.slug}/submissions"
    source = use(entrant)
    mine = RepositoryFactory(owner=entrant.user, kind=Kind.MODEL)
    for number, (files, said) in enumerate(WRONG.values()):
        sent = SimpleUploadedFile("w.zip", zipped(files))
        answer = client.post(at, {"format": "SAFETENSORS", "file": sent})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        assert said in answer.json()["detail"]
        folder = {f"{number}/{name}": content for name, content in files.items()}
        commit(mine, folder)
        if "more.safetensors" not in files:  # which a repository may have beside
            named = {"format": "SAFETENSORS", "catalogued": f"{mine}:{number}/"}
            assert client.post(at, named).status_code == 400
        upload(source, folder)
    theirs = RepositoryFactory(kind=Kind.MODEL, public=True)
    commit(theirs, WRONG["a shard is missing"][0])
    Work.objects.filter(pk=theirs.work.pk).update(asks_acceptance=True)
    answer = client.post(at, {"format": "SAFETENSORS", "catalogued": str(theirs)})
    assert answer.json()["code"] == "acceptance_required"  # before its index is read
    bomb = zipped({"model.safetensors": bytes(2 * 2**20)})
    sent = SimpleUploadedFile("w.zip", bomb)
    answer = client.post(at, {"format": "SAFETENSORS", "file": sent})
    assert "grows more than" in answer.json()["detail"]
    take()
    assert not Submission.objects.exists()
    told = list(HandedCommit.objects.order_by("pk").values_list("reason", flat=True))
    assert f"{SECOND} is missing" in told[0]
    assert len(told) == len(WRONG) - 1  # a config alone hands in nothing
    assert quota_of(entrant, contest, at=timezone.now()).used == 0
